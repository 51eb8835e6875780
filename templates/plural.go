package templates

import (
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

var pluralNames = [...]string{plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}

// pluralForms are the forms that counting in a language can need, in CLDR's order.
func pluralForms(tag language.Tag) []string {
	var seen [len(pluralNames)]bool
	seen[plural.Other] = true
	for n := range 201 {
		seen[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)] = true
	}
	var forms []string
	for _, f := range []plural.Form{plural.Zero, plural.One, plural.Two, plural.Few, plural.Many, plural.Other} {
		if seen[f] {
			forms = append(forms, pluralNames[f])
		}
	}
	return forms
}

// pluralForm chooses the form for a number in plain digits. The operands i, v, w, f
// and t are those of UTS #35, part 3, section 5.1.
func pluralForm(tag language.Tag, digits string) string {
	whole, frac, _ := strings.Cut(digits, ".")
	if len(whole) > 9 {
		whole = "1" + whole[len(whole)-8:] // rules look at the last digits only; this keeps it large and in an int
	}
	i, _ := strconv.Atoi(whole)
	f, _ := strconv.Atoi(frac)
	bare := strings.TrimRight(frac, "0")
	t, _ := strconv.Atoi(bare)
	return pluralNames[plural.Cardinal.MatchPlural(tag, i, len(frac), len(bare), f, t)]
}
