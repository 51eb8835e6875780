package simulator

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"
)

// What a call may be waiting for.
const (
	WaitNothing    = ""
	WaitRinging    = "ringing"    // the person called has not answered
	WaitGather     = "gather"     // keys, or speech if Speech is set
	WaitRecord     = "record"     // a spoken message
	WaitDial       = "dial"       // another leg to answer
	WaitBridged    = "bridged"    // the two people to finish talking
	WaitQueue      = "queue"      // somebody to take the caller from a queue
	WaitConference = "conference" // the conference to end
)

// Call is one leg of a call.
type Call struct {
	SID        string    `json:"sid"`
	Parent     string    `json:"parent,omitempty"` // SID of the leg whose <Dial> made this one
	From       string    `json:"from"`
	To         string    `json:"to"`
	Direction  string    `json:"direction"` // inbound, outbound-api, outbound-dial
	Status     string    `json:"status"`    // queued, ringing, in-progress, completed, busy, no-answer, failed, canceled
	AnsweredBy string    `json:"answered_by,omitempty"`
	Created    time.Time `json:"created"`
	Answered   time.Time `json:"answered,omitzero"`
	Ended      time.Time `json:"ended,omitzero"`

	Wait   string `json:"wait"`             // one of the Wait… constants
	Speech bool   `json:"speech,omitempty"` // a gather listens to words too
	Keys   string `json:"keys,omitempty"`   // pressed so far in this gather
	Lines  []Line `json:"lines"`            // what was said and done, in order
	Peer   string `json:"peer,omitempty"`   // SID of the leg it talks to
	Steps  []Step `json:"steps,omitempty"`  // the documents it was served, in order
}

// Step is one question to the gateway about a call, and what it answered.
type Step struct {
	At     time.Time         `json:"at"`
	Path   string            `json:"path"`             // asked, with its query
	Said   map[string]string `json:"said,omitempty"`   // keys, speech, and what became of a dial or a recording
	TwiML  string            `json:"twiml"`            // served
	Faults []string          `json:"faults,omitempty"` // where it is not as Twilio's grammar has it
}

// Line is one thing heard on a call.
type Line struct {
	Who      string    `json:"who"` // company, customer, event
	Text     string    `json:"text"`
	Language string    `json:"language,omitempty"` // of a <Say>, BCP 47
	Voice    string    `json:"voice,omitempty"`
	At       time.Time `json:"at"`
}

// Over reports whether the call has ended.
func (c Call) Over() bool { return !c.Ended.IsZero() }

// Seconds is how long it lasted, as Twilio counts: whole seconds, at least one.
func (c Call) Seconds() int {
	if c.Answered.IsZero() || c.Ended.IsZero() {
		return 0
	}
	return max(1, int(c.Ended.Sub(c.Answered).Seconds()))
}

// Said reports whether the company said exactly text.
func (c Call) Said(text string) bool {
	return slices.ContainsFunc(c.Lines, func(l Line) bool { return l.Who == "company" && l.Text == text })
}

// call is a Call being played. run serialises its steps; Call and the fields
// under it are guarded by Simulator.mu.
type call struct {
	run sync.Mutex
	Call

	machine bool       // a voicemail answered: it hears, and presses nothing
	request url.Values // the Calls.json parameters, for an outbound-api leg
	doc     string     // address of the document being played
	verbs   []verb     // what is left of it
	at      verb       // the verb being waited on
	since   time.Time  // when that wait began
	legs    []*call    // the legs its <Dial> verbs made
	owner   *call      // the leg whose <Dial> made this one
	room    *conference
	line    *queue
	jump    *jump // set by REST: leave everything and go there
	fetches int
	seq     int
	report  callbacks
	watch   reporter
}

// jump is a live call's new course.
type jump struct {
	url, method, twiml string
	status             string // completed or canceled
}

// reporter is who wants to hear about a leg's progress.
type reporter struct {
	url, method string
	events      []string // initiated, ringing, answered, completed
}

// Calls returns every leg, oldest first.
func (s *Simulator) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Call, len(s.calls))
	for i, c := range s.calls {
		list[i] = c.snapshot()
	}
	return list
}

// Call returns one leg.
func (s *Simulator) Call(sid string) (Call, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.callBySID[sid]; c != nil {
		return c.snapshot(), true
	}
	return Call{}, false
}

func (c *call) snapshot() Call {
	copied := c.Call
	copied.Lines, copied.Steps = slices.Clone(c.Lines), slices.Clone(c.Steps)
	return copied
}

// newCall books a leg. The caller holds mu.
func (s *Simulator) newCall(from, to, direction string) *call {
	c := &call{Call: Call{SID: NewSID("CA"), From: from, To: to, Direction: direction, Status: "queued", Created: s.now(), Lines: []Line{}}}
	s.calls = append(s.calls, c)
	s.callBySID[c.SID] = c
	s.touch()
	return c
}

// step runs f as the next step of the leg and returns what it is like afterwards.
func (s *Simulator) step(ctx context.Context, sid string, f func(ctx context.Context, c *call) error) (Call, error) {
	s.mu.Lock()
	c := s.callBySID[sid]
	s.mu.Unlock()
	if c == nil {
		return Call{}, fmt.Errorf("call %s: %w", sid, ErrNoCall)
	}
	c.run.Lock()
	defer c.run.Unlock()
	err := f(ctx, c)
	after, _ := s.Call(sid)
	return after, err
}

// later runs a step in the background: what one leg causes on another.
func (s *Simulator) later(c *call, f func(ctx context.Context, c *call) error) {
	s.spawn(func(ctx context.Context) {
		if _, err := s.step(ctx, c.SID, f); err != nil {
			s.log.Debug("simulator call step", "call", c.SID, "err", err)
		}
	})
}

// say adds a line; the caller must not hold mu.
func (s *Simulator) say(c *call, l Line) {
	l.At = s.now()
	s.update(func() { c.Lines = append(c.Lines, l) })
}

func (s *Simulator) event(c *call, format string, args ...any) {
	s.say(c, Line{Who: "event", Text: fmt.Sprintf(format, args...)})
}

// waitFor parks the call at v.
func (s *Simulator) waitFor(c *call, kind string, v verb) {
	s.update(func() {
		c.Wait, c.at, c.Keys, c.since = kind, v, "", s.now()
		c.Speech = kind == WaitGather && hasWord(v.attr("input", "dtmf"), "speech")
	})
}

// look reads the leg's state under the lock.
func (s *Simulator) look(c *call) Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.snapshot()
}

// form is what every voice request carries. The caller must not hold mu.
// https://www.twilio.com/docs/voice/twiml#request-parameters
func (s *Simulator) form(c *call) url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := url.Values{
		"AccountSid": {s.cfg.AccountSID}, "ApiVersion": {apiVersion}, "CallSid": {c.SID},
		"CallStatus": {c.Status}, "Direction": {c.Direction},
		"From": {c.From}, "Caller": {c.From}, "To": {c.To}, "Called": {c.To},
	}
	for _, end := range [...]struct{ name, number string }{{"From", c.From}, {"Caller", c.From}, {"To", c.To}, {"Called", c.To}} {
		f.Set(end.name+"Country", country(end.number))
		for _, part := range [...]string{"City", "State", "Zip"} {
			f.Set(end.name+part, "")
		}
	}
	setIf(f, "ParentCallSid", c.Parent)
	setIf(f, "AnsweredBy", c.AnsweredBy)
	if c.Direction == "inbound" {
		f.Set("StirVerstat", "No-TN-Validation")
	}
	return f
}
