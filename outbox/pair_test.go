package outbox

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// cells are turns by who takes them, as the store's script gives them.
type cells struct {
	mu   sync.Mutex
	next map[string]time.Time
}

func (c *cells) Pace(_ context.Context, who string, gap time.Duration, burst int, most time.Duration) (time.Duration, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	turn := now.Add(-gap * time.Duration(burst-1))
	if c.next[who].After(turn) {
		turn = c.next[who]
	}
	wait := max(0, turn.Sub(now))
	if wait > most {
		return wait, false, nil
	}
	c.next[who] = turn.Add(gap)
	return wait, true, nil
}

// WhatsApp takes a few messages to one customer at once, and then one every six seconds.
func TestOneCustomerIsNotFlooded(t *testing.T) {
	p := &provider{}
	run(t, finding{p}, func(t *testing.T, q *queue) {
		began := time.Now()
		for range 6 {
			q.add("16", "hello")
		}
		pass(time.Minute)
		if len(p.at) != 6 {
			t.Fatalf("%d of 6 went", len(p.at))
		}
		for i, at := range p.at {
			if least := 6 * time.Second * time.Duration(i-2); at.Sub(began) < least {
				t.Errorf("message %d went after %v, want %v or more", i, at.Sub(began), least)
			}
		}
		if p.at[2].Sub(began) > time.Second {
			t.Errorf("the first three took %v", p.at[2].Sub(began))
		}
	}, func(o *Outbox) {
		o.Pacer = &cells{next: map[string]time.Time{}}
		o.Paces = map[channels.Kind]Pace{channels.SMS: {Gap: 12 * time.Millisecond, Burst: 80}}
		o.Pairs = map[channels.Kind]Pace{channels.SMS: {Gap: 6 * time.Second, Burst: 3}}
	})
}
