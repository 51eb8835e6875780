package routing

import (
	"cmp"
	"slices"
	"strings"
)

const (
	whyRules    = 3  // rules that are named
	whyWords    = 3  // words that are named
	wordLeast   = 4  // weight in steps that makes a word worth naming
	quoteLength = 60 // characters
)

// because notes a ground for a decision, in parts: they are seldom put together.
func (m *matter) because(parts ...string) {
	m.d.parts = append(m.d.parts, parts...)
	m.d.grounds = append(m.d.grounds, len(m.d.parts))
}

// why are the reasons of what was concluded: for the label, then for everything else.
func (m *matter) why() []string {
	d, rest, parts := m.d, len(m.d.grounds), len(m.d.parts)
	defer func() { d.grounds, d.parts = d.grounds[:rest], d.parts[:parts] }()
	m.explain()
	explained := len(d.grounds)
	m.because("understood by model ", m.model.Name)
	size := 0
	for _, part := range d.parts {
		size += len(part)
	}
	var b strings.Builder
	b.Grow(size)
	out := make([]string, 0, len(d.grounds))
	for _, of := range [...][2]int{{rest, explained}, {0, rest}, {explained, explained + 1}} {
		for i := of[0]; i < of[1]; i++ {
			from, first := b.Len(), 0
			if i > 0 {
				first = d.grounds[i-1]
			}
			for _, part := range d.parts[first:d.grounds[i]] {
				b.WriteString(part)
			}
			out = append(out, b.String()[from:])
		}
	}
	return out
}

// explain says which words made the label win: the rules that spoke for it, then the
// words the model gives most weight, then the numbers.
func (m *matter) explain() {
	from := len(m.d.grounds)
	mine := make([]hit, 0, 16)
	for _, h := range m.hits {
		if r := &m.lex.rules[h.rule]; r.weight > 0 && slices.Contains(r.scores, m.best) {
			mine = append(mine, h)
		}
	}
	slices.SortStableFunc(mine, func(a, b hit) int { return cmp.Compare(m.lex.rules[b.rule].weight, m.lex.rules[a.rule].weight) })
	for _, h := range mine[:min(len(mine), whyRules)] {
		m.because(m.lex.rules[h.rule].says, ": “", m.quote(h), "”")
	}
	m.heaviest()
	for _, r := range m.refs {
		switch {
		case r.Kind == Booking:
			m.because("booking number ", r.Value)
		case r.Valid:
			m.because("shipment number ", r.Value, when(r.Carrier != "", " ("+words(r.Carrier)+")"), ", check passed")
		default:
			m.because("shipment number ", r.Value, ", not a valid one")
		}
	}
	if len(m.d.grounds) == from {
		m.because(labelWords[m.best], ": nothing in it names a matter")
	}
}

// heaviest names the words that speak most for the label by themselves.
func (m *matter) heaviest() {
	var found [whyWords]struct {
		token  int
		weight int
	}
	for i, t := range m.d.tokens {
		if t.kind == numberToken || t.kind == askToken {
			continue
		}
		at := -1
		if l := m.d.lemmas[i]; l != nil {
			at = int(l.row)
		} else if at = m.model.find(feature(m.d.gist(i))); at < 0 {
			continue
		}
		w := int(m.model.rows[at][m.best]) - 128
		for k := range found {
			if w > found[k].weight && w >= wordLeast {
				copy(found[k+1:], found[k:])
				found[k].token, found[k].weight = i, w
				break
			}
			if found[k].weight > 0 && string(m.d.word(found[k].token)) == string(m.d.word(i)) {
				break
			}
		}
	}
	if found[0].weight == 0 {
		return
	}
	m.d.parts = append(m.d.parts, "words of ", labelWords[m.best])
	for k, f := range found {
		if f.weight > 0 {
			m.d.parts = append(m.d.parts, [...]string{": “", "”, “"}[min(k, 1)], m.quote(hit{from: int32(f.token), to: int32(f.token + 1)}))
		}
	}
	m.because("”")
}

// quote is the customer's words behind a hit, on one line.
func (m *matter) quote(h hit) string {
	q := m.d.surface(int(h.from), int(h.to))
	if int(h.to-h.from) > 1 && (strings.ContainsAny(q, "\n\r\t") || strings.Contains(q, "  ")) {
		q = strings.Join(strings.Fields(q), " ")
	}
	if len(q) <= quoteLength {
		return q
	}
	if r := []rune(q); len(r) > quoteLength {
		return string(r[:quoteLength]) + "…"
	}
	return q
}

// labelWords are the categories of labels as officers read them.
var labelWords = func() (out []string) {
	for _, l := range labels {
		out = append(out, words(l.category))
	}
	return out
}()

var spaces = strings.NewReplacer("_", " ", "/", ", ")

// words turns a name into words an officer reads.
func words(name string) string { return spaces.Replace(name) }
