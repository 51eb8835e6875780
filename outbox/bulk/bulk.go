// Package bulk sends one text to many with a ledger: every recipient is a durable row
// that ends as queued (its message then tells the rest), skipped with a reason, or
// failed. Plan counts what a bulk message would do and cost, and writes nothing;
// Create keeps it, and Run works through the rows of those that are running, at a pace
// that leaves officers' replies their room. A row's place (which conversation, or a new
// one) is written down before anything is queued, and the queueing is claimed under the
// row's name: so whatever is killed wherever, each recipient is written to exactly once.
// Start with Engine, then run.go.
package bulk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

// Ledger keeps bulk messages.
type Ledger interface {
	CreateBulk(ctx context.Context, b conversations.Bulk, rows []conversations.BulkRow) error
	ChangeBulk(ctx context.Context, b conversations.Bulk) error
	LoadBulk(ctx context.Context, id conversations.BulkID) (conversations.Bulk, error)
	Bulks(ctx context.Context) ([]conversations.Bulk, error)
}

// Rows keeps their recipients.
type Rows interface {
	PendingRows(ctx context.Context, id conversations.BulkID, n int) ([]conversations.BulkRow, error)
	BulkRows(ctx context.Context, id conversations.BulkID, from, n int) ([]conversations.BulkRow, error)
	// SaveRow writes the state after was; ErrStale if somebody else was quicker.
	SaveRow(ctx context.Context, id conversations.BulkID, was, next conversations.BulkRow) error
}

// Lines is what the engine wants to know of the outbox and of other gateways.
type Lines interface {
	Queued(ctx context.Context, lane conversations.Lane) (int, error)
	Pace(ctx context.Context, sender string, gap time.Duration, burst int, most time.Duration) (wait time.Duration, taken bool, err error)
	HoldBulk(ctx context.Context, id conversations.BulkID, ttl time.Duration) (bool, error)
	TellBulk(ctx context.Context, b conversations.Bulk) error
}

