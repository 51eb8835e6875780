package outbox

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// queue is the store's outbox in memory: one partition, with leases and fences.
type queue struct {
	mu      sync.Mutex
	all     map[conversations.MessageID]*entry
	order   []conversations.MessageID
	leases  int
	deaf    int                 // how many outcomes are lost on their way to the store
	wake    func(partition int) // nil until the outbox watches
	history map[conversations.MessageID][]conversations.Outcome
}

type entry struct {
	message conversations.Message
	ready   time.Time // zero: neither waiting nor leased
	until   time.Time
	token   string
	attempt int
}

func newQueue() *queue {
	return &queue{
		all:     map[conversations.MessageID]*entry{},
		history: map[conversations.MessageID][]conversations.Outcome{},
	}
}

// add queues a text to a conversation's customer.
func (q *queue) add(id conversations.ID, text string) conversations.MessageID {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := conversations.Message{
		ID: conversations.NewMessageID(id, len(q.all)+1), Conversation: id, Channel: channels.SMS, Text: text,
		Status: channels.Queued, CreatedAt: time.Now(), Send: &conversations.Sending{To: channels.Handle{Kind: channels.HandlePhone, Value: "+966500000001"}},
	}
	q.all[m.ID] = &entry{message: m, ready: m.CreatedAt}
	q.order = append(q.order, m.ID)
	if q.wake != nil {
		q.wake(0)
	}
	return m.ID
}

func (q *queue) Lease(_ context.Context, _, n int, d time.Duration) ([]conversations.Delivery, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []conversations.Delivery
	for _, id := range q.order {
		e, now := q.all[id], time.Now()
		expired := e.token != "" && !now.Before(e.until)
		if len(out) == n || !expired && (e.token != "" || e.ready.IsZero() || now.Before(e.ready)) {
			continue
		}
		if !expired {
			e.attempt++
		}
		q.leases++
		e.token, e.until = string(id)+time.Now().String()+string(rune(q.leases)), now.Add(d)
		out = append(out, conversations.Delivery{
			Message: e.message, Attempt: e.attempt, Token: e.token, Until: e.until,
		})
	}
	return out, nil
}

var errFence = errors.New("the lease is lost")

func (q *queue) BeginSend(_ context.Context, d *conversations.Delivery) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.all[d.Message.ID]
	if e.token != d.Token {
		return errFence
	}
	e.message.Status, d.Message.Status = channels.Sending, channels.Sending
	return nil
}

func (q *queue) Settle(_ context.Context, d conversations.Delivery, o conversations.Outcome) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.all[d.Message.ID]
	if e.token != d.Token {
		return errFence
	}
	if q.deaf > 0 {
		q.deaf--
		return channels.ErrUnavailable
	}
	q.history[d.Message.ID] = append(q.history[d.Message.ID], o)
	e.token, e.ready, e.attempt = "", o.Again, d.Attempt
	e.message.Status, e.message.ProviderID, e.message.Error = o.Status, o.ProviderID, nil
	if o.Code != "" {
		e.message.Error = &conversations.MessageError{Code: o.Code, Text: o.Reason}
	}
	return nil
}

func (q *queue) NextReady(context.Context, int) (time.Time, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var next time.Time
	for _, e := range q.all {
		at := e.ready
		if e.token != "" {
			at = e.until
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, nil
}

func (q *queue) Watch(on conversations.EventType, wake func(partition int)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if on == conversations.EventQueued {
		q.wake = wake
	}
}

func (q *queue) message(id conversations.MessageID) conversations.Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.all[id].message
}

func (q *queue) outcomes(id conversations.MessageID) []conversations.Outcome {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.history[id])
}

// answer is what a send is answered with. kept: it was accepted all the same.
type answer struct {
	err  error
	kept bool
}

// provider keeps what it accepted, and answers as it is told.
type provider struct {
	mu        sync.Mutex
	accepted  []string    // message IDs
	at        []time.Time // when
	asked     int
	attempted time.Time // as it was asked last
	answers   []answer  // to the next sends; then all is well
	find      func(n int) (found bool, err error)
	delay     time.Duration
}

func (p *provider) Send(_ context.Context, m channels.Outbound) (string, error) {
	p.mu.Lock()
	var a answer
	if len(p.answers) > 0 {
		a, p.answers = p.answers[0], p.answers[1:]
	}
	if a.err == nil || a.kept {
		p.accepted, p.at = append(p.accepted, m.MessageID), append(p.at, time.Now())
	}
	delay := p.delay
	p.mu.Unlock()
	<-time.After(delay)
	return "SM" + m.MessageID, a.err
}

// finding is a provider that can be asked.
type finding struct{ *provider }

func (p finding) Find(_ context.Context, m channels.Outbound) (string, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	p.attempted = m.Attempted
	if p.find != nil {
		found, err := p.find(p.asked)
		return "SM" + m.MessageID, found, err
	}
	return "SM" + m.MessageID, slices.Contains(p.accepted, m.MessageID), nil
}

func (p *provider) sends() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.accepted)
}

var lost = &channels.SendError{Failure: channels.AnswerLost, Err: errors.New("connection reset")}

// run runs an outbox in a bubble of its own time.
func run(t *testing.T, sender channels.Sender, play func(t *testing.T, q *queue), options ...func(*Outbox)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		o := &Outbox{
			Queue: q, Watcher: q, Senders: map[channels.Kind]channels.Sender{channels.SMS: sender}, Partitions: 1,
			Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		}
		for _, option := range options {
			option(o)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = o.Run(ctx) }()
		play(t, q)
		cancel()
		<-done
	})
}

// pass lets time pass until everything that falls due within d is done.
func pass(d time.Duration) {
	<-time.After(d) // of the bubble's own time
	synctest.Wait()
}
