package outbox

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Deadlines of the outside calls.
const (
	sendTerm   = 60 * time.Second // one send, as long as an SMTP dialogue may take
	findTerm   = 15 * time.Second // one question to the provider
	settleTerm = 10 * time.Second // writing down what became of it, under a deadline of its own
	leaseTerm  = sendTerm + findTerm + settleTerm + 15*time.Second
	idleTerm   = 30 * time.Second // the longest sleep of a partition without news

	busyTerm    = 250 * time.Millisecond // before a channel whose workers are all busy is tried again
	longestTurn = 2 * time.Second        // the longest a worker waits for a sender's turn
	bulkTurn    = 50 * time.Millisecond  // and the longest for a bulk message: turns taken ahead are a reply's wait
	firstLook   = 2 * time.Second        // after a lost answer: a request may still be under way
	secondLook  = 10 * time.Second       // "not found" counts only when said twice
	knownTerm   = 5 * time.Minute        // of an older message it is not known which attempt was lost
)

// notFoundOnce is an uncertain message's code after the provider said once that
// it does not know it.
const notFoundOnce = "not_found_once"

// Run sends until ctx is done; then it lets what is under way finish.
func (o *Outbox) Run(ctx context.Context) error {
	workers := o.Workers
	if workers == 0 {
		workers = 32
	}
	o.busy = map[channels.Kind]chan struct{}{}
	for kind := range o.Senders {
		o.busy[kind] = make(chan struct{}, workers)
	}
	slots := make(chan struct{}, workers*(len(o.Senders)+1))
	wakes := make([]chan struct{}, o.Partitions)
	var loops, sends sync.WaitGroup
	for p := range wakes {
		wakes[p] = make(chan struct{}, 1)
	}
	o.Watcher.Watch(conversations.EventQueued, func(p int) { wake(wakes[p]) })
	for p := range wakes {
		loops.Go(func() { o.loop(ctx, p, wakes[p], slots, &sends) })
	}
	loops.Wait()
	sends.Wait()
	return ctx.Err()
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// loop leases one partition's messages whenever there are some and a worker is free.
func (o *Outbox) loop(ctx context.Context, p int, wakeup chan struct{}, slots chan struct{}, sends *sync.WaitGroup) {
	for ctx.Err() == nil {
		free := take(ctx, slots)
		if free == 0 {
			return
		}
		ds, err := o.Queue.Lease(ctx, p, free, leaseTerm)
		if err != nil && ctx.Err() == nil {
			o.Logger.Warn("outbox waits for the store", "error", err)
		}
		for range free - len(ds) {
			<-slots
		}
		for _, d := range ds {
			before, leave := o.lines.join(d.Message.Conversation)
			sends.Go(func() {
				defer func() { leave(); <-slots; wake(wakeup) }()
				if before != nil {
					<-before
				}
				o.deliver(ctx, d)
			})
		}
		if len(ds) == 0 {
			o.sleep(ctx, p, wakeup, err)
		}
	}
}

// take gets a worker's slot, and a few more if they are free.
func take(ctx context.Context, slots chan struct{}) int {
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	n := 1
	for n < 8 {
		select {
		case slots <- struct{}{}:
			n++
		default:
			return n
		}
	}
	return n
}

// sleep waits for news, or for the instant at which something falls due.
func (o *Outbox) sleep(ctx context.Context, p int, wakeup chan struct{}, failed error) {
	wait := idleTerm
	if failed != nil {
		wait = time.Second
	} else if at, err := o.Queue.NextReady(ctx, p); err != nil {
		wait = time.Second
	} else if !at.IsZero() {
		wait = min(wait, max(0, at.Sub(o.Now())))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wakeup:
	case <-timer.C:
	}
}

// deliver takes one message from its lease to its outcome. What was begun is
// finished even if the gateway is asked to stop meanwhile.
func (o *Outbox) deliver(ctx context.Context, d conversations.Delivery) {
	log := o.Logger.With("message", d.Message.ID, "channel", d.Message.Channel, "attempt", d.Attempt)
	out, act := o.attempt(ctx, &d)
	if !act {
		return // the lease runs out and the message comes back
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTerm)
	defer cancel()
	if out.OptedOut && o.Refused != nil {
		if err := o.Refused(settle, d.Message.ID, out.Code); err != nil {
			log.Error("opt-out not noted", "error", err)
		}
	}
	if err := o.Queue.Settle(settle, d, out); err != nil {
		log.Error("outcome not written; the provider will be asked", "status", out.Status, "error", err)
		return
	}
	if out.Status == channels.Failed {
		log.Warn("message failed", "code", out.Code) // the reason may name the customer's address
	}
}

// attempt sends, or asks about an earlier attempt; act is false to leave things as they are.
func (o *Outbox) attempt(ctx context.Context, d *conversations.Delivery) (out conversations.Outcome, act bool) {
	sender, ok := o.Senders[d.Message.Channel]
	if !ok {
		return conversations.Outcome{Status: channels.Failed, Code: "no_sender", Reason: "no account is configured for this channel"}, true
	}
	if s := d.Message.Status; s == channels.Uncertain || s == channels.Sending {
		return o.find(ctx, sender, d)
	}
	if d.Message.Status != channels.Queued { // a receipt or a cancelation came first
		return conversations.Outcome{Status: d.Message.Status}, true
	}
	if err := o.gate(ctx, d); errors.Is(err, conversations.ErrNotNeeded) {
		return conversations.Outcome{Status: channels.Canceled, Why: err.Error()}, true
	} else if err != nil {
		return o.failed(*d, asSendError(err)), true
	}
	if busy := o.busy[d.Message.Channel]; d.Lane >= conversations.LaneBulk && len(busy) >= (cap(busy)+1)/2 {
		d.Attempt-- // half the places are for those who wait for an answer
		return conversations.Outcome{Status: channels.Queued, Again: o.Now().Add(busyTerm)}, true
	}
	select {
	case o.busy[d.Message.Channel] <- struct{}{}:
		defer func() { <-o.busy[d.Message.Channel] }()
	default: // a slow provider holds up its own channel, and no other
		d.Attempt--
		return conversations.Outcome{Status: channels.Queued, Again: o.Now().Add(busyTerm)}, true
	}
	if wait := o.turn(ctx, d); wait > 0 {
		d.Attempt--
		return conversations.Outcome{Status: channels.Queued, Again: o.Now().Add(wait)}, true
	}
	if ctx.Err() != nil || o.Now().Add(sendTerm+settleTerm).After(d.Until) { // the lease must outlive what is begun
		d.Attempt--
		return conversations.Outcome{Status: channels.Queued, Again: o.Now()}, true
	}
	if err := o.Queue.BeginSend(ctx, d); err != nil {
		return out, false
	}
	send, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTerm)
	defer cancel()
	id, err := sender.Send(send, o.outbound(send, d.Message))
	if err == nil {
		return conversations.Outcome{Status: channels.Sent, ProviderID: id}, true
	}
	return o.failed(*d, asSendError(err)), true
}

