package routing

import (
	"slices"
	"time"
)

// soonLimit is what "leaves within 48 hours" allows.
const soonLimit = 48 * time.Hour

// priority follows the contract's rubric. The word "urgent" alone is in no list.
func (m *matter) priority(u Understanding) string {
	if u.Desk == DeskOther {
		if u.Category == "unclear" || u.Category == "invoice_or_order" {
			return Normal
		}
		return Low
	}
	if m.signal(urgentSignal, "urgent") || m.leavesSoon() {
		return Urgent
	}
	if m.signal(highSignal, "high priority") {
		return High
	}
	switch {
	case u.Category == "post_tour_feedback":
		m.because("low priority: feedback")
		return Low
	case u.Category == "package_inquiry" && m.spoke("booking/package_inquiry") && !m.dated():
		m.because("low priority: an inquiry without a date")
		return Low
	}
	return Normal
}

// signal reports whether the rules for a signal add up, and says which words did it.
func (m *matter) signal(s int, name string) bool {
	if m.sum[len(labels)+s] < priorityLeast {
		return false
	}
	for _, h := range m.hits {
		if r := &m.lex.rules[h.rule]; r.weight > 0 && r.scores[0] == len(labels)+s {
			m.because("%s: “%s”", name, m.quote(h))
			break
		}
	}
	return true
}

// spoke reports whether any rule spoke for a target.
func (m *matter) spoke(target string) bool {
	return slices.ContainsFunc(m.hits, func(h hit) bool {
		r := &m.lex.rules[h.rule]
		return r.weight > 0 && r.target == target
	})
}

// leavesSoon reports whether the text speaks of travelling and names a day within 48 hours.
func (m *matter) leavesSoon() bool {
	if _, ok := m.d.has(m.lex.ids["{travel}"], 0, len(m.d.tokens)); !ok {
		return false
	}
	w := m.when()
	for i := range m.d.tokens {
		at, n, ok := w.date(i)
		if !ok || at.Before(m.now.Truncate(24*time.Hour).Add(-24*time.Hour)) || at.After(m.now.Add(soonLimit)) {
			continue
		}
		lo, hi := max(0, i-6), min(len(m.d.tokens), i+n+6)
		if _, travels := m.d.has(m.lex.ids["{travel}"], lo, hi); travels {
			m.because("urgent: travels on %s", at.Format("2 January"))
			return true
		}
	}
	return false
}

// dated reports whether the text names any day, month or season.
func (m *matter) dated() bool {
	if _, ok := m.d.has(m.lex.ids["{season}"], 0, len(m.d.tokens)); ok {
		return true
	}
	w := m.when()
	for i := range m.d.tokens {
		if _, _, ok := w.date(i); ok {
			return true
		}
		if w.number(i, "m") > 0 {
			return true
		}
	}
	return false
}
