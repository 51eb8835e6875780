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

	Weight   int      // how much of an officer's capacity it takes; 0 is 1
	Level    int      // the least level of skill; 0 is any
	Overflow string   // a desk whose officers may take it too; empty: none
	Sticky   string   // ID of the officer who had this customer before; empty if none
	Avoid    []string // IDs that must not get it (just gave it away, is its subject, …)
}

// Officer is a candidate: somebody on duty.
type Officer struct {
	ID, Name  string
	Skills    []string  // desks, or desk/category, with a level behind a colon: trace/claim:3
	Languages []string  // en, ar, ms
	Capacity  int       // most he can hold at once, in weights
	Load      int       // what he holds now, in weights
	Since     time.Time // idle since: when something was last assigned; zero for never
}

// Choose picks the officer for a need: of those with the skill and with room, the one
// who had the customer before if he is there, else one who speaks the language, least
// loaded for his capacity, longest idle; what is urgent goes to the most skilled. A language nobody free speaks does not hold a
// customer back. ok is false if nobody fits; why says so either way.
func Choose(need Need, onDuty []Officer, now time.Time) (to string, why string, ok bool) {
	skilled := 0
	var best *Officer
	for i := range onDuty {
		o := &onDuty[i]
		if !need.fits(o) || slices.Contains(need.Avoid, o.ID) {
			continue
		}
		skilled++
		switch {
		case !o.HasRoom(need.Weight):
		case need.Sticky != "" && o.ID == need.Sticky:
			return o.ID, o.Name + " had this customer before and has room", true
		case best == nil || byFit(&need, o, best) < 0:
			best = o
		}
	}
	switch {
	case skilled == 0:
		return "", fmt.Sprintf("nobody on duty works on %s", need.Desk), false
	case best == nil:
		return "", fmt.Sprintf("all %d officers for %s are at capacity", skilled, need.Desk), false
	}
	return best.ID, reason(&need, best, now), true
}

// fits reports whether the officer has the skill, or may take it as an overflow.
func (n *Need) fits(o *Officer) bool {
	return o.Level(n.Desk, n.Category) >= max(1, n.Level) || n.Overflow != "" && o.Works(n.Overflow)
}

// HasRoom reports whether the officer can take something of a weight. What weighs more than
// all his capacity takes all of it.
func (o *Officer) HasRoom(weight int) bool { return o.Load+o.takes(weight) <= o.Capacity }

// takes is how much of the officer's capacity a weight is.
func (o *Officer) takes(weight int) int { return max(1, min(weight, o.Capacity)) }

// Can reports whether the officer's skills cover a category of a desk.
func (o *Officer) Can(desk, category string) bool { return o.Level(desk, category) > 0 }

// Level is how well the officer works on a category of a desk: 0 not at all, then 1 to 5.
func (o *Officer) Level(desk, category string) int {
	best := 0
	for _, s := range o.Skills {
		rest, ok := strings.CutPrefix(s, desk)
		if !ok {
			continue
		}
		name, level, leveled := strings.Cut(rest, ":")
		if name != "" && (name[0] != '/' || name[1:] != category) {
			continue
		}
		n := 1
		if leveled && len(level) == 1 {
			n = int(level[0] - '0')
		}
		best = max(best, n)
	}
	return best
}

// Works reports whether the officer works on anything of a desk.
func (o *Officer) Works(desk string) bool {
	return slices.ContainsFunc(o.Skills, func(s string) bool {
		rest, ok := strings.CutPrefix(s, desk)
		return ok && (rest == "" || rest[0] == '/' || rest[0] == ':')
	})
}

// Speaks reports whether the officer can answer in a language; "mixed" and unknown need none.
func (o *Officer) Speaks(language string) bool {
	return language == "" || language == mixed || slices.Contains(o.Languages, language)
}

// byFit orders candidates, best first. Loads compare as fractions of capacity, without rounding.
func byFit(need *Need, a, b *Officer) int {
	if x, y := a.Speaks(need.Language), b.Speaks(need.Language); x != y {
		if x {
			return -1
		}
		return 1
	}
	skill := 0
	if Rank(need.Priority) < Rank(Normal) {
		skill = cmp.Compare(b.Level(need.Desk, need.Category), a.Level(need.Desk, need.Category))
	}
	return cmp.Or(skill, cmp.Compare(int64(a.Load)*int64(b.Capacity), int64(b.Load)*int64(a.Capacity)), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
}

func reason(need *Need, o *Officer, now time.Time) string {
	var b strings.Builder
	switch level := o.Level(need.Desk, need.Category); {
	case level == 0:
		fmt.Fprintf(&b, "%s of %s helps out on %s", o.Name, need.Overflow, need.Desk)
	case level > 1:
		fmt.Fprintf(&b, "%s works on %s at level %d", o.Name, need.Desk, level)
	default:
		fmt.Fprintf(&b, "%s works on %s", o.Name, need.Desk)
	}
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

// Rank is the place of a priority: 0 for urgent, 3 for low; what is unknown ranks as normal.
func Rank(priority string) int {
	if i := slices.Index([]string{Urgent, High, Normal, Low}, priority); i >= 0 {
		return i
	}
	return 2
}
