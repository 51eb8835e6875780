package routing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// label is one answer Classify can give.
type label struct{ desk, category string }

var labels = func() (out []label) {
	for _, d := range []struct{ desk, categories string }{
		{DeskTrace, "where_is_my_shipment late_delivery non_delivery return_to_origin held_in_customs address_change delivery_instructions damaged_or_missing claim proof_of_delivery misdelivery complaint"},
		{DeskBooking, "package_inquiry availability new_booking booking_change cancellation refund payment visa_documents pre_tour_info special_request post_tour_feedback complaint"},
		{DeskOther, "spam wrong_number job_application supplier_or_sales greeting_only auto_reply thanks_only invoice_or_order unclear"},
	} {
		for _, c := range strings.Fields(d.categories) {
			out = append(out, label{d.desk, c})
		}
	}
	return out
}()

// Signals are what rules can speak for beside labels.
const (
	callSignal = iota // the customer wants to be telephoned
	urgentSignal
	highSignal
	lowSignal
	signals
)

// targets maps what a rule may name to the scores it adds to: a label (trace/claim), a
// desk (trace), a category of two desks (complaint) or a signal.
var targets = func() map[string][]int {
	t := map[string][]int{"callback": {len(labels) + callSignal}, Urgent: {len(labels) + urgentSignal}, High: {len(labels) + highSignal}, Low: {len(labels) + lowSignal}}
	for i, l := range labels {
		t[l.desk+"/"+l.category] = []int{i}
		t[l.desk] = append(t[l.desk], i)
		if l.category == "complaint" {
			t["complaint"] = append(t["complaint"], i)
		}
	}
	return t
}()

// scores holds one number for each label, then for each signal.
type scores [33 + signals]float64

// hit is a rule that spoke, and the tokens [from, to) that made it speak.
type hit struct{ rule, from, to int32 }

// Classifier understands messages. It is safe for concurrent use, keeps nothing between
// messages, and gives the same answer for the same input everywhere. Its evidence is
// added up per label from the lexicon's rules; a trained model would be one more term of
// that sum.
type Classifier struct{ lex *lexicon }

// NewClassifier returns a classifier on the built-in lexicon.
func NewClassifier() *Classifier { return &Classifier{lex: builtin()} }

var documents = sync.Pool{New: func() any { return new(document) }}

// Classify understands one message. Relative times ("tomorrow at three") are read at now
// in tz, the customer's or the desk's time zone. It never fails: what says nothing is
// other/unclear.
func (c *Classifier) Classify(t Text, now time.Time, tz *time.Location) Understanding {
	d := documents.Get().(*document)
	defer documents.Put(d)
	d.reset(fresh(t.Subject, t.Body))
	c.lex.look(d)
	m := matter{lex: c.lex, d: d, now: now.In(tz), hits: d.hits[:0], why: make([]string, 0, 8)}
	m.refs = c.lex.references(d)
	m.weigh()
	d.hits = m.hits
	return m.conclude()
}

// Language tells which language a text is in: en, ar, ms or mixed.
func (c *Classifier) Language(subject, body string) string {
	d := documents.Get().(*document)
	defer documents.Put(d)
	d.reset(fresh(subject, body))
	c.lex.look(d)
	m := matter{lex: c.lex, d: d}
	return m.language()
}

// matter is one message while it is being understood.
type matter struct {
	lex  *lexicon
	d    *document
	now  time.Time // in the customer's zone
	refs []Reference
	hits []hit
	sum  scores
	why  []string
}

// Scores that come from no word list.
const (
	unclearPrior  = 1.4 // what a label must beat before it is believed
	defaultPrior  = 0.9 // for the commonest category of a desk, once the desk has spoken
	validAWB      = 2.5
	invalidAWB    = 1.2
	bookingNumber = 2.5
	politeOnly    = 6.0
	spread        = 0.8 // how many points make one label e times as likely as another
	callbackLeast = 1.0
	priorityLeast = 1.0
	whyRules      = 3
)

func (m *matter) weigh() {
	m.d.seen = append(m.d.seen[:0], make([]bool, len(m.lex.rules))...)
	i := 0
	visit := func(n *node, end int) {
		for _, r := range n.rules {
			if m.d.seen[r] {
				continue
			}
			m.d.seen[r] = true
			m.hits = append(m.hits, hit{r, int32(i), int32(end)})
			for _, s := range m.lex.rules[r].scores {
				m.sum[s] += m.lex.rules[r].weight
			}
		}
	}
	for ; i < len(m.d.tokens); i++ {
		m.lex.walk(m.d, i, visit)
	}
	m.priors()
}

