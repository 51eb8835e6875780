package inbox

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/conversations"
)

// Trail keeps what those with access did.
type Trail interface {
	Record(ctx context.Context, e conversations.AuditEntry) error
	Audit(ctx context.Context, q conversations.AuditQuery) (conversations.AuditPage, error)
}

type auditParams struct {
	Officer string    `query:"officer" maxLength:"64" doc:"An officer's ID"`
	Action  string    `query:"action" maxLength:"64"`
	From    time.Time `query:"from"`
	To      time.Time `query:"to"`
	Paging
}

type auditAnswer struct {
	Body page[conversations.AuditEntry]
}

func (a *API) registerAudit() {
	add(a, huma.Operation{
		OperationID: "list-audit", Method: http.MethodGet, Path: "/v1/audit", Tags: []string{"Officers"},
		Summary: "Who did what, the latest first. Supervisors only",
		Description: "Every write of an officer that was done, or that his role forbade, and every sign-in. " +
			"A page may be short: only a null next_cursor is the end.",
	}, a.auditTrail)
}

func (a *API) auditTrail(ctx context.Context, in *auditParams) (*auditAnswer, error) {
	if !callerOf(ctx).officer.Role.AtLeast(conversations.RoleSupervisor) {
		return nil, errForbidden
	}
	list, err := a.Store.Audit(ctx, conversations.AuditQuery{
		Officer: conversations.OfficerID(in.Officer), Action: in.Action, From: in.From, To: in.To, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, fmt.Errorf("list audit: %w", queryFault(err))
	}
	for i := range list.Items {
		list.Items[i].At = moment(list.Items[i].At)
	}
	return &auditAnswer{pageOf(list.Items, list.Next)}, nil
}

// told are the operations that tell the trail themselves, with more than their path.
var told = map[string]bool{"erase-contact": true, "export-contact": true, "sign-in": true}

// audited writes down what an officer did, or was not allowed to do.
func (a *API) audited(c *fiber.Ctx) error {
	err := c.Next()
	status := c.Response().StatusCode()
	if err != nil {
		status = a.problem(err).Status
	}
	forbidden := status == http.StatusForbidden
	if safeMethod(c.Method()) && !forbidden || status >= http.StatusBadRequest && !forbidden {
		return err
	}
	name := a.operation(c.Method(), c.Route().Path)
	if told[name] && !forbidden {
		return err
	}
	a.tell(c.Context(), conversations.AuditEntry{Action: name, Target: clip(c.Path(), 200), Status: status})
	return err
}

// tell adds an entry to the trail. What was done stays done if that fails: the log
// says so.
func (a *API) tell(ctx context.Context, e conversations.AuditEntry) {
	e.At = a.Now()
	if e.By.Type == "" {
		e.By = callerOf(ctx).officer.Author()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keyTerm)
	defer cancel()
	if err := a.Store.Record(ctx, e); err != nil {
		a.Logger.ErrorContext(ctx, "not written into the audit trail", "action", e.Action, "error", err)
	}
}

// operation is the name of a route in the document; the method and route if it has none.
func (a *API) operation(method, route string) string {
	if name := a.operations()[method+" "+route]; name != "" {
		return name
	}
	return method + " " + route
}

// nameOperations lists the operations by method and Fiber route.
func (a *API) nameOperations() map[string]string {
	out := map[string]string{}
	for path, item := range a.huma.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete, http.MethodPut: item.Put,
		} {
			if op != nil {
				out[method+" "+fiberPath(path)] = op.OperationID
			}
		}
	}
	return out
}
