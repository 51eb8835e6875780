package routing

import (
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caravan-desk/caravan/channels"
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

// Classifier understands messages. It is safe for concurrent use, keeps nothing of them, and
// gives the same answer for the same input everywhere. The lexicon finds words, references and
// rules; the model weighs them and everything else in the text.
type Classifier struct {
	lex   *lexicon
	words atomic.Pointer[vocabulary]
}

// NewClassifier returns a classifier on the built-in lexicon and model.
func NewClassifier() *Classifier { return (&Classifier{lex: builtin()}).With(BuiltinModel()) }

// untaught is a classifier without a model: it can be taught, but not asked.
func untaught() *Classifier { return (&Classifier{lex: builtin()}).With(nil) }

// With returns a classifier that weighs with another model.
func (c *Classifier) With(m *Model) *Classifier {
	out := &Classifier{lex: c.lex}
	out.Use(m)
	return out
}

// Use makes it weigh with another model from now on. A message that is being read keeps
// the model it began with.
func (c *Classifier) Use(m *Model) { c.words.Store(newVocabulary(c.lex, m)) }

// Model is the model it weighs with.
func (c *Classifier) Model() *Model { return c.words.Load().model }

var documents = sync.Pool{New: func() any { return new(document) }}

// Classify understands one message. Relative times ("tomorrow at three") are read at now
// in tz, the customer's or the desk's time zone. It never fails: what says nothing is
// other/unclear.
func (c *Classifier) Classify(t Text, now time.Time, tz *time.Location) Understanding {
	d := documents.Get().(*document)
	defer documents.Put(d)
	m := c.words.Load().read(d, t, now.In(tz))
	u := m.conclude()
	u.Why = m.why()
	return u
}

// read looks a message up in the lexicon and collects its features. The matter is the
// document's, and lasts as long.
func (v *vocabulary) read(d *document, t Text, now time.Time) *matter {
	d.reset(fresh(t.Subject, t.Body))
	v.look(d)
	m := d.open(v)
	m.now, m.channel, m.refs = now, t.Channel, v.lex.references(d)
	m.weigh()
	d.hits = m.hits
	m.soon, m.dated = m.leavesSoon(), m.namesDate()
	m.collect(t.Channel)
	return m
}

// features are a copy of what the model sees of a message, and of the sentences of it
// that speak of talking (nil if there are none).
func (c *Classifier) features(t Text) (whole features, said *features) {
	d := documents.Get().(*document)
	defer documents.Put(d)
	m := c.words.Load().read(d, t, evaluated)
	whole = d.features.copy()
	m.spoken(func(part *matter) { said = new(part.d.features.copy()) })
	return whole, said
}

// Language tells which language a text is in: en, ar, ms or mixed.
func (c *Classifier) Language(subject, body string) string {
	d := documents.Get().(*document)
	defer documents.Put(d)
	d.reset(fresh(subject, body))
	plain := newVocabulary(c.lex, nil)
	plain.look(d)
	return d.open(plain).language()
}

// matter is one message while it is being understood.
type matter struct {
	*vocabulary
	d   *document
	now time.Time // in the customer's zone

	channel channels.Kind
	refs    []Reference
	hits    []hit
	sum     scores // what the rules say; the model hears of it by features
	best    int    // the label it was taken for

	soon  time.Time // a journey within 48 hours; zero if none is named
	dated bool      // a day, month or season is named
}

// open begins the matter that a document is about.
func (d *document) open(v *vocabulary) *matter {
	d.matter = matter{vocabulary: v, d: d, hits: d.hits[:0]}
	d.parts, d.grounds = d.parts[:0], d.grounds[:0]
	return &d.matter
}

// Scores that come from no word list.
const (
	unclearPrior  = 1.4 // what a label must beat before it is believed
	defaultPrior  = 0.9 // for the commonest category of a desk, once the desk has spoken
	validAWB      = 2.5
	invalidAWB    = 1.2
	bookingNumber = 2.5
	politeOnly    = 6.0
	signalLeast   = 1.0 // points that make a signal
)

func (m *matter) weigh() {
	m.d.seen = append(m.d.seen[:0], make([]bool, len(m.lex.rules))...)
	i := 0
	visit := func(s *says, end int) {
		for _, r := range s.rules {
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
		if m.d.marks[i]&ruleMark != 0 {
			m.lex.trie.walk(m.d, ruleRoot, i, visit)
		}
	}
	m.priors()
}

// conclude says what the message is taken to mean; why says why.
func (m *matter) conclude() Understanding {
	logits := &m.d.logits
	m.model.judge(m.d, 0)
	m.best = top(logits[:priorityHead])
	softmax(logits[:priorityHead], m.model.heat)
	softmax(logits[priorityHead:callbackHead], m.model.heat)
	u := Understanding{Desk: labels[m.best].desk, Category: labels[m.best].category,
		Confidence: math.Round(100*logits[m.best]) / 100, References: m.refs}
	u.Language = m.language()
	u.References = m.references(u)
	u.Callback = m.callback(u)
	u.Priority = m.priority(u, logits[priorityHead:callbackHead])
	return u
}

// top is the place of the largest.
func top(of []float64) (best int) {
	for i, x := range of {
		if x > of[best] {
			best = i
		}
	}
	return best
}

// references are those that name themselves, and the numbers that can be nothing else in
// a matter of their desk.
func (m *matter) references(u Understanding) []Reference {
	out := m.refs
	if out == nil {
		out = []Reference{}
	}
	for _, r := range m.d.perhaps {
		ours := r.Kind == AWB && u.Desk == DeskTrace || r.Kind == Booking && u.Desk == DeskBooking && !m.romanised(u.Language)
		if ours && !slices.ContainsFunc(out, func(o Reference) bool { return o.Value == r.Value }) {
			out = append(out, r)
			m.because("taken for a ", when(r.Kind == AWB, "shipment")+when(r.Kind == Booking, "booking"), " number: ", r.Value)
		}
	}
	return out
}
