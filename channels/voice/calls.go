package voice

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/twilio/twilio-go/twiml"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

// CallStep is a question of Twilio's about a call of ours: the end of the address
// it is posted to, after /webhooks/twilio/voice/calls/{attempt}.
type CallStep string

const (
	CallAnswer   CallStep = "answer"   // the first telephone was picked up
	CallKey      CallStep = "key"      // it was asked for a key, or a word
	CallScreen   CallStep = "screen"   // the officer, rung as the second, has picked up
	CallScreened CallStep = "screened" // he was asked for a key
	CallJoined   CallStep = "joined"   // the two telephones are connected no more, or never were
	CallDone     CallStep = "done"     // the officer was asked what came of it
	CallRecorded CallStep = "recorded" // the customer has left a message, or not
	CallStatus   CallStep = "status"   // progress of the first telephone
	CallLeg      CallStep = "leg"      // progress of the second
	CallAMD      CallStep = "amd"      // what answered the first
	CallLegAMD   CallStep = "legamd"   // what answered the second
)

// CallSteps are all steps.
var CallSteps = []CallStep{
	CallAnswer, CallKey, CallScreen, CallScreened, CallJoined, CallDone, CallRecorded, CallStatus, CallLeg, CallAMD, CallLegAMD,
}

const (
	// ringTerm is how long a telephone rings: about five tones, and less than most voicemails wait.
	ringTerm = 25 * time.Second
	// talkTerm ends a call that nobody ended.
	talkTerm = time.Hour
	// askedTwice is how often somebody is asked for a key.
	askedTwice = 2
)

// Calls is the way of the calls that we make: it places them, tells Twilio what to
// say at each step, and reads what Twilio tells. What a call is about comes as a
// channels.Ring each time, so nothing of a call is held here.
type Calls struct {
	Client    *twilio.Client
	From      string // our number, which the customer sees
	PublicURL string
	Languages []Language // the first is used for who has none of them
	// Of tells which attempt a call of Twilio's is known to be of; "" if nobody knows.
	Of func(ctx context.Context, sid string) (attempt string, err error)
}

func (c *Calls) address(attempt string, step CallStep) string {
	return strings.TrimRight(c.PublicURL, "/") + "/webhooks/twilio/voice/calls/" + url.PathEscape(attempt) + "/" + string(step)
}

func (c *Calls) language(code string) Language { return Menu{Languages: c.Languages}.language(code) }

// Speak is what to tell Twilio at one step; r.Over says goodbye.
func (c *Calls) Speak(step CallStep, r channels.Ring, q url.Values, f twilio.Form) (string, error) {
	tries, _ := strconv.Atoi(q.Get("try")) // without a number it is the first
	switch step {
	case CallAnswer:
		return c.ask(r, 0)
	case CallKey:
		return c.decided(r, f, tries)
	case CallScreen:
		return c.screen(r)
	case CallScreened:
		if r.Over || f.Get("Digits") != keyYes {
			return document(&twiml.VoiceHangup{})
		}
		return Empty, nil // that connects him
	case CallJoined:
		return c.joined(r, f)
	case CallDone, CallRecorded:
		return c.bye(r.First, func(w CallWords) string { return w.Thanks })
	}
	return Empty, nil
}

// The keys of a call.
const (
	keyYes   = "1"
	keyLater = "2"
	keyNever = "9"
)

// ask tells the first telephone what it is about, and asks for a key.
func (c *Calls) ask(r channels.Ring, tries int) (string, error) {
	if r.Over {
		return c.bye(r.First, func(w CallWords) string { return w.Over })
	}
	if r.Says != "" {
		return c.tell(r, tries)
	}
	l := c.language(r.First.Language)
	next := c.address(r.Attempt, CallKey) + "?try=" + strconv.Itoa(tries+1)
	g := &twiml.VoiceGather{Input: "dtmf", NumDigits: "1", Timeout: seconds(keyTimeout), Action: next, Method: "POST"}
	if r.First.Officer {
		g.InnerElements = []twiml.Element{say(l, brief(l.Code, r))}
	} else {
		g.Input, g.Language, g.SpeechTimeout = "dtmf speech", l.Tag, "auto"
		g.InnerElements = []twiml.Element{say(l, greeting(l.Code, r))}
	}
	return document(g, &twiml.VoiceRedirect{Url: next, Method: "POST"})
}

// decided goes on after the first telephone's key, word or silence.
func (c *Calls) decided(r channels.Ring, f twilio.Form, tries int) (string, error) {
	key, spoken := f.Get("Digits"), f.Get("SpeechResult")
	switch {
	case r.Over:
		return c.bye(r.First, func(w CallWords) string { return w.Over })
	case r.Says != "":
		return c.told(r, key, tries)
	case key == "" && spoken == "" && tries < askedTwice:
		return c.ask(r, tries)
	case key == "" && spoken == "":
		return c.bye(r.First, func(w CallWords) string { return w.Nobody })
	case r.First.Officer && key != keyYes:
		return c.bye(r.First, func(w CallWords) string { return w.NotTaken })
	case !r.First.Officer && key == keyLater:
		return c.bye(r.First, func(w CallWords) string { return w.Later })
	case !r.First.Officer && key == keyNever:
		return c.bye(r.First, func(w CallWords) string { return w.Never })
	case r.Second.Number == "":
		return c.record(r)
	}
	return c.join(r)
}

