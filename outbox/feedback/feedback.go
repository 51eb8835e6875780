// Package feedback asks customers how it was: how satisfied they are once an officer
// has solved their matter (CSAT), and whether they would recommend us once their tour is
// over (NPS). It follows the log, and asks on the channel that the customer used last,
// only where free words may go. Whether he may be asked is conversations.MayAsk; his
// answer is read as it arrives (conversations.ParseScore), and a low one opens the matter again.
package feedback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

// Log gives events to a group of followers, each event to one of them.
type Log interface {
	Follow(ctx context.Context, group string, handle func(context.Context, []conversations.Event) error) error
}

// Desk asks; *conversations.Desk is one.
type Desk interface {
	Ask(ctx context.Context, id conversations.ID, kind conversations.SurveyKind, draft func(conversations.Conversation, time.Time) (conversations.Draft, error)) error
}

// Library renders templates; *templates.Library is one.
type Library interface {
	Get(name string) (templates.Template, error)
	Render(name, language string, channel channels.Kind, vars map[string]any, opts templates.Options) (templates.Rendered, error)
}

// Asker is the engine.
type Asker struct {
	Log      Log
	Desk     Desk
	Library  Library
	After    map[conversations.SurveyKind]time.Duration // how long after the matter; a kind that is missing is not asked
	Company  string
	Timezone *time.Location
	Logger   *slog.Logger
}

// Run asks until ctx is done.
func (a *Asker) Run(ctx context.Context) error { return a.Log.Follow(ctx, "feedback", a.handle) }

// handle asks about what has come to its end. Asked twice is asked once.
func (a *Asker) handle(ctx context.Context, events []conversations.Event) error {
	for _, e := range events {
		kind, ok := occasion(e)
		after, wanted := a.After[kind]
		if !ok || !wanted {
			continue
		}
		err := a.Desk.Ask(ctx, e.Conversation, kind, func(c conversations.Conversation, now time.Time) (conversations.Draft, error) {
			return a.question(c, kind, after, now)
		})
		switch {
		case errors.Is(err, channels.ErrUnavailable) || ctx.Err() != nil:
			return err
		case err != nil && !errors.Is(err, conversations.ErrNotFound):
			a.Logger.Warn("customer not asked for feedback", "conversation", e.Conversation, "error", err)
		}
	}
	return nil
}

// occasion reports what an event is the time to ask. What rules solve by themselves
// (thanks, spam) nobody is asked about.
func occasion(e conversations.Event) (conversations.SurveyKind, bool) {
	switch e.Type {
	case conversations.EventChanged:
		return conversations.CSAT, e.By.Type == conversations.ByOfficer && fmt.Sprint(e.Changes["status"].To) == string(conversations.Solved)
	case conversations.EventBooking:
		return conversations.NPS, e.Conversation != "" && fmt.Sprint(e.Changes["stage"].To) == "completed"
	}
	return "", false
}

// question is the survey's template, on the customer's last channel and in his language.
func (a *Asker) question(c conversations.Conversation, kind conversations.SurveyKind, after time.Duration, now time.Time) (conversations.Draft, error) {
	route, ok := c.Route("")
	if !ok {
		return conversations.Draft{}, conversations.ErrNoRoute
	}
	t, err := a.Library.Get(string(kind))
	if err != nil {
		return conversations.Draft{}, err
	}
	vars := t.Known(c.Contact.Name, a.Company, cmp.Or(c.FirstReference(), fmt.Sprint(c.Number)))
	out, err := a.Library.Render(t.Name, c.ReplyLanguage(), route.Channel, vars, templates.Options{Now: now, Timezone: a.Timezone})
	if err != nil {
		return conversations.Draft{}, err
	}
	d := conversations.Draft{
		Channel: route.Channel, Text: out.Text, HTML: out.HTML, Subject: out.Subject, Language: out.Language, Template: t.Name,
	}
	if after > 0 {
		d.After = now.Add(after)
	}
	return d, nil
}
