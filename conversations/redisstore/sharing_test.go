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
	got, err := h.Sharing(t.Context(), append(slices.Clone(parcels), "nobody's"))
	must(t, err)
	for i, value := range append(slices.Clone(parcels), "nobody's") {
		var want []conversations.ID
		for _, c := range made {
			if slices.ContainsFunc(c.References, func(r conversations.Reference) bool { return r.Value == value }) {
				want = append(want, c.ID)
			}
		}
		if slices.Sort(want); len(want) == 0 != (value == "nobody's") {
			t.Fatalf("%d name %s", len(want), value)
		}
		if slices.Sort(got[i]); fmt.Sprint(got[i]) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", value, got[i], want)
		}
	}
	if none, err := h.Sharing(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("of none: %v, %v", none, err)
	}
}
