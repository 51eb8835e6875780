package redisstore

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Documents stand behind their revision ("7…"), so that a script can compare the
// revision without reading the rest. Those that are written with every message
// are records; the others are JSON, packed. Times are ms.

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

// versioned puts a revision before a document.
func versioned(rev conversations.Revision, doc any) (string, error) {
	b, err := json.Marshal(doc)
	if err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	return string(pack(packedJSON, strconv.AppendUint(nil, uint64(rev), 10), b)), nil
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

// recorded puts a revision before a record.
func recorded(rev conversations.Revision, write func(*record)) (string, error) {
	s := newScratch()
	defer s.free()
	s.out = append(strconv.AppendUint(s.out, uint64(rev), 10), ' ')
	write(&s.record)
	return string(s.out), s.err
}

// recalled reads what recorded wrote.
func recalled(raw string, read func(*record)) (conversations.Revision, error) {
	head, body, _ := strings.Cut(raw, " ")
	rev, err := strconv.ParseUint(head, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("decode: no revision: %w", err)
	}
	s := newScratch()
	defer s.free()
	r := s.read(body)
	if read(r); r.err != nil {
		return 0, fmt.Errorf("decode: %w", r.err)
	}
	return conversations.Revision(rev), nil
}

func encodeConversation(c *conversations.Conversation) (string, error) {
	return recorded(c.Version, func(r *record) { r.conversation(c) })
}

func decodeConversation(id conversations.ID, raw string) (*conversations.Conversation, error) {
	c := &conversations.Conversation{ID: id, Number: id.Number()}
	var err error
	if c.Version, err = recalled(raw, func(r *record) { r.conversation(c) }); err != nil {
		return nil, fmt.Errorf("conversation %s: %w", id, err)
	}
	return c, nil
}

// usualClocks is how many clocks of its desk a conversation may have running.
const usualClocks = 4

func (r *record) conversation(c *conversations.Conversation) {
	r.epoch(1, &c.CreatedAt)
	text(r, 2, &c.Desk)
	text(r, 3, &c.Category)
	r.fraction(4, &c.Confidence)
	text(r, 5, &c.Status)
	text(r, 6, &c.Priority)
	text(r, 7, &c.Language)
	text(r, 8, &c.Subject)
	text(r, 9, &c.Preview)
	usual(r, 10, &c.Contact.ID, conversations.ContactID("k"+string(c.ID)))
	text(r, 11, &c.Contact.Name)
	list(r, 12, &c.Contact.Handles, (*record).handle)
	var o conversations.OfficerRef
	if c.Assignee != nil {
		o = *c.Assignee
	}
	text(r, 13, &o.ID)
	text(r, 14, &o.Name)
	if r.reading && o.ID != "" {
		c.Assignee = &conversations.OfficerRef{ID: o.ID, Name: o.Name}
	}
	list(r, 15, &c.References, (*record).reference)
	texts(r, 16, &c.Channels)
	texts(r, 17, &c.Tags)
	number(r, 18, &c.Unread)
	if r.reading && r.at(19) {
		c.Clocks = make([]conversations.Clock, 0, usualClocks)
	}
	list(r, 19, &c.Clocks, (*record).clock)
	r.moment(20, &c.WindowUntil)
	texts(r, 21, &c.Related)
	r.moment(22, &c.Snoozed)
	r.instant(23, &c.UpdatedAt)
	number(r, 24, &c.Messages)
	list(r, 25, &c.Routes, (*record).route)
	number(r, 26, &c.Promises)
	number(r, 27, &c.Issued)
	r.instant(28, &c.Times.Waiting)
	r.instant(29, &c.Times.Answered)
	r.instant(30, &c.Times.Assigned)
	r.instant(31, &c.Times.Solved)
	r.instant(32, &c.Times.Status)
	r.instant(33, &c.Times.Reviewed)
	r.flag(34, &c.ByHand)
	texts(r, 35, &c.People)
	r.flag(36, &c.Erased)
	text(r, 37, &c.Disposition)
	r.table(38, &c.Details)
	texts(r, 39, &c.Watchers)
	list(r, 40, &c.Pauses, (*record).pause)
	text(r, 41, &c.Previous)
	text(r, 42, &c.Overflow)
	r.instant(43, &c.Times.Released)
	r.joined(44, c)
	list(r, 60, &c.Surveys, (*record).survey)
}

func (r *record) survey(s *conversations.Survey) {
	text(r, 1, &s.Kind)
	text(r, 2, &s.Channel)
	r.instant(3, &s.AskedAt)
	text(r, 4, &s.Message)
	r.instant(5, &s.AnsweredAt)
	text(r, 6, &s.Answer)
	score := 0 // and one more, for 0 is a score too
	if s.Score != nil {
		score = *s.Score + 1
	}
	if number(r, 7, &score); r.reading && score > 0 {
		given := score - 1
		s.Score = &given
	}
}

func (r *record) handle(h *channels.Handle) {
	text(r, 1, &h.Kind)
	text(r, 2, &h.Issuer)
	text(r, 3, &h.Value)
}

func (r *record) reference(f *conversations.Reference) {
	text(r, 1, &f.Kind)
	text(r, 2, &f.Value)
	text(r, 3, &f.Carrier)
	r.flag(4, &f.Valid)
}

func (r *record) clock(k *conversations.Clock) {
	text(r, 1, &k.Name)
	r.instant(2, &k.DueAt)
	text(r, 3, &k.State)
	by := ""
	if k.PausedBy != nil {
		by = *k.PausedBy
	}
	if text(r, 4, &by); r.reading && by != "" {
		paused := by
		k.PausedBy = &paused
	}
	number(r, 5, &k.Step)
	text(r, 6, &k.Ack)
	r.flag(7, &k.Late)
}

func (r *record) pause(p *conversations.Pause) {
	r.instant(1, &p.From)
	r.instant(2, &p.To)
	text(r, 3, &p.By)
}

func (r *record) route(o *conversations.Route) {
	text(r, 1, &o.Channel)
	text(r, 2, &o.Account)
	one(r, 3, &o.To, (*record).handle)
	text(r, 4, &o.Last)
	r.instant(5, &o.At)
	text(r, 6, &o.Index)
	number(r, 7, &o.Seq)
	text(r, 8, &o.Class)
}
