// Package voice is the adapter for incoming calls: Flow answers each of Twilio's
// questions about a call with TwiML and, where the caller has left something, with
// a channels.Inbound to keep. A caller chooses language (unless his is known) and desk,
// and then hears how his shipment stands, speaks to an officer or waits for one, leaves a
// message, or asks to be called back, at a time if he says one. Nothing of a call is held
// between two questions: what was chosen, and the path taken, ride in the address of the
// next one, so a question that comes twice has the same answer. What the house knows comes
// from its Guide. Start with Flow.Answer; what is spoken is in menu.go and words.go.
package voice

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

// Step is a question of Twilio's: the end of the address it is posted to, after
// /webhooks/twilio/voice.
type Step string

const (
	Incoming  Step = ""          // a call comes in
	Chosen    Step = "language"  // a key was pressed in the first menu, or none in time
	Desked    Step = "desk"      // the same in the second
	Decided   Step = "choice"    // the same in the third
	Recording Step = "recording" // the caller has spoken, or not
	Recorded  Step = "recorded"  // a recording can be fetched
	Ended     Step = "status"    // a call has ended
	Numbered  Step = "number"    // a shipment's or booking's number was keyed or said
	Talk      Step = "talk"      // he wants an officer, or wants him still
	Screen    Step = "screen"    // an officer picked up
	Screened  Step = "screened"  // an officer was asked whether he takes it
	Talked    Step = "talked"    // no officer was reached, or they have talked
	Held      Step = "held"      // somebody who waits pressed a key
	Timed     Step = "time"      // he was asked when to be rung
)

// Steps are all steps.
var Steps = []Step{Incoming, Chosen, Desked, Decided, Recording, Recorded, Ended, Numbered, Talk, Screen, Screened, Talked, Held, Timed}

// maxTries is how often a menu is spoken to somebody who presses no key of it.
const maxTries = 3

// Flow is the way of a call through the menu.
type Flow struct {
	Guide Guide // nil: nobody and nothing is known
	Now   func() time.Time

	publicURL string
	menu      Menu
	sealer    sealer
}

// NewFlow makes the flow whose steps are at publicURL. secret, the auth token,
// hides the caller's number in an address that has to carry it.
func NewFlow(publicURL, secret string, menu Menu) (*Flow, error) {
	if len(menu.Languages) == 0 || len(menu.Languages) > 9 || len(menu.Desks) > 8 {
		return nil, errors.New("a menu needs one to nine languages and at most eight desks")
	}
	s, err := newSealer(secret)
	if err != nil {
		return nil, err
	}
	return &Flow{Guide: alone{}, Now: time.Now, publicURL: strings.TrimRight(publicURL, "/"), menu: menu, sealer: s}, nil
}

// Question is one request of Twilio's about a call.
type Question struct {
	Step  Step
	Query url.Values
	Form  twilio.Form
}

// Answer is what to do about a Question: keep something first, if Keep is not
// nil, and then give Twilio the TwiML.
type Answer struct {
	TwiML string
	Keep  *channels.Inbound
	// Minor says that the caller need not be turned away if Keep fails: what he
	// says next is kept in its own right.
	Minor bool
}

// Answer answers q. The error is a twilio.ErrBadForm, or that of writing XML.
//
// Whatever is kept of a call has the CallSid as its ProviderID: one message holds what all
// its pieces tell, however often and in whatever order they come (channels.Call.Merge).
func (f *Flow) Answer(ctx context.Context, q Question) (Answer, error) {
	if err := q.Form.Require("CallSid"); err != nil {
		return Answer{}, err
	}
	if q.Step != Recorded && q.Step != Screen && q.Step != Screened && called(q.Form) == "" {
		return Answer{}, fmt.Errorf("%w: no To", twilio.ErrBadForm)
	}
	t := turn{f, ctx, q, f.state(q.Query)}
	if answer := answers[q.Step]; answer != nil {
		return answer(t)
	}
	return Answer{}, fmt.Errorf("no step %q", q.Step)
}

// turn is one question while it is being answered.
type turn struct {
	*Flow
	ctx context.Context
	q   Question
	s   state
}

// answers are what is done at each step.
var answers = map[Step]func(turn) (Answer, error){
	Incoming: turn.incoming, Chosen: turn.chosen, Desked: turn.desked, Decided: turn.decided, Recording: turn.recording, Recorded: turn.recorded,
	Ended: turn.ended, Numbered: turn.numbered, Talk: turn.talk, Screen: turn.screen, Screened: turn.screened, Talked: turn.talked, Held: turn.held, Timed: turn.timed,
}

func (t turn) call() string { return t.q.Form.Get("CallSid") }

func (t turn) language() Language { return t.menu.language(t.s.language) }

// incoming greets: in the caller's language if it is known, else in all.
func (t turn) incoming() (Answer, error) {
	if hasEnded(t.q.Form.Get("CallStatus")) {
		return t.ended()
	}
	code := t.Guide.Caller(t.ctx, caller(t.q.Form)).Language
	if code == "" || t.menu.language(code).Code != code || len(t.menu.Desks) == 0 {
		return t.speak(t.languageMenu)
	}
	t.s = t.s.to(code)
	t.s.language, t.s.known = code, true
	return t.speak(t.deskMenu)
}
