package inbox

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/outbox/bulk"
)

// Bulks is one text to many; *bulk.Engine is one.
type Bulks interface {
	Plan(ctx context.Context, o bulk.Order) (bulk.Estimate, error)
	Create(ctx context.Context, o bulk.Order) (conversations.Bulk, error)
	Move(ctx context.Context, id conversations.BulkID, to conversations.BulkStatus) (conversations.Bulk, error)
}

// BulkLedger is what the API reads of bulk messages.
type BulkLedger interface {
	LoadBulk(ctx context.Context, id conversations.BulkID) (conversations.Bulk, error)
	Bulks(ctx context.Context) ([]conversations.Bulk, error)
	BulkRows(ctx context.Context, id conversations.BulkID, from, n int) ([]conversations.BulkRow, error)
}

// bulkBody is how much a list of recipients may take, in bytes.
const bulkBody = 24 << 20

// BulkOrder is what is to be said to whom.
type BulkOrder struct {
	Name       string                `json:"name" minLength:"1" maxLength:"200" doc:"For the officers: the customers never see it"`
	Template   string                `json:"template,omitempty" maxLength:"100"`
	Text       string                `json:"text,omitempty" maxLength:"10000" doc:"Instead of a template; WhatsApp takes it only in open windows"`
	Subject    string                `json:"subject,omitempty" maxLength:"500" doc:"Mail only"`
	Language   string                `json:"language,omitempty" maxLength:"35" doc:"Each recipient's own if left out"`
	Channel    string                `json:"channel,omitempty" enum:"email,sms,whatsapp" doc:"Each recipient's own if left out"`
	Purpose    conversations.Purpose `json:"purpose,omitempty" enum:"service,marketing" doc:"The template's if left out"`
	Variables  map[string]any        `json:"variables,omitempty" doc:"Of the template, the same for all"`
	Desk       string                `json:"desk,omitempty" maxLength:"64" doc:"Of conversations that are opened"`
	Recipients []BulkRecipient       `json:"recipients,omitempty" maxItems:"100000"`
	Filter     *BulkFilter           `json:"filter,omitempty" doc:"Instead of recipients: the customers of these conversations"`
	Paused     bool                  `json:"paused,omitempty" doc:"Begins when it is resumed"`
}

// BulkRecipient is one person.
type BulkRecipient struct {
	Channel   string         `json:"channel" enum:"email,sms,whatsapp"`
	Address   string         `json:"address" maxLength:"254"`
	Name      string         `json:"name,omitempty" maxLength:"200"`
	Language  string         `json:"language,omitempty" maxLength:"35"`
	Group     string         `json:"group,omitempty" maxLength:"100" doc:"A family on a tour: the first of a group is told for all of it"`
	Variables map[string]any `json:"variables,omitempty" doc:"His own, over those for all"`
}

// BulkFilter selects conversations. One of desk, category, reference and tag is needed.
type BulkFilter struct {
	Desk      string                 `json:"desk,omitempty" maxLength:"64"`
	Category  string                 `json:"category,omitempty" maxLength:"64"`
	Status    []conversations.Status `json:"status,omitempty" maxItems:"6"`
	Reference string                 `json:"reference,omitempty" maxLength:"64"`
	Tag       string                 `json:"tag,omitempty" maxLength:"64"`
	Language  string                 `json:"language,omitempty" maxLength:"35"`
	Channel   string                 `json:"channel,omitempty" enum:"email,sms,whatsapp"`
}

type bulkInput struct{ Body BulkOrder }

// BulkPath names the bulk message that a route is about.
type BulkPath struct {
	ID string `path:"id" maxLength:"32" doc:"Of the bulk message"`
}

type bulkMove struct {
	BulkPath
	Action string `path:"action" enum:"pause,resume,cancel"`
}

type (
	estimateAnswer struct{ Body bulk.Estimate }
	bulkAnswer     struct {
		Location string `header:"Location"`
		Body     conversations.Bulk
	}
	bulksAnswer struct{ Body page[conversations.Bulk] }
)

