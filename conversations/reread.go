package conversations

import (
	"maps"
	"slices"

	"github.com/caravan-desk/caravan/channels"
)

// Reread puts in what its own raw bytes are made of anew, after the parser has
// learned something. It returns what that changed, in words for an officer; nil
// if the message says what it said. Where the message belongs, who wrote it and
// when are settled and stay. It is pure.
func (m *Message) Reread(in channels.Inbound) (changed []string) {
	note := func(what string, is bool) {
		if is {
			changed = append(changed, what)
		}
	}
	fresh := arrived(&Conversation{ID: m.Conversation}, &in, m.CreatedAt)
	note("subject", m.Subject != fresh.Subject)
	note("text", m.Text != fresh.Text || m.Full != fresh.Full)
	note("html", (m.Rich || m.HTML != "") != (fresh.Rich || fresh.HTML != "") || !fresh.Rich && m.HTML != fresh.HTML)
	note("attachments", !slices.Equal(m.Attachments, fresh.Attachments))
	note("class", m.Class != fresh.Class)
	note("warnings", !slices.Equal(m.Warnings, fresh.Warnings) || !maps.Equal(m.Fields, fresh.Fields))
	if changed == nil {
		return nil
	}
	m.Subject, m.Text, m.Full, m.HTML, m.Attachments = fresh.Subject, fresh.Text, fresh.Full, fresh.HTML, fresh.Attachments
	m.Rich, m.Class, m.Warnings, m.Fields = fresh.Rich, fresh.Class, fresh.Warnings, fresh.Fields
	return changed
}
