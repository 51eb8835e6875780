// Package letters runs the errands that changes leave: it asks customers for what a desk
// must know and does not, answers them where a rule says so, and tells those who answer for
// it of clocks that have run out. Each is done once, whatever dies; one that cannot be done
// is no secret: the conversation's history says why. Start with Clerk, then plan.go.
package letters

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/templates"
)

// Desk writes to customers; *conversations.Desk is one.
type Desk interface {
	Notify(ctx context.Context, id conversations.ID, plan func(conversations.Conversation, time.Time) conversations.Notice) error
}

// Library renders templates; *templates.Library is one.
type Library interface {
	Get(name string) (templates.Template, error)
	Render(name, language string, channel channels.Kind, vars map[string]any, opts templates.Options) (templates.Rendered, error)
}

// Loader reads conversations.
type Loader interface {
	Load(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
}

// Clerk is the engine.
type Clerk struct {
	Errands       conversations.Errands
	Conversations Loader
	Desk          Desk
	Library       Library
	Desks         routing.Desks
	Staff         *Staff // nil: nobody is alerted by mail
	Watcher       conversations.Watcher
	Partitions    int
	Company       string
	Timezone      *time.Location
	Now           func() time.Time
	Logger        *slog.Logger
}

const (
	errandsAtOnce = 32
	errandTerm    = 30 * time.Second // until another takes over what this one has taken
)

// Run runs errands until ctx is done.
func (k *Clerk) Run(ctx context.Context) error {
	rounds := conversations.Rounds{
		Partitions: k.Partitions, Watcher: k.Watcher, On: []conversations.EventType{conversations.EventErrand}, Take: k.take, Now: k.Now,
	}
	return rounds.Run(ctx)
}

// take runs what is due in a partition.
func (k *Clerk) take(ctx context.Context, part int) (int, time.Time, error) {
	due, next, err := k.Errands.Errands(ctx, part, errandsAtOnce, errandTerm)
	for _, e := range due {
		if err := k.run(ctx, e); err != nil {
			return len(due), next, err
		}
	}
	return len(due), next, err
}

// run runs one errand. Only what may work later stays.
func (k *Clerk) run(ctx context.Context, e conversations.Errand) error {
	err := k.do(ctx, e)
	switch {
	case errors.Is(err, channels.ErrUnavailable) || ctx.Err() != nil:
		return err
	case errors.Is(err, errLater):
		return nil // it is found again when its term is over
	case err != nil && !errors.Is(err, conversations.ErrNotFound):
		k.Logger.Warn("errand not run", "kind", e.Kind, "conversation", e.Conversation, "error", err)
	}
	return k.Errands.EndErrand(ctx, e)
}

func (k *Clerk) do(ctx context.Context, e conversations.Errand) error {
	c, err := k.Conversations.Load(ctx, e.Conversation)
	if err != nil {
		return err
	}
	switch e.Kind {
	case conversations.ErrandDetails:
		if len(k.Desks.Wanted(c)) == 0 || !c.Status.Live() || !c.Times.Answered.IsZero() {
			return nil // he has told it meanwhile, or an officer is at it
		}
		return k.Desk.Notify(ctx, c.ID, k.details)
	case conversations.ErrandReply:
		return k.Desk.Notify(ctx, c.ID, func(c conversations.Conversation, now time.Time) conversations.Notice { return k.reply(c, e, now) })
	case conversations.ErrandAlert:
		return k.alert(ctx, c, e)
	}
	return nil
}
