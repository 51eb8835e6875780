package callbacks

import (
	"errors"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// When a promise with a live attempt is looked at, should no news of it come.
const (
	answerTerm  = 60 * time.Second // a telephone has stopped ringing
	whisperTerm = 60 * time.Second // an officer has pressed a key or not
	talkLook    = 2 * time.Minute  // while two people talk
	endLook     = 30 * time.Second // after hanging up, or asking in vain
	firstLook   = 2 * time.Second  // after a lost answer: the request may still be under way
	secondLook  = 10 * time.Second // "not found" counts only when said twice
	goneTerm    = 10 * time.Minute // of a call that the provider can tell nothing about
	talkTerm    = 75 * time.Minute // the same, once somebody talked: longer than a call may last

	// talkProof is how long two people must have talked for it to prove a human.
	talkProof = 15 * time.Second
	// wordsProof is how long a spoken message must be for the same.
	wordsProof = 2 * time.Second
)

// errNothing says that news changes nothing.
var errNothing = errors.New("nothing has changed")

// proofs of a human, as CallAttempt.Proof.
const (
	byKey    = "key"
	bySpeech = "speech"
	byTalk   = "talk"
	byEar    = "heard" // of news only: it was told to its end
)

// begin writes down the next attempt of a promise: it becomes dialing.
func begin(cb conversations.Callback, p Plan, gateway string, now time.Time) conversations.Callback {
	cb = cb.Clone()
	cb.Attempts = append(cb.Attempts, conversations.CallAttempt{
		At: now, Stage: conversations.CallIntended, First: p.First, Officer: p.ref(), Holder: gateway,
	})
	cb.Status = conversations.CallbackDialing
	return look(cb, now.Add(intentTerm))
}

func look(cb conversations.Callback, at time.Time) conversations.Callback {
	cb.LookAt = &at
	return cb
}

// placed notes the provider's ID of the nth attempt (from 1).
func placed(cb conversations.Callback, n int, sid string, now time.Time) (conversations.Callback, error) {
	cb = cb.Clone()
	a := &cb.Attempts[n-1]
	if a.CallSID != "" {
		return cb, errNothing
	}
	a.CallSID, a.Rang = sid, a.Rang || a.First == conversations.PartyCustomer
	if a.Stage == conversations.CallIntended {
		a.Stage, a.Outcome = conversations.CallPlaced, ""
		cb = look(cb, now.Add(answerTerm))
	}
	return cb, nil
}

// unplaced notes what the provider answered instead of an ID. AnswerLost leaves
// the attempt uncertain; everything else ends it without a ring.
func unplaced(cb conversations.Callback, n int, e *channels.SendError, now time.Time) (conversations.Callback, error) {
	cb = cb.Clone()
	a := &cb.Attempts[n-1]
	switch {
	case a.CallSID != "" || !a.Live(): // news of the call was quicker
		return cb, errNothing
	case e.Failure == channels.AnswerLost:
		a.Outcome = conversations.CallUncertain
		return look(cb, now.Add(firstLook)), nil
	}
	a.Outcome, a.Party, a.Code = conversations.CallFailed, a.First, e.Code
	if e.Failure == channels.OptedOut {
		cb.Status = conversations.CallbackCanceled
	}
	cb = end(cb, n, now)
	if cb.Status == conversations.CallbackScheduled && e.RetryAfter > 0 && cb.LookAt.Before(now.Add(e.RetryAfter)) {
		cb = look(cb, now.Add(e.RetryAfter))
	}
	return cb, nil
}

// givenUp ends an attempt of which nobody can tell what became of it.
func givenUp(cb conversations.Callback, n int, now time.Time) conversations.Callback {
	cb = cb.Clone()
	a := &cb.Attempts[n-1]
	a.Outcome, a.Party = conversations.CallUncertain, a.First
	a.Rang = a.Rang || a.First == conversations.PartyCustomer // it may have
	return end(cb, n, now)
}

// end ends an attempt, and says how its promise goes on.
func end(cb conversations.Callback, n int, now time.Time) conversations.Callback {
	a := &cb.Attempts[n-1]
	a.Stage, a.EndedAt = conversations.CallEnded, &now
	return settle(cb, now)
}

// settle says how a promise goes on when no attempt of it is under way.
func settle(cb conversations.Callback, now time.Time) conversations.Callback {
	if cb.Live() != nil {
		return cb
	}
	last := cb.Attempts[len(cb.Attempts)-1]
	switch {
	case !cb.Status.Open() && !(cb.Status == conversations.CallbackBroken && cb.ToldAt == nil):
		cb.LookAt = nil
	case last.Disposition == wantsOfficer: // the same; there is no need to wait
		cb.Status = conversations.CallbackScheduled
		return look(cb, now)
	case last.Disposition == wantsLater: // the gateway died before it had made the other promise
		cb.Status = conversations.CallbackScheduled
		return look(cb, now.Add(laterTerm))
	case last.Proof != "" && cb.Status.Open():
		cb.Status, cb.LookAt = conversations.CallbackKept, nil
	default:
		at, again := Next(cb, now)
		if again {
			cb.Status = conversations.CallbackScheduled
			return look(cb, at)
		}
		cb.Status = conversations.CallbackBroken
		return look(cb, now)
	}
	return cb
}

// prove notes that a human was reached: the promise is kept, while the call may go on.
func prove(cb conversations.Callback, n int, by string) conversations.Callback {
	a := &cb.Attempts[n-1]
	if weak(a.Proof) { // a key or a word weighs more than talk
		a.Proof = by
	}
	a.Outcome, a.Party, a.Machine = conversations.CallAnswered, conversations.PartyCustomer, false
	if cb.Status.Open() || cb.Status == conversations.CallbackBroken {
		cb.Status = conversations.CallbackKept
	}
	return cb
}

// weak proofs are taken back when a machine is heard.
func weak(proof string) bool { return proof == "" || proof == byTalk || proof == byEar }

// disprove takes back a proof that was only talk, or silence: it was a machine after all.
func disprove(cb conversations.Callback, n int, now time.Time) conversations.Callback {
	a := &cb.Attempts[n-1]
	a.Machine = true
	if !weak(a.Proof) {
		return cb
	}
	if a.Proof != "" && cb.Status == conversations.CallbackKept {
		cb.Status, cb.KeptAt = conversations.CallbackDialing, nil
	}
	a.Proof, a.Outcome, a.Party = "", conversations.CallMachine, conversations.PartyCustomer
	if a.Live() {
		return cb
	}
	if n == len(cb.Attempts) && cb.Status == conversations.CallbackDialing {
		return settle(cb, now)
	}
	return cb
}
