package redisstore

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Documents are JSON with short names, packed, behind their revision ("7…"), so
// that a script can compare the revision without reading the rest. Times are ms.

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
	Times      [7]int64                  `json:"ti"`
	ByHand     bool                      `json:"bh,omitempty"`
	People     []string                  `json:"pe,omitempty"`
	Erased     bool                      `json:"er,omitempty"`
	Ending     string                    `json:"di,omitempty"`
	Details    map[string]string         `json:"de,omitempty"`
	Watchers   []conversations.OfficerID `json:"wa,omitempty"`
	Pauses     []pauseRecord             `json:"pa,omitempty"`
	Previous   conversations.OfficerID   `json:"pr,omitempty"`
	Overflow   string                    `json:"ov,omitempty"`
}

type pauseRecord struct {
	From int64  `json:"f"`
	To   int64  `json:"t,omitempty"`
	By   string `json:"b,omitempty"`
}

type clockRecord struct {
	Name     string                   `json:"n"`
	Due      int64                    `json:"d"`
	State    conversations.ClockState `json:"s"`
	PausedBy *string                  `json:"p,omitempty"`
	Step     int                      `json:"t,omitempty"`
	Ack      conversations.OfficerID  `json:"a,omitempty"`
	Late     bool                     `json:"l,omitempty"`
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
	return string(pack(strconv.AppendUint(nil, uint64(rev), 10), b)), nil
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
	body, err := unpack([]byte(raw[i:]))
	if err != nil {
		return 0, fmt.Errorf("decode: %w", err)
	}
	if err := json.Unmarshal(body, doc); err != nil {
		return 0, fmt.Errorf("decode: %w", err)
	}
	return conversations.Revision(rev), nil
}

// encodeConversation writes what conversationRecord reads.
func encodeConversation(c *conversations.Conversation) (string, error) {
	o := object{b: make([]byte, 0, 1024)}
	o.open()
	o.str("d", c.Desk)
	o.str("g", c.Category)
	if c.Confidence != 0 {
		o.key("f")
		o.b = append(strconv.AppendFloat(o.b, c.Confidence, 'g', -1, 64), ',')
	}
	o.str("s", string(c.Status))
	o.str("p", string(c.Priority))
	o.str("l", c.Language)
	o.str("j", c.Subject)
	o.str("w", c.Preview)
	o.str("k", string(c.Contact.ID))
	o.str("n", c.Contact.Name)
	o.handles("h", c.Contact.Handles)
	if c.Assignee != nil {
		o.str("a", string(c.Assignee.ID))
		o.str("an", c.Assignee.Name)
	}
	if len(c.References) > 0 {
		o.other("r", c.References)
	}
	o.list("c", len(c.Channels), func(i int) { o.quote(string(c.Channels[i])) })
	o.strs("t", c.Tags)
	o.num("u", int64(c.Unread))
	o.list("o", len(c.Clocks), func(i int) { o.clock(c.Clocks[i]) })
	o.num("x", msOf(c.WindowUntil))
	o.list("y", len(c.Related), func(i int) { o.quote(string(c.Related[i])) })
	o.num("z", msOf(c.Snoozed))
	o.num("b", ms(c.CreatedAt))
	o.num("e", ms(c.UpdatedAt))
	o.num("m", int64(c.Messages))
	o.list("ro", len(c.Routes), func(i int) { o.route(c.Routes[i]) })
	o.num("v", int64(c.Promises))
	o.num("i", int64(c.Issued))
	times := [7]int64{
		ms(c.Times.Waiting), ms(c.Times.Answered), ms(c.Times.Assigned), ms(c.Times.Solved), ms(c.Times.Status), ms(c.Times.Reviewed),
		ms(c.Times.Released),
	}
	o.list("ti", len(times), func(i int) { o.b = strconv.AppendInt(o.b, times[i], 10) })
	o.flag("bh", c.ByHand)
	o.strs("pe", c.People)
	o.flag("er", c.Erased)
	o.str("di", c.Disposition)
	if len(c.Details) > 0 {
		o.other("de", c.Details)
	}
	o.list("wa", len(c.Watchers), func(i int) { o.quote(string(c.Watchers[i])) })
	o.list("pa", len(c.Pauses), func(i int) { o.pause(c.Pauses[i]) })
	o.str("pr", string(c.Previous))
	o.str("ov", c.Overflow)
	o.close()
	return string(pack(strconv.AppendUint(make([]byte, 0, 1024), uint64(c.Version), 10), o.b)), o.err
}

func (o *object) clock(k conversations.Clock) {
	o.open()
	o.str("n", k.Name)
	o.num("d", ms(k.DueAt))
	o.str("s", string(k.State))
	if k.PausedBy != nil {
		o.str("p", *k.PausedBy)
	}
	o.num("t", int64(k.Step))
	o.str("a", string(k.Ack))
	o.flag("l", k.Late)
	o.close()
}

func (o *object) pause(p conversations.Pause) {
	o.open()
	o.num("f", ms(p.From))
	o.num("t", ms(p.To))
	o.str("b", p.By)
	o.close()
}

func (o *object) route(r conversations.Route) {
	o.open()
	o.str("c", string(r.Channel))
	o.str("a", r.Account)
	o.key("t")
	o.handle(r.To)
	o.b = append(o.b, ',')
	o.str("m", r.Last)
	o.num("w", ms(r.At))
	o.close()
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
		Disposition: r.Ending, Details: r.Details, Watchers: r.Watchers, Previous: r.Previous, Overflow: r.Overflow,
		Times: conversations.Milestones{
			Waiting: fromMS(r.Times[0]), Answered: fromMS(r.Times[1]), Assigned: fromMS(r.Times[2]),
			Solved: fromMS(r.Times[3]), Status: fromMS(r.Times[4]), Reviewed: fromMS(r.Times[5]),
			Released: fromMS(r.Times[6]),
		},
	}
	if r.Assignee != "" {
		c.Assignee = &conversations.OfficerRef{ID: r.Assignee, Name: r.Officer}
	}
	for _, k := range r.Clocks {
		c.Clocks = append(c.Clocks, conversations.Clock{
			Name: k.Name, DueAt: fromMS(k.Due), State: k.State, PausedBy: k.PausedBy, Step: k.Step, Ack: k.Ack, Late: k.Late,
		})
	}
	for _, p := range r.Pauses {
		c.Pauses = append(c.Pauses, conversations.Pause{From: fromMS(p.From), To: fromMS(p.To), By: p.By})
	}
	for _, o := range r.Routes {
		o.Route.At = fromMS(o.At)
		c.Routes = append(c.Routes, o.Route)
	}
	return c, nil
}
