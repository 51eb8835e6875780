package voice

import "github.com/caravan-desk/caravan/channels"

// keyLanguages leads from the desks back to the languages.
const keyLanguages = 9

func (t turn) chosen() (Answer, error) {
	if key := pressed(t.q.Form, len(t.menu.Languages)); key > 0 {
		code := t.menu.Languages[key-1].Code
		t.s = state{language: code, path: t.s.path}.to(code)
		if len(t.menu.Desks) == 0 {
			return t.speak(t.choiceMenu)
		}
		return t.speak(t.deskMenu)
	}
	if t.s = t.s.again(); t.s.tries < maxTries {
		return t.speak(t.languageMenu)
	}
	t.s = state{language: t.s.language, path: t.s.path}
	return t.record("")
}

func (t turn) desked() (Answer, error) {
	key := pressed(t.q.Form, keyLanguages)
	switch {
	case key == keyLanguages && t.s.known:
		t.s = state{path: t.s.path}
		return t.speak(t.languageMenu)
	case key > 0 && key <= len(t.menu.Desks):
		t.s.desk, t.s.tries = t.menu.Desks[key-1].Name, 0
		t.s = t.s.to(t.s.desk)
		return t.speak(t.choiceMenu)
	}
	if t.s = t.s.again(); t.s.tries < maxTries {
		return t.speak(t.deskMenu)
	}
	t.s.tries = 0
	return t.speak(t.choiceMenu)
}

// The keys of the third menu.
const (
	keyMessage = iota + 1
	keyCallback
	keyStatus
	keyOfficer
	keyTime
)

func (t turn) decided() (Answer, error) {
	key := pressed(t.q.Form, keyTime)
	if key > 0 {
		t.s.tries = 0
	}
	switch {
	case key == keyMessage:
		return t.record("")
	case key == keyCallback || key == keyTime && caller(t.q.Form).IsZero():
		return t.callBack(Wish{})
	case key == keyStatus:
		return t.askNumber("")
	case key == keyOfficer:
		return t.talk()
	case key == keyTime:
		return t.askTime("")
	}
	if t.s = t.s.again(); t.s.tries < maxTries {
		return t.speak(t.choiceMenu)
	}
	t.s.tries = 0
	return t.record("")
}

// callBack promises to ring, if there is a number to ring.
func (t turn) callBack(w Wish) (Answer, error) {
	l := t.language()
	if caller(t.q.Form).IsZero() {
		return t.record(l.Words.NoNumber)
	}
	t.s = t.s.to("callback")
	in := t.done("Asked to be called back.")
	in.Callback = &channels.CallbackWish{NotBefore: w.NotBefore, Until: w.Until, Note: t.waited()}
	return t.farewell(func(words Words) string {
		if w.Said != "" {
			return spoken(words.WillRingAt, w.Said)
		}
		return words.WillRing
	}, &in)
}

// waited says since when he waited for an officer; his place in the line is his still.
func (t turn) waited() string {
	if t.s.since.IsZero() {
		return ""
	}
	return "Kept his place: waited on the line since " + t.s.since.UTC().Format("15:04 MST") + "."
}

// askTime asks when to ring.
func (t turn) askTime(first string) (Answer, error) {
	return t.ask(Timed, "", first, t.language().Words.SayWhen, "1")
}

// timed reads when he wants to be rung. Key 1, or what is not understood twice, is as soon
// as possible.
func (t turn) timed() (Answer, error) {
	words := t.q.Form.Get("SpeechResult")
	if w, ok := t.Guide.When(t.ctx, words, t.s.language, caller(t.q.Form)); ok && words != "" {
		return t.callBack(w)
	}
	if t.s = t.s.again(); t.q.Form.Get("Digits") == "" && t.s.tries < maxTries-1 {
		return t.askTime(t.language().Words.NotUnderstood)
	}
	return t.callBack(Wish{})
}

// askNumber asks for a shipment's or booking's number.
func (t turn) askNumber(first string) (Answer, error) {
	return t.ask(Numbered, "#", first, t.language().Words.SayNumber, "")
}

// numbered reads back how the matter stands, and what he can do then.
func (t turn) numbered() (Answer, error) {
	number := t.q.Form.Get("Digits")
	if number == "" {
		number = t.q.Form.Get("SpeechResult")
	}
	if number == "" {
		if t.s = t.s.again(); t.s.tries < maxTries-1 {
			return t.askNumber("")
		}
		t.s.tries = 0
		return t.speak(t.choiceMenu)
	}
	st := t.Guide.Status(t.ctx, number, t.s.language, caller(t.q.Form))
	if st.Text == "" {
		if t.s = t.s.again(); t.s.tries < maxTries-1 {
			return t.askNumber(spoken(t.language().Words.NotKnown, apart(number)))
		}
		t.s.tries = 0
		t.s = t.s.to("number?")
		return t.speak(t.choiceMenu, t.language().Words.NotKnownGoOn)
	}
	t.s.tries = 0
	t.s = t.s.to("status " + st.Reference)
	return t.speak(t.choiceMenu, st.Text)
}
