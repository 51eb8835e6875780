package channels

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// The pieces of a call make the same whole in any order and however often they come.
func TestCallMerges(t *testing.T) {
	paths := [][]string{nil, {"Malay"}, {"Malay", "trace"}, {"Malay", "trace", "officer"}, {"Arabic", "trace", "callback"}}
	rapid.Check(t, func(t *rapid.T) {
		some := func(name string) []string {
			return rapid.SliceOfN(rapid.SampledFrom([]string{"a.", "b.", "c."}), 0, 2).Draw(t, name)
		}
		pieces := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Call {
			return Call{Path: rapid.SampledFrom(paths).Draw(t, "path"), Done: some("done"), Notes: some("notes"), Seconds: rapid.IntRange(0, 3).Draw(t, "seconds")}
		}), 1, 5).Draw(t, "pieces")
		whole := func(order []Call) (c Call) {
			for _, p := range order {
				c = c.Merge(p)
			}
			return c
		}
		want := whole(pieces)
		shuffled := rapid.Permutation(pieces).Draw(t, "order")
		if got := whole(append(shuffled, pieces...)); !reflect.DeepEqual(got, want) || got.String() != want.String() {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func TestCallInWords(t *testing.T) {
	for want, c := range map[string]Call{
		"":                                      {},
		"Rang off in the menu. It lasted 12 s.": {Notes: []string{"Rang off in the menu."}, Seconds: 12},
		"Left a voice message of 5 s. Path: Malay, trace. It lasted 9 s.": {Done: []string{"Left a voice message of 5 s."}, Notes: []string{"Rang off."}, Path: []string{"Malay", "trace"}, Seconds: 9},
	} {
		if got := c.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