// People is what is read of customers and their conversations.
type People interface {
	Find(ctx context.Context, handles []channels.Handle) (conversations.Place, error)
	Load(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
	List(ctx context.Context, q conversations.Query) (conversations.Page, error)
	Consent(ctx context.Context, address string) (conversations.Consent, error)
}

// Desk queues; *conversations.Desk is one.
type Desk interface {
	Reply(ctx context.Context, id conversations.ID, d conversations.Draft, by conversations.Author) (conversations.Message, conversations.Conversation, error)
	Open(ctx context.Context, o conversations.Opening, by conversations.Author) (conversations.Message, conversations.Conversation, error)
}

// Library renders templates; *templates.Library is one.
type Library interface {
	Get(name string) (templates.Template, error)
	Render(name, language string, channel channels.Kind, vars map[string]any, opts templates.Options) (templates.Rendered, error)
}

// Price is what one segment (SMS) or message costs to numbers that begin with Prefix.
type Price struct {
	Channel channels.Kind
	Prefix  string // such as +966; empty: all others
	Each    float64
}

// Engine is bulk messages at work.
type Engine struct {
	Ledger    Ledger
	Rows      Rows
	Lines     Lines
	People    People
	Desk      Desk
	Library   Library
	PerSecond float64 // messages queued by all gateways together
	Prices    []Price
	Currency  string
	Company   string
	Timezone  *time.Location
	Now       func() time.Time
	Logger    *slog.Logger

	wake chan struct{}
}

// New makes an Engine whose Run wakes when something is created or resumed here.
func New(e Engine) *Engine {
	e.wake = make(chan struct{}, 1)
	return &e
}

// MostRecipients bounds one bulk message.
const MostRecipients = 100_000

// Filter selects the customers of conversations instead of a list.
type Filter struct {
	Desk      string
	Category  string
	Status    []conversations.Status
	Reference string
	Tag       string
	Language  string
	Channel   channels.Kind // that they have used
}

// Order is a bulk message to be planned or created.
type Order struct {
	Bulk       conversations.Bulk // Name, what to say, and how
	Recipients []conversations.BulkRow
	Filter     *Filter // instead of Recipients
	Paused     bool    // begins when it is resumed
	Op         string  // Idempotency-Key; the same one is created once
}

// Create keeps a bulk message, and returns it as it stands.
func (e *Engine) Create(ctx context.Context, o Order) (conversations.Bulk, error) {
	b, rows, err := e.enroll(ctx, o)
	if err != nil {
		return conversations.Bulk{}, err
	}
	err = e.Ledger.CreateBulk(ctx, b, rows)
	if err != nil && !errors.Is(err, conversations.ErrTaken) {
		return conversations.Bulk{}, err
	}
	e.poke()
	return e.Ledger.LoadBulk(ctx, b.ID)
}

// enroll makes the ledger of an order, and checks that it can be written at all.
func (e *Engine) enroll(ctx context.Context, o Order) (conversations.Bulk, []conversations.BulkRow, error) {
	b, list := o.Bulk, o.Recipients
	if err := e.check(&b); err != nil {
		return b, nil, err
	}
	var err error
	if o.Filter != nil {
		if list, err = e.selected(ctx, *o.Filter); err != nil {
			return b, nil, err
		}
	}
	if len(list) == 0 || len(list) > MostRecipients {
		return b, nil, invalid("recipients", fmt.Sprintf("are %d: from 1 to %d can be told", len(list), MostRecipients))
	}
	b.ID, b.Version, b.Status = newID(o.Op), 1, conversations.BulkRunning
	if o.Paused {
		b.Status = conversations.BulkPaused
	}
	b.CreatedAt = e.Now()
	b.UpdatedAt = b.CreatedAt
	return b, conversations.Enroll(list), nil
}

// check refuses what no recipient could get.
func (e *Engine) check(b *conversations.Bulk) error {
	if (b.Template == "") == (b.Text == "") {
		return invalid("template", "or text is needed, and not both")
	}
	if b.Template == "" {
		if b.Purpose == "" {
			b.Purpose = conversations.Service
		}
		return nil
	}
	t, err := e.Library.Get(b.Template)
	if err != nil {
		return invalid("template", "is no template of this gateway")
	}
	if b.Purpose == "" || t.Purpose == templates.Marketing {
		b.Purpose = conversations.Purpose(t.Purpose)
	}
	return nil
}

// selected are the customers of the conversations that a filter selects.
func (e *Engine) selected(ctx context.Context, f Filter) ([]conversations.BulkRow, error) {
	q := conversations.Query{
		Desk: f.Desk, Category: f.Category, Status: f.Status, Reference: f.Reference, Tag: f.Tag, Language: f.Language,
		Channel: f.Channel, Sort: conversations.ByUpdated, Limit: 200, Now: e.Now(),
	}
	if f.Desk == "" && f.Category == "" && f.Reference == "" && f.Tag == "" {
		return nil, invalid("filter", "names no desk, category, reference or tag: nobody writes to everybody")
	}
	var rows []conversations.BulkRow
	for {
		page, err := e.People.List(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("select: %w", err)
		}
		for _, c := range page.Items {
			r := conversations.BulkRow{Conversation: c.ID, Placed: true, Name: c.Contact.Name, Language: c.Language}
			if len(c.Contact.Handles) > 0 { // names the person: he is told once, in the conversation that changed last
				r.To = c.Contact.Handles[0]
			}
			rows = append(rows, r)
		}
		if q.Cursor = page.Next; q.Cursor == "" || len(rows) > MostRecipients {
			return rows, nil
		}
	}
}

// Move pauses, resumes or cancels.
func (e *Engine) Move(ctx context.Context, id conversations.BulkID, to conversations.BulkStatus) (conversations.Bulk, error) {
	for {
		b, err := e.Ledger.LoadBulk(ctx, id)
		if err != nil {
			return b, err
		}
		next, err := b.Move(to, e.Now())
		if err != nil || next.Version == b.Version {
			return next, err
		}
		if err = e.Ledger.ChangeBulk(ctx, next); !errors.Is(err, conversations.ErrStale) {
			e.poke()
			return next, err
		}
	}
}

func (e *Engine) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func invalid(field, what string) error {
	return &conversations.InvalidError{Fields: map[string]string{field: what}}
}

// newID names a bulk message: by its Idempotency-Key, or at random.
func newID(op string) conversations.BulkID {
	sum := sha256.Sum256([]byte(op))
	if op == "" {
		_, _ = rand.Read(sum[:])
	}
	return conversations.BulkID("b" + hex.EncodeToString(sum[:6]))
}
