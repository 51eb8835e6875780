package inbox

import (
	"regexp"
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

var bsuid = regexp.MustCompile(`^[A-Z]{2}\.[A-Za-z0-9]{4,128}$`) // WhatsApp's business-scoped user ID

// addressOf is where a first message goes.
func addressOf(channel, address string) (channels.Handle, channels.Kind, error) {
	kind := channels.Kind(channel)
	switch kind {
	case channels.Email:
		if v, ok := conversations.EmailAddress(address); ok {
			return channels.Handle{Kind: channels.HandleEmail, Value: v}, kind, nil
		}
		return channels.Handle{}, "", fault("body.to.address", "is not an email address")
	case channels.WhatsApp:
		if v := strings.TrimSpace(address); bsuid.MatchString(v) {
			return channels.Handle{Kind: channels.HandleBSUID, Value: v}, kind, nil
		}
		if v, ok := conversations.PhoneNumber(address); ok {
			return channels.Handle{Kind: channels.HandleWhatsApp, Value: v}, kind, nil
		}
	case channels.SMS:
		if v, ok := conversations.PhoneNumber(address); ok {
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
