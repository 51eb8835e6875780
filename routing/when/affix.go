package when

import "strings"

// tails are what is written onto a number without a blank: "3pm", "3ish", "25hb", "2hrs".
var tails = []string{"am", "pm", "a", "p", "ish", "pmish", "amish", "oclock", "h", "hr", "hrs", "hours", "hour", "m", "min", "mins", "minit", "minutes",
	"jam", "st", "nd", "rd", "th", "hb", "ptg", "petang", "pgi", "pagi", "mlm", "malam", "days", "day", "hari", "hb", "nn", "noon"}

// split takes numbers off what is written onto them, unless the whole is a word (2moro, 3asr).
func (l *lexicon) split(toks []token) []token {
	out := make([]token, 0, len(toks)+4)
	for _, t := range toks {
		digits := len(t.word) - len(strings.TrimLeft(t.word, "0123456789"))
		tail := t.word[digits:]
		if len(tail) == 3 && tail[0] == 'h' && digits > 0 && isDigit(tail[1]) && isDigit(tail[2]) { // "17h30"
			hour := t
			hour.word = t.word[:digits]
			out = append(out, hour, token{word: tail[1:], sep: 'h'})
			continue
		}
		if _, known := l.phrases[t.word]; known || digits == 0 || tail == "" || !isTail(tail) {
			out = append(out, t)
			continue
		}
		number := t
		number.word = t.word[:digits]
		out = append(out, number)
		switch tail {
		case "pmish", "amish":
			out = append(out, token{word: tail[:2]}, token{word: "ish"})
		case "a":
			out = append(out, token{word: "am"})
		case "nn":
			out = append(out, token{word: "noon"})
		case "h":
			out = append(out, token{word: "hrs"})
		case "m":
			out = append(out, token{word: "min"})
		default:
			out = append(out, token{word: tail})
		}
	}
	return out
}

func isTail(s string) bool {
	for _, t := range tails {
		if s == t {
			return true
		}
	}
	return false
}

// arabicHeads are what Arabic writes onto the next word; each may leave a meaning of its own.
var arabicHeads = []struct {
	head, instead string
	says          []meaning
}{
	{"لل", "ال", []meaning{{kind: "to"}}}, {"عال", "ال", nil}, {"هال", "ال", nil}, {"وال", "ال", []meaning{{kind: "and"}}}, {"بال", "ال", nil},
	{"فال", "ال", nil}, {"ال", "", nil}, {"و", "", []meaning{{kind: "and"}}}, {"ب", "", nil}, {"ل", "", []meaning{{kind: "to"}}}, {"ف", "", nil}, {"ع", "", nil},
}

// joined reads a word that is in no phrase: a number, or a word with what its language
// writes onto it; else it is unknown.
func (l *lexicon) joined(word string) []meaning {
	if isDigit(word[0]) && strings.Trim(word, "0123456789") == "" {
		if len(word) > 4 {
			return []meaning{{kind: "unknown"}}
		}
		n := 0
		for i := range len(word) {
			n = n*10 + int(word[i]-'0')
		}
		return []meaning{{kind: "number", n: n}}
	}
	if word == "-" {
		return []meaning{{kind: "to"}}
	}
	for _, h := range arabicHeads {
		if rest, ok := strings.CutPrefix(word, h.head); ok && rest != "" {
			if m, known := l.phrases[h.instead+rest]; known {
				return append(h.says[:len(h.says):len(h.says)], m...)
			}
			if isDigit(rest[0]) {
				return append(h.says[:len(h.says):len(h.says)], l.joined(rest)...)
			}
		}
	}
	if rest, ok := strings.CutSuffix(word, "ish"); ok {
		if m, known := l.phrases[rest]; known {
			return append(m[:len(m):len(m)], meaning{kind: "ish"})
		}
	}
	for _, head := range []string{"el", "al", "il", "bel", "bil", "lel"} {
		if rest, ok := strings.CutPrefix(word, head); ok && len(rest) > 2 {
			if m, known := l.phrases[rest]; known {
				return m
			}
		}
	}
	return []meaning{{kind: "unknown"}}
}
