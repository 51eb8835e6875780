package routing_test

import (
	"log/slog"
	"testing"
	"testing/fstest"
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
		zero := after.Clockwork()(scratch)
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
