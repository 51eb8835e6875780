package whatsapp

import (
	"context"
	"errors"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

// Sender implements channels.Sender and channels.Finder. Outbound.Account, if
// set, is the number of ours to send from, without a scheme. An approved
// template (Outbound.Content) goes without text and media. Whether the 24-hour
// window is open is for the conversation to know.
type Sender struct{ Messages twilio.Messages }

var errNoWhatsApp = &channels.SendError{Failure: channels.Permanent, Code: "63024", Err: errors.New("the recipient has no WhatsApp address")}

// address writes a number or, for a person without one, the business-scoped user ID.
func address(h channels.Handle) (string, error) {
	switch h.Kind {
	case channels.HandleWhatsApp, channels.HandlePhone, channels.HandleBSUID:
		if h.Value != "" {
			return twilio.WhatsAppAddress(h.Value), nil
		}
	}
	return "", errNoWhatsApp
}

// from writes the sender; empty leaves it to the messaging service.
func (s *Sender) from(account string) string {
	if account == "" && s.Messages.ServiceSID == "" {
		account = s.Messages.From
	}
	if account == "" {
		return ""
	}
	return twilio.WhatsAppAddress(account)
}

// Send implements channels.Sender.
func (s *Sender) Send(ctx context.Context, m channels.Outbound) (string, error) {
	to, err := address(m.To)
	if err != nil {
		return "", err
	}
	return s.Messages.Send(ctx, m, s.from(m.Account), to)
}

// Find implements channels.Finder, within the limits that twilio.Messages.Find tells.
func (s *Sender) Find(ctx context.Context, m channels.Outbound) (string, bool, error) {
	to, err := address(m.To)
	if err != nil { // it was never sent
		return "", false, nil
	}
	return s.Messages.Find(ctx, m, s.from(m.Account), to)
}
