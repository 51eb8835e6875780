package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Purpose is what a message is for, as consent counts it.
type Purpose string

const (
	Service   Purpose = "service"   // about the customer's own matter: allowed until he says stop
	Marketing Purpose = "marketing" // offers: allowed only once he has said yes
	Answering Purpose = "answering" // the one answer to STOP, START or HELP itself: always allowed
)

// Purposes lists those that somebody can allow or forbid.
var Purposes = []Purpose{Service, Marketing}

// ConsentState is what somebody said about a purpose on a channel.
type ConsentState string

const (
	OptedIn  ConsentState = "in"
	OptedOut ConsentState = "out"
)

// ConsentEntry is one line of the ledger: who allowed or forbade what, when, and
// by what evidence.
type ConsentEntry struct {
	Channel channels.Kind `json:"channel"`
	Purpose Purpose       `json:"purpose"`
	State   ConsentState  `json:"state"`
	At      time.Time     `json:"at"`
	By      Author        `json:"by"`                // the customer, an officer, or the house for the provider's word
	Why     string        `json:"why"`               // for an officer to read
	Message MessageID     `json:"message,omitempty"` // that it was said in, or that the provider refused
}

// Consent is the ledger of one address (channels.Handle.Key): entries are only
// ever added, and of each channel and purpose the last one counts.
type Consent struct {
	Address string         `json:"address"`
	Version Revision       `json:"version"` // 0: nothing was ever said
	Entries []ConsentEntry `json:"entries"`
}

// ConsentChange replaces an address's ledger, if it is still at version Now.Version-1.
type ConsentChange struct{ Now Consent }

// Consents is the store's ledger.
type Consents interface {
	// Consent returns an address's ledger; an empty one if nothing was ever said.
	Consent(ctx context.Context, address string) (Consent, error)
	// SaveConsent writes a ledger by itself; ErrStale if it has changed meanwhile.
	SaveConsent(ctx context.Context, ch ConsentChange) error
}

// longestLedger bounds the entries of one address; the oldest that no longer count go first.
const longestLedger = 100

// Last is the entry that counts, if there is one.
func (c *Consent) Last(k channels.Kind, p Purpose) (ConsentEntry, bool) {
	for _, e := range slices.Backward(c.Entries) {
		if e.Channel == k && e.Purpose == p {
			return e, true
		}
	}
	return ConsentEntry{}, false
}

// Add is the ledger with a further entry. One that is older than what counts
// (a message that came late), or says the same again, changes nothing.
func (c Consent) Add(entries ...ConsentEntry) (next Consent, added []ConsentEntry) {
	next = c
	next.Entries = slices.Clone(c.Entries)
	for _, e := range entries {
		if last, ok := next.Last(e.Channel, e.Purpose); ok && (last.State == e.State || e.At.Before(last.At)) {
			continue
		}
		next.Entries = append(next.Entries, e)
		added = append(added, e)
	}
	if len(added) > 0 {
		next.Version++
	}
	for i := 0; len(next.Entries) > longestLedger && i < len(next.Entries); {
		if last, _ := next.Last(next.Entries[i].Channel, next.Entries[i].Purpose); last != next.Entries[i] {
			next.Entries = slices.Delete(next.Entries, i, i+1)
			continue
		}
		i++
	}
	return next, added
}

// Forbidden is what an erased person's ledger leaves behind: that he said no, when,
// and on which channel. An erasure takes his words and his name, but must not make
// somebody who asked for silence hear from us again.
func (c *Consent) Forbidden() []ConsentEntry {
	var out []ConsentEntry
	for _, e := range c.Entries {
		if last, _ := c.Last(e.Channel, e.Purpose); e == last && e.State == OptedOut {
			out = append(out, ConsentEntry{Channel: e.Channel, Purpose: e.Purpose, State: OptedOut, At: e.At, By: System,
				Why: "asked to stop, before he was erased"})
		}
	}
	return out
}

// Permits is nil if a message may go, or an ErrOptedOut that says why not. wrote
// is when the customer last wrote on the channel: who asks something after he said
// stop wants an officer's answer, though nothing by machine. A provider of SMS
// blocks until START, so there it takes that.
func (c *Consent) Permits(k channels.Kind, p Purpose, auto bool, wrote time.Time) error {
	if out, ok := c.Last(k, Service); ok && out.State == OptedOut {
		asked := wrote.After(out.At) && k != channels.SMS
		if auto || p != Service || !asked {
			return fmt.Errorf("%w: %s", ErrOptedOut, out.Why)
		}
	}
	if p == Marketing {
		if last, ok := c.Last(k, Marketing); !ok || last.State != OptedIn {
			return fmt.Errorf("%w: he has not allowed offers on this channel", ErrOptedOut)
		}
	}
	return nil
}

// Opt adds to a change what the customer's message says about consent. It is pure.
// A STOP ends every purpose on its channel; a START allows service again, and
// offers if they were allowed before.
func (c *Consent) Opt(o Opt, m Message) []ConsentEntry {
	e := ConsentEntry{Channel: m.Channel, At: m.CreatedAt, By: m.Author, Message: m.ID, Purpose: Marketing, State: OptedOut}
	e.Why = "asked to stop (" + o.Word + ")"
	switch o.Kind {
	case OptStopOffers:
		e.Why = "asked for no more offers (" + o.Word + ")"
		return []ConsentEntry{e}
	case OptStop:
		all := []ConsentEntry{e, e}
		all[0].Purpose = Service
		return all
	case OptStart:
		e.Purpose, e.State, e.Why = Service, OptedIn, "asked to hear from us again ("+o.Word+")"
		last, out := c.Last(m.Channel, Service)
		if out = out && last.State == OptedOut; o.Weak && !out { // a bare yes answers some other question
			return nil
		}
		all := []ConsentEntry{e}
		if c.once(m.Channel, Marketing) {
			e.Purpose = Marketing
			all = append(all, e)
		}
		return all
	}
	return nil
}

