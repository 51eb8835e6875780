package routing

import "bytes"

// look finds every known word and class in the document and lays them out as edges.
func (l *lexicon) look(d *document) {
	d.edges, d.first = d.edges[:0], d.first[:0]
	for i := range d.tokens {
		d.first = append(d.first, int32(len(d.edges)))
		l.know(d, i)
	}
	d.first = append(d.first, int32(len(d.edges)))
	l.join(d)
}

// know adds the edges of one token: the word itself, its stems, what it begins with, a
// word one slip away, and all their classes.
func (l *lexicon) know(d *document, i int) {
	w, from := d.word(i), len(d.edges)
	switch d.tokens[i].kind {
	case numberToken:
		l.edge(d, from, l.ids["{number}"])
		l.exact(d, from, w)
	case arabicToken:
		l.arabic(d, from, w)
	case mixedToken:
		l.exact(d, from, w)
		if w[len(w)-1] == '2' {
			l.exact(d, from, w[:len(w)-1])
		}
		if arabizi(w) {
			var room [24]byte
			if k := append(append(room[:0], '\''), skeleton(w)...); len(k) > 3 {
				l.exact(d, from, k)
			}
		}
		l.begin(d, from, w)
	default:
		l.latin(d, from, w)
	}
	for k := from; k < len(d.edges); k++ { // grows while it runs: classes of classes
		for _, class := range l.classes[d.edges[k].id] {
			l.edge(d, from, class)
		}
	}
}

func (l *lexicon) edge(d *document, from int, id int32) {
	if id == 0 {
		return
	}
	for _, e := range d.edges[from:] {
		if e.id == id {
			return
		}
	}
	d.edges = append(d.edges, edge{id, 1})
}

func (l *lexicon) exact(d *document, from int, w []byte) bool {
	id, ok := l.ids[string(w)]
	if ok {
		l.edge(d, from, id)
	}
	return ok
}

// begin looks for words written with "*" that w begins with.
func (l *lexicon) begin(d *document, from int, w []byte) (found bool) {
	for n := 3; n <= len(w); n++ {
		if id, ok := l.prefixes[string(w[:n])]; ok {
			l.edge(d, from, id)
			found = true
		}
	}
	return found
}

// latinEndings are cut off to find a stem: English inflection, Malay particles and possessives.
var latinEndings = [...]string{"s", "es", "ed", "d", "ing", "nya", "lah", "la", "kah", "kan", "an"}

func (l *lexicon) latin(d *document, from int, w []byte) {
	found := l.exact(d, from, w)
	found = l.begin(d, from, w) || found
	for _, e := range latinEndings {
		if len(w) >= len(e)+3 && string(w[len(w)-len(e):]) == e {
			found = l.exact(d, from, w[:len(w)-len(e)]) || found
		}
	}
	if len(w) > 5 && (w[0] == 'e' || w[0] == 'a') && w[1] == 'l' { // the Arabic article in Arabizi
		found = l.exact(d, from, w[2:]) || found
	}
	if !found && len(w) >= nearShort-1 && len(w) <= 16 {
		l.slip(d, from, w)
	}
}

// slip looks for a word that differs by one letter left out, put in, changed or swapped.
func (l *lexicon) slip(d *document, from int, w []byte) {
	if id, ok := l.near[string(w)]; ok {
		l.edge(d, from, id)
		return
	}
	var room [16]byte
	for i := range w {
		short := append(append(room[:0], w[:i]...), w[i+1:]...)
		if id, ok := l.ids[string(short)]; ok && len(short) >= nearShort {
			l.edge(d, from, id)
			return
		}
		if id, ok := l.near[string(short)]; ok {
			l.edge(d, from, id)
			return
		}
	}
}

// forgive fills near for every long Latin word.
func (l *lexicon) forgive() {
	for word, id := range l.ids {
		if len(word) < nearShort || word[0] < 'a' || word[0] > 'z' || word[len(word)-1] == '*' {
			continue
		}
		for i := range word {
			short := word[:i] + word[i+1:]
			if old, ok := l.near[short]; !ok || l.names[old] > word { // the same choice on every start
				l.near[short] = id
			}
		}
	}
}

// Arabic clitics in folded spelling, longest first.
var (
	arabicBefore = [...]string{"وبال", "وال", "فال", "بال", "كال", "هال", "عال", "ولل", "لل", "ال", "وب", "ول", "و", "ف", "ب", "ل", "ه", "ع"}
	arabicAfter  = [...]string{"تكم", "تها", "تهم", "تنا", "تي", "تك", "ته", "هم", "كم", "ها", "نا", "ني", "وا", "ات", "ين", "ون", "ي", "ك", "ه", "ت"}
)

