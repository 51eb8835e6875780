package bulk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

// place settles where a recipient is written to: in the conversation that he is having,
// or in a new one.
func (e *Engine) place(ctx context.Context, r conversations.BulkRow) (conversations.BulkRow, error) {
	if r.Placed {
		return r, nil
	}
	r.Placed = true
	at, err := e.People.Find(ctx, []channels.Handle{r.To})
	if err != nil {
		return r, fmt.Errorf("find recipient: %w", err)
	}
	if at.Conversation == "" {
		return r, nil
	}
	c, err := e.People.Load(ctx, at.Conversation)
	if errors.Is(err, conversations.ErrNotFound) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("load conversation: %w", err)
	}
	if conversations.Continues(&c, e.Now()) {
		r.Conversation = c.ID
	}
	return r, nil
}

// letter is a recipient's message in the making.
type letter struct {
	draft conversations.Draft
	to    channels.Handle
	conv  conversations.Conversation // zero: a new one
}

// write makes a placed recipient's message. Errors say why he cannot be told.
func (e *Engine) write(ctx context.Context, b *conversations.Bulk, r conversations.BulkRow) (letter, error) {
	l := letter{to: r.To}
	on := r.Channel
	if b.Channel != "" {
		on = b.Channel
	}
	if r.Conversation != "" {
		var err error
		if l.conv, err = e.People.Load(ctx, r.Conversation); err != nil {
			return l, err
		}
		route, ok := l.conv.ReplyRoute(on)
		if !ok {
			return l, conversations.ErrNoRoute
		}
		on, l.to = route.Channel, route.To
	} else if on = channelFor(r.To, on); on == "" {
		return l, conversations.ErrNoRoute
	}
	d, err := e.draft(b, r, &l.conv, on)
	l.draft = d
	if err != nil {
		return l, err
	}
	if d.Content == nil && !l.conv.WindowOpen(on, e.Now()) {
		return l, conversations.ErrWindowClosed
	}
	return l, nil
}

// channelFor is the channel that an address is written to on; empty if it cannot be.
func channelFor(h channels.Handle, asked channels.Kind) channels.Kind {
	var fits []channels.Kind
	switch h.Kind {
	case channels.HandleEmail:
		fits = []channels.Kind{channels.Email}
	case channels.HandlePhone:
		fits = []channels.Kind{channels.SMS, channels.WhatsApp}
	case channels.HandleWhatsApp:
		fits = []channels.Kind{channels.WhatsApp, channels.SMS}
	case channels.HandleBSUID:
		fits = []channels.Kind{channels.WhatsApp}
	}
	switch {
	case asked == "" && len(fits) > 0:
		return fits[0]
	case slices.Contains(fits, asked):
		return asked
	}
	return ""
}

func (e *Engine) draft(b *conversations.Bulk, r conversations.BulkRow, c *conversations.Conversation, on channels.Kind) (conversations.Draft, error) {
	d := conversations.Draft{
		Channel: on, Text: b.Text, Subject: b.Subject, Language: language(b.Language, r.Language, c.Language), Template: b.Template,
		Op: "bulk " + string(b.ID) + " " + fmt.Sprint(r.N), Lane: conversations.LaneBulk, Auto: true, Purpose: b.Purpose,
	}
	if b.Template == "" {
		return d, nil
	}
	t, err := e.Library.Get(b.Template)
	if err != nil {
		return d, err
	}
	opts := templates.Options{Now: e.Now(), Timezone: e.Timezone}
	out, err := e.Library.Render(b.Template, d.Language, on, e.variables(t, b, r, c), opts)
	if err != nil {
		return d, err
	}
	d.Text, d.HTML, d.Content, d.Language = out.Text, out.HTML, out.Content, out.Language
	if d.Subject == "" {
		d.Subject = out.Subject
	}
	return d, nil
}

// language is the first that is known; English if none is.
func language(of ...string) string {
	for _, l := range of {
		if l != "" && l != "mixed" {
			return l
		}
	}
	return "en"
}

// variables are a template's values for one recipient: his own go before everybody's,
// and these before what is known of him anyway.
func (e *Engine) variables(t templates.Template, b *conversations.Bulk, r conversations.BulkRow, c *conversations.Conversation) map[string]any {
	vars := t.Known(cmp.Or(r.Name, c.Contact.Name), e.Company, c.FirstReference())
	maps.Copy(vars, b.Variables)
	maps.Copy(vars, r.Variables)
	return vars
}
