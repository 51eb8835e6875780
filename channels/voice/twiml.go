package voice

import (
	"fmt"
	"strconv"
	"time"

	"github.com/twilio/twilio-go/twiml"

	"github.com/caravan-desk/caravan/channels"
)

const (
	// keyTimeout is how long a menu waits for a key.
	keyTimeout = 6 * time.Second
	// silenceTimeout ends a voice message.
	silenceTimeout = 8 * time.Second
)

// Empty is the TwiML that asks for nothing.
const Empty = `<?xml version="1.0" encoding="UTF-8"?><Response/>`

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

func say(l Language, sentence string) twiml.Element {
	return &twiml.VoiceSay{Message: sentence, Voice: l.Voice, Language: l.Tag}
}

func document(verbs ...twiml.Element) (string, error) {
	doc, err := twiml.Voice(verbs)
	if err != nil {
		return "", fmt.Errorf("write TwiML: %w", err)
	}
	return doc, nil
}

// menuVerbs are the sentences of a menu and the step its key goes to.
type menuVerbs func(s state) (Step, []twiml.Element)

// speak reads a menu. Silence goes where a key goes, without one.
func (f *Flow) speak(s state, menu menuVerbs) (Answer, error) {
	step, sentences := menu(s)
	next := f.address(step, s.query())
	doc, err := document(
		&twiml.VoiceGather{Input: "dtmf", NumDigits: "1", Timeout: seconds(keyTimeout),
			Action: next, Method: "POST", InnerElements: sentences},
		&twiml.VoiceRedirect{Url: next, Method: "POST"},
	)
	return Answer{TwiML: doc}, err
}

func (f *Flow) languageMenu(s state) (Step, []twiml.Element) {
	var sentences []twiml.Element
	for i, l := range f.menu.Languages {
		sentence := fmt.Sprintf(l.Words.PressForMe, i+1)
		if s.tries == 0 {
			sentence = l.Words.Welcome + " " + sentence
		}
		sentences = append(sentences, say(l, sentence))
	}
	return Chosen, sentences
}

func (f *Flow) deskMenu(s state) (Step, []twiml.Element) {
	l := f.menu.language(s.language)
	var sentences []twiml.Element
	for i, d := range f.menu.Desks {
		if press := d.Press[l.Code]; press != "" {
			sentences = append(sentences, say(l, fmt.Sprintf(press, i+1)))
		}
	}
	return Desked, sentences
}

func (f *Flow) choiceMenu(s state) (Step, []twiml.Element) {
	l := f.menu.language(s.language)
	return Decided, []twiml.Element{
		say(l, fmt.Sprintf(l.Words.PressToSay, keyMessage)),
		say(l, fmt.Sprintf(l.Words.PressToRing, keyCallback)),
	}
}

// record asks for a voice message, and notes that it did: should the caller ring
// off before the tone, that is what he left.
func (f *Flow) record(q Question, s state, noNumber bool) (Answer, error) {
	s.tries = 0
	l := f.menu.language(s.language)
	sentence := l.Words.SpeakNow
	if noNumber {
		sentence = l.Words.NoNumber + " " + sentence
	}
	recorded := s.query()
	recorded.Set("who", f.sealer.seal(q.Form.Get("From"), called(q.Form)))
	next := f.address(Recording, s.query())
	doc, err := document(
		say(l, sentence),
		&twiml.VoiceRecord{Action: next, Method: "POST", MaxLength: seconds(f.menu.MaxMessage),
			Timeout: seconds(silenceTimeout), FinishOnKey: "#", PlayBeep: "true", Trim: "trim-silence",
			RecordingStatusCallback: f.address(Recorded, recorded), RecordingStatusCallbackMethod: "POST",
			RecordingStatusCallbackEvent: "completed"},
		&twiml.VoiceRedirect{Url: next, Method: "POST"}, // Twilio comes here after silence
	)
	in := f.inbound(q, s, q.Form.Get("CallSid"), "Was asked to leave a message.")
	return Answer{TwiML: doc, Keep: &in, Minor: true}, err
}

// farewell says one sentence and ends the call.
func (f *Flow) farewell(s state, words func(Words) string, keep *channels.Inbound) (Answer, error) {
	l := f.menu.language(s.language)
	doc, err := document(say(l, words(l.Words)), &twiml.VoiceHangup{})
	return Answer{TwiML: doc, Keep: keep}, err
}
