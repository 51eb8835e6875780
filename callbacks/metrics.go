package callbacks

import (
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Figures are what is measured of promises, folded one promise at a time. A report
// keeps one for each desk, officer or hour, and adds them up with Join.
type Figures struct {
	Promised, Kept, OnTime, Broken, Renegotiated, Canceled, Open int

	Attempts  int // all of them
	Rings     int // those that rang the customer
	Reached   int // those that proved a human
	Abandoned int // the customer took the call, wanted to talk, and was connected to nobody
	Offered   int // the customer took the call and was to be connected: what Abandoned is a share of

	RingToTalk []time.Duration // from the attempt to the customer's "hello", of those reached
	Talk       time.Duration   // talked in all
}

// Add counts one promise, as it stands.
func (f *Figures) Add(cb conversations.Callback) {
	if cb.Spoken != nil {
		return
	}
	f.Promised++
	switch cb.Status {
	case conversations.CallbackKept:
		f.Kept++
		if cb.KeptAt != nil && !cb.KeptAt.After(cb.DueAt) {
			f.OnTime++
		}
	case conversations.CallbackBroken:
		f.Broken++
	case conversations.CallbackRenegotiated:
		f.Renegotiated++
	case conversations.CallbackCanceled:
		f.Canceled++
	default:
		f.Open++
	}
	for _, a := range cb.Attempts {
		f.attempt(a)
	}
}

func (f *Figures) attempt(a conversations.CallAttempt) {
	f.Attempts++
	if a.Rang && !a.Inbound {
		f.Rings++
	}
	if a.Proof != "" {
		f.Reached++
		f.Talk += time.Duration(a.Seconds) * time.Second
		if a.TalkAt != nil && !a.Inbound {
			f.RingToTalk = append(f.RingToTalk, a.TalkAt.Sub(a.At))
		}
	}
	if wantedOfficer(a) {
		f.Offered++
		if !a.Joined {
			f.Abandoned++
		}
	}
}

// wantedOfficer reports whether the customer took a call and was to be connected to an officer.
func wantedOfficer(a conversations.CallAttempt) bool {
	return a.First == conversations.PartyCustomer && !a.Inbound && a.Officer != nil && a.Stage == conversations.CallEnded &&
		(a.Proof == byKey || a.Proof == bySpeech) && a.Disposition != wantsLater
}

// Join adds other figures.
func (f *Figures) Join(o Figures) {
	f.Promised, f.Kept, f.OnTime = f.Promised+o.Promised, f.Kept+o.Kept, f.OnTime+o.OnTime
	f.Broken, f.Renegotiated, f.Canceled, f.Open = f.Broken+o.Broken, f.Renegotiated+o.Renegotiated, f.Canceled+o.Canceled, f.Open+o.Open
	f.Attempts, f.Rings, f.Reached = f.Attempts+o.Attempts, f.Rings+o.Rings, f.Reached+o.Reached
	f.Abandoned, f.Offered, f.Talk = f.Abandoned+o.Abandoned, f.Offered+o.Offered, f.Talk+o.Talk
	f.RingToTalk = append(f.RingToTalk, o.RingToTalk...)
}

// KeptOnTime is the share of the promises that have ended by being kept or broken
// that were kept in time, from 0 to 1; ok is false if there is none.
func (f *Figures) KeptOnTime() (share float64, ok bool) { return part(f.OnTime, f.Kept+f.Broken) }

// KeptShare is the same, in time or not.
func (f *Figures) KeptShare() (share float64, ok bool) { return part(f.Kept, f.Kept+f.Broken) }

// PerPromise is how many attempts a promise took on average.
func (f *Figures) PerPromise() (attempts float64, ok bool) { return part(f.Attempts, f.Promised) }

// AbandonRate is the share of the customers who took a call and were connected to nobody.
func (f *Figures) AbandonRate() (share float64, ok bool) { return part(f.Abandoned, f.Offered) }

// MedianRing is the median from the attempt to the customer's "hello"; zero if nobody was reached.
func (f *Figures) MedianRing() time.Duration {
	if len(f.RingToTalk) == 0 {
		return 0
	}
	all := slices.Sorted(slices.Values(f.RingToTalk))
	return all[len(all)/2]
}

func part(n, of int) (float64, bool) {
	if of == 0 {
		return 0, false
	}
	return float64(n) / float64(of), true
}

// The hard stop: where more than abandonMost of the customers rung first were
// connected to nobody, of at least abandonLeast, officers are asked first again.
const (
	abandonMost  = 0.03
	abandonLeast = 30
	abandonTerm  = 24 * time.Hour
)

// abandons counts, for the hard stop, what became of the customers who were rung first.
type abandons struct{ offered, abandoned []time.Time }

func (a *abandons) add(at time.Time, joined bool) {
	a.offered = append(a.offered, at)
	if !joined {
		a.abandoned = append(a.abandoned, at)
	}
}

// stopped reports whether customers are not to be rung first now.
func (a *abandons) stopped(now time.Time) bool {
	fresh := func(all []time.Time) []time.Time {
		return slices.DeleteFunc(all, func(at time.Time) bool { return now.Sub(at) > abandonTerm })
	}
	a.offered, a.abandoned = fresh(a.offered), fresh(a.abandoned)
	return len(a.offered) >= abandonLeast && float64(len(a.abandoned)) > abandonMost*float64(len(a.offered))
}

// joins reports whether news says that both telephones were connected.
func joins(n channels.News) bool {
	return n.Kind == channels.NewsJoined && n.Status == channels.CallCompleted && n.Seconds > 0
}
