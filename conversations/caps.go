package conversations

import (
	"context"
	"fmt"
	"time"
)

// Pacer gives turns; the store has one for all gateways.
type Pacer interface {
	Pace(ctx context.Context, sender string, gap time.Duration, burst int, most time.Duration) (wait time.Duration, taken bool, err error)
}

// Caps bound what machines send to one person in any 24 hours, over all channels
// together. Officers' own words are free.
type Caps struct {
	Pacer  Pacer
	PerDay map[Lane]int // a lane that is missing has no cap
}

// Take takes one of a person's turns; ErrCapped if he has had all of them. A turn
// that is lost in a crash is not given back.
func (c *Caps) Take(ctx context.Context, who ContactRef, lane Lane) error {
	if c == nil || c.PerDay[lane] == 0 || who.ID == "" {
		return nil
	}
	// What was saved up and what comes in a day are together never more than the cap.
	most := c.PerDay[lane]
	burst := (most + 1) / 2
	gap := 24 * time.Hour / time.Duration(max(1, most-burst))
	_, taken, err := c.Pacer.Pace(ctx, fmt.Sprintf("person:%s:%d", who.ID, lane), gap, burst, 0)
	if err != nil {
		return fmt.Errorf("ask for the cap: %w", err)
	}
	if !taken {
		return ErrCapped
	}
	return nil
}
