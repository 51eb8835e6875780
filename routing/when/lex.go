package when

import (
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
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
	more   bool // it belongs to the phrase that the item before it began
}

// lexicon is words.tsv: phrases by their folded words, joined by blanks.
type lexicon struct {
	phrases map[string][]meaning
	plain   map[string]string // a word of them with every letter once in a row → the word
	longest int               // words of the longest phrase
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
	l := &lexicon{phrases: make(map[string][]meaning, 2000), plain: make(map[string]string, 2000)}
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
				l.plain[squeeze(t.word)] = t.word
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

// lex turns a text into meanings.
func lex(text string) []item {
	l, toks := words(), cut(text)
	for i := range toks {
		if drawn(toks[i].word) {
			if w, ok := l.plain[squeeze(toks[i].word)]; ok {
				toks[i].word = w
			}
		}
	}
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
			it := item{meaning: m, arabic: toks[i].word[0] >= 0x80, more: k > 0}
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

// drawn reports whether a word is drawn out: a letter stands three times in a row.
func drawn(word string) bool {
	var a, b rune
	for _, r := range word {
		if r == a && r == b && (r < '0' || r > '9') {
			return true
		}
		a, b = b, r
	}
	return false
}

// squeeze leaves every letter once where it stands several times in a row.
func squeeze(word string) string {
	var out strings.Builder
	var last rune
	for _, r := range word {
		if r != last || r >= '0' && r <= '9' {
			out.WriteRune(r)
		}
		last = r
	}
	return out.String()
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
