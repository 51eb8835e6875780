package routing

import "bytes"

// look finds every known word and class in the document and lays them out as edges.
func (l *lexicon) look(d *document) { newVocabulary(l, nil).look(d) }

// know adds the edges of one token: the word itself, its stems, what it begins with, a
// word one slip away, and all their classes.
func (l *lexicon) know(d *document, i int) {
	from := len(d.edges)
	var s stems
	s.take(d.word(i))
	switch d.tokens[i].kind {
	case numberToken:
		l.edge(d, from, l.number)
		l.exact(d, from, s.whole)
	case arabicToken:
		l.arabic(d, from, &s)
	case mixedToken:
		l.exact(d, from, s.whole)
		if n := len(s.word) - 1; s.word[n] == '2' {
			l.exact(d, from, s.upTo(n))
		}
		if arabizi(s.word) {
			if k := skeleton(s.word); len(k) >= 3 {
				l.exact(d, from, hashOf(hashOf(seedWord, "'"), k))
			}
		}
		l.begin(d, from, &s)
	default:
		l.latin(d, from, &s)
	}
	all, bits := mark(0), uint64(0)
	for k := from; k < len(d.edges); k++ { // grows while it runs: classes of classes
		all |= l.marks[d.edges[k].id]
		bits |= bit(d.edges[k].id)
		for _, class := range l.classes[d.edges[k].id] {
			l.edge(d, from, class)
		}
	}
	d.marks, d.bits = append(d.marks, all), append(d.bits, bits)
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

// exact looks for the word of a hash.
func (l *lexicon) exact(d *document, from int, hash uint64) bool {
	id := l.known.find(hash)
	l.edge(d, from, id)
	return id != 0
}

// begin looks for words written with "*" that the word begins with.
func (l *lexicon) begin(d *document, from int, s *stems) (found bool) {
	for n := 3; n <= min(len(s.word), wordLongest); n++ {
		if id := l.begins.find(s.hashes[n]); id != 0 {
			l.edge(d, from, id)
			found = true
		}
	}
	return found
}

// forgive fills near for every long Latin word.
func (l *lexicon) forgive() {
	for word, id := range l.ids {
		if len(word) < nearShort || word[0] < 'a' || word[0] > 'z' || word[len(word)-1] == '*' {
			continue
		}
		for i := range word {
			short := hashOf(hashOf(seedWord, word[:i]), word[i+1:])
			if old, ok := l.near.of[short]; !ok || l.names[old] > word { // the same choice on every start
				l.near.of[short] = id
			}
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
	visit := func(s *says, end int) {
		for _, class := range s.classes {
			more = append(more, span{int32(i), class, int32(end - i)})
		}
	}
	for ; i < len(d.tokens); i++ {
		if d.marks[i]&classMark != 0 {
			l.trie.walk(d, classRoot, i, visit)
		}
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
			d.marks[i] |= l.marks[more[k].id]
			d.bits[i] |= bit(more[k].id)
			for _, class := range l.classes[more[k].id] {
				d.edges = append(d.edges, edge{class, more[k].n})
				d.marks[i] |= l.marks[class]
				d.bits[i] |= bit(class)
			}
		}
	}
	d.first = append(d.first, int32(len(d.edges)))
}