func (o *Outbox) gate(ctx context.Context, d *conversations.Delivery) error {
	if o.Gate == nil {
		return nil
	}
	return o.Gate(ctx, d.Message, o.Now())
}

// failed turns a failure into the next step.
func (o *Outbox) failed(d conversations.Delivery, e *channels.SendError) conversations.Outcome {
	now := o.Now()
	if e.Failure == channels.AnswerLost {
		return conversations.Outcome{Status: channels.Uncertain, Why: "the provider's answer was lost; it will be asked", Again: now.Add(firstLook)}
	}
	if at, again := RetryAt(now, d.Message.Ready(), d.Attempt, e, seed(d.Message.ID)); again {
		return conversations.Outcome{Status: channels.Queued, Why: "tried again later: " + e.Failure.String(), Again: at}
	}
	code := e.Code
	if code == "" {
		code = e.Failure.String()
	}
	reason := e.Reason
	if reason == "" && e.Err != nil {
		reason = e.Err.Error()
	}
	return conversations.Outcome{Status: channels.Failed, Code: code, Reason: reason, OptedOut: e.Failure == channels.OptedOut && e.Code != ""}
}

// find asks the provider what became of an attempt whose answer nobody has.
func (o *Outbox) find(ctx context.Context, sender channels.Sender, d *conversations.Delivery) (conversations.Outcome, bool) {
	finder, can := sender.(channels.Finder)
	if can {
		ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), findTerm)
		defer cancel()
		m := d.Message.Outbound()
		if o.Now().Sub(d.Message.Ready()) < knownTerm {
			m.Attempted = d.Message.Ready()
		}
		id, found, err := finder.Find(ask, m)
		switch {
		case err == nil && found:
			return conversations.Outcome{Status: channels.Sent, ProviderID: id, Why: "the provider has it"}, true
		case err == nil && d.Message.Error != nil && d.Message.Error.Code == notFoundOnce:
			return conversations.Outcome{Status: channels.Queued, Why: "the provider does not have it; sent again", Again: o.Now()}, true
		case err == nil:
			return conversations.Outcome{Status: channels.Uncertain, Code: notFoundOnce, Again: o.Now().Add(secondLook)}, true
		}
		o.Logger.Warn("provider cannot tell yet", "message", d.Message.ID, "error", err)
	}
	if at, ok := lookAt(o.Now(), d.Message.Ready(), d.Attempt); can && ok {
		return conversations.Outcome{Status: channels.Uncertain, Again: at}, true
	}
	return conversations.Outcome{Status: channels.Uncertain, Why: "nobody can tell whether it went; an officer must decide"}, true
}

func asSendError(err error) *channels.SendError {
	var e *channels.SendError
	if errors.As(err, &e) {
		return e
	}
	return &channels.SendError{Failure: channels.AnswerLost, Err: err}
}

var seeds = maphash.MakeSeed()

func seed(id conversations.MessageID) uint64 { return maphash.String(seeds, string(id)) }
