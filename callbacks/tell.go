package callbacks

import (
	"context"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// What follows a call that told a customer news (conversations.Spoken).

// hand gives somebody who was told news, and pressed the key for it, a call of an officer.
func (d *Dialer) hand(ctx context.Context, cb conversations.Callback) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTerm)
	defer cancel()
	_, err := d.Keeper.Renegotiate(ctx, cb.ID, conversations.CallbackRequest{
		Asked: true, Note: cb.Note, Why: "told the news by telephone, the customer asked by a key for an officer",
	}, author(channels.News{Kind: channels.NewsKey}))
	if err != nil {
		d.Logger.Warn("officer not promised yet", "callback", cb.ID, "error", err)
	}
}

// silence notes that a customer wants no calls that tell him news. What he asks for himself
// he is rung for still.
func (d *Dialer) silence(ctx context.Context, cb conversations.Callback) {
	if d.Consents == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTerm)
	defer cancel()
	_, err := d.Consents.Consent(ctx, channels.Handle{Kind: channels.HandlePhone, Value: cb.Phone}, conversations.ConsentEntry{
		Channel: channels.Voice, Purpose: conversations.Service, State: conversations.OptedOut,
		By: author(channels.News{Kind: channels.NewsKey}), Why: "pressed 9 when he was told news by telephone",
	})
	if err != nil {
		d.Logger.Warn("customer's wish for no calls not noted", "callback", cb.ID, "error", err)
	}
}
