package routing

import (
	"unicode"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/conversations/fold"
)

// token is one word, number or question mark of a text.
type token struct {
	start, end int32 // in document.text
	from, to   int32 // folded form, in document.folded
	kind       tokenKind
	ascii      bool // it has no letters but a to z, once folded
	broken     bool // a clause ended before this token
	sep        byte // the one ASCII separator directly before it; 0 if none or more than one character
}

// lettered reports whether a token has letters.
func (t token) lettered() bool { return t.kind != numberToken && t.kind != askToken }

type tokenKind uint8

const (
	wordToken   tokenKind = iota
	arabicToken           // letters of the Arabic script
	numberToken           // ASCII digits after folding
	mixedToken            // Latin letters and digits: a reference, or Arabizi
	askToken              // a question mark
)

// document is a text cut into tokens and, after lexicon.look, the words known in it.
// Folding makes spellings equal that mean the same: case, digits of any script, alef,
// ya and ta marbuta, hamza, diacritics, tatweel, bidi marks, and repeated letters.
type document struct {
	text      string
	folded    []byte
	tokens    []token
	edges     []edge   // known words and classes, grouped by the token they start at
	first     []int32  // edges[first[i]:first[i+1]] start at token i
	marks     []mark   // of the edges that start at token i, all together
	bits      []uint64 // bit of each of the same edges
	hashes    []uint64 // of the tokens' folded forms
	kinds     []kind   // edges that are classes which the model may know, grouped as they are
	firstKind []int32
	lemmas    []*lemma // of the tokens; nil where nothing is kept of the word

	// Room that is used again for the next text.
	spareEdges []edge
	spareFirst []int32
	spans      []span
	seen       []bool // rules that have spoken
	hits       []hit
	features   features
	rows       features               // of those features of which they are known without asking
	sought     [families + 1][]uint32 // the other features; and runs of letters that the lemmas' sums hold once too often
	perhaps    []Reference            // references, if the matter is of their desk
	recent     recent
	logits     [lanes]float64
	fetched    fetched
	matter     matter   // what the document is about
	parts      []string // of the grounds, one after the other
	grounds    []int    // that were found beside those of explain: where each ends in parts
}

func (d *document) reset(text string) {
	text = fold.Compose(text)
	d.text, d.folded, d.tokens, d.hashes = text, d.folded[:0], d.tokens[:0], d.hashes[:0]
	d.cut()
}

func (d *document) word(i int) []byte { t := d.tokens[i]; return d.folded[t.from:t.to] }

// others are the edges of a token that its lemma, if it has one, does not tell of.
func (d *document) others(i int) []edge {
	from := d.first[i]
	if w := d.lemmas[i]; w != nil {
		from += int32(w.ends[idsEnd])
	}
	return d.edges[from:d.first[i+1]]
}

func (d *document) surface(i, j int) string { return d.text[d.tokens[i].start:d.tokens[j-1].end] }

// cutter is the state of one pass over a text.
type cutter struct {
	d      *document
	open   bool
	arabic bool // the open token is of the Arabic script
	is     sort // of the runes of the open token, all together
	t      token
	hash   uint64 // of its folded form so far
	last   rune   // its last folded rune
	at     int    // where its last rune stands
	width  int    // and how many bytes that is
	broken bool
	gap    int // separators since the last token
	sep    byte
}

// sort is what kinds of runes there are in a token.
type sort uint8

const (
	digitSort sort = 1 << iota
	latinSort      // letters, but not of the Arabic script
	otherSort      // letters that ASCII does not have
)

func (d *document) cut() {
	c := cutter{d: d, gap: 2}
	for i, r := range d.text {
		switch f := fold.Rune(r); {
		case f >= 0:
			c.add(f, r, i)
		case f == fold.Separator:
			c.separate(r, i)
		}
	}
	c.close()
}

func (c *cutter) add(f, r rune, at int) {
	arabic := f >= 0x600 && f < 0x780
	if !c.open || c.arabic != arabic {
		c.begin(at, arabic)
	}
	c.at, c.width = at, utf8.RuneLen(r)
	switch {
	case f >= '0' && f <= '9':
		c.is |= digitSort
	case f == c.last:
		return
	case f < utf8.RuneSelf:
		c.is |= latinSort
	case arabic:
		c.is |= otherSort
	default:
		c.is |= latinSort | otherSort
	}
	c.last = f
	if f < utf8.RuneSelf {
		c.d.folded = append(c.d.folded, byte(f))
		c.hash = (c.hash ^ uint64(f)) * hashPrime
		return
	}
	from := len(c.d.folded)
	c.d.folded = utf8.AppendRune(c.d.folded, f)
	c.hash = hashOf(c.hash, c.d.folded[from:])
}

// begin begins a token, after the one that is open.
func (c *cutter) begin(at int, arabic bool) {
	c.close()
	c.t = token{start: int32(at), from: int32(len(c.d.folded)), broken: c.broken}
	if c.gap == 1 {
		c.t.sep = c.sep
	}
	c.open, c.arabic, c.is, c.last, c.hash = true, arabic, 0, 0, seedWord
}

func (c *cutter) close() {
	if !c.open {
		return
	}
	switch {
	case c.arabic:
		c.t.kind = arabicToken
	case c.is&digitSort == 0:
		c.t.kind = wordToken
	case c.is&latinSort != 0:
		c.t.kind = mixedToken
	default:
		c.t.kind = numberToken
	}
	c.t.end, c.t.to, c.t.ascii = int32(c.at+c.width), int32(len(c.d.folded)), c.is&otherSort == 0
	c.d.tokens, c.d.hashes = append(c.d.tokens, c.t), append(c.d.hashes, c.hash)
	c.open, c.broken, c.gap, c.sep = false, false, 0, 0
}

// separate ends a token, except at an apostrophe inside a word, and notes whether a
// clause ended: not at a full stop or comma inside a number.
func (c *cutter) separate(r rune, at int) {
	if c.open && (r == '\'' || r == '’' || r == '`') {
		if n, _ := utf8.DecodeRuneInString(c.d.text[at+utf8.RuneLen(r):]); unicode.IsLetter(n) {
			return
		}
	}
	c.close()
	c.gap++
	if r < utf8.RuneSelf {
		c.sep = byte(r)
	}
	switch r {
	case '?', '؟':
		n := int32(len(c.d.folded))
		c.d.folded = append(c.d.folded, '?')
		c.d.tokens = append(c.d.tokens, token{start: int32(at), end: int32(at + utf8.RuneLen(r)), from: n, to: n + 1, kind: askToken, broken: c.broken})
		c.d.hashes = append(c.d.hashes, askHash)
		c.broken, c.gap = true, 2
	case '!', ';', '\n', '؛', '،', '…':
		c.broken = true
	case '.', ',':
		n, _ := utf8.DecodeRuneInString(c.d.text[at+1:])
		c.broken = c.broken || !(c.is&digitSort != 0 && unicode.IsDigit(n))
	}
}
