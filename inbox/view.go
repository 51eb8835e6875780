package inbox

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// The functions below bring stored values into the form that is shown: clocks as
// they stand now, lists that are never null, and times in UTC and milliseconds,
// as the store keeps them, so that a write's answer equals the next read.

// shown is a conversation as it stands at now.
func shown(c conversations.Conversation, now time.Time) conversations.Conversation {
	c = c.At(now)
	for i := range c.Clocks {
		c.Clocks[i].DueAt = moment(c.Clocks[i].DueAt)
	}
	c.Contact.Handles = some(c.Contact.Handles)
	c.References, c.Channels, c.Tags, c.Related = some(c.References), some(c.Channels), some(c.Tags), some(c.Related)
	c.WindowUntil, c.Snoozed = utc(c.WindowUntil), utc(c.Snoozed)
	c.CreatedAt, c.UpdatedAt = moment(c.CreatedAt), moment(c.UpdatedAt)
	return c
}

// shownMessage also says which language a message is in, if it does not itself, and
// has the HTML of a mail made.
func (a *API) shownMessage(ctx context.Context, m conversations.Message) conversations.Message {
	if m.Rich && a.Original != nil {
		m.HTML = a.Original(ctx, &m)
	}
	if m.Language == "" && a.Language != nil && m.Text+m.Subject != "" {
		m.Language = a.Language(m.Subject, m.Text)
	}
	if m.Error != nil && a.Explain != nil {
		e := *m.Error
		e.Texts, m.Error = a.Explain(e.Code), &e
	}
	m.Attachments = some(m.Attachments)
	m.CreatedAt = moment(m.CreatedAt)
	return m
}

func shownEvent(e conversations.Event) conversations.Event {
	e.At = moment(e.At)
	return e
}

func shownContact(k conversations.Contact) conversations.Contact {
	k.Handles = some(k.Handles)
	k.CreatedAt, k.UpdatedAt = moment(k.CreatedAt), moment(k.UpdatedAt)
	return k
}

func shownOfficer(o conversations.Officer) conversations.Officer {
	o.Skills, o.Languages = some(o.Skills), some(o.Languages)
	o.CreatedAt = moment(o.CreatedAt)
	return o
}

// shownCallback fills instants that were never set from those that were.
func shownCallback(cb conversations.Callback) conversations.Callback {
	cb.RequestedAt, cb.NotBefore, cb.DueAt = moment(cb.RequestedAt), moment(cb.NotBefore), moment(cb.DueAt)
	if cb.NotBefore.IsZero() {
		cb.NotBefore = cb.RequestedAt
	}
	if cb.DueAt.IsZero() {
		cb.DueAt = moment(cb.NotBefore.Add(conversations.CallbackTerm))
	}
	cb.LookAt, cb.KeptAt, cb.ToldAt = utc(cb.LookAt), utc(cb.KeptAt), utc(cb.ToldAt)
	cb.Attempts = some(slices.Clone(cb.Attempts))
	for i := range cb.Attempts {
		a := &cb.Attempts[i]
		a.At, a.EndedAt, a.TalkAt = moment(a.At), utc(a.EndedAt), utc(a.TalkAt)
	}
	return cb
}

// some is s, or an empty slice for nil.
func some[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// moment is an instant as it is shown. RFC 3339 ends with the year 9999: what was kept of
// later ones, before times.go refused them, is shown as its last instant.
func moment(t time.Time) time.Time {
	if t = t.UTC().Truncate(time.Millisecond); t.Year() > 9999 {
		return lastMoment
	}
	return t
}

var lastMoment = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := moment(*t)
	return &u
}

// etag is a version as an entity tag (RFC 9110 section 8.8.3).
func etag(v conversations.Revision) string {
	return `"` + strconv.FormatUint(uint64(v), 10) + `"`
}

// ifMatch reads the version that a write was decided on; 0 if it was decided on
// none. Weak tags and bare numbers are taken too, and "0" as what is older than any.
func ifMatch(header string) (conversations.Revision, error) {
	s := strings.TrimSpace(header)
	if s == "" || s == "*" {
		return 0, nil
	}
	s = strings.TrimPrefix(s, "W/")
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fault("header.If-Match", `is not a version such as "7"`)
	}
	if v == 0 { // older than any
		v = math.MaxInt64
	}
	return conversations.Revision(v), nil
}

// page is the form of every list.
type page[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor" doc:"The cursor of the next page; null on the last"`
}

func pageOf[T any](items []T, next string) page[T] {
	p := page[T]{Items: some(items)}
	if next != "" {
		p.NextCursor = &next
	}
	return p
}

// Paging is how every list is asked for.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many"`
	Cursor string `query:"cursor" maxLength:"16000" doc:"The next_cursor of the page before"`
}

// paged is one page of a list whose members have names of their own; the cursor is the last one's.
func paged[T any](list []T, in *Paging, name func(T) string) ([]T, string, error) {
	if in.Cursor != "" {
		at := slices.IndexFunc(list, func(x T) bool { return name(x) == in.Cursor })
		if at < 0 {
			return nil, "", queryFault(conversations.ErrCursor)
		}
		list = list[at+1:]
	}
	if len(list) <= in.Limit {
		return list, "", nil
	}
	return list[:in.Limit], name(list[in.Limit-1]), nil
}

// offset reads the cursor of a list that only grows at its end.
func (p Paging) offset() (int, error) {
	if p.Cursor == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(p.Cursor)
	if err != nil || n < 0 || n > 1<<30 {
		return 0, fault("query.cursor", "is not a cursor of this list")
	}
	return n, nil
}

// grown pages a list that only grows at its end; items holds one more than the limit if there is more.
func grown[T any](items []T, after, limit int) page[T] {
	if len(items) <= limit {
		return pageOf(items, "")
	}
	return pageOf(items[:limit], strconv.Itoa(after+limit))
}
