package routing

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// token is one word, number or question mark of a text.
type token struct {
	start, end int32 // in document.text
	from, to   int32 // folded form, in document.folded
	kind       tokenKind
	broken     bool // a clause ended before this token
	sep        byte // the one ASCII separator directly before it; 0 if none or more than one character
}

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
	text   string
	folded []byte
	tokens []token
	edges  []edge  // known words and classes, grouped by the token they start at
	first  []int32 // edges[first[i]:first[i+1]] start at token i

	// Room that is used again for the next text.
	spareEdges []edge
	spareFirst []int32
	spans      []span
	seen       []bool // rules that have spoken
	hits       []hit
	features   features
	recent     recent
	logits     [lanes]float64
}

func (d *document) reset(text string) {
	if compatible(text) {
		text = norm.NFKC.String(text)
	}
	d.text, d.folded, d.tokens = text, d.folded[:0], d.tokens[:0]
	d.cut()
}

func (d *document) word(i int) []byte       { t := d.tokens[i]; return d.folded[t.from:t.to] }
func (d *document) surface(i, j int) string { return d.text[d.tokens[i].start:d.tokens[j-1].end] }

// compatible reports whether text has presentation forms, full-width or decomposed
// letters that NFKC turns into plain ones.
func compatible(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < 0xCC {
			continue
		}
		switch r, _ := utf8.DecodeRuneInString(text[i:]); {
		case r >= 0x300 && r < 0x370, r >= 0x2460 && r < 0x24FF, r >= 0xFB00 && r < 0xFE00, r >= 0xFE70 && r < 0xFEFF, r >= 0xFF00 && r < 0xFFF0, r >= 0x1D400 && r < 0x1D800:
			return true
		}
	}
	return false
}

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
	digit  bool
	arabic bool
}

func (d *document) cut() {
	c := cutter{d: d, gap: 2}
	for i, r := range d.text {
		f := fold(r)
		switch {
		case f == dropped:
		case f == separator:
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
		c.last, c.latin, c.digit, c.arabic = 0, false, false, isArabic
	}
	c.t.end = int32(at + width)
	c.digit = c.digit || isDigit
	c.latin = c.latin || !isDigit && !isArabic
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
	c.t.to = int32(len(c.d.folded))
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

const (
	dropped   rune = -1 // carries no meaning: marks, controls, tatweel, hamza
	separator rune = -2
)

// arabicFold maps the Arabic block (U+0600–U+06FF); zero means separator.
var arabicFold = func() (t [256]rune) {
	for r := rune(0x620); r <= 0x6D3; r++ {
		if unicode.IsLetter(r) {
			t[r-0x600] = r
		}
	}
	for r := rune(0x600); r <= 0x6FF; r++ {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			t[r-0x600] = dropped
		}
	}
	for i := rune(0); i < 10; i++ {
		t[0x60+i], t[0xF0+i] = '0'+i, '0'+i
	}
	for from, to := range map[rune]rune{'أ': 'ا', 'إ': 'ا', 'آ': 'ا', 'ٱ': 'ا', 'ى': 'ي', 'ی': 'ي', 'ئ': 'ي', 'ؤ': 'و', 'ة': 'ه', 'ۀ': 'ه', 'ہ': 'ه', 'ھ': 'ه', 'ک': 'ك', 'گ': 'ك', 'ڤ': 'ف', 'پ': 'ب', 'چ': 'ج'} {
		t[from-0x600] = to
	}
	t['ء'-0x600], t['ـ'-0x600] = dropped, dropped
	return t
}()

func fold(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		return r
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < 0x80:
		return separator
	case r >= 0x600 && r <= 0x6FF:
		if f := arabicFold[r-0x600]; f != 0 {
			return f
		}
		return separator
	case r == '\u00AD', r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2069, r == 0xFEFF, r >= 0xFE00 && r <= 0xFE0F:
		return dropped
	case r >= 0xC0 && r < 0x250:
		return latin(r)
	case unicode.Is(unicode.Mn, r):
		return dropped
	case unicode.IsDigit(r):
		return digit(r)
	case unicode.IsLetter(r):
		return unicode.ToLower(r)
	}
	return separator
}

// latin takes the accent off a letter.
func latin(r rune) rune {
	if r == '×' || r == '÷' {
		return separator
	}
	if p := norm.NFD.PropertiesString(string(r)).Decomposition(); len(p) > 0 && p[0] < utf8.RuneSelf {
		r = rune(p[0])
	}
	return unicode.ToLower(r)
}

// digit is the ASCII digit of the same value; Unicode keeps the ten of a script in a row.
func digit(r rune) rune {
	n := rune(0)
	for n < 9 && unicode.IsDigit(r-n-1) {
		n++
	}
	return '0' + n
}
