package callbacks

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
)

// Plan is how an attempt is made.
type Plan struct {
	First   string                 // PartyOfficer or PartyCustomer
	Officer *conversations.Officer // who talks; nil: nobody is there, and the customer may leave a message
	Lines   []string               // whose telephones it needs
}

func (p Plan) ref() *conversations.OfficerRef {
	if p.Officer == nil {
		return nil
	}
	return p.Officer.Ref()
}

// Scene is what a plan is made on.
type Scene struct {
	Officers []conversations.Officer
	Lines    map[string]string // whose telephone is in use → by which attempt
	Stopped  bool              // too many customers who were rung first were connected to nobody
	Now      time.Time
}

const (
	// askedTerm is how long an officer is left alone who did not take a call.
	askedTerm = 10 * time.Minute
	// aloneBefore is how long before a promise is due the customer is rung although
	// no officer is free: better a message left than a promise broken.
	aloneBefore = 30 * time.Minute
)

// Wait says why a promise cannot be tried now, and when that may change: At by
// itself, and before if Busy, when somebody's call ends.
type Wait struct {
	Why  string
	Busy bool
	All  bool // every officer is on a call: nobody else need be considered
	At   time.Time
}

// Choose plans the next attempt of a promise: its owner first, then the customer;
// somebody else who can talk about it if the owner is not on duty or did not take it;
// the customer first if it says so, or where no officer has a telephone. ok is false
// if it has to wait for somebody. It is pure.
func Choose(cb conversations.Callback, c conversations.Conversation, s Scene) (p Plan, w Wait, ok bool) {
	his := customerLines(cb, c)
	for _, l := range his {
		if s.Lines[l] != "" {
			return Plan{}, Wait{Why: "the customer is on another call of ours", Busy: true}, false
		}
	}
	plan := func(first string, o *conversations.Officer) Plan {
		p := Plan{First: first, Officer: o, Lines: his}
		if o != nil {
			p.Lines = append(slices.Clone(his), OfficerLine(o.ID))
		}
		return p
	}
	if cb.Spoken != nil {
		return plan(conversations.PartyCustomer, nil), Wait{Why: "it tells him news"}, true
	}
	first := conversations.PartyOfficer
	if cb.First == conversations.PartyCustomer && !s.Stopped {
		first = conversations.PartyCustomer
	}
	o, reachable, w := officer(cb, c, s)
	alone := cb.DueAt.Add(-aloneBefore)
	switch {
	case o != nil:
		return plan(first, o), w, true
	case !reachable:
		return plan(conversations.PartyCustomer, nil), Wait{Why: "no officer has a telephone"}, true
	case !s.Now.Before(alone) && s.Now.Before(cb.DueAt):
		w.Why += ", and it is nearly due"
		return plan(conversations.PartyCustomer, nil), w, true
	case s.Now.Before(alone) && (w.At.IsZero() || alone.Before(w.At)):
		w.At = alone
	}
	return Plan{}, w, false
}

// officer chooses who talks; reachable is false if no officer has a telephone at all.
func officer(cb conversations.Callback, c conversations.Conversation, s Scene) (o *conversations.Officer, reachable bool, w Wait) {
	owner := ownerOf(cb, c)
	var free []conversations.Officer
	onDuty := 0
	for _, o := range s.Officers {
		if o.Phone == "" || o.Disabled {
			continue
		}
		if reachable = true; o.Availability != conversations.Available {
			continue
		}
		if until := askedUntil(cb, o.ID); until.After(s.Now) {
			if w.At.IsZero() || until.Before(w.At) {
				w.At = until
			}
			continue
		}
		busy := s.Lines[OfficerLine(o.ID)] != ""
		if o.ID == owner && !busy {
			return &o, true, Wait{Why: o.Name + " owns the promise"}
		}
		if o.ID == owner && (s.Now.Before(cb.DueAt.Add(-aloneBefore)) || s.Now.After(cb.DueAt)) {
			return nil, true, Wait{Why: o.Name + ", who owns the promise, is on another call", Busy: true}
		}
		if onDuty++; !busy {
			free = append(free, o)
		}
	}
	switch {
	case !reachable:
		return nil, false, w
	case onDuty == 0:
		w.Why = "no officer with a telephone is on duty who has not just declined"
		return nil, true, w
	case len(free) == 0:
		w.Why, w.Busy, w.All = "every officer is on a call", true, w.At.IsZero()
		return nil, true, w
	}
	best := slices.MinFunc(free, func(a, b conversations.Officer) int { return byFit(c, a, b) })
	return &best, true, Wait{Why: best.Name + " is free"}
}

