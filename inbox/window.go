package inbox

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

// closedError is conversations.ErrWindowClosed with the conversation it is about.
type closedError struct {
	error
	conversation conversations.Conversation
}

func (e *closedError) Unwrap() error { return e.error }

// closed adds the conversation, so that the answer offers what fits it best.
func (a *API) closed(ctx context.Context, id conversations.ID, err error) error {
	c, lerr := a.Store.Load(ctx, id)
	if lerr != nil {
		return err
	}
	return &closedError{err, c}
}

// closedFor is the conversation that an error is about; zero for a new one.
func closedFor(err error) conversations.Conversation {
	var closed *closedError
	if errors.As(err, &closed) {
		return closed.conversation
	}
	return conversations.Conversation{}
}

// approved lists the templates that may be sent to c while its WhatsApp window is closed:
// those approved in its language first, and of these first the ones that need the
// least to be told.
func (a *API) approved(c conversations.Conversation) []templates.Template {
	list := slices.DeleteFunc(a.Templates.List(), func(t templates.Template) bool {
		return t.WhatsApp == nil || len(t.WhatsApp.SID) == 0 || !slices.Contains(t.Channels, channels.WhatsApp)
	})
	foreign := func(t templates.Template) int {
		if t.WhatsApp.SID[c.Language] == "" {
			return 1
		}
		return 0
	}
	untold := func(t templates.Template) (n int) {
		known := a.variables(t, nil, c)
		for _, v := range t.Variables {
			if _, ok := known[v.Name]; v.Required && !ok {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(list, func(x, y templates.Template) int {
		return cmp.Or(cmp.Compare(foreign(x), foreign(y)), cmp.Compare(untold(x), untold(y)))
	})
	return list
}
