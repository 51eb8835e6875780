package redisstore_test

import (
	"slices"
	"testing"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// TestListFindsWhatIsFar: what a filter leaves stands at the far end of an order, or at its
// beginning; it is listed in that order, however it is found.
func TestListFindsWhatIsFar(t *testing.T) {
	t.Parallel()
	h := open(t, redistest.Single(t).URL)
	h.stop()
	list := h.populate(t, 120*h.Partitions())
	sorted(list, conversations.ByCreatedOldest, h.Partitions())
	for i, c := range list {
		after := *c
		after.Desk, after.Status, after.UpdatedAt = "trace", conversations.Open, after.CreatedAt
		if i < len(list)/4 {
			after.Desk = "booking"
		}
		must(t, h.put(t.Context(), c, after))
		*c = after
	}
	for _, by := range sorts[:3] {
		q := conversations.Query{Desk: "booking", Status: conversations.LiveStatuses, Sort: by, Limit: 10, Now: h.now()}
		want := slices.Clone(list[:len(list)/4])
		sorted(want, by, h.Partitions())
		if got := h.all(t, q); ids(got) != ids(want) {
			t.Errorf("%s:\ngot  %s\nwant %s", by, ids(got), ids(want))
		}
	}
}
