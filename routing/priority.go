package routing

import "time"

// soonLimit is what "leaves within 48 hours" allows.
const soonLimit = 48 * time.Hour

// What the model must give a priority before it is believed: little where a rule or a
// date says the same, much where it is alone. Chosen on held-out messages.
const (
	urgentSeconded = 0.08
	urgentAlone    = 0.40
	highSeconded   = 0.05
	highAlone      = 0.30
	lowAlone       = 0.60
	lowInquiry     = 0.10 // of an inquiry, which is low where it names no date
	lowDated       = 0.90 // and hardly where it names one
)

// priority follows the contract's rubric. The word "urgent" alone is in no list. Likely
// is what the model gives each of priorityLanes.
func (m *matter) priority(u Understanding, likely []float64) string {
	switch {
	case u.Category == "unclear":
		return Normal
	case u.Desk == DeskOther && u.Category != "invoice_or_order":
		return Low
	}
	switch m.pressing(likely) {
	case Urgent:
		switch {
		case m.signal(urgentSignal):
			m.says(urgentSignal, "urgent")
		case !m.soon.IsZero():
			m.because("urgent: travels on ", m.soon.Format("2 January"))
		default:
			m.because("urgent: like other urgent messages")
		}
		return Urgent
	case High:
		if !m.says(highSignal, "high priority") {
			m.because("high priority: like others of high priority")
		}
		return High
	}
	return m.ordinary(u, likely[3])
}

// pressing is Urgent or High, where that is likely enough; else Normal.
func (m *matter) pressing(likely []float64) string {
	switch {
	case likely[0] > urgentAlone, (m.signal(urgentSignal) || !m.soon.IsZero()) && likely[0] > urgentSeconded:
		return Urgent
	case likely[1] > highAlone, m.signal(highSignal) && likely[1] > highSeconded:
		return High
	}
	return Normal
}

// ordinary is the priority of what is neither urgent nor high.
func (m *matter) ordinary(u Understanding, low float64) string {
	switch {
	case u.Category == "post_tour_feedback":
		m.because("low priority: feedback")
		return Low
	case u.Category == "package_inquiry" && (low > lowDated || !m.dated && low > lowInquiry):
		m.because("low priority: an inquiry without a date")
		return Low
	case low > lowAlone:
		m.because("low priority: like thanks and feedback")
		return Low
	}
	return Normal
}

// signal reports whether the rules for a signal add up.
func (m *matter) signal(s int) bool { return m.sum[len(labels)+s] >= signalLeast }

// says gives the words that made the rules for a signal speak as a reason.
func (m *matter) says(s int, name string) bool {
	for _, h := range m.hits {
		if r := &m.lex.rules[h.rule]; r.weight > 0 && r.scores[0] == len(labels)+s {
			m.because(name, ": “", m.quote(h), "”")
			return true
		}
	}
	return false
}

// leavesSoon is the day within 48 hours on which the customer travels, zero if he names none.
func (m *matter) leavesSoon() time.Time {
	if _, ok := m.d.marked(travelMark, 0, len(m.d.tokens)); !ok {
		return time.Time{}
	}
	w := m.when()
	for i := range m.d.tokens {
		at, n, ok := w.date(i)
		if !ok || at.Before(m.now.Truncate(24*time.Hour).Add(-24*time.Hour)) || at.After(m.now.Add(soonLimit)) {
			continue
		}
		lo, hi := max(0, i-6), min(len(m.d.tokens), i+n+6)
		if _, travels := m.d.marked(travelMark, lo, hi); travels {
			return at
		}
	}
	return time.Time{}
}

// namesDate reports whether the text names any day, month or season.
func (m *matter) namesDate() bool {
	if _, ok := m.d.marked(seasonMark, 0, len(m.d.tokens)); ok {
		return true
	}
	w := m.when()
	for i := range m.d.tokens {
		if _, _, ok := w.date(i); ok {
			return true
		}
		if w.number(i, 'm') > 0 {
			return true
		}
	}
	return false
}
