package callbacks

import (
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// heard is what one piece of news asks for beside the change of the promise.
type heard struct {
	hangUp  bool // a machine answered
	later   bool // the customer wants to be rung later
	officer bool // told some news, he wants to speak to an officer
	never   bool // told some news, he wants no such call again
}

// laterTerm is how much later a customer is rung who presses the key for it.
const laterTerm = time.Hour

// hear applies one piece of news to the nth attempt (from 1) of a promise. News
// may come twice, late and in any order: what was known already is errNothing, and
// nothing moves backwards. It is pure.
func hear(cb conversations.Callback, n int, news channels.News, now time.Time) (conversations.Callback, heard, error) {
	if n > len(cb.Attempts) {
		return cb, heard{}, conversations.ErrNotFound
	}
	was := cb.Attempts[n-1]
	status, at := cb.Status, cb.LookAt
	cb = cb.Clone()
	a := &cb.Attempts[n-1]
	if !news.Second && news.SID != "" {
		if a.CallSID != "" && a.CallSID != news.SID {
			return cb, heard{}, conversations.ErrNotFound // a call that is not this attempt's
		}
		a.CallSID = news.SID
		a.Rang = a.Rang || a.First == conversations.PartyCustomer && !a.Inbound
	}
	cb, do := apply(cb, n, news, now)
	if cb.Status != status && !cb.Status.Open() && cb.Status != conversations.CallbackBroken {
		switch { // late news may have ended a promise that waits, or is being tried again
		case cb.Live() == nil:
			cb.LookAt = nil
		case n < len(cb.Attempts):
			cb = look(cb, now)
		}
	}
	same := was == cb.Attempts[n-1] && status == cb.Status && at == cb.LookAt && do == heard{}
	if same {
		return cb, do, errNothing
	}
	return cb, do, nil
}

func apply(cb conversations.Callback, n int, news channels.News, now time.Time) (conversations.Callback, heard) {
	a := &cb.Attempts[n-1]
	mine := a.First == conversations.PartyCustomer != news.Second // it is about the customer's telephone
	switch news.Kind {
	case channels.NewsRinging:
		return ringing(cb, n, news.Second, now), heard{}
	case channels.NewsAnswered:
		return pickedUp(cb, n, mine, now), heard{}
	case channels.NewsKey:
		return key(cb, n, mine, news, now)
	case channels.NewsSpeech:
		if mine {
			return prove(cb, n, bySpeech), heard{}
		}
	case channels.NewsSilence:
		if cb.Spoken != nil && mine && !a.Machine { // asked for a key, so that all was said before
			return prove(pickedUp(cb, n, mine, now), n, byEar), heard{}
		}
	case channels.NewsRecorded:
		if time.Duration(news.Seconds)*time.Second >= wordsProof {
			return prove(cb, n, bySpeech), heard{}
		}
	case channels.NewsMachine:
		if mine && !a.Inbound {
			cb = disprove(cb, n, now)
			return cb, heard{hangUp: cb.Attempts[n-1].Proof == "" && cb.Attempts[n-1].Live()}
		}
	case channels.NewsJoined:
		return talked(cb, n, news, now), heard{}
	case channels.NewsDisposing:
		return disposed(cb, n, news.Digits, now), heard{}
	case channels.NewsUnknown:
		a.Reported = news.Word
	case channels.NewsEnded:
		if news.Second {
			return talked(cb, n, news, now), heard{}
		}
		return over(cb, n, news, now), heard{}
	}
	return cb, heard{}
}

// ranks orders the stages; none is left for an earlier one.
var ranks = map[conversations.CallStage]int{
	conversations.CallIntended: 1, conversations.CallPlaced: 2, conversations.CallWhisper: 3,
	conversations.CallJoining: 4, conversations.CallTalking: 5, conversations.CallEnded: 6,
}

// reach moves an attempt on, and says when to look at it if no news comes.
func reach(cb conversations.Callback, n int, s conversations.CallStage, at time.Time) conversations.Callback {
	a := &cb.Attempts[n-1]
	if ranks[a.Stage] >= ranks[s] {
		return cb
	}
	if a.Stage == conversations.CallIntended {
		a.Outcome = ""
	}
	a.Stage = s
	return look(cb, at)
}

func ringing(cb conversations.Callback, n int, second bool, now time.Time) conversations.Callback {
	if !second {
		return reach(cb, n, conversations.CallPlaced, now.Add(answerTerm))
	}
	a := &cb.Attempts[n-1]
	a.Rang = a.Rang || a.First == conversations.PartyOfficer
	return reach(cb, n, conversations.CallJoining, now.Add(answerTerm))
}

func pickedUp(cb conversations.Callback, n int, mine bool, now time.Time) conversations.Callback {
	a := &cb.Attempts[n-1]
	if !mine {
		if a.First == conversations.PartyOfficer {
			return reach(cb, n, conversations.CallWhisper, now.Add(whisperTerm))
		}
		return cb
	}
	if !a.Live() {
		return cb
	}
	a.Rang = a.Rang || !a.Inbound
	if a.TalkAt == nil {
		a.TalkAt = &now
	}
	if a.Live() && cb.Status == conversations.CallbackDialing {
		cb.Status = conversations.CallbackConnected
	}
	return reach(cb, n, conversations.CallTalking, now.Add(talkLook))
}

// The customer's keys, and the officer's.
const (
	keyLater = "2"
	keyNever = "9"
	keyYes   = "1"
)

func key(cb conversations.Callback, n int, mine bool, news channels.News, now time.Time) (conversations.Callback, heard) {
	a := &cb.Attempts[n-1]
	if !mine {
		if a.First == conversations.PartyOfficer && news.Digits == keyYes {
			a.Rang = true
			return reach(cb, n, conversations.CallJoining, now.Add(answerTerm)), heard{}
		}
		return cb, heard{}
	}
	cb = pickedUp(cb, n, true, now)
	was := cb.Status
	cb = prove(cb, n, byKey)
	switch {
	case cb.Spoken != nil:
		return toldKey(cb, n, news.Digits, was)
	case news.Digits == keyNever && was.Open():
		cb.Status = conversations.CallbackCanceled
	case news.Digits == keyLater && was.Open():
		cb.Status, cb.Attempts[n-1].Disposition = was, wantsLater // another promise takes its place
		return cb, heard{later: true}
	}
	return cb, heard{}
}

// The keys of somebody who was told news: 1, to hear it again, is the telephone's alone.
const (
	keyOfficer = "2"
	keyNoMore  = "9"
)

// toldKey is a key of somebody who was told news, which had stood so before.
func toldKey(cb conversations.Callback, n int, digits string, was conversations.CallbackStatus) (conversations.Callback, heard) {
	switch {
	case digits == keyNoMore:
		return cb, heard{never: true}
	case was.Open(): // he may press another: that he heard it counts when the call ends
		cb.Status = was
	}
	if digits == keyOfficer && was.Open() { // a promise takes its place
		cb.Attempts[n-1].Disposition = wantsOfficer
		return cb, heard{officer: true}
	}
	return cb, heard{}
}

// talked notes the end of what the two telephones had to say to each other, or
// that the second one was not reached.
func talked(cb conversations.Callback, n int, news channels.News, now time.Time) conversations.Callback {
	a := &cb.Attempts[n-1]
	if news.Status == channels.CallCompleted {
		a.Joined = a.Joined || joins(news)
		if a.Inbound && a.Live() {
			cb = look(cb, now.Add(partedLook))
		}
		a.Seconds = max(a.Seconds, news.Seconds)
		if a.First == conversations.PartyOfficer {
			cb = pickedUp(cb, n, true, now)
			a = &cb.Attempts[n-1]
		}
		if time.Duration(news.Seconds)*time.Second >= talkProof && !a.Machine && a.Disposition != notReached {
			return prove(cb, n, byTalk)
		}
		if a.First == conversations.PartyOfficer && a.Outcome == "" {
			a.Outcome, a.Party = conversations.CallAnswered, conversations.PartyCustomer
		}
		return cb
	}
	if a.First == conversations.PartyOfficer && a.TalkAt == nil && (a.Outcome == "" || !a.Live() && a.Outcome == conversations.CallNoAnswer) {
		a.Rang = true
		a.Outcome, a.Party = outcomeOf(news.Status), conversations.PartyCustomer
	}
	return cb
}

// over ends an attempt with its first telephone.
func over(cb conversations.Callback, n int, news channels.News, now time.Time) conversations.Callback {
	a := &cb.Attempts[n-1]
	if !a.Live() {
		if a.First == conversations.PartyCustomer {
			a.Seconds = max(a.Seconds, news.Seconds)
		}
		return cb
	}
	if a.Outcome == conversations.CallUncertain {
		a.Outcome = ""
	}
	if a.First == conversations.PartyCustomer {
		a.Seconds, a.Party = max(a.Seconds, news.Seconds), conversations.PartyCustomer
		if a.Outcome == "" {
			a.Outcome = outcomeOf(news.Status)
		}
		return end(cb, n, now)
	}
	switch {
	case !a.Rang: // the officer did not take it
		a.Party = conversations.PartyOfficer
		if a.Outcome = outcomeOf(news.Status); a.Outcome == conversations.CallAnswered {
			a.Outcome = conversations.CallRejected
		}
	case a.Outcome == "" && a.TalkAt == nil:
		a.Outcome, a.Party = conversations.CallNoAnswer, conversations.PartyCustomer
	case a.Outcome == "": // the word of how long they talked was lost: at least this long
		least := news.Seconds - int(a.TalkAt.Sub(a.At)/time.Second)
		news.Second, news.Status, news.Seconds = true, channels.CallCompleted, max(0, least)
		cb = talked(cb, n, news, now)
	}
	return end(cb, n, now)
}

func outcomeOf(s channels.CallStatus) conversations.CallOutcome {
	switch s {
	case channels.CallCompleted:
		return conversations.CallAnswered
	case channels.CallBusy:
		return conversations.CallBusy
	case channels.CallNoAnswer, channels.CallCanceled:
		return conversations.CallNoAnswer
	}
	return conversations.CallFailed
}

// dispositions are what an officer says by a key came of a call.
var dispositions = map[string]string{"1": "settled", "2": "more_to_do", "3": notReached}

const (
	notReached   = "not_reached"
	wantsLater   = "later"
	wantsOfficer = "officer"
)

func disposed(cb conversations.Callback, n int, digits string, now time.Time) conversations.Callback {
	d, ok := dispositions[digits]
	if !ok {
		return cb
	}
	cb.Attempts[n-1].Disposition = d
	if d == notReached {
		return disprove(cb, n, now)
	}
	return cb
}
