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

// callback reads whether the customer asks to be telephoned, and when.
func (m *matter) callback(u Understanding) *Callback {
	out := &Callback{}
	if m.sum[len(labels)+callSignal] < callbackLeast || u.Desk == DeskOther && u.Category != "unclear" {
		return out // a seller who wants a call, or a machine that names a colleague, is not a customer
	}
	out.Requested = true
	for _, h := range m.hits {
		r := &m.lex.rules[h.rule]
		if r.target != "callback" || r.weight <= 0 {
			continue
		}
		m.because("asks for a call: “%s”", m.quote(h))
		from, to := max(0, int(h.from)-timeBefore), min(len(m.d.tokens), int(h.to)+timeAfter)
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
		m.wished(out, from, to)
		break
	}
	return out
}

// ends reports whether a sentence ended before token k: a comma ends none.
func (m *matter) ends(k int) bool {
	t := m.d.tokens
	return t[k].broken && (k == 0 || strings.ContainsAny(m.d.text[t[k-1].end:t[k].start], ".!?;\n؟؛…"))
}

// wished reads the time named in tokens [from, to). "Now" is no time: a call is as soon as
// allowed unless something else is said.
func (m *matter) wished(out *Callback, from, to int) {
	if from >= to {
		return
	}
	w, ok := wish.Read(m.d.surface(from, to), m.now, m.now.Location())
	if !ok || w.Soon {
		return
	}
	out.At = &w.NotBefore
	if !w.Until.IsZero() {
		out.Until = &w.Until
	}
}
