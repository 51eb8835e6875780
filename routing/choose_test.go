package routing

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestChoose(t *testing.T) {
	ago := func(m int) time.Time { return monday.Add(-time.Duration(m) * time.Minute) }
	sara := Officer{ID: "1", Name: "Sara", Skills: []string{"trace"}, Languages: []string{"en", "ar"}, Capacity: 10, Load: 4, Since: ago(5)}
	farid := Officer{ID: "2", Name: "Farid", Skills: []string{"trace/claim", "booking"}, Languages: []string{"ms", "en"}, Capacity: 4, Load: 1, Since: ago(50)}
	omar := Officer{ID: "3", Name: "Omar", Skills: []string{"trace", "booking"}, Languages: []string{"ar"}, Capacity: 5, Load: 2, Since: ago(9)}
	full := Officer{ID: "4", Name: "Full", Skills: []string{"trace"}, Languages: []string{"ms"}, Capacity: 3, Load: 3}
	for _, c := range []struct {
		name     string
		need     Need
		onDuty   []Officer
		to, says string
	}{
		{"least loaded for his capacity", Need{Desk: "trace", Category: "claim", Language: "en"}, []Officer{sara, farid, omar}, "2", "holds 1 of 4"},
		{"a narrow skill is not the desk", Need{Desk: "trace", Category: "late_delivery", Language: "en"}, []Officer{sara, farid}, "1", "speaks English"},
		{"equal share: longest idle", Need{Desk: "trace", Language: "ar"}, []Officer{sara, omar}, "3", "last assigned 9m ago"},
		{"language first", Need{Desk: "booking", Language: "ar"}, []Officer{farid, omar}, "3", "speaks Arabic"},
		{"language is preferred, not required", Need{Desk: "trace", Category: "late_delivery", Language: "ms"}, []Officer{sara, full}, "1", "nobody free speaks Malay"},
		{"whom the customer had", Need{Desk: "trace", Language: "en", Sticky: "3"}, []Officer{sara, farid, omar}, "3", "had this customer before"},
		{"unless he is full", Need{Desk: "trace", Language: "ar", Sticky: "4"}, []Officer{sara, full}, "1", "Sara works on trace"},
		{"unless he gave it away", Need{Desk: "trace", Language: "ar", Sticky: "3", Avoid: []string{"3"}}, []Officer{sara, omar}, "1", "Sara"},
		{"all full", Need{Desk: "trace"}, []Officer{full}, "", "at capacity"},
		{"nobody can", Need{Desk: "booking"}, []Officer{sara}, "", "nobody on duty works on booking"},
		{"nobody there", Need{Desk: "booking"}, nil, "", "nobody on duty"},
	} {
		to, why, ok := Choose(c.need, c.onDuty, monday)
		if to != c.to || ok != (c.to != "") || !strings.Contains(why, c.says) {
			t.Errorf("%s: %q, %q, %t", c.name, to, why, ok)
		}
	}
}

func officers(t *rapid.T) []Officer {
	n := rapid.IntRange(0, 8).Draw(t, "officers")
	out := make([]Officer, n)
	for i := range out {
		out[i] = Officer{
			ID: string(rune('a' + i)), Name: "Officer",
			Skills:    rapid.SliceOfN(rapid.SampledFrom([]string{"trace", "booking", "trace/claim", "booking/refund", "trace:3", "trace/claim:5", "booking/refund:2", "tracery", "trace/claimant"}), 0, 3).Draw(t, "skills"),
			Languages: rapid.SliceOfN(rapid.SampledFrom([]string{"en", "ar", "ms"}), 0, 2).Draw(t, "languages"),
			Capacity:  rapid.IntRange(0, 4).Draw(t, "capacity"),
			Load:      rapid.IntRange(0, 5).Draw(t, "load"),
			Since:     monday.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "idle")) * time.Minute),
		}
	}
	return out
}

// bruteChoose is Choose written the slow way: nobody may be better than the chosen one,
// looked at one rule at a time.
func bruteChoose(need Need, all []Officer) string {
	keep := func(in []Officer, ok func(Officer) bool) (out []Officer) {
		for _, o := range in {
			if ok(o) {
				out = append(out, o)
			}
		}
		return out
	}
	prefer := func(in []Officer, ok func(Officer) bool) []Officer {
		if out := keep(in, ok); len(out) > 0 {
			return out
		}
		return in
	}
	left := keep(all, func(o Officer) bool {
		weight := max(1, need.Weight)
		if weight > o.Capacity { // it takes all he has
			weight = max(1, o.Capacity)
		}
		help := need.Overflow != "" && slices.ContainsFunc(o.Skills, func(s string) bool {
			skill, err := ParseSkill(s)
			return err == nil && skill.Desk == need.Overflow
		})
		return (bruteLevel(need, o) >= max(1, need.Level) || help) && o.Capacity-o.Load >= weight && !slices.Contains(need.Avoid, o.ID)
	})
	left = prefer(left, func(o Officer) bool { return o.ID == need.Sticky })
	left = prefer(left, func(o Officer) bool { return slices.Contains(o.Languages, need.Language) })
	if need.Priority == Urgent || need.Priority == High {
		left = keep(left, func(o Officer) bool {
			return !slices.ContainsFunc(left, func(p Officer) bool { return bruteLevel(need, p) > bruteLevel(need, o) })
		})
	}
	left = keep(left, func(o Officer) bool {
		return !slices.ContainsFunc(left, func(p Officer) bool { return p.Load*o.Capacity < o.Load*p.Capacity })
	})
	left = keep(left, func(o Officer) bool {
		return !slices.ContainsFunc(left, func(p Officer) bool { return p.Since.Before(o.Since) })
	})
	if len(left) == 0 {
		return ""
	}
	return left[0].ID
}

// bruteLevel is the best of an officer's skills that cover the need.
func bruteLevel(need Need, o Officer) int {
	best := 0
	for _, s := range o.Skills {
		skill, err := ParseSkill(s)
		if err == nil && skill.Desk == need.Desk && (skill.Category == "" || skill.Category == need.Category) {
			best = max(best, skill.Level)
		}
	}
	return best
}

func TestChooseAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := officers(t)
		need := Need{
			Desk:     rapid.SampledFrom([]string{"trace", "booking"}).Draw(t, "desk"),
			Category: rapid.SampledFrom([]string{"claim", "refund", "complaint"}).Draw(t, "category"),
			Language: rapid.SampledFrom([]string{"en", "ar", "ms"}).Draw(t, "language"),
			Sticky:   rapid.SampledFrom([]string{"", "a", "c"}).Draw(t, "sticky"),
			Priority: rapid.SampledFrom([]string{Urgent, High, Normal, Low}).Draw(t, "priority"),
			Weight:   rapid.IntRange(0, 5).Draw(t, "weight"),
			Level:    rapid.IntRange(0, 3).Draw(t, "level"),
			Overflow: rapid.SampledFrom([]string{"", "booking", "trace"}).Draw(t, "overflow"),
			Avoid:    rapid.SampledFrom([][]string{nil, {"a"}, {"b", "c"}}).Draw(t, "avoid"),
		}
		want := bruteChoose(need, all)
		shuffled := rapid.Permutation(all).Draw(t, "order")
		to, why, ok := Choose(need, shuffled, monday)
		if to != want || ok != (want != "") || why == "" {
			t.Fatalf("chose %q (%s), brute force %q", to, why, want)
		}
	})
}
