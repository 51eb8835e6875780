package routing

import "slices"

const mixed = "mixed"

// languages in the order that breaks ties.
var languages = [...]string{"en", "ar", "ms"}

func languageName(code string) string {
	switch code {
	case "en":
		return "English"
	case "ar":
		return "Arabic"
	case "ms":
		return "Malay"
	}
	return code
}

// Evidence a second language needs before a message counts as mixed: a run of its own
// words without the other's, and a share of all; or words in another script; or a clause.
const (
	mixedRun    = 3
	mixedShare  = 0.22
	mixedScript = 2 // words of the lesser script; greetings and names of things left out
	mixedWords  = 2 // of an English or Arabic clause of its own, courtesies left out
	strayWords  = 4 // how many words of its own a clause needs to bear one of another's
)

// evidence counts the words of each of languages, and of English those that only join
// others ("the", "is"): a noun is soon borrowed, a joining word never.
type evidence struct {
	words, joins  [3]int
	native, latin int  // words of Arabic letters, and words of English or Malay, courtesies left out
	matter        bool // it holds more than courtesies, which every language borrows
}

// language tells by script and by function words. Names and the trade's own words
// (awb, visa, flight, customs…) belong to no language, so that Malay with English nouns
// stays Malay; two languages are only mixed where each has a clause, a run of words or a
// script of its own.
func (m *matter) language() string {
	var all, clause evidence
	var run, longest, clauses [3]int
	last := -1
	for i, t := range m.d.tokens {
		if t.broken {
			clause.own(&clauses)
			clause = evidence{}
		}
		k := m.tongue(i)
		courteous := m.courteous(i)
		if !courteous && t.kind != askToken {
			clause.matter = true
		}
		if k < 0 {
			continue
		}
		if k != last {
			run = [3]int{}
		}
		last = k
		all.words[k]++
		run[k]++
		longest[k] = max(longest[k], run[k])
		clause.words[k]++
		clause.joins[k] += one(m.joins(i))
		if !courteous {
			all.native += one(t.kind == arabicToken)
			all.latin += one(t.kind != arabicToken && k != 1)
		}
	}
	clause.own(&clauses)
	first, second, total := all.rank()
	if total == 0 {
		return m.salutation()
	}
	switch {
	case longest[second] >= mixedRun && float64(all.words[second]) >= mixedShare*float64(total),
		clauses[first] > 0 && clauses[second] > 0,
		all.native >= mixedScript && all.latin >= mixedScript:
		m.because("written in ", languageName(languages[first]), " and ", languageName(languages[second]))
		return mixed
	}
	m.because("written in ", languageName(languages[first]))
	return languages[first]
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// rank gives the two languages with most words, and how many words there are.
func (e *evidence) rank() (first, second, total int) {
	for k, n := range e.words {
		total += n
		if n > e.words[first] {
			first = k
		}
	}
	second = -1
	for k := range e.words {
		if k != first && (second < 0 || e.words[k] > e.words[second]) {
			second = k
		}
	}
	return first, second, total
}

// own counts a clause that ends for the language it is in, if it is in one. A Malay
// clause may borrow any English noun, an English one a Malay word among many.
func (e *evidence) own(clauses *[3]int) {
	en, ar, ms := e.words[0], e.words[1], e.words[2]
	switch {
	case !e.matter:
	case en >= mixedWords && ar == 0 && (ms == 0 || e.joins[0] > 1 && en >= strayWords*ms):
		clauses[0]++
	case ar >= mixedWords && en == 0 && ms == 0:
		clauses[1]++
	case ms > 0 && ar == 0 && e.joins[0] == 0 && (ms >= mixedWords || en > 0):
		clauses[2]++
	}
}

// joins reports whether token i is an English word that only joins others.
func (m *matter) joins(i int) bool {
	return m.d.marks[i]&joinMark != 0
}

// salutation is the language of a text of which no word belongs to one: that of its
// greeting, or English.
func (m *matter) salutation() string {
	for _, e := range m.d.edges {
		switch m.lex.names[e.id] {
		case "{=greetms}":
			return "ms"
		case "{=greetar}":
			return "ar"
		}
	}
	return "en"
}

// courteous reports whether token i is part of a greeting or of thanks, which every
// language borrows from every other.
func (m *matter) courteous(i int) bool {
	return m.d.marks[i]&courtesyMarks != 0
}

// tongue is the index of the language a token speaks for, or -1.
func (m *matter) tongue(i int) int {
	if m.d.marks[i]&tongueMarks != 0 {
		for _, e := range m.d.edges[m.d.first[i]:m.d.first[i+1]] { // the first that tells
			switch m.lex.marks[e.id] & tongueMarks {
			case englishMark:
				return 0
			case arabicMark:
				return 1
			case malayMark:
				return 2
			case anyMark:
				return -1
			}
		}
	}
	if m.d.tokens[i].kind == arabicToken {
		return 1
	}
	return -1
}

// romanised reports whether a text may hold Arabic in Latin letters and digits, which
// look like record locators.
func (m *matter) romanised(language string) bool {
	return language == "ar" && !slices.ContainsFunc(m.d.tokens, func(t token) bool { return t.kind == arabicToken })
}
