package conversations

import (
	"context"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Quotation is the message that another one answers, as far as it is needed to know it
// again. Without an ID it is one that this conversation does not show.
type Quotation struct {
	ID        MessageID `json:"id,omitempty"`
	Direction Direction `json:"direction,omitempty"`
	Author    string    `json:"author,omitempty"`
	Text      string    `json:"text,omitempty"` // its beginning
	CreatedAt time.Time `json:"created_at,omitzero"`
}

// Reaction is a sign that somebody put on a message, and has not taken back.
type Reaction struct {
	Sign   string    `json:"sign"`
	Author Author    `json:"author"`
	At     time.Time `json:"at"`
}

// related adds to a page of messages what others of the conversation say about them.
func (d *Desk) related(ctx context.Context, c Conversation, page []Message, after, limit int) ([]Message, error) {
	all := page
	chat := slices.Contains(c.Channels, channels.WhatsApp)
	if complete := after == 0 && len(page) < limit; chat && !complete {
		var err error
		if all, err = d.Annals.Messages(ctx, c.ID, 0, whole); err != nil {
			return nil, err
		}
	}
	relate(page, all)
	return page, nil
}

// relate fills in what messages of a page quote, and the reactions to them: a person's
// latest on each. all holds the page's messages among others, oldest first. It is pure.
func relate(page, all []Message) {
	at := make(map[string]*Message)
	for i := range all {
		if all[i].ProviderID != "" {
			at[all[i].ProviderID] = &all[i]
		}
	}
	reactions := map[MessageID][]Reaction{}
	for _, m := range all {
		target := at[m.Answers]
		if !m.Reacts || target == nil {
			continue
		}
		list := slices.DeleteFunc(reactions[target.ID], func(r Reaction) bool { return r.Author.ID == m.Author.ID })
		if m.Text != "" {
			list = append(list, Reaction{Sign: m.Text, Author: m.Author, At: m.CreatedAt})
		}
		reactions[target.ID] = list
	}
	for i := range page {
		m := &page[i]
		if list := reactions[m.ID]; len(list) > 0 {
			m.Reactions = list
		}
		if m.Answers == "" {
			continue
		}
		target := at[m.Answers]
		switch {
		case target == nil:
			m.Quoted = &Quotation{}
		case m.Reacts:
			m.ReactionTo = target.ID
		default:
			m.Quoted = &Quotation{ID: target.ID, Direction: target.Direction, Author: target.Author.Name, Text: preview(target), CreatedAt: target.CreatedAt}
		}
	}
}