// Back connects a customer who rang back, and was led past the menu.
func (c *Calls) Back(r channels.Ring) (string, error) { return c.join(r) }

// join rings the second telephone and connects it.
func (c *Calls) join(r channels.Ring) (string, error) {
	n := &twiml.VoiceNumber{
		PhoneNumber: r.Second.Number, StatusCallback: c.address(r.Attempt, CallLeg), StatusCallbackMethod: "POST",
		StatusCallbackEvent: "initiated ringing answered completed",
	}
	if r.Second.Officer {
		n.Url, n.Method = c.address(r.Attempt, CallScreen), "POST"
	} else {
		n.MachineDetection, n.AmdStatusCallback, n.AmdStatusCallbackMethod = "Enable", c.address(r.Attempt, CallLegAMD), "POST"
	}
	l := c.language(r.First.Language)
	return document(
		say(l, callWords[l.Code].Connecting),
		&twiml.VoiceDial{Action: c.address(r.Attempt, CallJoined), Method: "POST", Timeout: seconds(ringTerm),
			TimeLimit: seconds(talkTerm), CallerId: c.From, InnerElements: []twiml.Element{n}},
	)
}

// screen tells the officer, rung as the second, what it is about. Silence hangs up.
func (c *Calls) screen(r channels.Ring) (string, error) {
	if r.Over {
		return document(&twiml.VoiceHangup{})
	}
	l := c.language(r.Second.Language)
	return document(
		&twiml.VoiceGather{Input: "dtmf", NumDigits: "1", Timeout: seconds(keyTimeout), Action: c.address(r.Attempt, CallScreened), Method: "POST",
			InnerElements: []twiml.Element{say(l, brief(l.Code, r))}},
		&twiml.VoiceHangup{},
	)
}

// joined goes on when the second telephone has left, or was never reached.
func (c *Calls) joined(r channels.Ring, f twilio.Form) (string, error) {
	talked := f.Get("DialCallStatus") == "completed" || f.Get("DialCallStatus") == "answered"
	l := c.language(r.First.Language)
	switch {
	case r.First.Officer && talked:
		return document(&twiml.VoiceGather{Input: "dtmf", NumDigits: "1", Timeout: seconds(keyTimeout), Action: c.address(r.Attempt, CallDone), Method: "POST",
			InnerElements: []twiml.Element{say(l, callWords[l.Code].Dispose)}}, &twiml.VoiceHangup{})
	case r.First.Officer:
		return c.bye(r.First, func(w CallWords) string { return w.NotReached })
	case talked:
		return document(&twiml.VoiceHangup{})
	}
	return c.record(r)
}

// record asks the customer for a message where no officer is to be had.
func (c *Calls) record(r channels.Ring) (string, error) {
	l := c.language(r.First.Language)
	next := c.address(r.Attempt, CallRecorded)
	return document(
		say(l, callWords[l.Code].LeaveMessage),
		&twiml.VoiceRecord{Action: next, Method: "POST", MaxLength: "180", Timeout: seconds(silenceTimeout), FinishOnKey: "#", PlayBeep: "true", Trim: "trim-silence"},
		&twiml.VoiceRedirect{Url: next, Method: "POST"},
	)
}

// bye says one sentence and hangs up.
func (c *Calls) bye(to channels.Phone, words func(CallWords) string) (string, error) {
	l := c.language(to.Language)
	return document(say(l, words(callWords[l.Code])), &twiml.VoiceHangup{})
}

// brief is what the officer hears before he is connected.
func brief(code string, r channels.Ring) string {
	w := callWords[code]
	who := r.Customer().Name
	if who == "" {
		who = w.ACustomer
	}
	parts := []string{fmt.Sprintf(w.For, who)}
	if r.About != "" {
		parts = append(parts, fmt.Sprintf(w.About, spelled(r.About)))
	}
	if r.Note != "" {
		parts = append(parts, fmt.Sprintf(w.Note, r.Note))
	}
	if r.Tried > 0 {
		parts = append(parts, fmt.Sprintf(w.Tried, r.Tried))
	}
	return strings.Join(append(parts, w.PressOne), " ")
}

// greeting is what the customer hears first.
func greeting(code string, r channels.Ring) string {
	w := callWords[code]
	parts := []string{w.Hello}
	if r.About != "" {
		parts = append(parts, fmt.Sprintf(w.About, spelled(r.About)))
	}
	return strings.Join(append(parts, w.Choose), " ")
}

// spelled puts a space between the characters, so that a number is read digit by digit.
func spelled(ref string) string { return strings.Join(strings.Split(ref, ""), " ") }
