package redisstore_test

import (
	"encoding/json"
	"errors"
	"maps"
	"testing"

	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// roundTrip exports a day's work and imports it into a store with nothing: what is
// there is the same, key by key, and found again.
func roundTrip(t *testing.T, h *house) {
	ctx := t.Context()
	h.stop()
	for _, s := range h.broad(new(day)) {
		if err := s.run(ctx); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	other := open(t, redistest.Single(t).URL)
	other.watch.stopped.Store(h.watch.stopped.Load())
	must(t, other.Empty(ctx))
	says := map[string]int{}
	give := func(file string, x redisstore.Exported) error {
		line, err := json.Marshal(x)
		if err != nil {
			return err
		}
		if x.Says != nil {
			says[file]++
		}
		var back redisstore.Exported
		if err := json.Unmarshal(line, &back); err != nil {
			return err
		}
		if err := other.Import(ctx, back); err != nil {
			return err
		}
		return other.Import(ctx, back) // again: it changes nothing
	}
	moved, err := h.Export(ctx, give, nil)
	must(t, err)
	if moved {
		t.Error("the store was quiet")
	}
	for _, file := range []string{"conversations", "messages", "history", "contacts"} {
		if says[file] == 0 {
			t.Errorf("%s tell a reader nothing", file)
		}
	}
	built := func(m map[string]string) map[string]string { // anew, on the other side
		maps.DeleteFunc(m, func(key, _ string) bool { return transient.MatchString(key) })
		return m
	}
	compare(t, "imported", built(other.dump(t)), built(h.dump(t)))
	if err := other.Empty(ctx); !errors.Is(err, redisstore.ErrNotEmpty) {
		t.Errorf("a store with something: %v", err)
	}
	must(t, other.CatchUp(ctx, other.desk.Finish))
	other.finds(t, "1086396430", h.at(t, number(1)).ID)
}
