package routing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Need is what a waiting conversation asks of an officer.
type Need struct {
	Desk, Category, Language, Priority string

	Sticky string   // ID of the officer who had this customer before; empty if none
	Avoid  []string // IDs that must not get it (just gave it away, is its subject, …)
}

// Officer is a candidate: somebody on duty.
type Officer struct {
	ID, Name  string
	Skills    []string  // desks, or desk/category
	Languages []string  // en, ar, ms
	Capacity  int       // most conversations at once
	Load      int       // conversations held now
	Since     time.Time // idle since: when something was last assigned; zero for never
}

// Choose picks the officer for a need: of those with the skill and with room, the one
// who had the customer before if he is there, else one who speaks the language, least
// loaded for his capacity, longest idle. A language nobody free speaks does not hold a
// customer back. ok is false if nobody fits; why says so either way.
func Choose(need Need, onDuty []Officer, now time.Time) (to string, why string, ok bool) {
	skilled := 0
	var fitting []Officer
	for _, o := range onDuty {
		if !o.Can(need.Desk, need.Category) || slices.Contains(need.Avoid, o.ID) {
			continue
		}
		if skilled++; o.Load < o.Capacity {
			fitting = append(fitting, o)
		}
	}
	switch {
	case skilled == 0:
		return "", fmt.Sprintf("nobody on duty works on %s", need.Desk), false
	case len(fitting) == 0:
		return "", fmt.Sprintf("all %d officers for %s are at capacity", skilled, need.Desk), false
	}
	for _, o := range fitting {
		if need.Sticky != "" && o.ID == need.Sticky {
			return o.ID, o.Name + " had this customer before and has room", true
		}
	}
	best := slices.MinFunc(fitting, func(a, b Officer) int { return byFit(need.Language, a, b) })
	return best.ID, reason(need, best, now), true
}

// Can reports whether the officer's skills cover a category of a desk.
func (o Officer) Can(desk, category string) bool {
	for _, s := range o.Skills {
		if d, c, narrow := strings.Cut(s, "/"); d == desk && (!narrow || c == category) {
			return true
		}
	}
	return false
}

// Speaks reports whether the officer can answer in a language; "mixed" and unknown need none.
func (o Officer) Speaks(language string) bool {
	return language == "" || language == mixed || slices.Contains(o.Languages, language)
}

// byFit orders candidates, best first. Loads compare as fractions of capacity, without rounding.
func byFit(language string, a, b Officer) int {
	if x, y := a.Speaks(language), b.Speaks(language); x != y {
		if x {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(int64(a.Load)*int64(b.Capacity), int64(b.Load)*int64(a.Capacity)), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
}

func reason(need Need, o Officer, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s works on %s", o.Name, need.Desk)
	switch {
	case need.Language == "" || need.Language == mixed:
	case o.Speaks(need.Language):
		b.WriteString(", speaks " + languageName(need.Language))
	default:
		b.WriteString("; nobody free speaks " + languageName(need.Language))
	}
	fmt.Fprintf(&b, ", holds %d of %d", o.Load, o.Capacity)
	if idle := now.Sub(o.Since).Truncate(time.Minute); !o.Since.IsZero() && idle > 0 {
		fmt.Fprintf(&b, ", last assigned %s ago", strings.TrimSuffix(idle.String(), "0s"))
	}
	return b.String()
}

// Waiting is a conversation that nobody has.
type Waiting struct {
	ID       string
	Priority string
	Since    time.Time // since when it waits
}

// Order sorts the waiting in the order they are served: urgent first, and first in
// first out within a priority. A priority it does not know counts as normal. The time
// is a parameter because a priority may age; this form does not let it.
func Order(waiting []Waiting, now time.Time) []Waiting {
	out := slices.Clone(waiting)
	slices.SortStableFunc(out, func(a, b Waiting) int {
		return cmp.Or(cmp.Compare(Rank(a.Priority), Rank(b.Priority)), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Rank is the place of a priority: 0 for urgent, 3 for low; what is unknown ranks as normal.
func Rank(priority string) int {
	if i := slices.Index([]string{Urgent, High, Normal, Low}, priority); i >= 0 {
		return i
	}
	return 2
}
