// Package voice is the adapter for incoming calls: Flow answers each of Twilio's
// questions about a call with TwiML and, where the caller has left something, with
// a channels.Inbound to keep. A caller chooses language and desk by key, and then
// leaves a message or asks to be called back; nothing of a call is held between two
// questions, for what was chosen rides in the address of the next one. Start with
// Flow.Answer; what is spoken is in menu.go.
package voice

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

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
)

// Steps are all steps.
var Steps = []Step{Incoming, Chosen, Desked, Decided, Recording, Recorded, Ended}

// maxTries is how often a menu is spoken to somebody who presses no key of it.
const maxTries = 3

// Flow is the way of a call through the menu.
type Flow struct {
	publicURL string
	menu      Menu
	sealer    sealer
}

// NewFlow makes the flow whose steps are at publicURL. secret, the auth token,
// hides the caller's number in an address that has to carry it.
func NewFlow(publicURL, secret string, menu Menu) (*Flow, error) {
	if len(menu.Languages) == 0 || len(menu.Languages) > 9 || len(menu.Desks) > 9 {
		return nil, errors.New("a menu needs one to nine languages and at most nine desks")
	}
	s, err := newSealer(secret)
	if err != nil {
		return nil, err
	}
	return &Flow{strings.TrimRight(publicURL, "/"), menu, s}, nil
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
// A call leaves at most two Inbounds, whatever is repeated or overtaken: one
// with the CallSid as its ProviderID (the caller asked to be called back, or to
// leave a message, or rang off before), and a voice message with CallSid +
// ":recording". So the end of a call needs to know nothing about what it left.
func (f *Flow) Answer(q Question) (Answer, error) {
	if err := q.Form.Require("CallSid"); err != nil {
		return Answer{}, err
	}
	if q.Step != Recorded && called(q.Form) == "" {
		return Answer{}, fmt.Errorf("%w: no To", twilio.ErrBadForm)
	}
	switch q.Step {
	case Incoming:
		if hasEnded(q.Form.Get("CallStatus")) {
			return f.ended(q)
		}
		return f.speak(state{}, f.languageMenu)
	case Chosen:
		return f.chosen(q)
	case Desked:
		return f.desked(q)
	case Decided:
		return f.decided(q)
	case Recording:
		return f.recording(q)
	case Recorded:
		return f.recorded(q)
	case Ended:
		return f.ended(q)
	}
	return Answer{}, fmt.Errorf("no step %q", q.Step)
}

// state is what rides in an address.
type state struct {
	language string // empty if none was chosen
	desk     string // the same
	tries    int    // menus of one kind spoken before
}

func (f *Flow) state(q url.Values) state {
	var s state
	if l := q.Get("lang"); f.menu.language(l).Code == l {
		s.language = l
	}
	if desk := q.Get("desk"); f.menu.hasDesk(desk) {
		s.desk = desk
	}
	s.tries, _ = strconv.Atoi(q.Get("try")) // the address is ours; without a number it is the first
	return s
}

func (s state) query() url.Values {
	q := url.Values{}
	if s.language != "" {
		q.Set("lang", s.language)
	}
	if s.desk != "" {
		q.Set("desk", s.desk)
	}
	if s.tries > 0 {
		q.Set("try", strconv.Itoa(s.tries))
	}
	return q
}

func (f *Flow) address(step Step, query url.Values) string {
	address := f.publicURL + "/webhooks/twilio/voice/" + string(step)
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// pressed returns the key, from 1 to n, or 0 for none of them.
func pressed(f twilio.Form, n int) int {
	key, err := strconv.Atoi(f.Get("Digits"))
	if err != nil || key < 1 || key > n {
		return 0
	}
	return key
}

func (f *Flow) chosen(q Question) (Answer, error) {
	s := f.state(q.Query)
	if key := pressed(q.Form, len(f.menu.Languages)); key > 0 {
		s = state{language: f.menu.Languages[key-1].Code}
		if len(f.menu.Desks) == 0 {
			return f.speak(s, f.choiceMenu)
		}
		return f.speak(s, f.deskMenu)
	}
	if s.tries++; s.tries < maxTries {
		return f.speak(s, f.languageMenu)
	}
	return f.record(q, state{language: s.language}, false)
}

func (f *Flow) desked(q Question) (Answer, error) {
	s := f.state(q.Query)
	if key := pressed(q.Form, len(f.menu.Desks)); key > 0 {
		s.desk, s.tries = f.menu.Desks[key-1].Name, 0
		return f.speak(s, f.choiceMenu)
	}
	if s.tries++; s.tries < maxTries {
		return f.speak(s, f.deskMenu)
	}
	s.tries = 0
	return f.speak(s, f.choiceMenu)
}

// The keys of the third menu.
const (
	keyMessage  = 1
	keyCallback = 2
)

func (f *Flow) decided(q Question) (Answer, error) {
	s := f.state(q.Query)
	switch key := pressed(q.Form, keyCallback); {
	case key == keyCallback && caller(q.Form).IsZero():
		return f.record(q, s, true)
	case key == keyCallback:
		in := f.inbound(q, s, q.Form.Get("CallSid"), "Asked to be called back.")
		in.Callback = &channels.CallbackWish{}
		return f.farewell(s, func(w Words) string { return w.WillRing }, &in)
	case key == keyMessage:
		return f.record(q, s, false)
	}
	if s.tries++; s.tries < maxTries {
		return f.speak(s, f.choiceMenu)
	}
	return f.record(q, s, false)
}
