package whatsapp

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels/twilio"
)

// Contents keeps what the gateway knows of the provider's templates in step with the
// provider, who approves, pauses and disables them at any time.
type Contents struct {
	List    func(ctx context.Context) ([]twilio.Content, error)
	Approve func([]twilio.Content) (problems []string) // takes those that may be sent now
	Logger  *slog.Logger
}

const (
	contentsTerm  = time.Minute      // one listing
	contentsEvery = 10 * time.Minute // nothing tells us of a change
	contentsPause = time.Minute      // after a listing that failed
)

// Run lists until ctx is done. An account without the Content API is asked again, in case it gets one.
func (c *Contents) Run(ctx context.Context) error {
	var told []string
	for {
		wait := contentsEvery
		problems, err := c.once(ctx)
		if err != nil && ctx.Err() == nil {
			wait = contentsPause
			problems = []string{"WhatsApp templates are not known: " + err.Error()}
		}
		if !slices.Equal(problems, told) { // each is told once
			for _, p := range problems {
				c.Logger.Warn("whatsapp templates", "problem", p)
			}
			told = problems
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

func (c *Contents) once(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, contentsTerm)
	defer cancel()
	all, err := c.List(ctx)
	if err != nil {
		return nil, err
	}
	approved := slices.DeleteFunc(all, func(t twilio.Content) bool { return t.Status != "approved" })
	return c.Approve(approved), nil
}
