package conversations

import (
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Window is how long after a customer's last WhatsApp message free words may be
// sent to him (WhatsApp Business Platform, customer service window).
const Window = 24 * time.Hour

// WindowOpen reports whether free words may go out on channel k at now.
func (c *Conversation) WindowOpen(k channels.Kind, now time.Time) bool {
	return k != channels.WhatsApp || (c.WindowUntil != nil && now.Before(*c.WindowUntil))
}
