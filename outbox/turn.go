package outbox

import (
	"context"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// turn waits for the sender's turn, and for its turn with this customer. If that would
// take long, it returns the wait instead: others may be sent meanwhile.
func (o *Outbox) turn(ctx context.Context, d *conversations.Delivery) time.Duration {
	sender, pace := o.pace(&d.Message)
	longest := longestTurn
	if d.Lane >= conversations.LaneBulk {
		longest = bulkTurn
	}
	if wait := o.wait(ctx, sender, pace, longest); wait > 0 || d.Message.Send == nil {
		return wait
	}
	return o.wait(ctx, sender+">"+d.Message.Send.To.Key(), o.Pairs[d.Message.Channel], longest)
}

func (o *Outbox) wait(ctx context.Context, who string, pace Pace, longest time.Duration) time.Duration {
	if pace.Gap == 0 || o.Pacer == nil {
		return 0
	}
	wait, taken, err := o.Pacer.Pace(ctx, who, pace.Gap, max(1, pace.Burst), longest)
	if err != nil {
		return time.Second
	}
	if !taken {
		return wait
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return 0
}
