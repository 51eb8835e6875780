package inbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

// problemBase begins the type of every problem; the part after it is stable.
const problemBase = "https://github.com/caravan-desk/caravan/problems/"

// Problem is any answer that is not 2xx (RFC 9457). It never repeats a value that was sent.
type Problem struct {
	Type      string                     `json:"type" format:"uri" doc:"What kind of problem it is: the part after the last slash is stable"`
	Title     string                     `json:"title"`
	Status    int                        `json:"status"`
	Detail    string                     `json:"detail,omitempty"`
	Errors    []Fault                    `json:"errors,omitempty"`
	Templates []templates.Template       `json:"templates,omitzero" doc:"window-closed: those that may be sent all the same, those in the customer's language first"`
	Callbacks []conversations.CallbackID `json:"callbacks,omitempty" doc:"promised: the call-backs that are open"`
	Present   any                        `json:"present,omitempty" doc:"stale: what is stored now"`
	Since     []conversations.Event      `json:"since,omitempty" doc:"stale: what has happened to the conversation since the version that was named"`

	header http.Header
	cause  error
}

// Fault is what is wrong at one place of the request.
type Fault struct {
	Location string `json:"location" doc:"Such as body.to.address, query.limit, or the name of a missing part"`
	Message  string `json:"message"`
}

// kind is a row of the one table from error to answer.
type kind struct {
	err    error
	name   string
	status int
	title  string
}

// What the API itself refuses.
var (
	errUnauthorized = errors.New("sign in first")
	errBadPassword  = errors.New("email or password is wrong")
	errForbidden    = errors.New("your role does not allow this")
	errCSRF         = errors.New("the X-CSRF-Token header is missing or wrong")
	errMismatch     = errors.New("the Idempotency-Key was used with another body")
	errInFlight     = errors.New("a request with this Idempotency-Key is still being worked on")
	errTooMany      = errors.New("too many attempts to sign in")
	errMalformed    = errors.New("the body cannot be read")
	errDone         = errors.New("it was done before under this Idempotency-Key")
)

var kinds = []kind{
	{errUnauthorized, "unauthorized", 401, "Not signed in"},
	{errBadPassword, "unauthorized", 401, "Not signed in"},
	{errForbidden, "forbidden", 403, "Not allowed"},
	{errCSRF, "forbidden", 403, "Not allowed"},
	{errTooMany, "too-many-requests", 429, "Too many requests"},
	{errMismatch, "idempotency-mismatch", 422, "Another request under the same key"},
	{errInFlight, "in-flight", 409, "Still being worked on"},
	{errDone, "duplicate", 409, "Done before"},
	{errMalformed, "malformed", 400, "Malformed request"},
	{channels.ErrUnavailable, "unavailable", 503, "Temporarily unavailable"},
	{context.DeadlineExceeded, "unavailable", 503, "Temporarily unavailable"},
	{context.Canceled, "unavailable", 503, "Temporarily unavailable"},
	{conversations.ErrStale, "stale", 409, "Changed meanwhile"},
	{conversations.ErrTaken, "taken", 409, "Already taken"},
	{conversations.ErrEnded, "ended", 409, "The round is over"},
	{conversations.ErrMerged, "merged", 409, "Merged into another"},
	{conversations.ErrUndone, "undone", 409, "Cannot be undone"},
	{conversations.ErrWindowClosed, "window-closed", 422, "WhatsApp window closed"},
	{conversations.ErrOptedOut, "opted-out", 422, "Opted out"},
	{conversations.ErrCapped, "capped", 422, "Enough for today"},
	{conversations.ErrNoRoute, "no-route", 422, "No address"},
	{conversations.ErrPromised, "promised", 422, "Call-back promised"},
	{conversations.ErrCursor, "invalid", 422, "Invalid"},
	{conversations.ErrFull, "full", 422, "No room"},
	{conversations.ErrNotFound, "not-found", 404, "Not found"},
	{templates.ErrNotFound, "not-found", 404, "Not found"},
	{fs.ErrNotExist, "not-found", 404, "Not found"},
}

// byStatus names the problems that only have a status: huma's and Fiber's own.
var byStatus = map[int]kind{
	400: {name: "malformed", title: "Malformed request"},
	401: {name: "unauthorized", title: "Not signed in"},
	403: {name: "forbidden", title: "Not allowed"},
	404: {name: "not-found", title: "Not found"},
	405: {name: "method-not-allowed", title: "Method not allowed"},
	406: {name: "not-acceptable", title: "Not acceptable"},
	408: {name: "timeout", title: "The request came too slowly"},
	413: {name: "too-large", title: "Too large"},
	415: {name: "unsupported-media-type", title: "Unsupported media type"},
	422: {name: "invalid", title: "Invalid"},
	431: {name: "headers-too-large", title: "Headers too large"},
	503: {name: "unavailable", title: "Temporarily unavailable"},
}

// staleError is conversations.ErrStale for something that is no conversation.
type staleError struct {
	present any
	version conversations.Revision
}

