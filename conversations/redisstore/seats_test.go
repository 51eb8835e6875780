package redisstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// seated opens a conversation that takes places of an officer with it.
func (h *house) seated(ctx context.Context, o conversations.Officer, weight int) (conversations.ID, error) {
	id, err := h.NewID(ctx, "somebody")
	if err != nil {
		return "", err
	}
	_, err = h.Commit(ctx, conversations.Change{
		After: conversations.Conversation{
			ID: id, Number: id.Number(), Version: 1, Status: conversations.New, Priority: conversations.Normal, Desk: "trace",
			Assignee: o.Ref(), CreatedAt: h.now(), UpdatedAt: h.now(),
		},
		Seat:   &conversations.Seat{Officer: o.ID, Version: o.Version, Capacity: o.Capacity, Weight: weight},
		Events: []conversations.Event{{Type: conversations.EventAssigned, At: h.now(), By: conversations.System}},
	})
	return id, err
}

// seats: of many changes at once that take an officer's places, as many are made as he has
// room for, and of the others nothing is kept.
func seats(t *testing.T, h *house) {
	if _, cluster := h.client.(*redis.ClusterClient); h.Seats() == cluster {
		t.Fatalf("on a cluster: %v, and a change takes places: %v", cluster, h.Seats())
	} else if cluster {
		return
	}
	ctx := t.Context()
	const places, changes = 7, 32
	o := h.hire(t, "a@example.com", places)
	gateways := []*house{h, h.beside(t, "other")}
	var mu sync.Mutex
	var made, taken int
	var wg sync.WaitGroup
	for i := range changes {
		wg.Go(func() {
			weight := 1 + i%2
			switch id, err := gateways[i/2%2].seated(context.Background(), o, weight); {
			case err == nil:
				mu.Lock()
				made, taken = made+1, taken+weight
				mu.Unlock()
			case !errors.Is(err, conversations.ErrFull):
				t.Error(err)
			default:
				if _, err := h.Load(context.Background(), id); !errors.Is(err, conversations.ErrNotFound) {
					t.Errorf("%s was refused, and is kept: %v", id, err)
				}
			}
		})
	}
	wg.Wait()
	if taken != places {
		t.Errorf("%d places taken, want %d", taken, places)
	}
	h.load(t, o.ID, places)
	if doubt, err := h.Doubtful(ctx, -time.Minute); err != nil || len(doubt) != 0 {
		t.Errorf("in doubt: %v, %v", doubt, err)
	}
	if a := h.audit(t); a.Conversations != made {
		t.Errorf("%d conversations, want %d", a.Conversations, made)
	}
	o.Capacity++
	now, err := h.SaveOfficer(ctx, o)
	must(t, err)
	if _, err := h.seated(ctx, o, 1); !errors.Is(err, conversations.ErrFull) {
		t.Errorf("a place of an officer who changed since: %v, want full", err)
	}
	_, err = h.seated(ctx, now, 1)
	must(t, err)
	h.load(t, o.ID, places+1)
}