func (a *API) registerBulk() {
	tags := []string{"Bulk"}
	add(a, huma.Operation{
		OperationID: "preview-bulk", Method: http.MethodPost, Path: "/v1/bulk/preview", Tags: tags, MaxBodyBytes: bulkBody,
		Summary: "What a bulk message would do: counts, segments, cost, samples. Nothing is written (supervisors)",
	}, func(ctx context.Context, in *bulkInput) (*estimateAnswer, error) {
		o, err := a.bulkOrder(ctx, &in.Body)
		if err != nil {
			return nil, err
		}
		e, err := a.Bulk.Plan(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("plan bulk: %w", err)
		}
		return &estimateAnswer{e}, nil
	})
	add(a, huma.Operation{
		OperationID: "create-bulk", Method: http.MethodPost, Path: "/v1/bulk", Tags: tags, MaxBodyBytes: bulkBody,
		Summary: "One text to many, with a ledger of recipients (supervisors)", DefaultStatus: http.StatusCreated,
	}, func(ctx context.Context, in *bulkInput) (*bulkAnswer, error) {
		o, err := a.bulkOrder(ctx, &in.Body)
		if err != nil {
			return nil, err
		}
		b, err := a.Bulk.Create(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("create bulk: %w", err)
		}
		return &bulkAnswer{"/v1/bulk/" + string(b.ID), shownBulk(b)}, nil
	})
	add(a, huma.Operation{
		OperationID: "list-bulks", Method: http.MethodGet, Path: "/v1/bulk", Tags: tags, Summary: "Bulk messages, the latest first",
	}, a.bulks)
	add(a, huma.Operation{
		OperationID: "get-bulk", Method: http.MethodGet, Path: "/v1/bulk/{id}", Tags: tags, Summary: "How far a bulk message is",
	}, func(ctx context.Context, in *BulkPath) (*bulkAnswer, error) {
		b, err := a.Store.LoadBulk(ctx, conversations.BulkID(in.ID))
		if err != nil {
			return nil, fmt.Errorf("load bulk: %w", err)
		}
		return &bulkAnswer{Body: shownBulk(b)}, nil
	})
	add(a, huma.Operation{
		OperationID: "move-bulk", Method: http.MethodPost, Path: "/v1/bulk/{id}/{action}", Tags: tags,
		Summary: "Pause, resume or cancel it; what is in the outbox goes all the same (supervisors)",
	}, a.moveBulk)
	a.registerBulkRows(tags)
}

var bulkMoves = map[string]conversations.BulkStatus{
	"pause": conversations.BulkPaused, "resume": conversations.BulkRunning, "cancel": conversations.BulkCanceled,
}

func (a *API) moveBulk(ctx context.Context, in *bulkMove) (*bulkAnswer, error) {
	if err := a.mayBulk(ctx); err != nil {
		return nil, err
	}
	b, err := a.Bulk.Move(ctx, conversations.BulkID(in.ID), bulkMoves[in.Action])
	if err != nil {
		return nil, fmt.Errorf("%s bulk: %w", in.Action, err)
	}
	return &bulkAnswer{Body: shownBulk(b)}, nil
}

func (a *API) mayBulk(ctx context.Context) error {
	if !callerOf(ctx).officer.Role.AtLeast(conversations.RoleSupervisor) {
		return errForbidden
	}
	if a.Bulk == nil {
		return conversations.ErrNotFound
	}
	return nil
}

// bulkOrder is what was asked for, in the house's own words.
func (a *API) bulkOrder(ctx context.Context, b *BulkOrder) (bulk.Order, error) {
	if err := a.mayBulk(ctx); err != nil {
		return bulk.Order{}, err
	}
	if b.Desk != "" && !a.hasDesk(b.Desk) {
		return bulk.Order{}, fault("body.desk", "is no desk of this gateway")
	}
	if (len(b.Recipients) > 0) == (b.Filter != nil) {
		return bulk.Order{}, fault("body.recipients", "or filter is needed, and not both")
	}
	o := bulk.Order{Op: opOf(ctx), Paused: b.Paused, Bulk: conversations.Bulk{
		Name: b.Name, Template: b.Template, Text: strings.TrimSpace(b.Text), Subject: b.Subject, Language: b.Language, Channel: channels.Kind(b.Channel),
		Purpose: b.Purpose, Variables: b.Variables, Desk: b.Desk, By: callerOf(ctx).officer.Author(),
	}}
	if o.Op != "" { // two officers may choose the same key
		o.Op = o.Bulk.By.ID + "\x00" + o.Op
	}
	if f := b.Filter; f != nil {
		o.Filter = &bulk.Filter{
			Desk: f.Desk, Category: f.Category, Status: f.Status, Reference: f.Reference, Tag: f.Tag, Language: f.Language, Channel: channels.Kind(f.Channel),
		}
	}
	for i, r := range b.Recipients {
		to, kind, err := addressOf(r.Channel, r.Address)
		if err != nil {
			return o, fault(fmt.Sprintf("body.recipients[%d].address", i), "is no address on this channel; a number is written like +966501234567")
		}
		o.Recipients = append(o.Recipients, conversations.BulkRow{
			Channel: kind, To: to, Name: r.Name, Language: r.Language, Group: r.Group, Variables: r.Variables,
		})
	}
	return o, nil
}

func (a *API) bulks(ctx context.Context, in *Paging) (*bulksAnswer, error) {
	from, err := in.offset()
	if err != nil {
		return nil, err
	}
	all, err := a.Store.Bulks(ctx)
	if err != nil {
		return nil, fmt.Errorf("list bulks: %w", err)
	}
	all = slices.Clone(all[min(from, len(all)):])
	for i := range all {
		all[i] = shownBulk(all[i])
	}
	return &bulksAnswer{grown(all, from, in.Limit)}, nil
}

func shownBulk(b conversations.Bulk) conversations.Bulk {
	b.CreatedAt, b.UpdatedAt = moment(b.CreatedAt), moment(b.UpdatedAt)
	if b.Counts == nil {
		b.Counts = map[conversations.RowState]int{}
	}
	return b
}
