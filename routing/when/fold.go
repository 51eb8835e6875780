package when

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/caravan-desk/caravan/conversations/fold"
)

// token is a folded word, or a run of digits, or a sign that joins (- – @).
type token struct {
	word          string
	sep           rune
	broken, comma bool
}

// cut folds a text and cuts it into words.
func cut(text string) []token {
	if !norm.NFKC.IsNormalString(text) {
		text = norm.NFKC.String(text)
	}
	c := cutter{gap: 1}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		next, _ := utf8.DecodeRuneInString(text[i+n:])
		c.step(r, next)
		i += n
	}
	c.close()
	return c.out
}

type cutter struct {
	out    []token
	word   []byte
	arabic bool
	gap    int  // separators since the last word
	sep    rune // the latest of them
	broken bool
	comma  bool
}

func (c *cutter) close() {
	if len(c.word) == 0 {
		return
	}
	t := token{word: string(c.word), broken: c.broken, comma: c.comma}
	if c.gap == 1 {
		t.sep = c.sep
	} else if c.gap > 1 {
		t.sep = ' '
	}
	c.out = append(c.out, t)
	c.word, c.gap, c.sep, c.broken, c.comma = c.word[:0], 0, 0, false, false
}

func (c *cutter) step(r, next rune) {
	f := letter(r)
	switch {
	case f == fold.Dropped:
		return
	case (r == '\'' || r == '’' || r == '`') && len(c.word) > 0 && unicode.IsLetter(next):
		return
	case f != fold.Separator:
		arabic := f >= 0x600 && f < 0x780
		digit := f >= '0' && f <= '9'
		if len(c.word) > 0 && c.arabic != arabic && (!digit || c.arabic) {
			c.close()
		}
		if len(c.word) == 0 {
			c.arabic = arabic
		}
		c.word = utf8.AppendRune(c.word, f)
		return
	}
	inNumber := len(c.word) > 0 && isDigit(c.word[len(c.word)-1]) && unicode.IsDigit(next)
	c.close()
	switch r {
	case '-', '–', '—', '~', '@':
		if r == '@' || !inNumber && unicode.IsSpace(next) || inNumber {
			c.sign(r)
			return
		}
	case '?', '!', '؟', '\n', '…', ';', '؛':
		c.broken = true
	case '.':
		c.broken = c.broken || !unicode.IsDigit(next) && !unicode.IsLetter(next) && !c.abbreviated()
	case ',', '،':
		c.comma = true
	}
	c.gap++
	c.sep = r
}

// abbreviated reports whether the last words were "a.m" or "p.m", whose full stop ends nothing.
func (c *cutter) abbreviated() bool {
	n := len(c.out)
	return n > 1 && c.out[n-1].word == "m" && c.out[n-1].sep == '.' && (c.out[n-2].word == "a" || c.out[n-2].word == "p")
}

// sign adds a dash or @ as a word of its own.
func (c *cutter) sign(r rune) {
	if r == '–' || r == '—' || r == '~' {
		r = '-'
	}
	c.gap++
	c.word = append(c.word, string(r)...)
	c.close()
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// letter folds one rune; the Gulf writes a hard qaf with the gaf of Persian ("دگيگة").
func letter(r rune) rune {
	if r == 'گ' {
		return 'ق'
	}
	return fold.Rune(r)
}
