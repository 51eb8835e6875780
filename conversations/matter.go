package conversations

import (
	"cmp"
	"reflect"
	"slices"
	"time"
)

// Matter is a shipment or a booking as the system that runs it reports it. It
// stands beside conversations: there may be none about it yet, or several.
type Matter struct {
	Reference
	Version Revision        `json:"-"`
	Reports []Report        `json:"reports"`          // by At, the oldest first; at most MostReports
	Facts   map[string]Fact `json:"facts,omitempty"`  // of a booking, the latest word on each
	Opened  ID              `json:"opened,omitempty"` // the conversation the house opened about it by itself
	Next    time.Time       `json:"next,omitzero"`    // when it is to be looked after: news to tell, or the chase's step; zero if never
	Chase   *Chase          `json:"chase,omitempty"`  // for missing documents; nil: nobody is chased
}

// Chase is how far the asking for a booking's missing documents is.
type Chase struct {
	Since time.Time `json:"since"`
	Step  int       `json:"step"`          // the next one, from 0
	Next  time.Time `json:"next,omitzero"` // when; zero: it rests
	Why   string    `json:"why,omitempty"` // it rests
}

// Kinds of Matter, as in Reference.Kind.
const (
	KindShipment = "awb"
	KindBooking  = "booking"
)

// MostReports is how many reports of one matter are kept; the oldest go first.
const MostReports = 500

// clocksApart is how far the clock of another system may be ahead of ours. A report
// from later than that counts as of now: were it believed, all that happens until
// then would be late, and told to nobody.
const clocksApart = 15 * time.Minute

// Report is one thing that a line-of-business system says about a matter.
type Report struct {
	ID       string    `json:"id"`
	Code     string    `json:"code,omitempty"`
	Status   string    `json:"status,omitempty"` // as told
	Stage    string    `json:"stage,omitempty"`  // what code and status were taken to mean; "" if unknown
	At       time.Time `json:"at"`
	Location string    `json:"location,omitempty"`
	Detail   string    `json:"detail,omitempty"`
	Received time.Time `json:"received_at"`
	Late     bool      `json:"late,omitempty"`     // something newer was known when it came: kept, and not told
	Waits    bool      `json:"waits,omitempty"`    // still to be told
	Customer *Customer `json:"customer,omitempty"` // whom it is for, until it is told
	Seen     int       `json:"seen"`               // its place in the order of arrival
	Facts    []string  `json:"changed,omitempty"`  // names of the facts that it changed
}

// Customer is whom a matter belongs to, as its system knows him.
type Customer struct {
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Language string `json:"language,omitempty"`
}

// Fact is one detail of a booking, with the time of the report that told it.
type Fact struct {
	Value any       `json:"v"`
	At    time.Time `json:"at"`
}

// Key names a matter for ever.
func (r Reference) Key() string { return r.Kind + ":" + r.Value }

// Latest is the newest report by At; ok is false if there is none.
func (m *Matter) Latest() (r Report, ok bool) {
	if len(m.Reports) == 0 {
		return Report{}, false
	}
	return m.Reports[len(m.Reports)-1], true
}

// Waiting are the reports still to be told, in the order in which they came.
func (m *Matter) Waiting() []Report {
	var out []Report
	for _, r := range m.Reports {
		if r.Waits {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Report) int { return cmp.Compare(a.Seen, b.Seen) })
	return out
}

// Learn is what a report does to a matter; facts are what it tells of a booking.
// The same report again changes nothing (known). One that is older than what is
// known takes its place among the others, and is not told. It is pure.
func Learn(before Matter, r Report, facts map[string]any, now time.Time) (after Matter, known bool) {
	if slices.ContainsFunc(before.Reports, func(o Report) bool { return o.ID == r.ID }) {
		return before, true
	}
	m := before
	m.Version++
	r.Received = now
	if r.At.IsZero() || r.At.After(now.Add(clocksApart)) {
		r.At = now
	}
	last, any := before.Latest()
	r.Late = any && r.At.Before(last.At)
	r.Waits = !r.Late
	for _, o := range before.Reports {
		r.Seen = max(r.Seen, o.Seen+1)
	}
	m.Facts, r.Facts = learned(before.Facts, facts, r.At)
	at, _ := slices.BinarySearchFunc(before.Reports, r.At, func(o Report, t time.Time) int {
		if o.At.After(t) {
			return 1
		}
		return -1 // of two at one time the one that came later stands later
	})
	m.Reports = slices.Insert(slices.Clone(before.Reports), at, r)
	if n := len(m.Reports); n > MostReports {
		m.Reports = m.Reports[n-MostReports:]
	}
	if r.Waits {
		m.Next = now
	}
	return m, false
}

// learned adds facts to those known, and names those that are new or changed.
func learned(known map[string]Fact, told map[string]any, at time.Time) (map[string]Fact, []string) {
	out := make(map[string]Fact, len(known)+len(told))
	for name, f := range known {
		out[name] = f
	}
	var changed []string
	for name, v := range told {
		if have, ok := out[name]; ok && have.At.After(at) {
			continue
		} else if !ok || !reflect.DeepEqual(have.Value, v) {
			changed = append(changed, name)
		}
		out[name] = Fact{v, at}
	}
	slices.Sort(changed)
	return out, changed
}

// Told marks reports as told, and takes the chase's new state; a matter without any that
// wait is next looked after for that. It is pure.
func Told(before Matter, ids []string, opened ID, chase *Chase) Matter {
	m := before
	m.Chase = chase
	m.Version++
	m.Opened = cmp.Or(m.Opened, opened)
	m.Reports = slices.Clone(before.Reports)
	m.Next = time.Time{}
	if chase != nil {
		m.Next = chase.Next
	}
	for i := range m.Reports {
		r := &m.Reports[i]
		if slices.Contains(ids, r.ID) {
			r.Waits, r.Customer = false, nil
		}
		if r.Waits {
			m.Next = before.Next
		}
	}
	return m
}

// Anonymous is a matter without what was told of persons, and with nothing left to tell
// them. It is pure.
func Anonymous(before Matter) Matter {
	m := before
	m.Version++
	m.Facts, m.Chase, m.Next = nil, nil, time.Time{}
	m.Reports = slices.Clone(before.Reports)
	for i := range m.Reports {
		r := &m.Reports[i]
		r.Detail, r.Customer, r.Waits, r.Facts = "", nil, false, nil
	}
	return m
}
