package routing_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
	"github.com/caravan-desk/caravan/routing"
)

// TestEidIsMoved: a gateway that starts with Eid a day later has every open clock where it
// would be had that been known from the first, tells of it in the history, and does so once.
func TestEidIsMoved(t *testing.T) {
	t.Parallel()
	office := func(moon string) routing.Desks {
		desks, err := routing.LoadDesks(routing.BuiltinDesks(), fstest.MapFS{
			"trace.yaml": {Data: []byte("extends: trace\ncalendar: office\n")},
			"calendars/office.yaml": {Data: []byte("name: office\ntimezone: Asia/Riyadh\nhours: {sun-thu: ['08:00-17:00']}\n" +
				"holidays: [{name: Eid al-Fitr, hijri: 10-01, days: 4}]\n" + moon)},
		})
		must(t, err)
		return desks
	}
	started, base := time.Now(), time.Date(2026, 3, 17, 9, 0, 0, 0, time.UTC) // three days before Eid
	now := func() time.Time { return base.Add(time.Since(started)).Truncate(time.Millisecond) }
	before, after := office(""), office("moon: {1447-10: 1}\n")
	url := redistest.Single(t).URL
	o := openWith(t, url, "gateway", before, now)
	for i := range 25 {
		must(t, o.write(t.Context(), i))
	}
	o.settles()
	quiet := slog.New(slog.DiscardHandler)
	retime := func(desks routing.Desks) int {
		r := &routing.Retime{Terms: o, Store: o, Rows: o, Desks: desks, Now: now, Logger: quiet}
		moved, err := r.Once(t.Context(), false)
		must(t, err)
		return moved
	}
	if n := retime(before); n != 0 {
		t.Errorf("%d moved though nothing was changed", n)
	}
	if n := retime(after); n == 0 {
		t.Error("none moved with Eid")
	}
	if n := retime(after); n != 0 {
		t.Errorf("%d moved again", n)
	}
	told := 0
	for _, c := range o.live() {
		scratch := c
		scratch.Clocks, scratch.UpdatedAt = nil, now()
		zero := after.ClocksOf(scratch)
		if len(zero) != len(c.Clocks) {
			t.Fatalf("%s has %d clocks, from zero %d", c, len(c.Clocks), len(zero))
		}
		for i, k := range c.Clocks {
			if k.Name != zero[i].Name || !k.DueAt.Equal(zero[i].DueAt) {
				t.Errorf("%s: %s is due %s, from zero %s", c, k.Name, k.DueAt, zero[i].DueAt)
			}
		}
		history, err := o.History(t.Context(), c.ID, 0, 50)
		must(t, err)
		for _, e := range history {
			if e.Type == conversations.EventMoved {
				told++
			}
		}
	}
	if told == 0 {
		t.Error("no history tells of it")
	}
	page, err := o.List(t.Context(), conversations.Query{Sort: conversations.ByDue, Limit: 200, Now: now()})
	must(t, err)
	for i := 1; i < len(page.Items); i++ {
		if page.Items[i].Due().Before(page.Items[i-1].Due()) {
			t.Errorf("%s is listed before %s", page.Items[i-1], page.Items[i])
		}
	}
}

// eid is a desk that learns of a holiday.
func eid(t *testing.T) (desks, moved routing.Desks) {
	t.Helper()
	load := func(holidays string) routing.Desks {
		desks, err := routing.LoadDesks(routing.BuiltinDesks(), fstest.MapFS{
			"trace.yaml":            {Data: []byte("extends: trace\ncalendar: office\nclocks: {first_response: 4h, resolution: 5d}\n")},
			"calendars/office.yaml": {Data: []byte("name: office\ntimezone: Asia/Riyadh\nhours: {sun-sat: ['00:00-24:00']}\n" + holidays)},
		})
		must(t, err)
		return desks
	}
	return load(""), load("holidays: [{name: Eid, date: 2026-03-20, days: 2}]\n")
}

// trace is a conversation of two days before that holiday.
func trace(ds routing.Desks) conversations.Conversation {
	at := time.Date(2026, 3, 18, 9, 0, 0, 0, time.UTC)
	c := conversations.Conversation{ID: "16", Version: 1, Desk: "trace", Status: conversations.Open, Priority: conversations.Normal, CreatedAt: at, UpdatedAt: at}
	c.Times.Waiting = at
	c.Clocks = ds.ClocksOf(c)
	return c
}

// TestPausedClockIsNotMoved: a clock that stands still is due later with every hour, which is
// nobody's holiday.
func TestPausedClockIsNotMoved(t *testing.T) {
	t.Parallel()
	desks, moved := eid(t)
	c := trace(desks)
	for _, s := range []conversations.Status{conversations.Pending, conversations.OnHold} {
		c.Status, c.Pauses = s, []conversations.Pause{{From: c.UpdatedAt.Add(time.Minute)}}
		c.Clocks = desks.ClocksOf(c)
		paused := false
		for _, k := range c.Clocks {
			paused = paused || k.State == conversations.Paused
		}
		if !paused {
			t.Fatalf("%s: none of %v is paused", s, c.Clocks)
		}
		if ch, ok := desks.Refold(c, c.UpdatedAt.Add(time.Hour)); ok {
			t.Errorf("%s: %v though nothing was changed", s, ch.Events)
		}
	}
	if _, ok := moved.Refold(trace(desks), c.UpdatedAt); !ok {
		t.Error("a clock that runs does not move with a holiday")
	}
}

