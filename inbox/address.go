package inbox

import (
	"net/mail"
	"regexp"
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

var (
	e164     = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)           // ITU-T E.164
	bsuid    = regexp.MustCompile(`^[A-Z]{2}\.[A-Za-z0-9]{4,128}$`) // WhatsApp's business-scoped user ID
	notDigit = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "\u00a0", "", "\u202a", "", "\u202c", "")
)

// phoneOf is a number in E.164, however it was spaced.
func phoneOf(s string) (string, bool) {
	s = notDigit.Replace(strings.TrimSpace(s))
	return s, e164.MatchString(s)
}

// emailOf is a bare address (RFC 5322 addr-spec), without a name.
func emailOf(s string) (string, bool) {
	s = strings.TrimSpace(s)
	a, err := mail.ParseAddress(s)
	return s, err == nil && a.Address == s && len(s) <= 254
}

// addressOf is where a first message goes.
func addressOf(channel, address string) (channels.Handle, channels.Kind, error) {
	kind := channels.Kind(channel)
	switch kind {
	case channels.Email:
		if v, ok := emailOf(address); ok {
			return channels.Handle{Kind: channels.HandleEmail, Value: v}, kind, nil
		}
		return channels.Handle{}, "", fault("body.to.address", "is not an email address")
	case channels.WhatsApp:
		if v := strings.TrimSpace(address); bsuid.MatchString(v) {
			return channels.Handle{Kind: channels.HandleBSUID, Value: v}, kind, nil
		}
		if v, ok := phoneOf(address); ok {
			return channels.Handle{Kind: channels.HandleWhatsApp, Value: v}, kind, nil
		}
	case channels.SMS:
		if v, ok := phoneOf(address); ok {
			return channels.Handle{Kind: channels.HandlePhone, Value: v}, kind, nil
		}
	}
	return channels.Handle{}, "", fault("body.to.address", "is not a number in international form, such as +966501234567")
}

// replyChannel is the channel that a reply goes out on; empty if there is none.
func replyChannel(c *conversations.Conversation, asked channels.Kind) channels.Kind {
	if asked != "" {
		return asked
	}
	r, _ := c.ReplyRoute("")
	return r.Channel
}
