package redisstore

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// An event at rest is one line, tab-separated: type's code, ms, the
// conversation's version after it, the message's place (0: none), and the rest
// as a record, where there is any. The same line stands in the conversation's
// history (a list) and, without its reason, in the partition's log (a stream).
// That a message was received is told by the message itself, and not again in
// the history.

// eventCodes are the types' codes at rest; they never change.
var eventCodes = map[conversations.EventType]string{
	conversations.EventReceived: received, conversations.EventQueued: "q", conversations.EventNoted: "n",
	conversations.EventStatus: "s", conversations.EventMedia: "m", conversations.EventOpened: "o",
	conversations.EventClassified: "c", conversations.EventAssigned: "a", conversations.EventUnassigned: "u",
	conversations.EventWaiting: "w", conversations.EventChanged: "x", conversations.EventRelated: "l",
	conversations.EventCallback: "b", conversations.EventOfficer: "f",
	conversations.EventWarned: "kw", conversations.EventBreached: "kb", conversations.EventEscalated: "ke",
	conversations.EventAcknowledged: "ka", conversations.EventMoved: "km", conversations.EventHandedOver: "h", conversations.EventRule: "ru",
	conversations.EventConsent: "con", conversations.EventBulk: "blk", conversations.EventSurvey: "sur", conversations.EventReread: "rr", conversations.EventExpired: "ex",
	conversations.EventReviewed: "rev", conversations.EventRound: "rnd",
	conversations.EventShipment: "t", conversations.EventBooking: "k",
	conversations.EventMerged: "j", conversations.EventSplit: "p", conversations.EventUndone: "z", conversations.EventErased: "e",
}

var eventTypes = func() map[string]conversations.EventType {
	m := map[string]conversations.EventType{receivedUnassigned: conversations.EventReceived, receivedUnattended: conversations.EventReceived}
	for t, c := range eventCodes {
		m[c] = t
	}
	return m
}()

// A message received is told by one of three codes: somebody has its conversation, nobody
// has, or somebody who may not be at work.
const received, receivedUnassigned, receivedUnattended = "r", "R", "ra"

func encodeEvent(e *conversations.Event) (string, error) { return encodeLine(e, false) }

// encodeBrief is the line for the log: without the reasons, which stand in the
// history, and which nobody who follows the log acts on.
func encodeBrief(e *conversations.Event) (string, error) { return encodeLine(e, true) }

func encodeLine(e *conversations.Event, brief bool) (string, error) {
	_, seq, _ := e.Message.Split()
	code := eventCodes[e.Type]
	switch {
	case code == received && e.Unassigned:
		code = receivedUnassigned
	case code == received && e.Unattended:
		code = receivedUnattended
	}
	s := newScratch()
	defer s.free()
	s.whole = append(append(s.whole, code...), '\t')
	s.whole = append(strconv.AppendInt(s.whole, ms(e.At), 10), '\t')
	s.whole = append(strconv.AppendUint(s.whole, uint64(e.Version), 10), '\t')
	s.whole = strconv.AppendInt(s.whole, int64(seq), 10)
	if e.Type == conversations.EventReceived && e.By.Type == conversations.ByCustomer && (brief || e.Why == "") {
		return string(s.whole), nil // who: the message's author
	}
	told := *e
	if brief {
		told.Why = ""
	}
	if e.By == conversations.System {
		told.By = conversations.Author{}
	}
	s.event(&told)
	s.whole = append(s.whole, '\t')
	return s.packed()
}

// event is what an event says beyond its line's first fields.
func (r *record) event(e *conversations.Event) {
	text(r, 1, &e.By.Type)
	text(r, 2, &e.By.ID)
	text(r, 3, &e.By.Name)
	text(r, 4, &e.Why)
	var moved []delta
	if len(e.Changes) > 0 {
		moved = make([]delta, 0, len(e.Changes))
		for name, d := range e.Changes {
			moved = append(moved, delta{name, d})
		}
		slices.SortFunc(moved, func(a, b delta) int { return strings.Compare(a.name, b.name) })
	}
	list(r, 5, &moved, (*record).delta)
	if r.reading && len(moved) > 0 {
		e.Changes = make(map[string]conversations.Delta, len(moved))
		for _, d := range moved {
			e.Changes[d.name] = d.Delta
		}
	}
}

// delta is one entry of an event's changes.
type delta struct {
	name string
	conversations.Delta
}

func (r *record) delta(d *delta) {
	text(r, 1, &d.name)
	r.value(2, &d.From)
	r.value(4, &d.To)
}

// value is a string under n, or anything else in JSON under n+1. What comes back of
// the latter is what encoding/json makes of it.
func (r *record) value(n uint64, v *any) {
	var plain string
	var other *any
	if of := reflect.ValueOf(*v); !r.reading && of.IsValid() {
		switch {
		case of.Kind() != reflect.String:
			other = v
		default:
			plain = said(of.String())
		}
	}
	text(r, n, &plain)
	rare(r, n+1, &other)
	switch {
	case !r.reading:
	case plain != "":
		*v = meant(plain)
	case other != nil:
		*v = *other
	}
}

func decodeEvent(id conversations.ID, line string) (conversations.Event, error) {
	f := strings.SplitN(line, "\t", 5)
	if len(f) < 4 {
		return conversations.Event{}, fmt.Errorf("decode event: %d fields, want 4 or 5", len(f))
	}
	at, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return conversations.Event{}, fmt.Errorf("decode event: time: %w", err)
	}
	rev, err := strconv.ParseUint(f[2], 10, 64)
	if err != nil {
		return conversations.Event{}, fmt.Errorf("decode event: version: %w", err)
	}
	seq, err := strconv.Atoi(f[3])
	if err != nil {
		return conversations.Event{}, fmt.Errorf("decode event: message: %w", err)
	}
	e := conversations.Event{
		Type: eventTypes[f[0]], Conversation: id, Version: conversations.Revision(rev), At: time.UnixMilli(at).UTC(),
		By: conversations.Author{Type: conversations.ByCustomer}, Unassigned: f[0] == receivedUnassigned, Unattended: f[0] == receivedUnattended,
	}
	if seq > 0 {
		e.Message = conversations.NewMessageID(id, seq)
	}
	if len(f) == 5 {
		body, err := unpack([]byte(f[4]))
		if err != nil {
			return conversations.Event{}, fmt.Errorf("decode event: %w", err)
		}
		e.By = conversations.Author{}
		r := readRecord(string(body))
		if r.event(&e); r.err != nil {
			return conversations.Event{}, fmt.Errorf("decode event: %w", r.err)
		}
		if e.By.Type == "" {
			e.By = conversations.System
		}
	}
	return e, nil
}
