package email

import (
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

// TestAutoStemsMissNothing: every way through autoSubject has one of the words that are
// looked for first.
func TestAutoStemsMissNothing(t *testing.T) {
	re, err := syntax.Parse(autoSubject.String(), syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	ways := spell(re.Simplify())
	if len(ways) < 40 {
		t.Fatalf("%d ways", len(ways))
	}
	for _, way := range ways {
		if !autoSubject.MatchString(way) {
			t.Fatalf("%q does not match", way)
		}
		if !slices.ContainsFunc(autoStems, func(stem string) bool { return strings.Contains(strings.ToLower(way), stem) }) {
			t.Errorf("%q has none of the stems", way)
		}
	}
}

// spell gives a text for each way through an expression; what may be left out is left out.
func spell(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		return []string{string(re.Rune[0])}
	case syntax.OpCapture, syntax.OpPlus:
		return spell(re.Sub[0])
	case syntax.OpQuest, syntax.OpStar:
		return []string{""}
	case syntax.OpConcat:
		out := []string{""}
		for _, sub := range re.Sub {
			var more []string
			for _, head := range out {
				for _, tail := range spell(sub) {
					more = append(more, head+tail)
				}
			}
			out = more
		}
		return out
	case syntax.OpAlternate:
		var out []string
		for _, sub := range re.Sub {
			out = append(out, spell(sub)...)
		}
		return out
	}
	return []string{""}
}
