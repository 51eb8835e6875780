package conversations

import (
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// recipient is whom an answer goes to, and his name. Without an address it is the
// customer the conversation belongs to, and never somebody whose conversation was
// merged into it; where he has several addresses on the channel and has used none
// here, the officer says which.
func (c *Conversation) recipient(k channels.Kind, address string) (Route, string, error) {
	if address == "" {
		r, ok := c.ReplyRoute(k)
		if !ok {
			return Route{}, "", ErrNoRoute
		}
		used := slices.ContainsFunc(c.Routes, func(o Route) bool { return o.Channel == r.Channel })
		if n := c.reachable(r.Channel); !used && n > 1 {
			return Route{}, "", &InvalidError{Fields: map[string]string{"to": "is needed: the customer has several addresses on this channel, and has used none of them here"}}
		}
		return r, c.Contact.Name, nil
	}
	own := Party{Contact: c.Contact, Routes: c.Routes}
	for _, p := range append([]Party{own}, c.Parties...) {
		if r, ok := p.route(k, address); ok {
			return r, p.Contact.Name, nil
		}
	}
	if (k == "" || k == channels.Email) && slices.Contains(c.People, strings.ToLower(address)) {
		r := Route{Channel: channels.Email, To: channels.Handle{Kind: channels.HandleEmail, Value: address}}
		if mail, ok := c.Route(channels.Email); ok {
			r.Account, r.Last = mail.Account, mail.Last
		}
		return r, "", nil
	}
	return Route{}, "", &InvalidError{Fields: map[string]string{"to": "is no address of anybody who takes part in this conversation"}}
}

// reachable is how many addresses the customer has on a channel.
func (c *Conversation) reachable(k channels.Kind) (n int) {
	for _, h := range c.Contact.Handles {
		if channelOf(h) == k {
			n++
		}
	}
	return n
}

// route is how a person is reached under an address of his.
func (p Party) route(k channels.Kind, address string) (Route, bool) {
	same := func(h channels.Handle) bool { return strings.EqualFold(h.Value, address) }
	for _, r := range p.Routes {
		if same(r.To) && (k == "" || k == r.Channel) {
			return r, true
		}
	}
	for _, h := range p.Contact.Handles {
		on := channelOf(h)
		if k == channels.SMS && h.Kind == channels.HandleWhatsApp {
			h.Kind, on = channels.HandlePhone, channels.SMS
		}
		if same(h) && (k == "" || k == on) {
			return Route{Channel: on, To: h}, true
		}
	}
	return Route{}, false
}

// windowOpenTo is WindowOpen for one of several people.
func (c *Conversation) windowOpenTo(r Route, now time.Time) bool {
	for _, p := range c.Parties {
		if holds(p.Contact.Handles, r.To) {
			return r.Channel != channels.WhatsApp || now.Before(r.At.Add(Window))
		}
	}
	return c.WindowOpen(r.Channel, now)
}

// WindowOpenFor is WindowOpen for whoever of several people has an address: each has his own.
func (c *Conversation) WindowOpenFor(k channels.Kind, to channels.Handle, now time.Time) bool {
	if at := c.party(to); at >= 0 {
		for _, r := range c.Parties[at].Routes {
			if r.Channel == k && r.To == to {
				return c.windowOpenTo(r, now)
			}
		}
		return k != channels.WhatsApp
	}
	return c.WindowOpen(k, now)
}

// party is the place among the parties of the person whom a handle belongs to; -1
// for the customer himself, or somebody unknown.
func (c *Conversation) party(h channels.Handle) int {
	if holds(c.Contact.Handles, h) {
		return -1
	}
	return slices.IndexFunc(c.Parties, func(p Party) bool { return holds(p.Contact.Handles, h) })
}

// meetParty notes how somebody other than the customer can be reached.
func (c *Conversation) meetParty(at int, r Route) {
	c.Parties = slices.Clone(c.Parties)
	p := &c.Parties[at]
	p.Routes = append([]Route{r}, sifted(p.Routes, func(o Route) bool { return o.Channel == r.Channel })...)
}