// arabic looks a word up whole and without its clitics. A possessed feminine noun gets
// its ta marbuta back (شحنتي → شحنه).
func (l *lexicon) arabic(d *document, from int, w []byte) {
	l.arabicStem(d, from, w)
	for _, b := range arabicBefore {
		if len(w)-len(b) >= 4 && string(w[:len(b)]) == b {
			l.arabicStem(d, from, w[len(b):])
		}
	}
}

func (l *lexicon) arabicStem(d *document, from int, w []byte) {
	l.exact(d, from, w)
	l.begin(d, from, w)
	var room [64]byte
	for _, a := range arabicAfter {
		n := len(w) - len(a)
		if n < 4 || n > 48 || string(w[n:]) != a {
			continue
		}
		l.exact(d, from, w[:n])
		if len(a) > 2 && a[:2] == "ت" {
			l.exact(d, from, append(append(room[:0], w[:n]...), "ه"...))
		}
	}
}

// arabizi reports whether a word of letters and digits can be Arabic in Latin letters.
func arabizi(w []byte) bool {
	digits, letters := 0, 0
	for _, c := range w {
		switch {
		case bytes.IndexByte([]byte("2356789"), c) >= 0:
			digits++
		case c >= 'a' && c <= 'z':
			letters++
		default:
			return false
		}
	}
	return digits > 0 && digits <= 2 && letters >= 2 && letters <= 12
}

// skeleton is an Arabizi word without its vowels, which everybody spells his own way.
func skeleton(w []byte) []byte {
	k := make([]byte, 0, 16)
	for i, c := range w {
		if i > 0 && bytes.IndexByte([]byte("aeiouy"), c) >= 0 || len(k) == cap(k) || len(k) > 0 && k[len(k)-1] == c {
			continue
		}
		k = append(k, c)
	}
	return k
}

// span is a class whose member covers n tokens from at.
type span struct{ at, id, n int32 }

// join adds the classes whose members are several words, and sorts the edges back by start.
func (l *lexicon) join(d *document) {
	more, i := d.spans[:0], 0
	visit := func(n *node, end int) {
		for _, class := range n.class {
			more = append(more, span{int32(i), class, int32(end - i)})
		}
	}
	for ; i < len(d.tokens); i++ {
		l.walk(d, i, visit)
	}
	if d.spans = more; len(more) == 0 {
		return
	}
	old, first := d.edges, d.first
	d.edges, d.first = d.spareEdges[:0], d.spareFirst[:0]
	defer func() { d.spareEdges, d.spareFirst = old, first }()
	k := 0
	for i := range d.tokens {
		d.first = append(d.first, int32(len(d.edges)))
		d.edges = append(d.edges, old[first[i]:first[i+1]]...)
		for ; k < len(more) && int(more[k].at) == i; k++ {
			d.edges = append(d.edges, edge{more[k].id, more[k].n})
			for _, class := range l.classes[more[k].id] {
				d.edges = append(d.edges, edge{class, more[k].n})
			}
		}
	}
	d.first = append(d.first, int32(len(d.edges)))
}

// walk follows every pattern that starts at token i and calls visit at each node it
// reaches that ends something. A pattern never runs over the end of a clause.
func (l *lexicon) walk(d *document, i int, visit func(n *node, end int)) {
	l.step(d, 0, i, i, visit)
}

func (l *lexicon) step(d *document, at int32, i, start int, visit func(n *node, end int)) {
	if i >= len(d.tokens) || i > start && d.tokens[i].broken {
		return
	}
	for _, e := range d.edges[d.first[i]:d.first[i+1]] {
		to := l.next.find(arc(at, e.id))
		if to == 0 {
			continue
		}
		n, end := &l.nodes[to], i+int(e.n)
		if len(n.rules) > 0 || len(n.class) > 0 {
			visit(n, end)
		}
		l.step(d, to, end, start, visit)
		if n.gap == 0 {
			continue
		}
		for k := end; k <= end+gapWords && k < len(d.tokens) && !d.tokens[k].broken; k++ {
			l.step(d, n.gap, k, start, visit)
		}
	}
}

// has reports whether any token in [from, to) starts the given class, and where.
func (d *document) has(class int32, from, to int) (int, bool) {
	for i := max(from, 0); i < to && i < len(d.tokens); i++ {
		for _, e := range d.edges[d.first[i]:d.first[i+1]] {
			if e.id == class {
				return i, true
			}
		}
	}
	return 0, false
}
