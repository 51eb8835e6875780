package routing

import (
	"slices"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/channels"
)

// The model sees a message as a set of features, each the hash of what it stands for.
// They come in families that are weighed apart, because a text has many more of one
// than of another.
const (
	wordFamily  = iota // words, neighbours, and what the message is as a whole
	charFamily         // runs of letters: slips, endings, clitics
	classFamily        // classes of the lexicon: one word for many words of three languages
	pairFamily         // two classes near each other, in their order: who does what to what
	ruleFamily         // rules of the lexicon that spoke
	families
)

// features holds one message's features by family, some of them twice.
type features [families][]uint32

func (f *features) copy() (out features) {
	for k, keys := range f {
		out[k] = slices.Clone(keys)
	}
	return out
}

// Seeds keep features of different sorts apart.
const (
	seedWord uint64 = 0x133779B97F4A7C1 * (iota + 1)
	seedPair
	seedChar
	seedClass
	seedRule
	seedShape
	seedWhole
	seedSays
	seedPairOf
)

const (
	hashPrime = 0x100000001B3 // of FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
	charLeast = 3             // letters in a run, the marks of a word's ends included
	charMost  = 4
	wordMost  = 40 // bytes; what is longer is no word
	pairReach = 6  // tokens between which two classes count as near
)

// feature ends a hash: every bit of h moves every bit of the result.
func feature(h uint64) uint32 {
	h ^= h >> 32
	h *= 0xD6E8FEB86659FD93
	return uint32(h >> 32)
}

// askHash is the hash of a question mark's folded form.
var askHash = hashOf(seedWord, "?")

func hashOf[T string | []byte](seed uint64, s T) uint64 {
	for i := range len(s) {
		seed = (seed ^ uint64(s[i])) * hashPrime
	}
	return seed
}

// collect fills the document's features, each once. Its words must have been looked up and
// its rules must have spoken.
func (m *matter) collect(channel channels.Kind) {
	d, f := m.d, &m.d.features
	d.recent = recent{}
	for k := range f {
		f[k], d.rows[k], d.sought[k] = f[k][:0], d.rows[k][:0], d.sought[k][:0]
	}
	f[wordFamily] = d.recent.unique(m.wholeFeatures(f[wordFamily], channel))
	d.sought[wordFamily] = append(d.sought[wordFamily], f[wordFamily]...)
	d.wordFeatures()
	d.letters()
	m.gatherKinds()
	m.kindFeatures()
	m.pairFeatures()
	for _, h := range m.hits {
		f[ruleFamily] = append(f[ruleFamily], feature(m.lex.rules[h.rule].hash))
	}
	f[ruleFamily] = d.recent.unique(append(f[ruleFamily], feature(seedSays+uint64(top(m.sum[:len(labels)])))))
	d.sought[ruleFamily] = append(d.sought[ruleFamily], f[ruleFamily]...)
}

// found adds a feature of a family of which the row is known, from 1 on; 0: it has none.
func (d *document) found(family int, key, row uint32) {
	if !d.recent.fresh(key) {
		return
	}
	d.features[family] = append(d.features[family], key)
	if row > 0 {
		d.rows[family] = append(d.rows[family], row-1)
	}
}

// seek adds a feature of a family of which the row has to be looked up.
func (d *document) seek(family int, key uint32) {
	if d.recent.fresh(key) {
		d.features[family], d.sought[family] = append(d.features[family], key), append(d.sought[family], key)
	}
}

// wholeFeatures are what a message is as a whole: how long, by which channel, with which
// numbers, and whether it holds anything but courtesy.
func (m *matter) wholeFeatures(out []uint32, channel channels.Kind) []uint32 {
	whole := func(what string) { out = append(out, feature(hashOf(seedWhole, what))) }
	whole(string(channel))
	n := len(m.d.tokens)
	whole(lengths[min(n, len(lengths)-1)])
	for _, r := range m.refs {
		switch {
		case r.Kind == Booking:
			whole("booking number")
		case r.Valid:
			whole("shipment number")
		default:
			whole("doubtful number")
		}
		if n <= 3 {
			whole("bare number")
		}
	}
	if c := m.polite(); c != "" {
		whole(c)
	}
	if m.dated {
		whole("a date")
	}
	if !m.soon.IsZero() {
		whole("travels soon")
	}
	for s, name := range [...]string{callSignal: "asks for a call", urgentSignal: Urgent, highSignal: High} {
		if m.signal(s) {
			whole(name)
		}
	}
	return out
}

// lengths puts a count of tokens into a class.
var lengths = func() (out [64]string) {
	for n := range out {
		switch {
		case n <= 4:
			out[n] = string(rune('0' + n))
		case n <= 8:
			out[n] = "short"
		case n <= 16:
			out[n] = "middling"
		case n <= 40:
			out[n] = "long"
		default:
			out[n] = "very long"
		}
	}
	return out
}()

// wordFeatures adds the words and their neighbours.
func (d *document) wordFeatures() {
	last := uint64(0)
	for i, t := range d.tokens {
		if t.broken {
			last = 0
		}
		g := uint64(0)
		if w := d.lemmas[i]; w != nil {
			g = w.hash
			d.found(wordFamily, w.key, uint32(w.row+1))
		} else {
			g = d.gist(i)
			d.seek(wordFamily, feature(g))
		}
		d.seek(wordFamily, feature(seedPair+last*31+g))
		last = g
	}
	if len(d.tokens) > 0 { // how it ends: with a question, with thanks
		d.seek(wordFamily, feature(seedPair+last*31))
	}
}

// gist is what a token counts as: its folded form; of a number only its length.
func (d *document) gist(i int) uint64 {
	t := d.tokens[i]
	switch n := t.to - t.from; {
	case t.kind == numberToken:
		return seedShape + uint64(min(n, 20))
	case t.kind == mixedToken && n >= 6 && !arabizi(d.word(i)):
		return seedShape + 31
	}
	return d.hashes[i] // begun with seedWord
}

// letters adds the runs of letters within each word, each once. Of the words that have a lemma
// the weights of all come added up already, so that there those have to be taken off again
// that were added before.
func (d *document) letters() {
	more, less := d.sought[charFamily], d.sought[families][:0]
	out := d.features[charFamily]
	for i, w := range d.lemmas {
		if w == nil {
			if t := d.tokens[i]; t.lettered() && t.to-t.from <= wordMost {
				from := len(more)
				more = append(more[:from], d.recent.unique(charFeatures(more, d.word(i))[from:])...)
				out = append(out, more[from:]...)
			}
			continue
		}
		for _, key := range w.letters() {
			if d.recent.fresh(key) {
				out = append(out, key)
			} else {
				less = append(less, key)
			}
		}
	}
	d.features[charFamily], d.sought[charFamily], d.sought[families] = out, more, less
}

// charFeatures appends the runs of letters within a word, with its ends marked.
func charFeatures(out []uint32, word []byte) []uint32 {
	var room [wordMost + 2]byte
	w := append(append(append(room[:0], ' '), word...), ' ')
	for from := 0; from < len(w); {
		h, at, next := seedChar, from, 0
		for n := 1; n <= charMost && at < len(w); n++ {
			end := at + 1
			for end < len(w) && !utf8.RuneStart(w[end]) {
				end++
			}
			if h = hashOf(h, w[at:end]); n >= charLeast {
				out = append(out, feature(h))
			}
			if n == 1 {
				next = end
			}
			at = end
		}
		from = next
	}
	return out
}
