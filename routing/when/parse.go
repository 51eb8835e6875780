package when

import (
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

// relation is how a day or an hour bounds the window.
type relation uint8

const (
	at     relation = iota // nothing was said
	around                 // "about 3", "3ish"
	after
	from  // from it on; "not before"
	until // up to it; "by"
	before
)

// bound is a day or an hour with its relation.
type bound struct {
	rel relation
	day span // a day, or a stretch of days; zero if it is an hour
	tod hour // an hour, or a part of the day
	neg bool // "not tomorrow"
	off int  // minutes: "half an hour after Maghrib"
	at  int  // the item it began at
	or  bool // "or Tuesday"
}

// span is a stretch of days, from one midnight to that after its last day.
type span struct{ first, end time.Time }

func (s span) none() bool { return s.first.IsZero() }

// hour is an hour as it was said: 3, 3:30, 15:00, or a part of the day, a prayer, an event.
type hour struct {
	kind   string // "clock", "part", "prayer", "event"; empty if it is a day
	name   string // of a part, prayer or event
	h, m   int
	half   string // am, pm, or the part that stood beside it
	strong bool   // surely an hour: it was marked as one
}

// reader is one reading of one text.
type reader struct {
	items []item
	now   time.Time // in the customer's zone
	place almanac.Place

	days, hours []bound
	low, high   time.Duration // "in an hour": from now; high is zero if only one was said
	delayed     bool
	soon        int // minutes; -1 if it was not said
	rel         relation
	hasRel      bool
	between     bool
	neg, or     bool
	onwards     bool
}

func (r *reader) kind(i int) string {
	if i < 0 || i >= len(r.items) {
		return ""
	}
	return r.items[i].kind
}

func (r *reader) is(i int, kind, name string) bool {
	return r.kind(i) == kind && r.items[i].name == name
}

// parse collects the days, hours and delays of the text.
func (r *reader) parse() {
	r.soon = -1
	r.zone()
	kept := r.items[:0]
	for k, it := range r.items {
		if it.kind != "fill" {
			kept = append(kept, it)
			continue
		}
		if k+1 < len(r.items) {
			r.items[k+1].broken = r.items[k+1].broken || it.broken
			r.items[k+1].comma = r.items[k+1].comma || it.comma
		}
	}
	r.items = kept
	for i := 0; i < len(r.items); {
		if r.items[i].broken {
			r.hasRel, r.neg, r.between = false, false, false
			if r.told() {
				return
			}
		}
		if r.items[i].comma {
			r.neg = false
		}
		i += max(1, r.step(i))
	}
}

// told reports whether a sentence has named all that a window needs.
func (r *reader) told() bool {
	return r.delayed || len(r.days) > 0 && len(r.hours) > 0
}

// zone finds "KL time" and the like, wherever it stands.
func (r *reader) zone() {
	for i := range r.items {
		if r.items[i].kind != "zone" {
			continue
		}
		if l, err := time.LoadLocation(r.items[i].name); err == nil {
			r.now = r.now.In(l)
			r.place = placeOf(r.now, l)
		}
		r.items[i].kind = "fill"
	}
}

// step reads what begins at item i and returns how many items it took.
func (r *reader) step(i int) int {
	it := r.items[i]
	switch it.kind {
	case "rel":
		return r.relate(it)
	case "not":
		r.neg = true
		return 1
	case "or":
		r.or = true
		return 1
	case "and", "to":
		return r.link(i)
	case "soon":
		if r.soon < 0 && !r.neg {
			r.soon = it.n
		}
		r.neg = false
		return 1
	}
	if r.revise(i) {
		return 1
	}
	if n := r.delay(i); n > 0 {
		return n
	}
	s, n := r.date(i)
	if h, m := r.hour(i); m > 0 && h.name == "jumuah" && n > 0 {
		n = 0
	}
	if n > 0 {
		r.keep(bound{day: s, at: i})
		return n
	}
	if h, n := r.hour(i); n > 0 {
		r.keep(bound{tod: h, at: i})
		return n
	}
	if it.kind == "unknown" || it.kind == "other" {
		r.hasRel, r.neg, r.or = false, false, false
	}
	return 1
}

// revise reads what changes a bound that was read before; it reports whether item i does.
func (r *reader) revise(i int) bool {
	last := r.last()
	switch it := r.items[i]; it.kind {
	case "bad":
		r.deny(i)
	case "thereafter":
		if last != nil {
			last.rel = from
		}
	case "beforethat":
		if last != nil && last.tod.kind != "" {
			last.rel = before
		}
	case "onwards":
		if last != nil && last.rel == at {
			last.rel = from
		}
		r.onwards = true
	case "offset":
		if last != nil && last.tod.kind != "" && (last.rel == after || last.rel == before) {
			last.off = map[relation]int{after: it.n, before: -it.n}[last.rel]
			last.rel = after
		}
	case "ish":
		if n := len(r.hours); n > 0 && r.hours[n-1].rel == at {
			r.hours[n-1].rel = around
		}
	default:
		return false
	}
	return true
}

// deny reads "can't" and its like: of what its clause named before it ("today I can't"), else
// of what follows ("can't before five").
func (r *reader) deny(i int) {
	next := r.kind(i + 1)
	if follows := next == "rel" || next == "unknown"; follows && !r.clausal(i+1) {
		r.neg = true
		return
	}
	begins := i
	for begins > 0 && !r.clausal(begins) {
		begins--
	}
	denied := false
	for _, list := range [][]bound{r.days, r.hours} {
		for k := range list {
			if list[k].at >= begins && list[k].rel == at {
				list[k].neg, denied = true, true
			}
		}
	}
	r.neg = !denied
}

// relate notes a relation for what follows.
func (r *reader) relate(it item) int {
	next := map[string]relation{"after": after, "before": before, "until": until, "by": until, "from": from, "between": from, "around": around, "within": at}[it.name]
	switch {
	case it.name == "within":
		return 1
	case r.hasRel && r.rel != at && next == around: // "after about 6"
		return 1
	case r.neg && next == before:
		next = from
	case r.neg && (next == after || next == from):
		next = until
	}
	r.neg = false
	r.rel, r.hasRel = next, true
	r.between = it.name == "between" || it.name == "from"
	return 1
}

// link reads "and" and "to" between two hours or two days: the second bounds the window above.
func (r *reader) link(i int) int {
	isTo := r.kind(i) == "to"
	last := r.last()
	if last == nil || !isTo && !r.between {
		return 1
	}
	if isTo && last.at+3 < i && !r.between {
		return 1
	}
	if last.rel == at || last.rel == around || last.rel == from || last.rel == after {
		if last.rel == at || last.rel == around {
			last.rel = from
		}
		r.rel, r.hasRel = until, true
	}
	return 1
}

// last is the bound read last.
func (r *reader) last() *bound {
	d, h := len(r.days)-1, len(r.hours)-1
	switch {
	case d < 0 && h < 0:
		return nil
	case h < 0 || d >= 0 && r.days[d].at > r.hours[h].at:
		return &r.days[d]
	}
	return &r.hours[h]
}

// keep adds a bound with the relation that is waiting for one.
func (r *reader) keep(b bound) {
	b.neg, b.or = r.neg, r.or
	if last := r.last(); last != nil && r.items[b.at].more { // "not tonight" denies its day and its night
		b.neg = last.neg
	}
	if r.hasRel {
		b.rel = r.rel
	}
	r.hasRel, r.neg, r.or = false, false, false
	if b.tod.kind == "" {
		if n := len(r.days); n > 0 && b.rel == until && r.days[n-1].rel == from && !b.day.end.After(r.days[n-1].day.first) { // "Sunday to Thursday"
			b.day = span{b.day.first.AddDate(0, 0, 7), b.day.end.AddDate(0, 0, 7)}
		}
		r.days = append(r.days, b)
	} else {
		r.hours = append(r.hours, b)
	}
}
