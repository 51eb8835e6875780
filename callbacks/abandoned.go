package callbacks

import (
	"context"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// The hard stop: where more than abandonMost of the customers rung first were
// connected to nobody, of at least abandonLeast, officers are asked first again.
const (
	abandonMost  = 0.03
	abandonLeast = 30
	abandonTerm  = 24 * time.Hour
)

// Offered reports whether an attempt has ended in which the customer was rung first, took
// the call and was to be connected to an officer; connected is whether he was. It is the
// one definition of an abandoned call: the hard stop and the reports count by it.
func Offered(a conversations.CallAttempt) (connected, ok bool) {
	return a.Joined, a.First == conversations.PartyCustomer && !a.Inbound && a.Officer != nil && a.Stage == conversations.CallEnded &&
		(a.Proof == byKey || a.Proof == bySpeech) && a.Disposition != wantsLater
}

// tooMany reports whether customers are not to be rung first now.
func tooMany(abandoned, offered int) bool {
	return offered >= abandonLeast && float64(abandoned) > abandonMost*float64(offered)
}

// stopped asks that of the last day, over all gateways.
func (d *Dialer) stopped(ctx context.Context, now time.Time) (bool, error) {
	abandoned, offered, err := d.Lines.AbandonedSince(ctx, now.Add(-abandonTerm))
	return tooMany(abandoned, offered), err
}

// count notes what became of an attempt, for the hard stop. Late news notes it anew.
func (d *Dialer) count(ctx context.Context, cb conversations.Callback, n int) {
	a := cb.Attempts[n-1]
	connected, ok := Offered(a)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTerm)
	defer cancel()
	if err := d.Lines.NoteOffered(ctx, conversations.AttemptID(cb.ID, n), *a.EndedAt, connected); err != nil {
		d.Logger.Warn("abandoned calls not counted", "callback", cb.ID, "error", err)
	}
}

// joins reports whether news says that both telephones were connected.
func joins(n channels.News) bool {
	return n.Kind == channels.NewsJoined && n.Status == channels.CallCompleted && n.Seconds > 0
}
