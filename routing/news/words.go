package news

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/conversations/fold"
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

// plainly writes the words of rules as plain writes a text, so that the two can be compared.
func plainly(rules []rule) []rule {
	for _, r := range rules {
		for _, words := range [][]string{r.any, r.also, r.not} {
			for i, w := range words {
				words[i] = strings.TrimSpace(plain(w))
			}
		}
	}
	return rules
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
		if w[0] >= utf8.RuneSelf { // Arabic
			return strings.Contains(text, w)
		}
		return strings.Contains(text, " "+w+" ")
	})
}

// maxWords bounds what is read of a text, in bytes.
const maxWords = 2000

// plain is a folded text with single spaces around every word; words run together
// (outForDelivery) are parted.
func plain(text string) string {
	if len(text) > maxWords {
		text = text[:maxWords]
	}
	b := []byte{' '}
	part := func() {
		if b[len(b)-1] != ' ' {
			b = append(b, ' ')
		}
	}
	small := false
	for _, r := range fold.Compose(text) {
		f := fold.Rune(r)
		if f == fold.Dropped {
			continue
		}
		if f == fold.Separator || unicode.IsUpper(r) && small {
			part()
		}
		if f != fold.Separator {
			b = utf8.AppendRune(b, f)
		}
		small = unicode.IsLower(r)
	}
	part()
	return string(b)
}