// askedUntil is until when an officer is left alone who did not take a call for this promise.
func askedUntil(cb conversations.Callback, id conversations.OfficerID) (until time.Time) {
	for _, a := range cb.Attempts {
		if a.Party == conversations.PartyOfficer && a.Officer != nil && a.Officer.ID == id && a.EndedAt != nil {
			until = a.EndedAt.Add(askedTerm)
		}
	}
	return until
}

// byFit orders officers: who works on it, who speaks the language, who has less in hand.
func byFit(c conversations.Conversation, a, b conversations.Officer) int {
	score := func(o conversations.Officer) int {
		r, n := routing.Officer{Skills: o.Skills, Languages: o.Languages}, 0
		if !r.Can(c.Desk, c.Category) {
			n += 2
		}
		if !r.Speaks(c.Language) {
			n++
		}
		return n
	}
	return cmp.Or(cmp.Compare(score(a), score(b)), cmp.Compare(a.Load, b.Load), cmp.Compare(a.ID, b.ID))
}

// ownerOf is who owes the call: the conversation's officer, or who had it when it was promised.
func ownerOf(cb conversations.Callback, c conversations.Conversation) conversations.OfficerID {
	switch {
	case c.Assignee != nil:
		return c.Assignee.ID
	case cb.Owner != nil:
		return cb.Owner.ID
	}
	return ""
}

func conversationOf(id conversations.CallbackID) conversations.ID {
	of, _, _ := strings.Cut(string(id), "-")
	return conversations.ID(of)
}

// The names of lines: a customer's number and his contact, an officer.
func customerLines(cb conversations.Callback, c conversations.Conversation) []string {
	lines := []string{"n:" + cb.Phone}
	if c.Contact.ID != "" {
		lines = append(lines, "k:"+string(c.Contact.ID))
	}
	return lines
}

// OfficerLine is the name of an officer's telephone among the lines in use.
func OfficerLine(id conversations.OfficerID) string { return "o:" + string(id) }

// ring is what the provider is told of an attempt.
func ring(cb conversations.Callback, n int, c conversations.Conversation, o *conversations.Officer) channels.Ring {
	a := cb.Attempts[n-1]
	customer := channels.Phone{Number: cb.Phone, Name: c.Contact.Name, Language: c.Language}
	r := channels.Ring{
		Attempt: conversations.AttemptID(cb.ID, n), First: customer, Note: cb.Note, Asked: cb.RequestedAt, Attempted: a.At,
		Over: !wanted(cb, n),
	}
	for _, b := range cb.Attempts[:n-1] {
		if b.Rang {
			r.Tried++
		}
	}
	for _, ref := range c.References {
		r.About = ref.Value
		break
	}
	if s := cb.Spoken; s != nil {
		r.Says, r.About, r.First.Language = s.Text, s.About, s.Language
		return r
	}
	if o == nil || o.Phone == "" {
		return r
	}
	r.Second = channels.Phone{Number: o.Phone, Name: o.Name, Officer: true}
	if len(o.Languages) > 0 {
		r.Second.Language = o.Languages[0]
	}
	if a.First == conversations.PartyOfficer {
		r.First, r.Second = r.Second, r.First
	}
	return r
}

// wanted reports whether the attempt's call is to go on.
func wanted(cb conversations.Callback, n int) bool {
	a := cb.Attempts[n-1]
	if !a.Live() || n != len(cb.Attempts) || a.Machine && a.Proof == "" {
		return false
	}
	return cb.Status.Open() || a.Proof != ""
}