// priors adds what the message as a whole says: its references, and that it holds
// nothing but a greeting or thanks.
func (m *matter) priors() {
	awb, booking := 0.0, 0.0
	for _, r := range m.refs {
		switch {
		case r.Kind == Booking:
			booking = bookingNumber
		case r.Valid:
			awb = validAWB
		default:
			awb = max(awb, invalidAWB)
		}
	}
	for i, l := range labels {
		switch l.desk {
		case DeskTrace:
			m.sum[i] += awb
		case DeskBooking:
			m.sum[i] += booking
		}
		switch l.category {
		case "unclear":
			m.sum[i] += unclearPrior
		case "where_is_my_shipment", "package_inquiry":
			if m.sum[i] > 0 {
				m.sum[i] += defaultPrior
			}
		}
	}
	if c := m.polite(); c != "" {
		m.sum[targets["other/"+c][0]] += politeOnly
	}
}

// polite tells whether a message is only a greeting or only thanks: every word is a
// word of courtesy.
func (m *matter) polite() string {
	greet, thanks, rest := 0, 0, 0
	for i := 0; i < len(m.d.tokens); i++ {
		g, t, n := m.courtesy(i)
		switch {
		case t:
			thanks++
		case g:
			greet++
		default:
			rest++
		}
		i += n - 1
	}
	switch {
	case rest > 0 || len(m.refs) > 0 || greet+thanks == 0:
		return ""
	case thanks > 0:
		return "thanks_only"
	}
	return "greeting_only"
}

// courtesy tells whether token i starts a greeting (or a word that goes with one), or
// thanks, and how many tokens that covers.
func (m *matter) courtesy(i int) (greet, thanks bool, n int) {
	n = 1
	for _, e := range m.d.edges[m.d.first[i]:m.d.first[i+1]] {
		switch m.lex.names[e.id] {
		case "{greet}", "{polite}":
			greet, n = true, max(n, int(e.n))
		case "{thanks}":
			thanks, n = true, max(n, int(e.n))
		}
	}
	return greet, thanks, n
}

func (m *matter) conclude() Understanding {
	best := 0
	for i := range labels {
		if m.sum[i] > m.sum[best] {
			best = i
		}
	}
	total := 0.0
	for i := range labels {
		total += math.Exp((m.sum[i] - m.sum[best]) / spread)
	}
	u := Understanding{Desk: labels[best].desk, Category: labels[best].category,
		Confidence: math.Round(100/total) / 100, References: m.refs}
	if u.References == nil {
		u.References = []Reference{}
	}
	m.explain(best)
	u.Language = m.language()
	u.Callback = m.callback(u)
	u.Priority = m.priority(u)
	u.Why = m.why
	return u
}

// explain says which words made the label win.
func (m *matter) explain(best int) {
	l := labels[best]
	mine := make([]hit, 0, 16)
	for _, h := range m.hits {
		if r := &m.lex.rules[h.rule]; r.weight > 0 && slices.Contains(r.scores, best) {
			mine = append(mine, h)
		}
	}
	slices.SortStableFunc(mine, func(a, b hit) int { return cmp.Compare(m.lex.rules[b.rule].weight, m.lex.rules[a.rule].weight) })
	for _, h := range mine[:min(len(mine), whyRules)] {
		m.because("%s: “%s”", words(m.lex.rules[h.rule].target), m.quote(h))
	}
	for _, r := range m.refs {
		switch {
		case r.Kind == Booking:
			m.because("booking number %s", r.Value)
		case r.Valid:
			m.because("shipment number %s%s, check passed", r.Value, when(r.Carrier != "", " ("+words(r.Carrier)+")"))
		default:
			m.because("shipment number %s, not a valid one", r.Value)
		}
	}
	if len(m.why) == 0 {
		m.because("%s: nothing in it names a matter", words(l.category))
	}
}

func (m *matter) because(format string, args ...any) {
	m.why = append(m.why, fmt.Sprintf(format, args...))
}

const quoteLength = 60

// quote is the customer's words behind a hit, on one line.
func (m *matter) quote(h hit) string {
	q := []rune(strings.Join(strings.Fields(m.d.surface(int(h.from), int(h.to))), " "))
	if len(q) > quoteLength {
		return string(q[:quoteLength]) + "…"
	}
	return string(q)
}

var spaces = strings.NewReplacer("_", " ", "/", ", ")

// words turns a name into words an officer reads.
func words(name string) string { return spaces.Replace(name) }
