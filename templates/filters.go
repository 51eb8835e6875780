package templates

import (
	"slices"
	"strconv"
	"strings"
)

// filterFunc changes a given value; it is never called with one that was not given
// (except default's, which is what that filter is for).
type filterFunc func(v value, args []argument, l *locale) value

// filter is one entry of the language. in lists the types it takes, none for all.
type filter struct {
	in    []Type
	out   Type                                                 // empty: what came in
	check func(d *Variable, args []argument, l *locale) string // says what is wrong with the arguments
	apply filterFunc
}

// phraseType is what plural and choose make: words, which only default may follow.
const phraseType Type = "phrase"

var moments = []Type{Date, DateTime}

var filters = map[string]filter{
	// default: "x" stands in for a variable that was not given.
	"default": {check: oneText, apply: func(v value, args []argument, _ *locale) value {
		if v.given() {
			return v
		}
		return phrase(args[0].value)
	}},
	"upcase":   {in: []Type{String, Reference}, check: noArguments, apply: mapText(strings.ToUpper)},
	"downcase": {in: []Type{String}, check: noArguments, apply: mapText(strings.ToLower)},
	// truncate: 20 keeps that many characters, the last three of them dots: an ellipsis would force UCS-2.
	"truncate": {in: []Type{String}, check: oneNumber, apply: truncate},
	// plural: one: "# day", other: "# days" counts by the rules of the language; # is the number.
	"plural": {in: []Type{Number}, out: phraseType, check: checkPlural, apply: func(v value, args []argument, l *locale) value {
		form := pluralForm(l.tag, v.text)
		before, after, counted := strings.Cut(argumentNamed(args, form), "#")
		if !counted {
			return phrase(before)
		}
		return value{typ: Number, prose: []span{{text: before}, {group(v.text), true}, {text: after}}}
	}},
	// choose: delivered: "was delivered", … puts a choice into words.
	"choose": {in: []Type{Choice}, out: phraseType, check: checkChoose, apply: func(v value, args []argument, _ *locale) value {
		return phrase(argumentNamed(args, v.text))
	}},
	"date":    {in: []Type{DateTime}, check: noArguments, apply: as(dateOnly)},
	"time":    {in: []Type{DateTime}, check: noArguments, apply: as(timeOnly)},
	"hijri":   {in: moments, check: noArguments, apply: as(inHijri)},
	"short":   {in: moments, check: noArguments, apply: as(short)},
	"bullets": {in: []Type{List}, check: noArguments, apply: as(bulleted)},
	"spell":   {in: []Type{String, Reference, Phone}, check: noArguments, apply: as(spelled)},
}

func as(m manner) filterFunc {
	return func(v value, _ []argument, _ *locale) value {
		v.how |= m
		return v
	}
}

func phrase(s string) value { return value{typ: String, prose: []span{{text: s}}} }

func mapText(f func(string) string) filterFunc {
	return func(v value, _ []argument, _ *locale) value {
		v.text = f(v.text)
		return v
	}
}

func truncate(v value, args []argument, _ *locale) value {
	limit, _ := strconv.Atoi(args[0].value)
	if runes := []rune(v.text); len(runes) > limit {
		v.text = strings.TrimRight(string(runes[:limit-3]), " \u200c\u200d") + "..."
	}
	return v
}

func argumentNamed(args []argument, name string) string {
	for _, a := range args {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

func noArguments(_ *Variable, args []argument, _ *locale) string {
	if len(args) > 0 {
		return "takes no argument"
	}
	return ""
}

func oneText(_ *Variable, args []argument, _ *locale) string {
	if len(args) != 1 || args[0].name != "" || args[0].num || strings.TrimSpace(args[0].value) == "" {
		return `takes one text in quotes, such as default: "customer"`
	}
	return ""
}

func oneNumber(_ *Variable, args []argument, _ *locale) string {
	if len(args) == 1 && args[0].name == "" && args[0].num {
		if n, err := strconv.Atoi(args[0].value); err == nil && n >= 4 && n <= maxText {
			return ""
		}
	}
	return "takes one number from 4 to " + strconv.Itoa(maxText)
}

func checkPlural(_ *Variable, args []argument, l *locale) string {
	return checkNamed(args, l.forms, "counting in this language")
}

func checkChoose(d *Variable, args []argument, _ *locale) string {
	return checkNamed(args, d.Values, "choosing by "+d.Name)
}

// checkNamed wants exactly one text for every name.
func checkNamed(args []argument, want []string, doing string) string {
	seen := make(map[string]bool)
	for _, a := range args {
		switch {
		case !slices.Contains(want, a.name):
			return doing + " has no form " + strconv.Quote(a.name) + ": it needs " + strings.Join(want, ", ")
		case seen[a.name]:
			return "form " + strconv.Quote(a.name) + " is given twice"
		case a.num:
			return "form " + strconv.Quote(a.name) + " is a number, not a text"
		}
		seen[a.name] = true
	}
	var missing []string
	for _, name := range want {
		if !seen[name] {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return doing + " needs also " + strings.Join(missing, ", ")
	}
	return ""
}