func (e *staleError) Error() string { return conversations.ErrStale.Error() }
func (e *staleError) Unwrap() error { return conversations.ErrStale }

// waitError is any error, with the time after which another try makes sense.
type waitError struct {
	err  error
	wait time.Duration
}

func (e *waitError) Error() string { return e.err.Error() }
func (e *waitError) Unwrap() error { return e.err }

func problemOf(status int) *Problem {
	k, ok := byStatus[status]
	if !ok {
		k = kind{name: "internal", title: "Internal error"}
		if status < 500 {
			k = kind{name: "refused", title: cmp.Or(http.StatusText(status), "Refused")}
		}
	}
	return &Problem{Type: problemBase + k.name, Title: k.title, Status: status}
}

// problem turns an error into the answer. The cause of a 5xx is logged by whoever writes it.
func (a *API) problem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var fe *fiber.Error
	if errors.As(err, &fe) {
		return problemOf(fe.Code)
	}
	if faults := faultsOf(err); len(faults) > 0 {
		return invalid(faults...)
	}
	var dup *conversations.DuplicateError
	if errors.As(err, &dup) {
		err = errors.Join(errDone, err)
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			p = &Problem{Type: problemBase + k.name, Title: k.title, Status: k.status, Detail: k.err.Error(), cause: err}
			return a.enrich(p, err)
		}
	}
	p = problemOf(http.StatusInternalServerError)
	p.cause = err
	return p
}

// enrich adds what a certain kind of problem tells beyond its words.
func (a *API) enrich(p *Problem, err error) *Problem {
	var stale *conversations.StaleError
	var other *staleError
	var wait *waitError
	var owed *conversations.PromisedError
	switch {
	case errors.As(err, &owed):
		p.Detail, p.Callbacks = owed.Error(), owed.Callbacks
	case errors.As(err, &stale):
		p.overtaken(stale, a.Now())
	case errors.As(err, &other):
		p.Present = other.present
		p.set("ETag", etag(other.version))
	case p.Status == http.StatusUnauthorized:
		p.set("WWW-Authenticate", `Bearer realm="caravan"`)
	case errors.As(err, &wait):
		p.set("Retry-After", strconv.Itoa(int((wait.wait+time.Second-1)/time.Second)))
	case errors.Is(err, conversations.ErrWindowClosed):
		p.Templates = a.approved(closedFor(err))
	case p.Status == http.StatusServiceUnavailable:
		p.Detail = "the store cannot be reached: try again"
		p.set("Retry-After", "1")
	}
	return p
}

// invalid is a 422 that names the places.
func invalid(faults ...Fault) *Problem {
	slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(a.Location, b.Location) })
	p := problemOf(http.StatusUnprocessableEntity)
	p.Errors = faults
	lines := make([]string, len(faults))
	for i, f := range faults {
		lines[i] = f.Location + ": " + f.Message
	}
	p.Detail = strings.Join(lines, "; ")
	return p
}

// faultsOf lists what is wrong with a request, where the error tells it field by field.
func faultsOf(err error) []Fault {
	var faults []Fault
	var bad *conversations.InvalidError
	if errors.As(err, &bad) {
		for field, message := range bad.Fields {
			if !strings.Contains(field, ".") {
				field = "body." + field
			}
			faults = append(faults, Fault{field, message})
		}
		return faults
	}
	return templateFaults(err)
}

// fault is a 422 about one place.
func fault(location, format string, args ...any) *Problem {
	return invalid(Fault{location, fmt.Sprintf(format, args...)})
}

func (p *Problem) set(name, value string) {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(name, value)
}

// Error implements error.
func (p *Problem) Error() string { return cmp.Or(p.Detail, p.Title) }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// HandleError is the app's fiber.ErrorHandler: it writes every error as a problem.
func (a *API) HandleError(c *fiber.Ctx, err error) error {
	p := a.problem(err)
	a.log(c.UserContext(), p, c.Method(), c.Route().Path)
	for name, values := range p.header {
		c.Set(name, values[0])
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write problem: %w", err)
	}
	c.Status(p.Status).Set(fiber.HeaderContentType, p.ContentType(""))
	return c.Send(body)
}

// log tells the log of what the officer cannot mend. Routes are logged, never paths.
func (a *API) log(ctx context.Context, p *Problem, method, route string) {
	if p.Status >= http.StatusInternalServerError && p.cause != nil {
		a.Logger.ErrorContext(ctx, "request failed", "method", method, "route", route, "status", p.Status, "error", p.cause)
	}
}

// recovered turns a panic into a 500.
func (a *API) recovered(c *fiber.Ctx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %w", panicked(v))
		}
	}()
	return c.Next()
}

// newProblem is huma's constructor of errors.
func newProblem(status int, _ string, errs ...error) huma.StatusError {
	p := problemOf(status)
	var faults []Fault
	for _, err := range errs {
		if err != nil {
			faults = append(faults, plainFault(status, err))
		}
	}
	if len(faults) > 0 {
		q := invalid(faults...)
		p.Errors, p.Detail = q.Errors, q.Detail
	}
	return p
}
