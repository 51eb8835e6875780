// Package sms is the SMS and MMS adapter: Parse makes a channels.Inbound of
// Twilio's form, Sender sends one message and finds it again, and Segments counts
// what a text costs. What it shares with WhatsApp and voice is in channels/twilio.
package sms

import (
	"context"
	"errors"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

// Parse reads an incoming SMS or MMS. Received is left to the caller. The error
// is a twilio.ErrBadForm.
// https://www.twilio.com/docs/messaging/guides/webhook-request
func Parse(f twilio.Form) (channels.Inbound, error) {
	in, err := twilio.ParseMessage(f)
	if err != nil {
		return channels.Inbound{}, err
	}
	in.Channel = channels.SMS
	var odd bool
	if in.From, odd = twilio.PhoneHandle(in.Fields["From"]); odd {
		in.Warnings = append(in.Warnings, "the sender is not a phone number, and may not be able to receive an answer")
	}
	delete(in.Fields, "From")
	return in, nil
}

// Sender implements channels.Sender and channels.Finder. Outbound.Account, if
// set, is the number of ours to send from: the one the customer wrote to.
type Sender struct {
	Messages twilio.Messages
	Pool     []string // numbers of ours among which Number chooses; empty: Messages.From or its service
}

var errNoNumber = &channels.SendError{Failure: channels.Permanent, Code: "21211", Err: errors.New("the recipient has no phone number")}

func address(h channels.Handle) (string, error) {
	switch h.Kind {
	case channels.HandlePhone, channels.HandleWhatsApp:
		if h.Value != "" {
			return h.Value, nil
		}
	}
	return "", errNoNumber
}

// Send implements channels.Sender.
func (s *Sender) Send(ctx context.Context, m channels.Outbound) (string, error) {
	to, err := address(m.To)
	if err != nil {
		return "", err
	}
	if err := checkMedia(m.Attachments); err != nil {
		return "", err
	}
	return s.Messages.Send(ctx, m, s.Number(m), to)
}

// Find implements channels.Finder, within the limits that twilio.Messages.Find tells.
func (s *Sender) Find(ctx context.Context, m channels.Outbound) (string, bool, error) {
	to, err := address(m.To)
	if err != nil { // it was never sent
		return "", false, nil
	}
	return s.Messages.Find(ctx, m, s.Number(m), to)
}
