package reception

import (
	"context"
	"time"

	"github.com/caravan-desk/caravan/callbacks"
)

// Which officers' telephones callers have, so that the dialer rings others.

const (
	// ringTerm is how long officers are rung at most, and a little more.
	ringTerm = 30 * time.Second
	// longestTalk is how long an officer's line is shown as taken if nobody says that the call is over.
	longestTalk = 65 * time.Minute
)

// Taken notes which of the officers who were rung took a call: by no other is he rung
// until it is over.
func (r *Reception) Taken(ctx context.Context, call, phone string) {
	officers, err := r.Officers.Officers(ctx)
	r.log("officers not read", err)
	for _, o := range officers {
		if o.Phone == phone && phone != "" {
			r.log("officer's line not held", r.Lines.HoldTalk(ctx, call, []string{callbacks.OfficerLine(o.ID)}, r.Now().Add(longestTalk)))
			return
		}
	}
}

// Over gives back the lines that a call has taken.
func (r *Reception) Over(ctx context.Context, call string) {
	r.log("lines still held", r.Lines.HoldTalk(ctx, call, nil, time.Time{}))
}
