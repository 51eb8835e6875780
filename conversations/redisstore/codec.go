package redisstore

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Documents are JSON with short names behind their revision ("7{…}"), so that a
// script can compare the revision without reading the rest. Times are ms.

// conversationRecord is a conversation at rest.
type conversationRecord struct {
	Desk       string                    `json:"d,omitempty"`
	Category   string                    `json:"g,omitempty"`
	Confidence float64                   `json:"f,omitempty"`
	Status     conversations.Status      `json:"s"`
	Priority   conversations.Priority    `json:"p,omitempty"`
	Language   string                    `json:"l,omitempty"`
	Subject    string                    `json:"j,omitempty"`
	Preview    string                    `json:"w,omitempty"`
	Contact    conversations.ContactID   `json:"k,omitempty"`
	Name       string                    `json:"n,omitempty"`
	Handles    []channels.Handle         `json:"h,omitempty"`
	Assignee   conversations.OfficerID   `json:"a,omitempty"`
	Officer    string                    `json:"an,omitempty"`
	References []conversations.Reference `json:"r,omitempty"`
	Channels   []channels.Kind           `json:"c,omitempty"`
	Tags       []string                  `json:"t,omitempty"`
	Unread     int                       `json:"u,omitempty"`
	Clocks     []clockRecord             `json:"o,omitempty"`
	Window     int64                     `json:"x,omitempty"`
	Related    []conversations.ID        `json:"y,omitempty"`
	Snoozed    int64                     `json:"z,omitempty"`
	Created    int64                     `json:"b"`
	Updated    int64                     `json:"e"`
	Messages   int                       `json:"m"`
	Routes     []routeRecord             `json:"ro,omitempty"`
	Promises   int                       `json:"v,omitempty"`
	Issued     int                       `json:"i,omitempty"`
	Times      [5]int64                  `json:"ti"`
	ByHand     bool                      `json:"bh,omitempty"`
	People     []string                  `json:"pe,omitempty"`
	Erased     bool                      `json:"er,omitempty"`
}

type clockRecord struct {
	Name     string                   `json:"n"`
	Due      int64                    `json:"d"`
	State    conversations.ClockState `json:"s"`
	PausedBy *string                  `json:"p,omitempty"`
}

type routeRecord struct {
	conversations.Route
	At int64 `json:"w"`
}

func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMS(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

func msOf(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return ms(*t)
}

func ptrMS(n int64) *time.Time {
	if n == 0 {
		return nil
	}
	t := fromMS(n)
	return &t
}

// versioned puts a revision before a document.
func versioned(rev conversations.Revision, doc any) (string, error) {
	b, err := json.Marshal(doc)
	if err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	return strconv.FormatUint(uint64(rev), 10) + string(b), nil
}

// unversioned reads what versioned wrote.
func unversioned(raw string, doc any) (conversations.Revision, error) {
	i := 0
	for i < len(raw) && raw[i] >= '0' && raw[i] <= '9' {
		i++
	}
	rev, err := strconv.ParseUint(raw[:i], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("decode: no revision: %w", err)
	}
	if err := json.Unmarshal([]byte(raw[i:]), doc); err != nil {
		return 0, fmt.Errorf("decode: %w", err)
	}
	return conversations.Revision(rev), nil
}

func encodeConversation(c *conversations.Conversation) (string, error) {
	r := conversationRecord{
		Desk: c.Desk, Category: c.Category, Confidence: c.Confidence, Status: c.Status, Priority: c.Priority,
		Language: c.Language, Subject: c.Subject, Preview: c.Preview,
		Contact: c.Contact.ID, Name: c.Contact.Name, Handles: c.Contact.Handles,
		References: c.References, Channels: c.Channels, Tags: c.Tags, Unread: c.Unread,
		Window: msOf(c.WindowUntil), Related: c.Related, Snoozed: msOf(c.Snoozed),
		Created: ms(c.CreatedAt), Updated: ms(c.UpdatedAt), Messages: c.Messages,
		Promises: c.Promises, Issued: c.Issued, ByHand: c.ByHand, People: c.People, Erased: c.Erased,
		Times: [5]int64{ms(c.Times.Waiting), ms(c.Times.Answered), ms(c.Times.Assigned), ms(c.Times.Solved), ms(c.Times.Status)},
	}
	if c.Assignee != nil {
		r.Assignee, r.Officer = c.Assignee.ID, c.Assignee.Name
	}
	for _, k := range c.Clocks {
		r.Clocks = append(r.Clocks, clockRecord{k.Name, ms(k.DueAt), k.State, k.PausedBy})
	}
	for _, o := range c.Routes {
		r.Routes = append(r.Routes, routeRecord{o, ms(o.At)})
	}
	return versioned(c.Version, r)
}

func decodeConversation(id conversations.ID, raw string) (*conversations.Conversation, error) {
	var r conversationRecord
	rev, err := unversioned(raw, &r)
	if err != nil {
		return nil, fmt.Errorf("conversation %s: %w", id, err)
	}
	c := &conversations.Conversation{
		ID: id, Number: id.Number(), Version: rev,
		Desk: r.Desk, Category: r.Category, Confidence: r.Confidence, Status: r.Status, Priority: r.Priority,
		Language: r.Language, Subject: r.Subject, Preview: r.Preview,
		Contact:    conversations.ContactRef{ID: r.Contact, Name: r.Name, Handles: r.Handles},
		References: r.References, Channels: r.Channels, Tags: r.Tags, Unread: r.Unread,
		WindowUntil: ptrMS(r.Window), Related: r.Related, Snoozed: ptrMS(r.Snoozed),
		CreatedAt: fromMS(r.Created), UpdatedAt: fromMS(r.Updated), Messages: r.Messages,
		Promises: r.Promises, Issued: r.Issued, ByHand: r.ByHand, People: r.People, Erased: r.Erased,
		Times: conversations.Milestones{
			Waiting: fromMS(r.Times[0]), Answered: fromMS(r.Times[1]), Assigned: fromMS(r.Times[2]),
			Solved: fromMS(r.Times[3]), Status: fromMS(r.Times[4]),
		},
	}
	if r.Assignee != "" {
		c.Assignee = &conversations.OfficerRef{ID: r.Assignee, Name: r.Officer}
	}
	for _, k := range r.Clocks {
		c.Clocks = append(c.Clocks, conversations.Clock{Name: k.Name, DueAt: fromMS(k.Due), State: k.State, PausedBy: k.PausedBy})
	}
	for _, o := range r.Routes {
		o.Route.At = fromMS(o.At)
		c.Routes = append(c.Routes, o.Route)
	}
	return c, nil
}
