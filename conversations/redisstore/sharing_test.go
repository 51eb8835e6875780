package redisstore_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/caravan-desk/caravan/conversations"
)

// sharing: references lead to the conversations that name them, in whichever partition.
func sharing(t *testing.T, h *house) {
	made := h.populate(t, 40)
	var err error
	beside := func(c *conversations.Conversation, value string) { // a number more
		after := *c
		after.References = append(slices.Clone(c.References), conversations.Reference{Kind: "awb", Value: value})
		must(t, h.put(t.Context(), c, after))
		*c, err = h.Load(t.Context(), c.ID)
		must(t, err)
	}
	const alone, together = "one only", "two of one partition"
	beside(made[0], alone)
	for _, c := range made[1:] {
		if c.ID.Number()%uint64(h.Partitions()) == made[0].ID.Number()%uint64(h.Partitions()) {
			beside(made[0], together)
			beside(c, together)
			break
		}
	}
	asked := append(slices.Clone(parcels), "nobody's", alone, together)
	got, err := h.Sharing(t.Context(), asked)
	must(t, err)
	for i, value := range asked {
		var want []conversations.ID
		for _, c := range made {
			if slices.ContainsFunc(c.References, func(r conversations.Reference) bool { return r.Value == value }) {
				want = append(want, c.ID)
			}
		}
		if slices.Sort(want); len(want) < 2 { // alone is not shared
			want = nil
		} else if value == together && len(want) != 2 {
			t.Fatalf("%v name %s", want, value)
		}
		if slices.Sort(got[i]); fmt.Sprint(got[i]) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", value, got[i], want)
		}
	}
	if none, err := h.Sharing(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("of none: %v, %v", none, err)
	}
}
