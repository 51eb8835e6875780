package routing

import (
	"strings"

	wish "github.com/caravan-desk/caravan/routing/when"
)

// Words around a request in which its time is looked for.
const (
	timeBefore = 10
	timeAfter  = 16
)

// What the model must give a call-back wish before it is believed. It is under a half
// because a promise too many is renegotiated and one too few is broken.
const (
	callLikely   = 0.14
	callOpposed  = 0.60 // where the rules say he does not ("don't call", "nobody called")
	callSeconded = 0.20 // where the rules say he does: they hear "call" too often
)

// notCustomers are categories whose writer may want a call and is no customer: a seller,
// a machine that names a colleague, somebody's friend.
var notCustomers = map[string]bool{"spam": true, "supplier_or_sales": true, "auto_reply": true, "wrong_number": true, "greeting_only": true, "thanks_only": true}

// callback reads whether the customer asks to be telephoned, and when. Likely is what
// the model says of it.
func (m *matter) callback(u Understanding, likely float64, model *Model) *Callback {
	out, least := &Callback{}, callLikely
	switch sum := m.sum[len(labels)+callSignal]; {
	case sum < 0:
		least = callOpposed
	case sum >= signalLeast:
		least = callSeconded
	}
	if notCustomers[u.Category] || likely < least && !m.asksInPassing(model) {
		return out
	}
	out.Requested = true
	at, ok := m.wish()
	if ok {
		m.because("asks for a call: “", m.quote(at), "”")
	} else {
		m.because("asks for a call")
	}
	m.wished(out, at)
	return out
}

// In a long message a wish is a sentence among others, which the model hears only if it
// is asked about that sentence alone.
const (
	longMessage  = 20 // tokens
	callSentence = 0.75
	callPlaces   = 3 // sentences that are asked about
)

// asksInPassing reports whether a sentence of a long message that speaks of calling
// would by itself be a wish to be called.
func (m *matter) asksInPassing(model *Model) bool {
	if len(m.d.tokens) < longMessage {
		return false
	}
	d := documents.Get().(*document)
	defer documents.Put(d)
	reader, end := Classifier{lex: m.lex}, 0
	for range callPlaces {
		i, ok := m.d.marked(ringupMark, end, len(m.d.tokens))
		if !ok {
			return false
		}
		from, to := m.sentence(i)
		reader.read(d, Text{Channel: m.channel, Body: m.d.surface(from, to)}, m.now)
		model.score(&d.features, &d.logits)
		wish := d.logits[callbackHead:headEnds[2]]
		softmax(wish, model.heat)
		if wish[1] >= callSentence {
			return true
		}
		end = max(to, i+1)
	}
	return false
}

// sentence is the stretch of tokens around token i up to where sentences end.
func (m *matter) sentence(i int) (from, to int) {
	from, to = i, i+1
	for from > max(0, i-timeBefore) && !m.ends(from) {
		from--
	}
	for to < min(len(m.d.tokens), i+timeAfter) && !m.ends(to) {
		to++
	}
	return from, to
}

// wish is where the text asks for a call: what made a rule speak, or a word of calling,
// or anywhere.
func (m *matter) wish() (hit, bool) {
	for _, h := range m.hits {
		if r := &m.lex.rules[h.rule]; r.target == "callback" && r.weight > 0 {
			return h, true
		}
	}
	if i, ok := m.d.marked(callMark, 0, len(m.d.tokens)); ok {
		return hit{from: int32(i), to: int32(i + 1)}, true
	}
	return hit{to: int32(len(m.d.tokens))}, false
}

// around is the stretch of tokens in which the time of a wish is looked for: back to the
// start of its sentence, on over the end of one.
func (m *matter) around(h hit) (from, to int) {
	from, to = max(0, int(h.from)-timeBefore), min(len(m.d.tokens), int(h.to)+timeAfter)
	for k := int(h.from); k > from; k-- {
		if m.ends(k) {
			from = k
		}
	}
	sentences := 0
	for k := int(h.to); k < to; k++ {
		if m.ends(k) {
			if sentences++; sentences == 2 {
				to = k
			}
		}
	}
	return from, to
}

// ends reports whether a sentence ended before token k: a comma ends none.
func (m *matter) ends(k int) bool {
	t := m.d.tokens
	return t[k].broken && (k == 0 || strings.ContainsAny(m.d.text[t[k-1].end:t[k].start], ".!?;\n؟؛…"))
}

// wished reads the time named around a wish. "Now" is no time: a call is as soon as
// allowed unless something else is said.
func (m *matter) wished(out *Callback, h hit) {
	from, to := m.around(h)
	if from >= to {
		return
	}
	w, ok := wish.Read(m.d.surface(from, to), m.now, m.now.Location())
	if !ok || w.Soon {
		out.Soon = ok
		return
	}
	out.At = &w.NotBefore
	if !w.Until.IsZero() {
		out.Until = &w.Until
	}
}
