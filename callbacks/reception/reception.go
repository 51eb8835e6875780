// Package reception is what a caller hears from the house: his language, how his shipment
// stands, whether the desk is open, which officers to ring for him, his place in the line,
// and when he wants to be called back, read from his own words. It decides nothing about a
// call and keeps nothing but places in the line; channels/voice asks it through its Guide,
// and cmd/caravan joins the two. Start with Line.
package reception

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/callbacks"
	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/routing/almanac"
	"github.com/caravan-desk/caravan/routing/when"
	"github.com/caravan-desk/caravan/templates"
)

// People is who callers are.
type People interface {
	Find(ctx context.Context, handles []channels.Handle) (conversations.Place, error)
	Contact(ctx context.Context, id conversations.ContactID) (conversations.Contact, error)
	Recent(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
}

// Lines is who waits on the line, and whose telephone is in use.
type Lines interface {
	StandInLine(ctx context.Context, desk, call string, since time.Time) (ahead int, err error)
	LeaveLine(ctx context.Context, desk, call string) error
	HeldLines(ctx context.Context) (lines map[string]string, calls map[string]time.Time, err error)
	// HoldTalk shows officers' lines as taken by an incoming call until an instant at most,
	// and gives back what it held before.
	HoldTalk(ctx context.Context, call string, lines []string, until time.Time) error
}

// Roster is who the officers are.
type Roster interface {
	Officers(ctx context.Context) ([]conversations.Officer, error)
}

// Spoken says how a matter stands; *news.Newsroom is one.
type Spoken interface {
	Spoken(ctx context.Context, ref conversations.Reference, language string) (string, error)
}

// Reception answers.
type Reception struct {
	People   People
	Lines    Lines
	Officers Roster
	News     Spoken
	Desks    routing.Desks
	Timezone *time.Location // of callers whose number does not tell theirs
	Now      func() time.Time
	Logger   *slog.Logger
}

// talkTerm is how long a talk takes, for the estimate that a waiting caller hears.
const talkTerm = 4 * time.Minute

// mostRung is how many officers are rung at once for one caller.
const mostRung = 3

// Language is the caller's, if he is known: that of his latest conversation, else his own.
func (r *Reception) Language(ctx context.Context, from channels.Handle) string {
	c, k := r.known(ctx, from)
	return cmp.Or(spoken(c.Language), spoken(k.Language))
}

// spoken is a language that can be spoken; empty for a mix.
func spoken(language string) string {
	if language == "en" || language == "ar" || language == "ms" {
		return language
	}
	return ""
}

// known is the caller's latest conversation, and who he is.
func (r *Reception) known(ctx context.Context, from channels.Handle) (c conversations.Conversation, k conversations.Contact) {
	if from.IsZero() {
		return c, k
	}
	place, err := r.People.Find(ctx, []channels.Handle{from})
	if err == nil && place.Conversation != "" {
		c, err = r.People.Recent(ctx, place.Conversation)
	}
	if err == nil && place.Contact != "" {
		k, err = r.People.Contact(ctx, place.Contact)
	}
	r.log("caller not looked up", err)
	return c, k
}

// log notes what could not be looked up: the caller is led on without it.
func (r *Reception) log(what string, err error) {
	if err != nil && !errors.Is(err, conversations.ErrNotFound) {
		r.Logger.Warn(what, "error", err)
	}
}

// Status says how a matter stands, by its number as it was keyed or said. text is empty if
// the number is not known. Digits alone may also be those of a reference of the caller's own
// conversation, whose letters no keypad has.
func (r *Reception) Status(ctx context.Context, number, language string, from channels.Handle) (reference, text string) {
	tried := map[string]bool{}
	try := func(ref conversations.Reference) bool {
		if ref.Value == "" || tried[ref.Key()] {
			return false
		}
		tried[ref.Key()] = true
		said, err := r.News.Spoken(ctx, ref, language)
		r.log("status not read", err)
		if err != nil || said == "" {
			return false
		}
		reference, text = ref.Value, said
		return true
	}
	for _, hint := range []string{"awb ", "booking "} {
		for _, f := range routing.References(hint + number) {
			if try(conversations.Reference{Kind: f.Kind, Value: f.Value}) {
				return reference, text
			}
		}
	}
	keyed := digits(number)
	if try(conversations.Reference{Kind: conversations.KindShipment, Value: keyed}) {
		return reference, text
	}
	c, _ := r.known(ctx, from)
	for _, ref := range c.References {
		if d := digits(ref.Value); d != "" && d == keyed && try(conversations.Reference{Kind: ref.Kind, Value: ref.Value}) {
			return reference, text
		}
	}
	return "", ""
}

// digits are the ASCII digits of a text.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// When reads a time from what a caller said, by the clock of his number, and says it back
// in a language. ok is false if it names none.
func (r *Reception) When(words, language string, from channels.Handle) (notBefore, until time.Time, said string, ok bool) {
	now, zone := r.Now(), r.Timezone
	if home, known := almanac.ZoneOf(from.Value, now); known {
		zone = home
	}
	w, ok := when.Read(words, now, zone)
	if !ok || w.Soon {
		return notBefore, until, "", ok
	}
	return w.NotBefore, w.Until, templates.SpokenTime(w.NotBefore, language, now.In(zone)), true
}

// Waiter is a caller who wants an officer.
type Waiter struct {
	Call     string // the provider's ID
	Desk     string
	Language string
	From     channels.Handle
	Since    time.Time
}

// Answer is how a desk's line is at this moment.
type Answer struct {
	Open   bool
	Opens  string   // when it opens, for the ear; empty if it is not known
	Phones []string // of officers to be rung; none while others come first, or all are busy
	Ahead  int
	Wait   time.Duration
}

// Line keeps the caller's place and says what he is to hear. What cannot be looked up is
// taken to be open and busy: he waits, and may ask to be called back.
func (r *Reception) Line(ctx context.Context, w Waiter) Answer {
	if a, closed := r.closed(w); closed {
		return a
	}
	a := Answer{Open: true}
	ahead, err := r.Lines.StandInLine(ctx, w.Desk, w.Call, w.Since)
	r.log("no place in the line", err)
	a.Ahead = ahead
	officers, err := r.Officers.Officers(ctx)
	r.log("officers not read", err)
	busy, _, err := r.Lines.HeldLines(ctx)
	r.log("lines not read", err)
	c, _ := r.known(ctx, w.From)
	maps.DeleteFunc(busy, func(_, by string) bool { return by == w.Call }) // those that ring for him
	free, onDuty := pick(officers, busy, w, c)
	a.Wait = time.Duration(ahead+1) * talkTerm / time.Duration(max(1, onDuty))
	if ahead < len(free) {
		free = free[ahead:min(len(free), ahead+mostRung)] // those before him have the first ones
		var lines []string
		for _, o := range free {
			a.Phones, lines = append(a.Phones, o.Phone), append(lines, callbacks.OfficerLine(o.ID))
		}
		r.log("officers' lines not held", r.Lines.HoldTalk(ctx, w.Call, lines, r.Now().Add(ringTerm)))
	}
	return a
}

// Leave gives up a place in the line.
func (r *Reception) Leave(ctx context.Context, desk, call string) {
	r.log("still in the line", r.Lines.LeaveLine(ctx, desk, call))
	r.Over(ctx, call)
}

// closed tells whether the desk works now, and if not, when it does again.
func (r *Reception) closed(w Waiter) (Answer, bool) {
	desk, ok := r.Desks.Find(w.Desk)
	if !ok {
		return Answer{}, false
	}
	now := r.Now()
	calendar := desk.Hours("")
	if calendar.Open(now) {
		return Answer{}, false
	}
	at, opens, ok := calendar.Next(now)
	if !ok || !opens {
		return Answer{}, true
	}
	zone := calendar.Zone()
	if home, known := almanac.ZoneOf(w.From.Value, now); known {
		zone = home
	}
	return Answer{Opens: templates.SpokenTime(at.In(zone), w.Language, now.In(zone))}, true
}

// pick lists the officers who can take the call now, best first: who has the
// caller's conversation, then who speaks his language, then who has least to do. onDuty
// counts all who could, busy or not. It is pure.
func pick(officers []conversations.Officer, busy map[string]string, w Waiter, c conversations.Conversation) (fit []conversations.Officer, onDuty int) {
	for _, o := range officers {
		if o.Disabled || o.Availability != conversations.Available || o.Phone == "" || !worksOn(o, w.Desk) {
			continue
		}
		onDuty++
		if busy[callbacks.OfficerLine(o.ID)] == "" && busy[o.Phone] == "" {
			fit = append(fit, o)
		}
	}
	rank := func(o conversations.Officer) int {
		switch {
		case c.Assignee != nil && c.Assignee.ID == o.ID:
			return 0
		case slices.Contains(o.Languages, w.Language):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(fit, func(a, b conversations.Officer) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Load, b.Load), cmp.Compare(a.ID, b.ID))
	})
	return fit, onDuty
}

// worksOn reports whether the officer works on any of the desk's matters; without a desk
// everybody does.
func worksOn(o conversations.Officer, desk string) bool {
	return desk == "" || slices.ContainsFunc(o.Skills, func(s string) bool {
		skill, err := routing.ParseSkill(s)
		return err == nil && skill.Desk == desk
	})
}