// once reports whether a purpose was ever allowed, and is not now.
func (c *Consent) once(k channels.Kind, p Purpose) bool {
	last, ok := c.Last(k, p)
	return ok && last.State == OptedOut && slices.ContainsFunc(c.Entries, func(e ConsentEntry) bool {
		return e.Channel == k && e.Purpose == p && e.State == OptedIn
	})
}

// consented makes ledger entries part of a change: the ledgers, and an event in the history.
func (ch *Change) consented(ledgers []Consent, entries func(*Consent) []ConsentEntry, by Author, now time.Time) {
	moved, why := map[string]Delta{}, ""
	for i := range ledgers {
		next, added := ledgers[i].Add(entries(&ledgers[i])...)
		if len(added) == 0 {
			continue
		}
		ch.Consents = append(ch.Consents, ConsentChange{next})
		for _, e := range added {
			var from any
			if last, ok := ledgers[i].Last(e.Channel, e.Purpose); ok {
				from = last.State
			}
			moved[string(e.Channel)+" "+string(e.Purpose)], why = Delta{From: from, To: e.State}, e.Why
		}
	}
	if len(moved) > 0 {
		ev := Event{Type: EventConsent, At: now, By: by, Why: why, Changes: moved}
		ch.Events = append([]Event{ev}, ch.Events...)
	}
}

// Refused notes the provider's word that somebody wants nothing more from us on a
// message's channel (Twilio 21610, 63014): in the ledger, and in the history.
func (d *Desk) Refused(ctx context.Context, id MessageID, code string) error {
	m, err := d.Store.LoadMessage(ctx, id)
	if err != nil || m.Send == nil || d.Consents == nil {
		return err
	}
	_, err = d.decide(ctx, m.Conversation, 0, func(c Conversation, now time.Time) (Change, error) {
		ledger, err := d.Consents.Consent(ctx, m.Send.To.Key())
		if err != nil {
			return Change{}, fmt.Errorf("load consent: %w", err)
		}
		ch := Change{Before: &c, After: c}
		ch.consented([]Consent{ledger}, func(*Consent) []ConsentEntry {
			e := ConsentEntry{Channel: m.Channel, State: OptedOut, At: now, By: System, Message: id, Purpose: Service}
			e.Why = "the provider says that he has unsubscribed or blocked us (" + code + ")"
			all := []ConsentEntry{e, e}
			all[1].Purpose = Marketing
			return all
		}, System, now)
		ch.After.Version++
		return ch, nil
	})
	return err
}

// Consent records what somebody said to an officer, on paper or by phone.
func (d *Desk) Consent(ctx context.Context, to channels.Handle, e ConsentEntry) (Consent, error) {
	for range attempts {
		ledger, err := d.Consents.Consent(ctx, to.Key())
		if err != nil {
			return Consent{}, err
		}
		e.At = d.Now()
		next, added := ledger.Add(e)
		if len(added) == 0 {
			return ledger, nil
		}
		if err = d.Consents.SaveConsent(ctx, ConsentChange{next}); !errors.Is(err, ErrStale) {
			return next, err
		}
	}
	return Consent{}, fmt.Errorf("record consent: %w after %d attempts", ErrStale, attempts)
}

// Claims tells who holds a claim in a conversation's partition; a store that can is
// asked before something is refused that may have been done before.
type Claims interface {
	Claimant(ctx context.Context, in ID, claim string) (id MessageID, taken bool, err error)
}

// refused is err, unless what is refused now was done before under the same claim:
// then it is the *DuplicateError that says so.
func (d *Desk) refused(ctx context.Context, ch *Change, err error) error {
	claims, can := d.Store.(Claims)
	if !can || ch.Claim == "" || !errors.Is(err, ErrOptedOut) && !errors.Is(err, ErrCapped) {
		return err
	}
	id, taken, lost := claims.Claimant(ctx, ch.After.ID, ch.Claim)
	switch {
	case lost != nil:
		return lost
	case taken:
		return &DuplicateError{Message: id}
	}
	return err
}

// allowed asks the ledger whether a message may be queued, and for one by machine
// takes the person's turn: once, however often the decision is made.
func (d *Desk) allowed(ctx context.Context, c Conversation, m Message, counted *bool) error {
	if m.Send == nil || d.Consents == nil {
		return nil
	}
	ledger, err := d.Consents.Consent(ctx, m.Send.To.Key())
	if err != nil {
		return fmt.Errorf("load consent: %w", err)
	}
	if err := MaySend(c, ledger, m); err != nil || *counted || !m.Send.Auto {
		return err
	}
	*counted = true
	return d.Caps.Take(ctx, c.Contact, m.Send.Lane)
}

// MaySend is nil, or an ErrOptedOut. It is asked when a message is queued, and
// again at the instant of sending. It is pure.
func MaySend(c Conversation, ledger Consent, m Message) error {
	if m.Send == nil || m.Send.Purpose == Answering || len(ledger.Entries) == 0 && m.Send.Purpose != Marketing {
		return nil
	}
	var wrote time.Time
	for _, r := range c.Routes {
		if r.Channel == m.Channel {
			wrote = r.At
		}
	}
	purpose := m.Send.Purpose
	if purpose == "" {
		purpose = Service
	}
	return ledger.Permits(m.Channel, purpose, m.Send.Auto, wrote)
}
