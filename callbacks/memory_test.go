package callbacks

import (
	"context"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// memory is the store of a world: the same promises as redisstore's, in maps.
type memory struct {
	w             *world
	conversations map[conversations.ID]conversations.Conversation
	callbacks     map[conversations.CallbackID]conversations.Callback
	officers      []conversations.Officer
	lines         map[string]string
	calls         map[string]time.Time
	rung          map[string][]time.Time
	marks         map[string]string
	turn          time.Time
	told          map[conversations.CallbackID]int
	offered       map[string]bool // attempt → whether the customer was connected
	watchers      []*lived
}

func newMemory(w *world) *memory {
	return &memory{
		w: w, conversations: map[conversations.ID]conversations.Conversation{}, callbacks: map[conversations.CallbackID]conversations.Callback{},
		lines: map[string]string{}, calls: map[string]time.Time{}, rung: map[string][]time.Time{}, marks: map[string]string{},
		told: map[conversations.CallbackID]int{}, offered: map[string]bool{},
	}
}

// lived is the memory as one gateway sees it: it may die before and after every step.
type lived struct {
	*memory
	g *gateway
}

func (s *lived) write(name string, do func() error) error {
	s.g.step(name + " before")
	err := do()
	s.g.step(name + " after")
	return err
}

func (s *lived) Load(_ context.Context, id conversations.ID) (conversations.Conversation, error) {
	s.g.step("load")
	c, ok := s.conversations[id]
	if !ok {
		return c, conversations.ErrNotFound
	}
	return c, nil
}

func (s *lived) LoadCallback(_ context.Context, id conversations.CallbackID) (conversations.Callback, error) {
	cb, ok := s.callbacks[id]
	if !ok {
		return cb, conversations.ErrNotFound
	}
	return cb.Clone(), nil
}

func (s *lived) DueCallbacks(_ context.Context, _ int, now time.Time) (due []conversations.Callback, next time.Time, err error) {
	s.g.step("due")
	for _, cb := range s.callbacks {
		switch {
		case cb.LookAt == nil:
		case !cb.LookAt.After(now):
			due = append(due, cb.Clone())
		case next.IsZero() || cb.LookAt.Before(next):
			next = *cb.LookAt
		}
	}
	slices.SortFunc(due, func(a, b conversations.Callback) int { // the store's own order
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return due, next, nil
}

func (s *lived) Commit(_ context.Context, ch conversations.Change) (conversations.Conversation, error) {
	name := "commit"
	if cb := ch.Callback; cb != nil {
		name += " " + string(cb.Status)
		if a := cb.Live(); a != nil {
			name += " " + string(a.Stage)
		}
	}
	err := s.write(name, func() error {
		if s.conversations[ch.After.ID].Version != ch.Before.Version {
			return conversations.ErrStale
		}
		all := ch.Ended
		if ch.Callback != nil {
			all = append(all, *ch.Callback)
		}
		for _, cb := range all {
			if s.callbacks[cb.ID].Version != cb.Version-1 {
				return conversations.ErrStale
			}
		}
		s.conversations[ch.After.ID] = ch.After
		for _, cb := range all {
			s.callbacks[cb.ID] = cb
		}
		return nil
	})
	if err != nil {
		return conversations.Conversation{}, err
	}
	s.tell()
	return ch.After, nil
}

// tell wakes who committed at once, and the other gateways when they look by themselves.
func (s *lived) tell() {
	for _, o := range s.watchers {
		g := o.g
		if g == s.g {
			g.d.changed(0)
			continue
		}
		s.w.after(idleTerm, func() {
			if !g.down {
				g.d.changed(0)
				g.woke = true
				g.turn()
			}
		})
	}
}

func (s *lived) Watch(_ conversations.EventType, _ func(int)) {
	s.memory.watchers = append(slices.DeleteFunc(s.memory.watchers, func(o *lived) bool { return o.g == s.g }), s)
}

func (s *lived) SeizeLines(_ context.Context, attempt string, lines []string, number string, most int) error {
	return s.write("seize", func() error {
		for _, l := range lines {
			if s.lines[l] != "" {
				return conversations.ErrTaken
			}
		}
		if _, mine := s.calls[attempt]; !mine && len(s.calls) >= most {
			return conversations.ErrFull
		}
		for _, l := range lines {
			s.lines[l] = attempt
		}
		s.calls[attempt] = s.w.now
		s.rung[number] = append(s.rung[number], s.w.now)
		return nil
	})
}

func (s *lived) FreeLines(_ context.Context, attempt string, lines []string, _ string) error {
	return s.write("free", func() error {
		for _, l := range lines {
			if s.lines[l] != attempt {
				return nil
			}
		}
		for _, l := range lines {
			delete(s.lines, l)
		}
		delete(s.calls, attempt)
		return nil
	})
}

func (s *lived) HeldLines(context.Context) (map[string]string, map[string]time.Time, error) {
	s.g.step("held")
	return s.lines, s.calls, nil
}

func (s *lived) RungSince(_ context.Context, number string, since ...time.Time) ([]int, error) {
	out := make([]int, len(since))
	for i, at := range since {
		for _, r := range s.rung[number] {
			if !r.Before(at) {
				out[i]++
			}
		}
	}
	return out, nil
}

func (s *lived) NoteOffered(_ context.Context, attempt string, _ time.Time, connected bool) error {
	return s.write("offered", func() error { s.offered[attempt] = connected; return nil })
}

func (s *lived) AbandonedSince(context.Context, time.Time) (abandoned, offered int, err error) {
	for _, connected := range s.offered {
		if !connected {
			abandoned++
		}
	}
	return abandoned, len(s.offered), nil
}

func (s *lived) MarkCall(_ context.Context, sid, attempt string) error {
	return s.write("mark", func() error { s.marks[sid] = attempt; return nil })
}

func (s *lived) Officers(context.Context) ([]conversations.Officer, error) { return s.officers, nil }

func (s *lived) Officer(_ context.Context, id conversations.OfficerID) (conversations.Officer, error) {
	for _, o := range s.officers {
		if o.ID == id {
			return o, nil
		}
	}
	return conversations.Officer{}, conversations.ErrNotFound
}

func (s *lived) Pace(_ context.Context, _ string, gap time.Duration, _ int, _ time.Duration) (time.Duration, bool, error) {
	s.g.step("pace")
	if s.w.now.Before(s.turn) {
		return s.turn.Sub(s.w.now), false, nil
	}
	s.memory.turn = s.w.now.Add(gap)
	return 0, true, nil
}

func (s *lived) Missed(_ context.Context, cb conversations.Callback) error {
	return s.write("tell", func() error { s.told[cb.ID] = 1; return nil }) // twice has the effect of once
}

// The rest of conversations.Departures, which no promise needs.

func (s *lived) Find(context.Context, []channels.Handle) (conversations.Place, error) {
	panic("not for promises")
}
func (s *lived) Known(ctx context.Context, id conversations.ID) (*conversations.Conversation, error) {
	c, err := s.Load(ctx, id)
	return &c, err
}
func (s *lived) NewID(context.Context, string) (conversations.ID, error) { panic("not for promises") }
func (s *lived) LoadMessage(context.Context, conversations.MessageID) (conversations.Message, error) {
	panic("not for promises")
}

// promise adds a conversation with a promise.
func (w *world) promise(number int, r conversations.CallbackRequest, owner *conversations.Officer) conversations.CallbackID {
	id := conversations.NewID(uint64(number))
	c := conversations.Conversation{
		ID: id, Version: 1, Desk: "trace", Language: "en", CreatedAt: w.now, UpdatedAt: w.now,
		Contact: conversations.ContactRef{ID: conversations.ContactID("k" + string(id)), Name: "Ali"},
	}
	if owner != nil {
		c.Assignee = owner.Ref()
	}
	ch, err := conversations.Promise(c, r, conversations.System, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.store.conversations[id], w.store.callbacks[ch.Callback.ID] = ch.After, *ch.Callback
	return ch.Callback.ID
}
