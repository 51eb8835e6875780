package conversations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// consent notes what the message says about hearing from us, under every address
// that is the sender's own.
func (t *Intake) consent(ctx context.Context, ch *Change, in *channels.Inbound, now time.Time) error {
	opt := asksOf(in)
	if opt.Kind == OptNone || t.Consents == nil || in.From.IsZero() || in.Spoofed {
		return nil
	}
	m := ch.Messages[0]
	if !in.Sent.IsZero() && in.Sent.Before(m.CreatedAt) { // one that comes late undoes nothing that was said since
		m.CreatedAt = in.Sent
	}
	var ledgers []Consent
	for _, h := range senders(in) {
		if slices.ContainsFunc(ledgers, func(l Consent) bool { return l.Address == h.Key() }) {
			continue
		}
		ledger, err := t.Consents.Consent(ctx, h.Key())
		if err != nil {
			return fmt.Errorf("load consent: %w", err)
		}
		ledgers = append(ledgers, ledger)
	}
	ch.consented(ledgers, func(l *Consent) []ConsentEntry { return l.Opt(opt, m) }, m.Author, now)
	if opt.Kind == OptHelp || len(ch.Consents) > 0 {
		t.confirm(ch, opt, in, now)
	}
	return nil
}

// confirm answers a STOP, START or HELP in the same step that keeps it, where the
// provider does not answer itself (Twilio answers its own words on SMS).
func (t *Intake) confirm(ch *Change, opt Opt, in *channels.Inbound, now time.Time) {
	if t.Confirm == nil || opt.Provider {
		return
	}
	d, ok := t.Confirm(opt.Kind, ch.After, in.Channel)
	if !ok {
		return
	}
	d.Channel, d.Auto, d.Lane, d.Purpose = in.Channel, true, LaneAck, Answering
	answer, err := Answer(ch.After, d, System, now)
	if err != nil { // there is no way to answer: his word counts all the same
		return
	}
	version := ch.After.Version
	ch.After = answer.After
	ch.After.Version = version // it is one change
	ch.Messages = append(ch.Messages, answer.Messages...)
	ch.Events = append(ch.Events, answer.Events...)
}
