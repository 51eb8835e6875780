package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Dossier is everything that is known of a person.
type Dossier struct {
	Contact       conversations.Contact `json:"contact"`
	Conversations []Matter              `json:"conversations"`
	ExportedAt    time.Time             `json:"exported_at"`
}

// Matter is one conversation of a dossier. Files are fetched by their IDs.
type Matter struct {
	Conversation conversations.Conversation `json:"conversation"`
	Messages     []conversations.Message    `json:"messages"`
	History      []conversations.Event      `json:"history"`
	Callbacks    []conversations.Callback   `json:"callbacks"`
}

type dossier struct {
	Disposition string `header:"Content-Disposition"`
	Body        Dossier
}

func (a *API) exportContact(ctx context.Context, in *ContactPath) (*dossier, error) {
	if !callerOf(ctx).officer.Role.AtLeast(conversations.RoleSupervisor) {
		return nil, errForbidden
	}
	k, err := a.contact(ctx, *in)
	if err != nil {
		return nil, err
	}
	out := &dossier{Disposition: `attachment; filename="contact-` + string(k.ID) + `.json"`}
	out.Body = Dossier{Contact: shownContact(k), Conversations: []Matter{}, ExportedAt: moment(a.Now())}
	for cursor := ""; ; {
		page, err := a.Store.List(ctx, conversations.Query{Contact: k.ID, Sort: conversations.ByCreatedOldest, Limit: 200, Cursor: cursor, Now: a.Now()})
		if err != nil {
			return nil, fmt.Errorf("list conversations: %w", err)
		}
		for _, c := range page.Items {
			m, err := a.matter(ctx, *c)
			if err != nil {
				return nil, err
			}
			out.Body.Conversations = append(out.Body.Conversations, m)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	a.tell(ctx, conversations.AuditEntry{Action: "export-contact", Target: "/v1/contacts/" + string(k.ID) + "/export", Status: http.StatusOK})
	return out, nil
}

// matter collects one conversation of a dossier.
func (a *API) matter(ctx context.Context, c conversations.Conversation) (Matter, error) {
	const all = 1 << 20
	m := Matter{Conversation: shown(c, a.Now())}
	messages, err := a.Store.Messages(ctx, c.ID, 0, all)
	events, herr := a.Store.History(ctx, c.ID, 0, all)
	promises, cerr := a.Store.Callbacks(ctx, conversations.CallbackQuery{Conversation: c.ID, Limit: all})
	if err := errors.Join(err, herr, cerr); err != nil {
		return m, fmt.Errorf("load conversation: %w", err)
	}
	for i := range messages {
		messages[i] = a.shownMessage(ctx, messages[i])
	}
	for i := range events {
		events[i] = shownEvent(events[i])
	}
	for _, cb := range promises.Items {
		m.Callbacks = append(m.Callbacks, shownCallback(cb))
	}
	m.Messages, m.History, m.Callbacks = some(messages), some(events), some(m.Callbacks)
	return m, nil
}
