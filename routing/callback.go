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

// What the model must give a call-back wish before it is believed, chosen on held-out
// messages. A promise too many is renegotiated, one too few is broken.
const (
	callLikely   = 0.45
	callOpposed  = 0.50 // where the rules say he does not ("don't call", "nobody called")
	callSeconded = 0.15 // where the rules say he does
)

// notCustomers are categories whose writer may want a call and is no customer: a seller,
// a machine that names a colleague, somebody's friend.
var notCustomers = map[string]bool{"spam": true, "supplier_or_sales": true, "auto_reply": true, "wrong_number": true, "greeting_only": true, "thanks_only": true}

// callback reads whether the customer asks to be telephoned, and when. The model is asked
// about the sentences that speak of talking: in a long message they are a few among many.
func (m *matter) callback(u Understanding) *Callback {
	out, least := &Callback{}, callLikely
	switch sum := m.sum[len(labels)+callSignal]; {
	case sum < 0:
		least = callOpposed
	case sum >= signalLeast:
		least = callSeconded
	}
	if notCustomers[u.Category] || m.wishes() < least {
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

// wishes is how likely the model thinks that he asks for a call: not at all where nothing
// speaks of talking.
func (m *matter) wishes() (likely float64) {
	m.spoken(func(said *matter) {
		m.model.judge(said.d, callbackHead/8*8)
		wish := said.d.logits[callbackHead:headEnds[2]]
		softmax(wish, m.model.heat)
		likely = wish[1]
	})
	return likely
}

// mostSaid is how many sentences that speak of talking are read.
const mostSaid = 4

// spoken gives the sentences of a message that speak of talking, if there are any, as a
// message of their own whose features are collected. It lasts as long as the call.
func (m *matter) spoken(use func(said *matter)) {
	i, ok := m.d.marked(voiceMark, 0, len(m.d.tokens))
	if !ok {
		return
	}
	d := documents.Get().(*document)
	room := d.folded
	defer func() { d.folded = room; documents.Put(d) }()
	d.empty(m.d)
	said := d.open(m.vocabulary)
	said.now, said.channel = m.now, m.channel
	for n, end := 0, 0; ok && n < mostSaid; n++ {
		from, to := m.sentence(i)
		from = max(from, end)
		d.take(m.d, from, to)
		for _, h := range m.hits {
			if from <= int(h.from) && int(h.to) <= to {
				said.hits = append(said.hits, h)
				for _, s := range m.lex.rules[h.rule].scores {
					said.sum[s] += m.lex.rules[h.rule].weight
				}
			}
		}
		end = to
		i, ok = m.d.marked(voiceMark, end, len(m.d.tokens))
	}
	d.hits = said.hits
	said.priors()
	said.collect(m.channel)
	use(said)
}

// empty makes d a part of another document, of which nothing was taken yet.
func (d *document) empty(of *document) {
	d.text, d.folded = of.text, of.folded
	d.tokens, d.edges, d.first, d.marks, d.hashes, d.lemmas = d.tokens[:0], d.edges[:0], append(d.first[:0], 0), d.marks[:0], d.hashes[:0], d.lemmas[:0]
}

// take adds tokens [from, to) of the whole, with what is known of them, as a clause.
func (d *document) take(of *document, from, to int) {
	at := len(d.tokens)
	d.tokens = append(d.tokens, of.tokens[from:to]...)
	d.tokens[at].broken = true
	base := int32(len(d.edges)) - of.first[from]
	for _, f := range of.first[from+1 : to+1] {
		d.first = append(d.first, f+base)
	}
	d.edges = append(d.edges, of.edges[of.first[from]:of.first[to]]...)
	d.marks = append(d.marks, of.marks[from:to]...)
	d.hashes = append(d.hashes, of.hashes[from:to]...)
	d.lemmas = append(d.lemmas, of.lemmas[from:to]...)
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
