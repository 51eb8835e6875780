package when

import (
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed words.tsv
var wordFile string

// meaning is one thing a phrase says: a kind such as "day" or "part", with its value.
type meaning struct {
	kind string
	name string // "part morning"
	n    int    // "day 1"
}

// item is a meaning at its place in a text, or a number ("number"), or a word that is not
// known ("unknown").
type item struct {
	meaning
	digits int  // of a number; 0 for one in words
	sep    rune // the one character before it, if there was exactly one; ' ' for blanks
	broken bool // a sentence ended before it
	comma  bool // a clause ended before it
	arabic bool
}

// lexicon is words.tsv: phrases by their folded words, joined by blanks.
type lexicon struct {
	phrases map[string][]meaning
	longest int // words of the longest phrase
}

// words is the lexicon in the binary. A fault in it is a fault of the build: the tests compile it.
var words = sync.OnceValue(func() *lexicon {
	l, err := compile(wordFile)
	if err != nil {
		panic(err)
	}
	return l
})

func compile(file string) (*lexicon, error) {
	l := &lexicon{phrases: make(map[string][]meaning, 2000)}
	var faults []error
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		says, phrases, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("words.tsv: no phrases in %q", line)
		}
		var all []meaning
		for _, s := range strings.Split(says, ";") {
			kind, name, _ := strings.Cut(s, " ")
			n, err := strconv.Atoi(name)
			if err == nil {
				name = ""
			}
			all = append(all, meaning{kind, name, n})
		}
		for _, phrase := range strings.Split(phrases, "|") {
			toks := cut(phrase)
			key := make([]string, len(toks))
			for i, t := range toks {
				key[i] = t.word
			}
			k := strings.Join(key, " ")
			if was, taken := l.phrases[k]; taken && (len(was) != len(all) || was[0] != all[0]) {
				faults = append(faults, fmt.Errorf("words.tsv: %q is %v and %v", k, was, all))
			}
			l.phrases[k] = all
			l.longest = max(l.longest, len(toks))
		}
	}
	return l, errors.Join(faults...)
}

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
	last   rune
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
	c.word, c.last, c.gap, c.sep, c.broken, c.comma = c.word[:0], 0, 0, 0, false, false
}

func (c *cutter) step(r, next rune) {
	f := fold(r)
	switch {
	case f == 0:
		return
	case (r == '\'' || r == '’' || r == '`') && len(c.word) > 0 && unicode.IsLetter(next):
		return
	case f > 0:
		arabic := f >= 0x600 && f < 0x780
		digit := f >= '0' && f <= '9'
		if len(c.word) > 0 && c.arabic != arabic && (!digit || c.arabic) {
			c.close()
		}
		if len(c.word) == 0 {
			c.arabic = arabic
		}
		if f != c.last || digit {
			c.word = utf8.AppendRune(c.word, f)
		}
		c.last = f
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

// arabicLetters are spellings that mean the same; zero drops the letter.
var arabicLetters = map[rune]rune{'أ': 'ا', 'إ': 'ا', 'آ': 'ا', 'ٱ': 'ا', 'ى': 'ي', 'ی': 'ي', 'ئ': 'ي', 'ؤ': 'و', 'ة': 'ه', 'ک': 'ك', 'گ': 'ق', 'چ': 'ج', 'پ': 'ب', 'ڤ': 'ف', 'ء': 0, 'ـ': 0}

// fold makes equal what means the same: 0 drops the rune, -1 separates words.
func fold(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		return r
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < utf8.RuneSelf:
		return -1
	case r >= 0x660 && r <= 0x669:
		return r - 0x660 + '0'
	case r >= 0x6F0 && r <= 0x6F9:
		return r - 0x6F0 + '0'
	case unicode.In(r, unicode.Mn, unicode.Cf):
		return 0
	case unicode.Is(unicode.Nd, r):
		for d := rune(0); d < 10; d++ {
			if !unicode.Is(unicode.Nd, r-d-1) {
				return '0' + d
			}
		}
		return -1
	case unicode.IsLetter(r):
		if f, ok := arabicLetters[r]; ok {
			return f
		}
		if r >= 0xC0 && r < 0x250 {
			if base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r))); base < utf8.RuneSelf {
				return unicode.ToLower(base)
			}
		}
		return unicode.ToLower(r)
	}
	return -1
}

// lex turns a text into meanings.
func lex(text string) []item {
	l, toks := words(), cut(text)
	toks = l.split(toks)
	items := make([]item, 0, len(toks))
	key := make([]byte, 0, 64)
	for i := 0; i < len(toks); {
		n, says := l.match(toks[i:], key)
		if n == 0 {
			n, says = 1, l.joined(toks[i].word)
		}
		if toks[i].sep == '-' && len(items) > 0 && joins(says[0].kind) && joins(items[len(items)-1].kind) {
			items = append(items, item{meaning: meaning{kind: "to"}})
		}
		for k, m := range says {
			it := item{meaning: m, arabic: toks[i].word[0] >= 0x80}
			if k == 0 {
				it.sep, it.broken, it.comma = toks[i].sep, toks[i].broken, toks[i].comma
			}
			if m.kind == "number" {
				it.digits = len(toks[i].word)
			}
			items = append(items, it)
		}
		i += n
	}
	return items
}

// joins reports whether a dash between two such things is "to".
func joins(kind string) bool {
	switch kind {
	case "number", "num", "half", "part", "prayer", "weekday", "event":
		return true
	}
	return false
}

// match is the longest phrase that toks begin with. A sentence's end is in no phrase.
func (l *lexicon) match(toks []token, key []byte) (n int, says []meaning) {
	key = key[:0]
	for k, t := range toks[:min(len(toks), l.longest)] {
		if k > 0 {
			if t.broken {
				break
			}
			key = append(key, ' ')
		}
		key = append(key, t.word...)
		if m, ok := l.phrases[string(key)]; ok {
			n, says = k+1, m
		}
	}
	return n, says
}
