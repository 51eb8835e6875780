package routing

// Words around a request in which its time is looked for.
const (
	timeBefore = 6
	timeAfter  = 14
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
			if m.d.tokens[k].broken {
				from = k
			}
		}
		breaks := 0
		for k := int(h.to); k < to; k++ {
			if m.d.tokens[k].broken {
				if breaks++; breaks == 2 {
					to = k
				}
			}
		}
		if at, ok := m.when().moment(from, to); ok {
			out.At = &at
		}
		break
	}
	return out
}
