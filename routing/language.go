package routing

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
// words without the other's, and a share of all.
const (
	mixedRun   = 3
	mixedShare = 0.22
	mixedWords = 2 // of a clause of its own, courtesies left out
)

// language tells by script and by function words. Names and the trade's own words
// (awb, visa, flight, customs…) belong to no language, so that Malay with English nouns
// stays Malay; two languages are only mixed where each has a clause.
func (m *matter) language() string {
	var total, run, longest, here, clauses [3]int
	last := -1
	for i, t := range m.d.tokens {
		if t.broken {
			pure(&here, &clauses)
		}
		k := m.tongue(i)
		if k >= 0 && !m.courteous(i) {
			here[k]++
		}
		if k < 0 {
			continue
		}
		if k != last {
			run = [3]int{}
		}
		last = k
		total[k]++
		run[k]++
		longest[k] = max(longest[k], run[k])
	}
	pure(&here, &clauses)
	first, second := 0, -1
	for k := range total {
		if total[k] > total[first] {
			first = k
		}
	}
	for k := range total {
		if k != first && (second < 0 || total[k] > total[second]) {
			second = k
		}
	}
	all := total[0] + total[1] + total[2]
	if all == 0 {
		return "en"
	}
	if longest[second] >= mixedRun && float64(total[second]) >= mixedShare*float64(all) || clauses[first] > 0 && clauses[second] > 0 {
		m.because("written in ", languageName(languages[first]), " and ", languageName(languages[second]))
		return mixed
	}
	m.because("written in ", languageName(languages[first]))
	return languages[first]
}

// pure counts a clause that ends for the one language it is in, if it is in one.
func pure(here, clauses *[3]int) {
	for k, n := range here {
		if n >= mixedWords && n == here[0]+here[1]+here[2] {
			clauses[k]++
		}
	}
	*here = [3]int{}
}

// courteous reports whether token i is part of a greeting or of thanks, which every
// language borrows from every other.
func (m *matter) courteous(i int) bool {
	for _, e := range m.d.edges[m.d.first[i]:m.d.first[i+1]] {
		if n := m.lex.names[e.id]; n == "{greet}" || n == "{thanks}" || n == "{polite}" {
			return true
		}
	}
	return false
}

// tongue is the index of the language a token speaks for, or -1.
func (m *matter) tongue(i int) int {
	t := m.d.tokens[i]
	for _, e := range m.d.edges[m.d.first[i]:m.d.first[i+1]] {
		switch m.lex.names[e.id] {
		case "{=en}":
			return 0
		case "{=ar}":
			return 1
		case "{=ms}":
			return 2
		case "{=any}":
			return -1
		}
	}
	if t.kind == arabicToken {
		return 1
	}
	return -1
}
