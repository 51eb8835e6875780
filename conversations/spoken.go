package conversations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Spoken is what a call tells a customer whom no message reaches. Its Callback is no
// promise: it blocks nothing, and has no clock.
type Spoken struct {
	Text     string     `json:"text" doc:"For the ear"`
	Language string     `json:"language" enum:"en,ar,ms"`
	About    string     `json:"about,omitempty" doc:"The shipment or booking"`
	Else     *Alternate `json:"-"` // what is written to him if no call reaches him
}

// ring is the call that tells a notice's first offer. What comes after that is written
// to him should no call reach him.
func (n *Notice) ring() CallbackRequest {
	o := n.Offers[0]
	s := &Spoken{Text: o.Text, Language: o.Language, About: n.About.Value}
	if len(n.Offers) > 1 && n.Offers[1].Channel != channels.Voice {
		s.Else = n.Offers[1].alternate()
	}
	return CallbackRequest{Spoken: s, Note: n.Event.Why, Why: o.Why, First: PartyCustomer}
}

// MayTell is nil, or an ErrOptedOut: news is told by telephone to nobody who has asked not
// to be rung, nor to who has said STOP on the same number. ledger is the number's. It is pure.
func MayTell(ledger Consent) error {
	for _, k := range []channels.Kind{channels.Voice, channels.SMS} {
		if err := ledger.Permits(k, Service, true, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// mayTell asks the ledger, and takes the person's turn as a message by machine does.
func (d *Desk) mayTell(ctx context.Context, c Conversation, cb Callback) error {
	if d.Consents == nil {
		return nil
	}
	ledger, err := d.Consents.Consent(ctx, channels.Handle{Kind: channels.HandlePhone, Value: cb.Phone}.Key())
	if err != nil {
		return fmt.Errorf("load consent: %w", err)
	}
	if err := MayTell(ledger); err != nil {
		return err
	}
	return d.Caps.Take(ctx, c.Contact, LaneUpdate)
}

// overtaken ends older news of the same matter that nobody was rung for yet: he hears the
// newest only. It is part of the change that brings that.
func (d *Desk) overtaken(ctx context.Context, ch Change, now time.Time) (Change, error) {
	if ch.Before == nil {
		return ch, nil
	}
	for n := range ch.Before.Issued {
		old, err := d.Store.LoadCallback(ctx, ch.Before.CallbackID(n+1))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return Change{}, err
		}
		if old.Spoken == nil || !old.Status.Open() || old.Live() != nil || old.Spoken.About != ch.Callback.Spoken.About {
			continue
		}
		ended := Keep(ch.After, old, old.Closed(CallbackCanceled, now), System, "newer news of it came", now)
		ended.After.Version = ch.After.Version // one change, one version
		ch.After, ch.Ended, ch.Events = ended.After, append(ch.Ended, *ended.Callback), append(ch.Events, ended.Events...)
	}
	return ch, nil
}
