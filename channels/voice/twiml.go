package voice

import (
	"fmt"
	"strconv"
	"strings"
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
type menuVerbs func() (Step, []twiml.Element)

// speak reads a menu, after what is to be said first. Silence goes where a key goes, without one.
func (t turn) speak(menu menuVerbs, first ...string) (Answer, error) {
	step, sentences := menu()
	next := t.address(step, t.s.query())
	var verbs []twiml.Element
	for _, s := range first {
		verbs = append(verbs, say(t.language(), s))
	}
	doc, err := document(append(verbs,
		&twiml.VoiceGather{Input: "dtmf", NumDigits: "1", Timeout: seconds(keyTimeout),
			Action: next, Method: "POST", InnerElements: sentences},
		&twiml.VoiceRedirect{Url: next, Method: "POST"},
	)...)
	return Answer{TwiML: doc}, err
}

// ask asks for words or keys, ended by finish if there may be several.
func (t turn) ask(step Step, finish, first, question, digits string) (Answer, error) {
	l := t.language()
	next := t.address(step, t.s.query())
	g := &twiml.VoiceGather{Input: "dtmf speech", Timeout: seconds(keyTimeout), SpeechTimeout: "auto", Language: l.Hears, FinishOnKey: finish, NumDigits: digits,
		Action: next, Method: "POST", InnerElements: []twiml.Element{say(l, strings.TrimSpace(first+" "+question))}}
	doc, err := document(g, &twiml.VoiceRedirect{Url: next, Method: "POST"})
	return Answer{TwiML: doc}, err
}

// spoken puts what is read out into a sentence. It may be a stranger's.
func spoken(sentence, what string) string { return strings.Replace(sentence, "%s", what, 1) }

// apart puts a space between the characters, so that a number is read digit by digit.
func apart(number string) string {
	return strings.Join(strings.Split(strings.Join(strings.Fields(number), ""), ""), " ")
}

func (t turn) languageMenu() (Step, []twiml.Element) {
	var sentences []twiml.Element
	for i, l := range t.menu.Languages {
		sentence := fmt.Sprintf(l.Words.PressForMe, i+1)
		if t.s.tries == 0 {
			sentence = l.Words.Welcome + " " + sentence
		}
		sentences = append(sentences, say(l, sentence))
	}
	return Chosen, sentences
}

func (t turn) deskMenu() (Step, []twiml.Element) {
	l := t.language()
	var sentences []twiml.Element
	if t.s.known && t.s.tries == 0 {
		sentences = append(sentences, say(l, l.Words.Welcome))
	}
	for i, d := range t.menu.Desks {
		if press := d.Press[l.Code]; press != "" {
			sentences = append(sentences, say(l, fmt.Sprintf(press, i+1)))
		}
	}
	if t.s.known {
		for _, other := range t.menu.Languages {
			if other.Code != l.Code {
				sentences = append(sentences, say(other, fmt.Sprintf(other.Words.PressForMe, keyLanguages)))
			}
		}
	}
	return Desked, sentences
}

func (t turn) choiceMenu() (Step, []twiml.Element) {
	l := t.language()
	var sentences []twiml.Element
	for _, c := range []struct {
		sentence string
		key      int
	}{{l.Words.PressForStatus, keyStatus}, {l.Words.PressToTalk, keyOfficer}, {l.Words.PressToSay, keyMessage}, {l.Words.PressToRing, keyCallback}, {l.Words.PressForTime, keyTime}} {
		sentences = append(sentences, say(l, fmt.Sprintf(c.sentence, c.key)))
	}
	return Decided, sentences
}

// record asks for a voice message, and notes that it did: should the caller ring
// off before the tone, that is what he left.
func (t turn) record(first string) (Answer, error) {
	t.s.tries = 0
	l := t.language()
	if t.menu.Record {
		first = strings.TrimSpace(first + " " + l.Words.Consent)
	}
	recorded := t.s.query()
	recorded.Set("who", t.sealer.seal(t.q.Form.Get("From"), called(t.q.Form)))
	next := t.address(Recording, t.s.query())
	doc, err := document(
		say(l, strings.TrimSpace(first+" "+l.Words.SpeakNow)),
		&twiml.VoiceRecord{Action: next, Method: "POST", MaxLength: seconds(t.menu.MaxMessage),
			Timeout: seconds(silenceTimeout), FinishOnKey: "#", PlayBeep: "true", Trim: "trim-silence",
			RecordingStatusCallback: t.address(Recorded, recorded), RecordingStatusCallbackMethod: "POST",
			RecordingStatusCallbackEvent: "completed"},
		&twiml.VoiceRedirect{Url: next, Method: "POST"}, // Twilio comes here after silence
	)
	in := t.note("Was asked to leave a message.")
	return Answer{TwiML: doc, Keep: &in, Minor: true}, err
}

// farewell says one sentence and ends the call.
func (t turn) farewell(words func(Words) string, keep *channels.Inbound) (Answer, error) {
	l := t.language()
	doc, err := document(say(l, words(l.Words)), &twiml.VoiceHangup{})
	return Answer{TwiML: doc, Keep: keep}, err
}
