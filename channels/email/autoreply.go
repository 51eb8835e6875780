package email

import (
	"fmt"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// AutoCaps bound the mail that we send without anybody having written it. A
// person who has one answer from a machine needs no second; a machine that does
// not say that it is one must not keep ours going.
type AutoCaps struct {
	Gap    time.Duration // to one peer: the least time between two
	PerDay int           // to one peer: the most in 24 hours
	Global int           // to everybody: the most in an hour
}

// DefaultAutoCaps let two responders that face each other stop after two
// messages: ours, and the one that we do not answer.
var DefaultAutoCaps = AutoCaps{Gap: time.Hour, PerDay: 4, Global: 1000}

// AutoHistory is what is known when an automatic mail is about to be sent.
type AutoHistory struct {
	ToPeer   []time.Time // automatic mails to this peer in the last 24 hours, in any order
	ToAll    int         // automatic mails to anybody in the last hour
	OptedOut bool
}

// MayAutoReply says whether a machine may answer a mail of the given class, and
// why not, in words for an officer. Mail that no person wrote is never answered
// by one (RFC 3834 §2). It is pure; the zero class is a person's.
func MayAutoReply(class channels.Class, h AutoHistory, now time.Time) (ok bool, why string) {
	return DefaultAutoCaps.MayAutoReply(class, h, now)
}

// MayAutoReply is the same with caps of one's own.
func (c AutoCaps) MayAutoReply(class channels.Class, h AutoHistory, now time.Time) (ok bool, why string) {
	if class != "" && class != channels.Human {
		return false, fmt.Sprintf("no machine answers a mail that no person wrote (%s)", class)
	}
	if h.OptedOut {
		return false, "the customer wants no such mail"
	}
	today := 0
	for _, t := range h.ToPeer {
		switch age := now.Sub(t); {
		case age < c.Gap:
			return false, fmt.Sprintf("an automatic mail went to this address less than %v ago", c.Gap)
		case age < 24*time.Hour:
			today++
		}
	}
	if today >= c.PerDay {
		return false, fmt.Sprintf("%d automatic mails went to this address in a day", today)
	}
	if h.ToAll >= c.Global {
		return false, fmt.Sprintf("%d automatic mails went out in an hour; something goes in circles", h.ToAll)
	}
	return true, ""
}
