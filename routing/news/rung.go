package news

import (
	"fmt"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/almanac"
	"github.com/caravan-desk/caravan/templates"
)

// onlyRings reports whether a customer has no channel but his telephone: he has rung and
// never written, or all that is known of him is the number of a fixed line.
func onlyRings(c conversations.Conversation) (number string, ok bool) {
	rang := false
	for _, r := range c.Routes {
		if r.Channel != channels.Voice {
			return "", false
		}
		rang = true
	}
	for _, h := range c.Contact.Handles {
		if h.Kind != channels.HandlePhone {
			return "", false
		}
		number = h.Value
	}
	return number, number != "" && (rang || almanac.Landline(number))
}

// rung is news told by a call. The dialer chooses the hour.
func rung(text templates.Rendered) conversations.Offer {
	return conversations.Offer{Why: fmt.Sprintf("the customer is told by telephone in %q: he has no channel for messages", text.Language), Draft: conversations.Draft{
		Channel: channels.Voice, Text: text.Text, Language: text.Language, Template: text.Template, Lane: conversations.LaneUpdate, Auto: true,
	}}
}
