package redisstore

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// An event at rest is one line, tab-separated: type's code, ms, the
// conversation's version after it, the message's place (0: none), and the rest
// in JSON where there is any. The same line stands in the conversation's
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
	conversations.EventAcknowledged: "ka", conversations.EventHandedOver: "h", conversations.EventRule: "ru",
	conversations.EventConsent:  "con",
	conversations.EventShipment: "t", conversations.EventBooking: "k",
}

var eventTypes = func() map[string]conversations.EventType {
	m := map[string]conversations.EventType{receivedUnassigned: conversations.EventReceived}
	for t, c := range eventCodes {
		m[c] = t
	}
	return m
}()

// A message received is told by one of two codes: nobody has its conversation, or somebody has.
const received, receivedUnassigned = "r", "R"

// eventRecord is what an event says beyond its line's first fields.
type eventRecord struct {
	By      conversations.AuthorType       `json:"b,omitempty"`
	ByID    string                         `json:"i,omitempty"`
	ByName  string                         `json:"n,omitempty"`
	Why     string                         `json:"y,omitempty"`
	Changes map[string]conversations.Delta `json:"c,omitempty"`
}

func encodeEvent(e *conversations.Event) (string, error) { return encodeLine(e, false) }

// encodeBrief is the line for the log: without the reasons, which stand in the
// history, and which nobody who follows the log acts on.
func encodeBrief(e *conversations.Event) (string, error) { return encodeLine(e, true) }

func encodeLine(e *conversations.Event, brief bool) (string, error) {
	_, seq, _ := e.Message.Split()
	code := eventCodes[e.Type]
	if code == received && e.Unassigned {
		code = receivedUnassigned
	}
	line := code + "\t" + strconv.FormatInt(ms(e.At), 10) + "\t" + strconv.FormatUint(uint64(e.Version), 10) + "\t" + strconv.Itoa(seq)
	if e.Type == conversations.EventReceived && e.By.Type == conversations.ByCustomer && (brief || e.Why == "") {
		return line, nil // who: the message's author
	}
	r := eventRecord{By: e.By.Type, ByID: e.By.ID, ByName: e.By.Name, Why: e.Why, Changes: e.Changes}
	if brief {
		r.Why = ""
	}
	if e.By == conversations.System {
		r.By, r.ByName = "", ""
	}
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encode event: %w", err)
	}
	return string(pack([]byte(line+"\t"), b)), nil
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
		By: conversations.Author{Type: conversations.ByCustomer}, Unassigned: f[0] == receivedUnassigned,
	}
	if seq > 0 {
		e.Message = conversations.NewMessageID(id, seq)
	}
	if len(f) == 5 {
		var r eventRecord
		body, err := unpack([]byte(f[4]))
		if err != nil {
			return conversations.Event{}, fmt.Errorf("decode event: %w", err)
		}
		if err := json.Unmarshal(body, &r); err != nil {
			return conversations.Event{}, fmt.Errorf("decode event: %w", err)
		}
		e.By = conversations.Author{Type: r.By, ID: r.ByID, Name: r.ByName}
		if r.By == "" {
			e.By = conversations.System
		}
		e.Why, e.Changes = r.Why, r.Changes
	}
	return e, nil
}