// TestWhoIsQuickerTellsOfTheHoliday: what is changed after a calendar, and before every clock
// was folded anew, tells in its history why it is due later; afterwards nobody looks for that.
func TestWhoIsQuickerTellsOfTheHoliday(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		desks, moved := eid(t)
		before := trace(desks)
		change := func() conversations.Change {
			ch := conversations.Change{Before: &before, After: before}
			ch.After.Version++
			desks.Wind(&ch)
			return ch
		}
		ctx, cancel := context.WithCancel(t.Context())
		wake, none := make(chan struct{}), &noRows{}
		retime := &routing.Retime{Terms: none, Rows: none, Desks: desks, Wake: wake, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
		go func() { _ = retime.Run(ctx) }()
		synctest.Wait()
		if ch := change(); len(ch.Events) != 0 {
			t.Fatalf("%v though nothing was changed", ch.Events)
		}
		if _, err := desks.Rehang(moved); err != nil {
			t.Fatal(err)
		}
		wake <- struct{}{}
		for _, at := range []string{"before the clocks are folded", "while others may still commit by the calendars before"} {
			ch := change()
			if len(ch.Events) != 1 || ch.Events[0].Type != conversations.EventMoved || len(ch.Events[0].Changes) != 1 {
				t.Fatalf("%s: told %+v", at, ch.Events)
			}
			d, ok := ch.Events[0].Changes["resolution"]
			if from, to := d.From.(time.Time), d.To.(time.Time); !ok || to.Sub(from) != 48*time.Hour || !due(ch.After, "resolution").Equal(to) {
				t.Errorf("%s: told %+v", at, d)
			}
			synctest.Wait()
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if ch := change(); len(ch.Events) != 0 || !due(ch.After, "resolution").Equal(due(before, "resolution").Add(48*time.Hour)) {
			t.Errorf("once all are folded: %v", ch)
		}
		cancel()
	})
}

// TestWhatWasOverTellsOfTheHoliday: what was solved before a calendar was exchanged is folded by
// nobody, until it is opened again or changed in another way: that change tells of it, once.
func TestWhatWasOverTellsOfTheHoliday(t *testing.T) {
	t.Parallel()
	desks, moved := eid(t)
	c := trace(desks)
	c.Status, c.Times.Solved, c.Times.Waiting = conversations.Solved, c.UpdatedAt.Add(time.Hour), time.Time{}
	c.Clocks = desks.ClocksOf(c)
	change := func(to conversations.Status) conversations.Change {
		ch := conversations.Change{Before: &c, After: c}
		ch.After.Status = to
		if to.Live() {
			ch.After.Times.Solved = time.Time{}
		}
		desks.Wind(&ch)
		return ch
	}
	for _, to := range []conversations.Status{conversations.Solved, conversations.Closed, conversations.Open} {
		if ch := change(to); len(ch.Events) != 0 {
			t.Errorf("%s: %v though nothing was changed", to, ch.Events)
		}
	}
	if _, err := desks.Rehang(moved); err != nil {
		t.Fatal(err)
	}
	none := &noRows{}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r := &routing.Retime{Terms: none, Rows: none, Desks: desks, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
	_ = r.Run(ended) // folds all there are, and ends
	for _, to := range []conversations.Status{conversations.Solved, conversations.Closed, conversations.Open} {
		ch := change(to)
		if len(ch.Events) != 1 || ch.Events[0].Type != conversations.EventMoved {
			t.Fatalf("%s: told %v", to, ch.Events)
		}
		d := ch.Events[0].Changes["resolution"]
		if from, ok := d.From.(time.Time); !ok || !from.Equal(due(c, "resolution")) || !due(ch.After, "resolution").Equal(d.To.(time.Time)) || d.To.(time.Time).Sub(from) != 48*time.Hour {
			t.Errorf("%s: told %+v", to, d)
		}
	}
	c = change(conversations.Closed).After
	if ch := change(conversations.Closed); len(ch.Events) != 0 {
		t.Errorf("told again: %v", ch.Events)
	}
}

// due is when a conversation's clock of a name is due.
func due(c conversations.Conversation, clock string) time.Time {
	for _, k := range c.Clocks {
		if k.Name == clock {
			return k.DueAt
		}
	}
	return time.Time{}
}

// noRows is a store without conversations.
type noRows struct{ terms string }

func (n *noRows) Terms(context.Context) (string, error) { return n.terms, nil }

func (n *noRows) SetTerms(_ context.Context, terms string) error {
	n.terms = terms
	return nil
}

func (n *noRows) List(context.Context, conversations.Query) (conversations.Page, error) {
	return conversations.Page{}, nil
}
