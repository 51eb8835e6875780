package inbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// listParams describes the filters of the list of conversations; query reads them.
type listParams struct {
	Desk      string   `query:"desk"`
	Category  string   `query:"category"`
	Status    []string `query:"status" doc:"One or more, comma-separated" enum:"new,open,pending,on_hold,solved,closed"`
	Assignee  string   `query:"assignee" doc:"me, none, or an officer's ID"`
	Channel   string   `query:"channel" enum:"email,sms,whatsapp,voice"`
	Priority  string   `query:"priority" enum:"urgent,high,normal,low"`
	Language  string   `query:"language"`
	Reference string   `query:"reference" doc:"A shipment's or booking's number"`
	Contact   string   `query:"contact" doc:"A contact's ID"`
	Tag       string   `query:"tag"`
	Overdue   bool     `query:"overdue" doc:"Only those with a running clock past its time"`
	Sort      string   `query:"sort" enum:"due,-updated,-created,created" default:"-updated"`
	Paging
}

var sorts = []conversations.Sort{conversations.ByUpdated, conversations.ByCreatedNewest, conversations.ByCreatedOldest, conversations.ByDue}

// asked reads the query of a request, collecting what is wrong with it.
type asked struct {
	c      *fiber.Ctx
	faults []Fault
}

func (q *asked) bad(name, format string, args ...any) {
	q.faults = append(q.faults, Fault{"query." + name, fmt.Sprintf(format, args...)})
}

// text is a parameter of at most 16,000 bytes, which the longest cursor needs.
func (q *asked) text(name string) string {
	s := q.c.Query(name)
	if len(s) > 16_000 {
		q.bad(name, "is longer than 16,000 bytes")
		return ""
	}
	return s
}

// oneOfThese is a parameter with a closed set of values, or empty.
func oneOfThese[T ~string](q *asked, name string, values []T) T {
	v := T(q.text(name))
	if v != "" && !slices.Contains(values, v) {
		q.bad(name, "is not one of %v", values)
	}
	return v
}

// statuses reads one or more, separated by commas or given one by one.
func (q *asked) statuses() []conversations.Status {
	var out []conversations.Status
	for _, given := range q.c.Context().QueryArgs().PeekMulti("status") {
		for _, s := range strings.FieldsFunc(string(given), func(r rune) bool { return r == ',' }) {
			if status := conversations.Status(s); !slices.Contains(conversations.Statuses, status) {
				q.bad("status", "is not one of %v", conversations.Statuses)
				return nil
			} else if !slices.Contains(out, status) {
				out = append(out, status)
			}
		}
	}
	return out
}

// query is the request as a conversations.Query.
func (a *API) query(c *fiber.Ctx, who *caller) (conversations.Query, error) {
	in := asked{c: c}
	q := conversations.Query{
		Desk: in.text("desk"), Category: in.text("category"), Assignee: in.text("assignee"), Language: in.text("language"),
		Reference: a.sought(in.text("reference")), Contact: conversations.ContactID(in.text("contact")), Tag: in.text("tag"),
		Channel:  oneOfThese(&in, "channel", []channels.Kind{channels.Email, channels.SMS, channels.WhatsApp, channels.Voice}),
		Priority: oneOfThese(&in, "priority", conversations.Priorities),
		Sort:     oneOfThese(&in, "sort", sorts),
		Cursor:   in.text("cursor"), Limit: 50, Now: a.Now(),
	}
	if q.Sort == "" {
		q.Sort = conversations.ByUpdated
	}
	if q.Assignee == "me" {
		q.Assignee = string(who.officer.ID)
	}
	if q.Desk != "" && !a.hasDesk(q.Desk) {
		in.bad("desk", "is no desk of this gateway")
	}
	if q.Category != "" && len(a.Desks) > 0 && !a.hasCategory(conversations.Triage, q.Category) {
		in.bad("category", "is no category of any desk")
	}
	q.Status = in.statuses()
	var err error
	if s := in.text("overdue"); s != "" {
		if q.Overdue, err = strconv.ParseBool(s); err != nil {
			in.bad("overdue", "is not true or false")
		}
	}
	if s := in.text("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > 200 {
			in.bad("limit", "is not a number from 1 to 200")
		}
	}
	if len(in.faults) > 0 {
		return q, invalid(in.faults...)
	}
	return q, nil
}

