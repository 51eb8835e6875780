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
	kinds     []kind   // edges that are classes which the model knows, grouped as they are
	firstKind []int32
	lemmas    []*lemma // of the tokens; nil where nothing is kept of the word

	// Room that is used again for the next text.
	spareEdges []edge
	spareFirst []int32
	spans      []span
	seen       []bool // rules that have spoken
	hits       []hit
	features   features
	runs       runs
	perhaps    []Reference // references, if the matter is of their desk
	recent     recent
	logits     [lanes]float64
	fetched    fetched
	matter     matter   // what the document is about
	grounds    []ground // that were found beside those of explain
}

func (d *document) reset(text string) {
	text = fold.Compose(text)
	d.text, d.folded, d.tokens = text, d.folded[:0], d.tokens[:0]
	d.cut()
}

func (d *document) word(i int) []byte       { t := d.tokens[i]; return d.folded[t.from:t.to] }
func (d *document) surface(i, j int) string { return d.text[d.tokens[i].start:d.tokens[j-1].end] }

// cutter is the state of one pass over a text.
type cutter struct {
	d      *document
	open   bool
	t      token
	broken bool
	gap    int // separators since the last token
	sep    byte
	last   rune // last folded rune of the open token
	latin  bool
	other  bool // letters that ASCII does not have
	digit  bool
	arabic bool
}

func (d *document) cut() {
	c := cutter{d: d, gap: 2}
	for i, r := range d.text {
		f := fold.Rune(r)
		switch {
		case f == fold.Dropped:
		case f == fold.Separator:
			c.separate(r, i)
		default:
			c.add(f, i, utf8.RuneLen(r))
		}
	}
	c.close()
}

func (c *cutter) add(f rune, at, width int) {
	isDigit, isArabic := f >= '0' && f <= '9', f >= 0x600 && f < 0x780
	if c.open && c.arabic != isArabic {
		c.close()
	}
	if !c.open {
		c.open = true
		c.t = token{start: int32(at), from: int32(len(c.d.folded)), broken: c.broken}
		if c.gap == 1 {
			c.t.sep = c.sep
		}
		c.last, c.latin, c.other, c.digit, c.arabic = 0, false, false, false, isArabic
	}
	c.t.end = int32(at + width)
	c.digit = c.digit || isDigit
	c.latin = c.latin || !isDigit && !isArabic
	c.other = c.other || f >= utf8.RuneSelf
	if f != c.last || isDigit {
		c.d.folded = utf8.AppendRune(c.d.folded, f)
	}
	c.last = f
}

func (c *cutter) close() {
	if !c.open {
		return
	}
	switch {
	case c.arabic:
		c.t.kind = arabicToken
	case c.digit && c.latin:
		c.t.kind = mixedToken
	case c.digit:
		c.t.kind = numberToken
	}
	c.t.to, c.t.ascii = int32(len(c.d.folded)), !c.other
	c.d.tokens = append(c.d.tokens, c.t)
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
		c.broken, c.gap = true, 2
	case '!', ';', '\n', '؛', '،', '…':
		c.broken = true
	case '.', ',':
		n, _ := utf8.DecodeRuneInString(c.d.text[at+1:])
		c.broken = c.broken || !(c.digit && unicode.IsDigit(n))
	}
}
