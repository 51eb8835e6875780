// Package whatsapp is the WhatsApp adapter by way of Twilio: Parse makes a
// channels.Inbound of Twilio's form, whoever sent it (a number or a user ID
// without one) and whatever it is (text, file, place, contact card, button, list,
// form), and Sender sends one message and finds it again. What it shares with SMS
// and voice is in channels/twilio.
package whatsapp

import (
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

// Parse reads an incoming WhatsApp message. Received is left to the caller. The
// error is a twilio.ErrBadForm.
// https://www.twilio.com/docs/messaging/guides/webhook-request#whatsapp-specific-parameters
func Parse(f twilio.Form) (channels.Inbound, error) {
	in, err := twilio.ParseMessage(f)
	if err != nil {
		return channels.Inbound{}, err
	}
	in.Channel = channels.WhatsApp
	identify(&in)
	if in.Name = strings.ToValidUTF8(in.Fields["ProfileName"], "\uFFFD"); in.Name == in.Fields["ProfileName"] {
		delete(in.Fields, "ProfileName")
	}
	quote(&in)
	if in.Text == "" && in.Form != channels.FormReaction {
		in.Text = describe(&in)
	}
	nameDocument(&in)
	return in, nil
}

// quote takes which message is answered: one that is quoted, or one that a sign is put on.
func quote(in *channels.Inbound) {
	const replied = "OriginalRepliedMessageSid"
	if in.Answers = in.Fields[replied]; in.Answers == "" {
		return
	}
	delete(in.Fields, replied)
	if in.Fields["MessageType"] == "reaction" {
		in.Form = channels.FormReaction
		delete(in.Fields, "MessageType")
	}
}

// identify takes who wrote. With a number, From is the number and ExternalUserId
// the business-scoped user ID; without one both are the ID. WaId is the number
// as WhatsApp knows it, which in some countries is not the one that is dialled.
func identify(in *channels.Inbound) {
	account := in.Fields["AccountSid"]
	from, external := in.Fields["From"], in.Fields["ExternalUserId"]
	_, value := twilio.SplitAddress(from)
	_, id := twilio.SplitAddress(external)
	in.From = twilio.WhatsAppHandle(account, value)
	if in.From.Kind == channels.HandleBSUID && value != id {
		in.Warnings = append(in.Warnings, "the sender has no phone number, and his user ID was not confirmed by Twilio")
	}
	if h := twilio.WhatsAppHandle(account, id); h.Kind == channels.HandleBSUID && h != in.From {
		in.Aliases = append(in.Aliases, h)
	}
	if h := twilio.WhatsAppHandle(account, in.Fields["WaId"]); h.Kind == channels.HandleWhatsApp && h != in.From {
		in.Aliases = append(in.Aliases, h)
	} else if h == in.From {
		delete(in.Fields, "WaId")
	}
	delete(in.Fields, "From")
	if id == in.From.Value || len(in.Aliases) > 0 && id == in.Aliases[0].Value {
		delete(in.Fields, "ExternalUserId")
	}
}
