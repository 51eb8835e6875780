package embedded

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// tick is how late a key may expire in the imitation. Its own clock (ClockTTL) would
// be exact, but it walks all keys at every command and is 20 times slower for it.
const tick = 250 * time.Millisecond

// imitation is miniredis behind a TCP port: its in-memory pipe hangs on long pipelines.
type imitation struct {
	redis *miniredis.Miniredis
	once  sync.Once
	quit  chan struct{}
	ended chan struct{}
}

func startImitation() (*imitation, error) {
	m := &imitation{redis: miniredis.NewMiniRedis(), quit: make(chan struct{}), ended: make(chan struct{})}
	if err := m.redis.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start in-memory store: %w", err)
	}
	go m.age()
	return m, nil
}

// age lets keys expire.
func (m *imitation) age() {
	defer close(m.ended)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case now := <-ticker.C:
			m.redis.FastForward(now.Sub(last))
			last = now
		case <-m.quit:
			return
		}
	}
}

func (m *imitation) network() string { return "tcp" }
func (m *imitation) address() string { return m.redis.Addr() }
func (m *imitation) durable() bool   { return false }

func (m *imitation) stop(context.Context) error {
	m.once.Do(func() {
		close(m.quit)
		<-m.ended
		m.redis.Close()
	})
	return nil
}