// listConversations is the hot route: the rows of a page are shared and seldom
// change, so their JSON is kept and the answer is put together from it.
func (a *API) listConversations(c *fiber.Ctx) error {
	q, err := a.query(c, callerOf(c.Context()))
	if err != nil {
		return err
	}
	list, err := a.Store.List(c.UserContext(), q)
	if err != nil {
		return fmt.Errorf("list conversations: %w", queryFault(err))
	}
	next := []byte("null")
	if list.Next != "" {
		if next, err = json.Marshal(list.Next); err != nil {
			return fmt.Errorf("write cursor: %w", err)
		}
	}
	body := c.Response()
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	body.AppendBodyString(`{"items":[`)
	if err := a.rows.each(list.Items, q.Now, func(i int, row []byte) {
		if i > 0 {
			body.AppendBodyString(",")
		}
		body.AppendBody(row)
	}); err != nil {
		return err
	}
	body.AppendBodyString(`],"next_cursor":`)
	body.AppendBody(next)
	body.AppendBodyString("}")
	return nil
}

// queryFault says that a bad cursor, which only the store can tell, came in the query.
func queryFault(err error) error {
	if errors.Is(err, conversations.ErrCursor) {
		return fault("query.cursor", "is not a cursor of this list")
	}
	for _, f := range faultsOf(err) {
		return fault("query."+strings.TrimPrefix(f.Location, "body."), "%s", f.Message)
	}
	return err
}

// maxRows bounds the cache of rows; each takes about 1.5 kB.
const maxRows = 8192

// rowCache keeps the JSON of conversations by identity: the store hands out the
// same pointer for as long as a conversation has not changed. Two generations
// make it bounded: what is used moves to the young one, the old one is dropped whole.
type rowCache struct {
	mu         sync.Mutex
	young, old map[*conversations.Conversation]row
	size       int // of a generation
}

// row is a conversation's JSON, good up to the instant at which its next clock runs out.
type row struct {
	body  []byte
	until time.Time // zero: for good
}

func newRowCache(size int) *rowCache {
	return &rowCache{young: map[*conversations.Conversation]row{}, size: size / 2}
}

// each calls fn with the JSON of every conversation, in order.
func (r *rowCache) each(items []*conversations.Conversation, now time.Time, fn func(int, []byte)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, c := range items {
		known, ok := r.find(c)
		if !ok || !known.until.IsZero() && now.After(known.until) {
			var err error
			if known, err = newRow(c, now); err != nil {
				return err
			}
			r.keep(c, known)
		}
		fn(i, known.body)
	}
	return nil
}

func (r *rowCache) find(c *conversations.Conversation) (row, bool) {
	known, ok := r.young[c]
	if !ok {
		if known, ok = r.old[c]; ok {
			r.keep(c, known)
		}
	}
	return known, ok
}

func (r *rowCache) keep(c *conversations.Conversation, known row) {
	if len(r.young) >= r.size {
		r.young, r.old = make(map[*conversations.Conversation]row, r.size), r.young
	}
	r.young[c] = known
}

// newRow writes a conversation as it stands at now.
func newRow(c *conversations.Conversation, now time.Time) (row, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(shown(*c, now)); err != nil {
		return row{}, fmt.Errorf("write conversation: %w", err)
	}
	return row{body: bytes.TrimSuffix(b.Bytes(), []byte("\n")), until: nextDue(c, now)}, nil
}

// nextDue is the first instant after now at which a running clock is breached; zero if none.
func nextDue(c *conversations.Conversation, now time.Time) time.Time {
	var due time.Time
	for _, k := range c.Clocks {
		if k.State == conversations.Running && !now.After(k.DueAt) && (due.IsZero() || k.DueAt.Before(due)) {
			due = k.DueAt
		}
	}
	return due
}
