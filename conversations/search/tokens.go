// Package search finds conversations and contacts by what was said and who said
// it, in any script. A text is cut into tokens (tokens.go), a conversation becomes
// a set of terms (terms.go), and for each term the store keeps a posting
// (posting.go): the places of the conversations that have it. A question is read
// into the same terms (query.go), and what the postings offer is held against the
// words themselves before anybody sees it, so that a posting may be out of date
// but an answer never is. Indexer follows the log. All but the Indexer is pure.
package search

import (
	"unicode"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/conversations/fold"
)

// kind says what a token is, and so how it is found.
type kind byte

const (
	wordToken   kind = 'w' // letters: found whole, or by how it begins
	numberToken kind = 'd' // three digits or more: found by any part of it
	runToken    kind = 'g' // a script that does not part its words: found by any part of it
)

// token is one piece of a text, folded.
type token struct {
	kind kind
	text string
}

const (
	wordMost   = 40 // letters of a word that count
	numberMost = 32 // digits that are read as one number
	numberWord = 2  // digits up to which a number is a word
)

// cutter is the state of one pass over a text.
type cutter struct {
	emit   func(what kind, text []byte) // text is valid until it returns
	word   []byte                       // letters and digits that touch
	runes  int
	digits int // at its end, in a row
	longest,
	letters int
	last   rune
	run    []byte // of a script without spaces
	number []byte // digits so far, over single separators
	gap    int    // separators since number
}

// cut gives the tokens of a text, in order.
func cut(text string, emit func(token)) {
	var c cutter
	c.cut(text, func(what kind, text []byte) { emit(token{what, string(text)}) })
}

// cut is cut without a string for each token. A cutter may be used again.
func (c *cutter) cut(text string, emit func(what kind, text []byte)) {
	c.emit, c.gap = emit, 0
	for _, r := range fold.Compose(text) {
		switch f := fold.Rune(r); {
		case f == fold.Dropped:
		case f == fold.Separator:
			c.separate(r)
		case unspaced(f):
			c.endWord()
			c.endNumber()
			c.run = utf8.AppendRune(c.run, f)
		default:
			c.endRun()
			c.add(f)
		}
	}
	c.endWord()
	c.endNumber()
	c.endRun()
}

// unspaced reports whether a letter's script writes words without spaces.
func unspaced(r rune) bool {
	return r >= 0xE00 && (r < 0xF00 || r >= 0x1000 && r < 0x10A0 || r >= 0x1780 && r < 0x1800 || r >= 0x3040 && r < 0xA000 || r >= 0xF900 && r < 0xFB00 || r >= 0x20000 && r < 0x40000) &&
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func (c *cutter) add(f rune) {
	digit := f >= '0' && f <= '9'
	if f == c.last && !digit { // letters repeated for emphasis
		return
	}
	c.last = f
	if c.runes++; c.runes > wordMost {
		return
	}
	c.word = utf8.AppendRune(c.word, f)
	if digit {
		c.digits++
		c.longest = max(c.longest, c.digits)
	} else {
		c.digits = 0
		c.letters++
	}
}

// separate ends a word. A number goes on over one or two of the marks that people
// write into numbers.
func (c *cutter) separate(r rune) {
	if (r == '\'' || r == '’') && len(c.word) > 0 && c.letters > 0 { // don't, qur'an
		return
	}
	c.endWord()
	c.endRun()
	switch r {
	case ' ', '-', '.', '(', ')', '/', '\u00A0', '‐', '‑', '–':
		c.gap++
	default:
		c.gap = 3
	}
	if c.gap > 2 {
		c.endNumber()
	}
}

// endWord emits the word that is open, or adds it to the number.
func (c *cutter) endWord() {
	w := c.word
	switch {
	case len(w) == 0:
		return
	case c.letters == 0:
		c.join(w)
	case c.longest > numberWord:
		c.endNumber()
		c.parts(w)
	default:
		c.endNumber()
		c.emit(wordToken, stem(w))
	}
	c.word, c.runes, c.digits, c.longest, c.letters, c.last = c.word[:0], 0, 0, 0, 0, 0
}

// parts emits what letters and digits together hold: RB123456785SA.
func (c *cutter) parts(w []byte) {
	isDigit := func(b byte) bool { return b >= '0' && b <= '9' }
	for len(w) > 0 {
		n := 1
		for n < len(w) && isDigit(w[n]) == isDigit(w[0]) {
			n++
		}
		if isDigit(w[0]) {
			c.join(w[:n])
			c.endNumber()
		} else {
			c.emit(wordToken, stem(w[:n]))
		}
		w = w[n:]
	}
}

func (c *cutter) join(digits []byte) {
	if len(c.number)+len(digits) > numberMost {
		c.endNumber()
	}
	c.number, c.gap = append(c.number, digits...), 0
}

func (c *cutter) endNumber() {
	switch n := len(c.number); {
	case n == 0:
	case n <= numberWord:
		c.emit(wordToken, c.number)
	default:
		c.emit(numberToken, c.number)
	}
	c.number, c.gap = c.number[:0], 0
}

func (c *cutter) endRun() {
	if len(c.run) > 0 {
		c.emit(runToken, c.run)
		c.run = c.run[:0]
	}
}

// articles are what Arabic writes before a word and as one with it.
var articles = []string{"وال", "فال", "بال", "كال", "ولل", "ال", "لل"}

// stem takes the article off an Arabic word that stays a word without it.
func stem(w []byte) []byte {
	if len(w) == 0 || w[0] < 0xD8 || w[0] > 0xDB {
		return w
	}
	for _, a := range articles {
		if rest := len(w) - len(a); rest >= 6 && string(w[:len(a)]) == a { // three letters of two bytes
			return w[len(a):]
		}
	}
	return w
}
