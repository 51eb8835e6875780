// Package outbox sends what was queued: it leases a message, waits for its
// sender's turn, hands it to the adapter and settles what became of it. A lease
// that ran out, or an answer that was lost, leaves a message uncertain: the
// provider is asked, and only what is known not to have gone is sent again. It
// knows no provider. Start with worker.go; RetryAt is the whole retry policy.
package outbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Queue is the store's outbox, in partitions.
type Queue interface {
	Lease(ctx context.Context, partition, n int, d time.Duration) ([]conversations.Delivery, error)
	BeginSend(ctx context.Context, d *conversations.Delivery) error
	Settle(ctx context.Context, d conversations.Delivery, o conversations.Outcome) error
	NextReady(ctx context.Context, partition int) (time.Time, error)
}

// Pacer gives senders their turns.
type Pacer interface {
	Pace(ctx context.Context, sender string, gap time.Duration, burst int, most time.Duration) (wait time.Duration, taken bool, err error)
}

// Watcher wakes the outbox when this gateway queued something. What another
// gateway left when it died is found by the leases that run out.
type Watcher interface {
	// Watch calls wake, which must not block, with the partition of every event of a type.
	Watch(on conversations.EventType, wake func(partition int))
}

// Gate is asked at the instant of sending whether the message may still go
// (the WhatsApp window, consent). A *channels.SendError says why not, and
// conversations.ErrNotNeeded that there is no need to.
type Gate func(ctx context.Context, m conversations.Message, now time.Time) error

// Pace is how fast one sender may go.
type Pace struct {
	Gap   time.Duration // between two messages; 0: no limit
	Burst int           // how many may go at once after a quiet time
}

// Paced is what a Sender may also be: its accounts have paces of their own, in
// place of the channel's. name is the account that answers to the given one,
// which may be empty.
type Paced interface {
	Pace(account string) (name string, p Pace)
}

// Turns is what a Sender may also be, instead of Paced: it says of each message who
// sends it, and how many turns of the pace it takes (an SMS: its segments).
type Turns interface {
	Turns(m channels.Outbound) (name string, p Pace, turns int)
}

// pace is how fast a message may go, and who shares that.
func (o *Outbox) pace(m *conversations.Message) (sender string, p Pace) {
	k, account := m.Channel, m.Account
	if own, ok := o.Senders[k].(Turns); ok {
		name, p, turns := own.Turns(m.Outbound())
		if turns > 1 { // the burst stays as long as it is, in time
			p.Gap, p.Burst = p.Gap*time.Duration(turns), 1+(max(1, p.Burst)-1)/turns
		}
		return string(k) + ":" + name, p
	}
	if own, ok := o.Senders[k].(Paced); ok {
		account, p = own.Pace(account)
	}
	if p.Gap == 0 {
		p = o.Paces[k]
	}
	return string(k) + ":" + account, p
}

// Outbox is the engine. What is for a channel without a sender fails, and says so.
type Outbox struct {
	Queue      Queue
	Pacer      Pacer
	Watcher    Watcher
	Gate       Gate
	Refused    func(ctx context.Context, id conversations.MessageID, code string) error        // the customer has opted out, the provider says; may be nil
	Quoted     func(ctx context.Context, id conversations.MessageID) (*channels.Quoted, error) // the message that an answer shows below it; may be nil
	Senders    map[channels.Kind]channels.Sender
	Paces      map[channels.Kind]Pace
	Pairs      map[channels.Kind]Pace // how fast one sender may write to one customer
	Partitions int
	Workers    int // messages under way at once, in each channel; default 32
	Now        func() time.Time
	Logger     *slog.Logger

	busy  map[channels.Kind]chan struct{} // one place for each message under way
	lines lines
}

// outbound is the message as its adapter gets it. A quotation that cannot be
// read is left out: the answer matters more.
func (o *Outbox) outbound(ctx context.Context, m conversations.Message) channels.Outbound {
	out := m.Outbound()
	if m.Send == nil || m.Send.Quotes == "" || o.Quoted == nil {
		return out
	}
	var err error
	if out.Quoted, err = o.Quoted(ctx, m.Send.Quotes); err != nil {
		o.Logger.Warn("sent without the message it answers", "message", m.ID, "error", err)
	}
	return out
}
