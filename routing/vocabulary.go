package routing

import (
	"slices"
	"sync/atomic"
)

// vocabulary is what a classifier knows by heart: its lexicon, its model, and of each word
// that the model has learnt what both say of it. That is looked up when the word is met for
// the first time, which takes a hundred questions to tables too large for the processor's
// cache; then it stays. A word that only a customer uses, such as his name, does not.
type vocabulary struct {
	lex    *lexicon
	model  *Model                  // nil: nothing is learnt yet, and nothing kept
	kinds  []uint32                // of each class of the lexicon, by its number, its row in the model, from 1 on; 0: it has none
	pairs  []uint32                // the same of each two classes
	lemmas []atomic.Pointer[lemma] // each at one of two places of its hash; filled, never emptied
}

const (
	lemmaBits    = 14 // of places for lemmas: twice the words of the built-in model
	lemmaLongest = 30 // bytes of a word that is kept
)

// lemma is all that is known of a word whatever stands around it. It is immutable.
type lemma struct {
	hash  uint64
	bits  uint64
	key   uint32   // its feature
	row   int32    // and that feature's row in the model
	parts []uint32 // ids, nodes, kinds and letters, one after the other
	ends  [kindsEnd + 1]uint16
	size  uint8 // bytes of word that count
	word  [lemmaLongest]byte
	marks mark
	runs  packed // the weights of its runs of letters
}

// Where things end in the parts of a lemma, after which the letters follow.
const (
	idsEnd   = iota
	nodesEnd // of the first root; those of the others follow
	kindsEnd = nodesEnd + roots
)

// ids are the words and classes it is.
func (w *lemma) ids() []uint32 { return w.parts[:w.ends[idsEnd]] }

// nodes are the places in the trie that its ids lead to from a root.
func (w *lemma) nodes(root int) []uint32 {
	return w.parts[w.ends[idsEnd+root]:w.ends[nodesEnd+root]]
}

// kinds are the numbers of the classes it is that the model may know.
func (w *lemma) kinds() []uint32 { return w.parts[w.ends[kindsEnd-1]:w.ends[kindsEnd]] }

// letters are the runs of letters of the word, as features.
func (w *lemma) letters() []uint32 { return w.parts[w.ends[kindsEnd]:] }

// relate notes the words and classes that it is, and what they lead to.
func (l *lexicon) relate(w *lemma, edges []edge) {
	for _, e := range edges {
		w.parts = append(w.parts, uint32(e.id))
	}
	w.ends[idsEnd] = uint16(len(w.parts))
	for root := range l.trie.first {
		for _, e := range edges {
			if to := l.trie.first[root][e.id]; to != 0 {
				w.parts = append(w.parts, uint32(to))
			}
		}
		w.ends[nodesEnd+root] = uint16(len(w.parts))
	}
	for _, e := range edges {
		if n := l.numbers[e.id]; n != 0 {
			w.parts = append(w.parts, uint32(n))
		}
	}
	w.ends[kindsEnd] = uint16(len(w.parts))
}

func newVocabulary(l *lexicon, m *Model) *vocabulary {
	v := &vocabulary{lex: l, model: m}
	if m == nil {
		return v
	}
	v.lemmas = make([]atomic.Pointer[lemma], 1<<lemmaBits)
	v.kinds, v.pairs = make([]uint32, len(l.kinds)), make([]uint32, len(l.kinds)*len(l.kinds))
	for a := 1; a < len(l.kinds); a++ {
		v.kinds[a] = uint32(m.find(feature(l.kinds[a])) + 1)
		for b := 1; b < len(l.kinds); b++ {
			v.pairs[a*len(l.kinds)+b] = uint32(m.find(feature(pairOf(l.kinds[a])+l.kinds[b])) + 1)
		}
	}
	return v
}

// look finds every known word and class in the document and lays them out as edges.
func (v *vocabulary) look(d *document) {
	d.edges, d.first, d.marks, d.bits, d.lemmas = d.edges[:0], d.first[:0], d.marks[:0], d.bits[:0], d.lemmas[:0]
	for i := range d.tokens {
		from := len(d.edges)
		d.first = append(d.first, int32(from))
		w := v.recall(d.hashes[i], d.word(i))
		if w == nil {
			v.lex.know(d, i)
			w = v.learn(d, i, from)
		} else {
			for _, id := range w.ids() {
				d.edges = append(d.edges, edge{int32(id), 1})
			}
			d.marks, d.bits = append(d.marks, w.marks), append(d.bits, w.bits)
		}
		d.lemmas = append(d.lemmas, w)
	}
	d.first = append(d.first, int32(len(d.edges)))
	v.lex.join(d)
}

// recall is a word's lemma, nil if it is not kept.
func (v *vocabulary) recall(hash uint64, word []byte) *lemma {
	if v.lemmas == nil {
		return nil
	}
	at := spread(hash) >> (64 - lemmaBits)
	for _, at := range [...]uint64{at, at ^ 1} {
		if w := v.lemmas[at].Load(); w != nil && w.hash == hash && string(w.word[:w.size]) == string(word) {
			return w
		}
	}
	return nil
}

// learn keeps what was just found out about token i, its edges from on, if the model knows
// the word and there is a place; else it returns nil.
func (v *vocabulary) learn(d *document, i, from int) *lemma {
	word := d.word(i)
	if v.lemmas == nil || len(word) > lemmaLongest || !d.tokens[i].lettered() || d.gist(i) != d.hashes[i] {
		return nil // what counts as something else, a number with letters, is no word
	}
	w := &lemma{hash: d.hashes[i], marks: d.marks[i], bits: d.bits[i], size: uint8(len(word))}
	w.key = feature(w.hash)
	if w.row = int32(v.model.find(w.key)); w.row < 0 {
		return nil
	}
	copy(w.word[:], word)
	v.lex.relate(w, d.edges[from:])
	w.parts = slices.Clip(charFeatures(w.parts, word))
	v.model.fetch(&d.fetched, w.letters())
	w.runs = v.model.pack(d.fetched.rows, 0)
	at := spread(w.hash) >> (64 - lemmaBits)
	for _, at := range [...]uint64{at, at ^ 1} {
		if v.lemmas[at].CompareAndSwap(nil, w) {
			return w
		}
	}
	return nil
}
