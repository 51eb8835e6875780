package routing_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
	"github.com/caravan-desk/caravan/routing"
)

// ringing is a gateway that only rings. kill cuts it off from the store in the middle of
// whatever it does, as a killed process is.
type ringing struct {
	*redisstore.Store
	kill func()
}

func ringer(t testing.TB, url, consumer string, desks routing.Desks) *ringing {
	t.Helper()
	client, readers, err := redisstore.Connect(url)
	must(t, err)
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := redisstore.Open(t.Context(), redisstore.Options{Client: client, Readers: readers, Consumer: consumer, Logger: quiet, Now: clock})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	alarms := &routing.Alarms{Queue: s, Store: s, Watcher: s, Desks: desks, Partitions: s.Partitions(), Now: clock, Logger: quiet}
	done := make(chan struct{})
	go func() { defer close(done); _ = alarms.Run(ctx) }()
	kill := sync.OnceFunc(func() {
		client.Close()
		readers.Close()
		cancel()
		<-done
		s.Close()
	})
	t.Cleanup(kill)
	return &ringing{s, kill}
}

// TestClocksRingOnceOverKills: conversations come due one after the other while two gateways
// ring, of which one after the other is killed and replaced. Each rings once, and in time.
// With CARAVAN_LONG a hundred thousand come due (or as many as it says, from 1000), 167 a second: six times
// what an hour would ask for.
func TestClocksRingOnceOverKills(t *testing.T) {
	n, spread, lead := 400, 4*time.Second, 3*time.Second
	if long := os.Getenv("CARAVAN_LONG"); long != "" {
		if n, _ = strconv.Atoi(long); n < 1000 {
			n = 100_000
		}
		spread, lead = time.Duration(n)*6*time.Millisecond, time.Duration(n)*1800*time.Microsecond
	}
	desks, err := routing.LoadDesks(fstest.MapFS{"desk.yaml": {Data: []byte("name: desk\ncategories: [x]\nclocks:\n  first_response: 30m\n")}})
	must(t, err)
	url := redistest.Single(t).URL
	first := ringer(t, url, "one", desks)
	start := clock().Add(lead)
	due := func(i int) time.Time {
		return start.Add(time.Duration(i) * spread / time.Duration(n)).Truncate(time.Millisecond)
	}
	write := func(ctx context.Context, i int) error {
		at := func() time.Time { return due(i).Add(-30 * time.Minute) }
		intake := &conversations.Intake{
			Arrivals: first, Threads: first, People: first, Receipts: first, Clocks: desks.Wind, Now: at,
			Read: func(ch *conversations.Change, _ conversations.Message, _ time.Time) { ch.After.Desk = "desk" },
		}
		return intake.Receive(ctx, channels.Inbound{
			Channel: channels.SMS, Account: "+15005550006", ProviderID: fmt.Sprint("SM", i), To: "+15005550006", Text: "hello",
			From: channels.Handle{Kind: channels.HandlePhone, Value: fmt.Sprintf("+96650%07d", i)},
		})
	}
	var wg sync.WaitGroup
	for w := range 32 {
		wg.Go(func() {
			for i := w; i < n; i += 32 {
				if err := write(t.Context(), i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d were written %s before the first was due", n, start.Sub(clock()).Round(time.Millisecond))
	second := ringer(t, url, "two", desks)
	at(start.Add(spread / 3))
	first.kill()
	third := ringer(t, url, "three", desks)
	at(start.Add(2 * spread / 3))
	second.kill()
	ringer(t, url, "four", desks)
	at(start.Add(spread))

	late := rang(t, third.Store, n)
	slices.Sort(late)
	t.Logf("rang %s after it was due at the median, %s at p99, %s at most", late[n/2], late[n*99/100], late[n-1])
	if late[0] < 0 {
		t.Errorf("one rang %s too early", -late[0])
	}
}

// at waits for an instant: here the passing of time is what is tested.
func at(t time.Time) {
	timer := time.NewTimer(time.Until(t))
	<-timer.C
}

// rang waits until every conversation has rung, and says of each by how much too late; one
// that rang twice fails the test.
func rang(t *testing.T, s *redisstore.Store, n int) []time.Duration {
	t.Helper()
	late, more := make([]time.Duration, 0, n), 0
	q := conversations.Query{Limit: 200, Sort: conversations.ByCreatedOldest, Now: clock()}
	for {
		page, err := s.List(t.Context(), q)
		must(t, err)
		for _, c := range page.Items {
			redistest.Eventually(t, "it has rung", func(ctx context.Context) error {
				history, err := s.History(ctx, c.ID, 0, 50)
				breached := 0
				for _, e := range history {
					if e.Type == conversations.EventBreached {
						late = append(late, e.At.Sub(c.CreatedAt.Add(30*time.Minute)))
						breached++
					}
				}
				if more += breached; err == nil && breached == 0 {
					err = fmt.Errorf("%s has not", c)
				}
				return err
			})
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if more != n {
		t.Fatalf("%d rang, want %d", more, n)
	}
	return late
}
