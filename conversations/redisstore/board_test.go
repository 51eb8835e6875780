package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// hire makes an officer.
func (h *house) hire(t testing.TB, email string, capacity int) conversations.Officer {
	t.Helper()
	o, err := h.SaveOfficer(t.Context(), conversations.Officer{
		Email: email, Name: "Aisyah", Role: conversations.RoleOfficer, Availability: conversations.Available,
		Skills: []string{"trace"}, Languages: []string{"ms"}, Capacity: capacity, Password: "argon2id…",
	})
	must(t, err)
	return o
}

// assign gives a conversation to an officer, as the router does.
func (h *house) assign(t testing.TB, id conversations.ID, to *conversations.OfficerRef) {
	t.Helper()
	_, err := h.desk.Patch(t.Context(), id, conversations.Patch{Assignee: &to}, officer)
	must(t, err)
}

func (h *house) load(t testing.TB, id conversations.OfficerID, want int) {
	t.Helper()
	o, err := h.Officer(t.Context(), id)
	must(t, err)
	if all, err := h.Officers(t.Context()); err != nil || len(all) == 0 || o.Load != want || all[0].ID == id && all[0].Load != want {
		t.Errorf("the officer has %d, want %d (%v %v)", o.Load, want, all, err)
	}
}

func capacity(t *testing.T, h *house) {
	ctx := t.Context()
	const places, claimers = 5, 64
	o := h.hire(t, "a@example.com", places)
	gateways := []*house{h, h.beside(t, "other")}
	var mu sync.Mutex
	var got []conversations.ID
	var wg sync.WaitGroup
	for i := range claimers {
		wg.Go(func() {
			id := conversations.NewID(uint64(2000 + i))
			switch err := gateways[i%2].Claim(context.Background(), o, id, "", 1); {
			case err == nil:
				mu.Lock()
				got = append(got, id)
				mu.Unlock()
			case !errors.Is(err, conversations.ErrFull):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(got) != places {
		t.Fatalf("%d claimed, want %d", len(got), places)
	}
	h.load(t, o.ID, places)
	must(t, h.Claim(ctx, o, got[0], "", 1)) // his already
	h.load(t, o.ID, places)
	h.forward(time.Minute)
	if doubt, err := h.Doubtful(ctx, 30*time.Second); err != nil || len(doubt) != places || doubt[got[1]] != o.ID {
		t.Errorf("in doubt: %v, %v", doubt, err)
	}
	must(t, h.Claimed(ctx, o.ID, got[0], false))
	must(t, h.Claimed(ctx, o.ID, got[1], true))
	h.load(t, o.ID, places-1)
	if doubt, _ := h.Doubtful(ctx, 30*time.Second); len(doubt) != places-2 {
		t.Errorf("in doubt: %v", doubt)
	}
	must(t, h.Hold(ctx, o.ID, "9001", 1))
	must(t, h.Hold(ctx, o.ID, "9002", 1)) // by hand, over his capacity
	h.load(t, o.ID, places+1)
	if err := h.Claim(ctx, o, "9003", "", 1); !errors.Is(err, conversations.ErrFull) {
		t.Errorf("claim beyond capacity: %v", err)
	}
	must(t, h.Free(ctx, o.ID, "9001"))
	must(t, h.Free(ctx, o.ID, "9001"))
	must(t, h.Free(ctx, o.ID, "9002"))
	changed := o
	changed.Capacity = 9
	_, err := h.SaveOfficer(ctx, changed)
	must(t, err)
	if err := h.Claim(ctx, o, "9003", "", 1); !errors.Is(err, conversations.ErrStale) {
		t.Errorf("claim of an officer who changed: %v, want stale", err)
	}
	if err := h.Claim(ctx, h.officer(t, o.ID), "9003", "trace/", 1); !errors.Is(err, conversations.ErrTaken) {
		t.Errorf("claim of what does not wait: %v, want taken", err)
	}
}

func (h *house) officer(t testing.TB, id conversations.OfficerID) conversations.Officer {
	t.Helper()
	o, err := h.Officer(t.Context(), id)
	must(t, err)
	return o
}

// room plays many conversations for an officer who can take one at a time: each
// claims him or waits, and whoever is done with him serves who waits longest.
func room(t *testing.T, h *house) {
	const queue = "trace/"
	ctx := context.Background()
	o := h.hire(t, "a@example.com", 1)
	before, err := h.Room(ctx)
	must(t, err)
	must(t, h.Wait(ctx, "1", queue, 9, before))
	must(t, h.Unwait(ctx, "1", queue))
	must(t, h.Free(ctx, o.ID, "1"))
	if err := h.Wait(ctx, "1", queue, 9, before); !errors.Is(err, conversations.ErrStale) {
		t.Errorf("it waits although there is room: %v", err)
	}
	gateways := []*house{h, h.beside(t, "other")}
	var mu sync.Mutex
	served := map[conversations.ID]int{}
	done := func(g *house, id conversations.ID) error {
		mu.Lock()
		served[id]++
		mu.Unlock()
		return errors.Join(g.Claimed(ctx, o.ID, id, true), g.Free(ctx, o.ID, id))
	}
	serve := func(g *house) error {
		for {
			heads, err := g.Heads(ctx, []string{"booking/", queue})
			if err != nil || len(heads) == 0 {
				return err
			}
			switch err := g.Claim(ctx, o, heads[0].ID, queue, 1); {
			case err == nil:
				if err := done(g, heads[0].ID); err != nil {
					return err
				}
			case errors.Is(err, conversations.ErrTaken):
			case errors.Is(err, conversations.ErrFull):
				return nil // who has him serves when he is done
			default:
				return err
			}
		}
	}
	arrive := func(g *house, id conversations.ID, rank int64) error {
		for {
			room, err := g.Room(ctx)
			if err != nil {
				return err
			}
			err = g.Claim(ctx, o, id, "", 1)
			if err == nil {
				return errors.Join(done(g, id), serve(g))
			}
			if !errors.Is(err, conversations.ErrFull) {
				return err
			}
			if err = g.Wait(ctx, id, queue, rank, room); !errors.Is(err, conversations.ErrStale) {
				return err
			}
		}
	}
	n := some(30, 60, 1000)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := arrive(gateways[i%2], conversations.NewID(uint64(2000+i)), int64(i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	heads, err := h.Heads(ctx, []string{queue})
	must(t, err)
	if len(heads) != 0 || len(served) != n {
		t.Errorf("%d of %d served, and %v waits for a free officer", len(served), n, heads)
	}
	for id, times := range served {
		if times != 1 {
			t.Errorf("%s served %d times", id, times)
		}
	}
	h.load(t, o.ID, 0)
	for i, id := range []conversations.ID{"7", "8", "9"} {
		now, err := h.Room(ctx)
		must(t, err)
		must(t, h.Wait(ctx, id, fmt.Sprint("q", i%2), int64(10-i), now))
	}
	heads, err = h.Heads(ctx, []string{"q0", "q1", "q2"})
	must(t, err)
	if len(heads) != 2 || heads[0] != (conversations.Waiter{ID: "9", Queue: "q0", Rank: 8}) || heads[1].ID != "8" {
		t.Errorf("heads %v", heads)
	}
}
