package voice

import (
	"fmt"
	"strings"
	"time"

	"github.com/twilio/twilio-go/twiml"

	"github.com/caravan-desk/caravan/channels"
)

const (
	// officerRings is how long officers are rung before the caller hears again how long it may take.
	officerRings = 20 * time.Second
	// holdPause is how long a waiting caller hears nothing.
	holdPause = 12 * time.Second
	// longestTalk ends a call that nobody ended.
	longestTalk = time.Hour
	// longestHold ends waiting: a caller is called back rather than kept for longer.
	longestHold = 30 * time.Minute
)

// The keys of somebody who waits.
const (
	keyKeepPlace = 1
	keyInstead   = 2 // leave a message instead
)

// talk rings the officers who are free, or tells the caller how long it may take.
func (t turn) talk() (Answer, error) {
	now := t.Now()
	if t.s.since.IsZero() {
		t.s = t.s.to("officer")
		t.s.since = now
	}
	l := t.language()
	line := t.Guide.Line(t.ctx, t.place(false))
	switch {
	case !line.Open:
		t.Guide.Line(t.ctx, t.place(true))
		t.s = t.s.to("closed")
		t.s.since = time.Time{}
		return t.speak(t.choiceMenu, t.closed(line))
	case now.Sub(t.s.since) > longestHold:
		t.Guide.Line(t.ctx, t.place(true))
		return t.callBack(Wish{})
	case len(line.Phones) == 0:
		return t.hold(line)
	}
	d := &twiml.VoiceDial{Action: t.address(Talked, t.s.query()), Method: "POST", Timeout: seconds(officerRings), TimeLimit: seconds(longestTalk),
		AnswerOnBridge: "true", CallerId: called(t.q.Form)}
	verbs := []twiml.Element{say(l, l.Words.Connecting)}
	if t.menu.Record {
		verbs[0] = say(l, l.Words.Consent+" "+l.Words.Connecting)
		d.Record = "record-from-answer-dual"
	}
	screen := t.s.query()
	screen.Set("who", t.sealer.seal(t.q.Form.Get("From"), called(t.q.Form)))
	for _, phone := range line.Phones {
		d.InnerElements = append(d.InnerElements, &twiml.VoiceNumber{PhoneNumber: phone, Url: t.address(Screen, screen), Method: "POST"})
	}
	doc, err := document(append(verbs, d)...)
	in := t.note("Wanted to speak to an officer.")
	return Answer{TwiML: doc, Keep: &in, Minor: true}, err
}

func (t turn) place(gone bool) Place {
	return Place{Call: t.call(), Desk: t.s.desk, Language: t.s.language, From: caller(t.q.Form), Since: t.s.since, Gone: gone}
}

// closed says that nobody is there, and when somebody will be.
func (t turn) closed(line Line) string {
	w := t.language().Words
	if line.Opens == "" {
		return w.Closed
	}
	return w.Closed + " " + spoken(w.Opens, line.Opens)
}

// hold tells a caller his place and about how long it will take, and lets him keep his
// place and be called back. Silence brings him here again.
func (t turn) hold(line Line) (Answer, error) {
	l := t.language()
	words := []string{l.Words.Busy, fmt.Sprintf(l.Words.Place, line.Ahead+1)}
	if m := int((line.Wait + time.Minute - 1) / time.Minute); m > 0 {
		words = append(words, fmt.Sprintf(l.Words.Wait, m))
	}
	words = append(words, fmt.Sprintf(l.Words.KeepPlace, keyKeepPlace), fmt.Sprintf(l.Words.Instead, keyInstead))
	next := t.address(Held, t.s.query())
	doc, err := document(
		&twiml.VoiceGather{Input: "dtmf", NumDigits: "1", Timeout: seconds(holdPause), Action: next, Method: "POST",
			InnerElements: []twiml.Element{say(l, strings.Join(words, " "))}},
		&twiml.VoiceRedirect{Url: next, Method: "POST"},
	)
	in := t.note("Waited for an officer.")
	return Answer{TwiML: doc, Keep: &in, Minor: true}, err
}

func (t turn) held() (Answer, error) {
	switch pressed(t.q.Form, keyInstead) {
	case keyKeepPlace:
		t.Guide.Line(t.ctx, t.place(true))
		return t.callBack(Wish{})
	case keyInstead:
		t.Guide.Line(t.ctx, t.place(true))
		return t.record("")
	}
	return t.talk()
}

// screen tells an officer who picked up what the call is about, and asks him to take it: a
// voicemail presses no key.
func (t turn) screen() (Answer, error) {
	l := t.menu.Languages[0]
	about := t.s.desk
	for _, step := range strings.Split(t.s.path, ".") {
		if ref, ok := strings.CutPrefix(step, "status "); ok {
			about += ", " + apart(ref)
		}
	}
	doc, err := document(
		&twiml.VoiceGather{Input: "dtmf", NumDigits: "1", Timeout: seconds(keyTimeout), Action: t.address(Screened, t.s.query()), Method: "POST",
			InnerElements: []twiml.Element{say(l, spoken(l.Words.Whisper, about+" ("+t.language().Name+")"))}},
		&twiml.VoiceHangup{},
	)
	return Answer{TwiML: doc}, err
}

func (t turn) screened() (Answer, error) {
	if t.q.Form.Get("Digits") == "1" {
		t.Guide.Taken(t.ctx, t.q.Form.Get("ParentCallSid"), called(t.q.Form))
		return Answer{TwiML: Empty}, nil // that connects him
	}
	doc, err := document(&twiml.VoiceHangup{})
	return Answer{TwiML: doc}, err
}

// talked goes on when nobody took the call, and ends it when somebody did. Without a second
// of talk nobody did, whatever the status says.
func (t turn) talked() (Answer, error) {
	spoke := t.q.Form.Get("DialBridged") != "false" && t.q.Form.Get("DialCallDuration") != "" && t.q.Form.Get("DialCallDuration") != "0"
	if status := t.q.Form.Get("DialCallStatus"); !spoke || status != "completed" && status != "answered" {
		if hasEnded(t.q.Form.Get("CallStatus")) { // he rang off while it rang
			t.Guide.Line(t.ctx, t.place(true))
			in := t.note("Rang off before an officer answered.")
			return Answer{TwiML: Empty, Keep: &in}, nil
		}
		return t.hold(t.Guide.Line(t.ctx, t.place(false)))
	}
	t.Guide.Line(t.ctx, t.place(true))
	t.s = t.s.to("talked")
	in := t.done(fmt.Sprintf("Spoke to an officer for %.9s s.", t.q.Form.Get("DialCallDuration")))
	if recording := t.q.Form.Get("RecordingUrl"); recording != "" {
		in.Attachments = []channels.Attachment{audio(recording, "call.mp3")}
		delete(in.Fields, "RecordingUrl")
	}
	doc, err := document(&twiml.VoiceHangup{})
	return Answer{TwiML: doc, Keep: &in}, err
}
