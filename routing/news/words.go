package news

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// rule says which words mean a stage: the first rule of a list that fits decides. Each
// word is a whole word or phrase; Arabic ones also fit within a word, for its articles
// and endings.
type rule struct {
	stage string
	any   []string // one of these stands in the text
	also  []string // and one of these, if there are any
	not   []string // and none of these
}

// first is the stage of the first rule that fits a text; "" if none does.
func first(rules []rule, text string) string {
	t := plain(text)
	i := slices.IndexFunc(rules, func(r rule) bool {
		return holds(t, r.any) && (len(r.also) == 0 || holds(t, r.also)) && !holds(t, r.not)
	})
	if i < 0 {
		return ""
	}
	return rules[i].stage
}

func holds(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		if w[0] >= utf8Self { // Arabic
			return strings.Contains(text, w)
		}
		return strings.Contains(text, " "+w+" ")
	})
}

const utf8Self = 0x80

// maxWords bounds what is read of a text, in bytes.
const maxWords = 2000

// plain is a text in small letters with single spaces around every word: signs become
// spaces, words run together (outForDelivery) are parted, Arabic letters lose their
// variants and marks.
func plain(text string) string {
	if len(text) > maxWords {
		text = text[:maxWords]
	}
	var b strings.Builder
	b.WriteByte(' ')
	space, small := true, false
	for _, r := range norm.NFKD.String(text) {
		if unicode.Is(unicode.Mn, r) || r == 'ـ' {
			continue
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) || unicode.IsUpper(r) && small {
			if !space {
				b.WriteByte(' ')
				space = true
			}
		}
		if small = unicode.IsLower(r); unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(folded(unicode.ToLower(r)))
			space = false
		}
	}
	if !space {
		b.WriteByte(' ')
	}
	return b.String()
}

// folded brings letters that are written in several ways to one.
func folded(r rune) rune {
	switch r {
	case 'أ', 'إ', 'آ', 'ٱ':
		return 'ا'
	case 'ى':
		return 'ي'
	case 'ة':
		return 'ه'
	}
	return r
}
