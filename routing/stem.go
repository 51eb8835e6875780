package routing

// stems is a word with the hash of each of its beginnings, so that no stem is hashed anew.
type stems struct {
	word   []byte
	hashes [wordLongest + 1]uint64 // of word[:i]
	whole  uint64
}

// wordLongest is how many bytes of a word are looked up by their beginnings: more than any word has.
const wordLongest = 64

func (s *stems) take(word []byte) {
	h := seedWord
	s.hashes[0] = h
	for i, c := range word {
		h = (h ^ uint64(c)) * hashPrime
		if i < wordLongest {
			s.hashes[i+1] = h
		}
	}
	s.word, s.whole = word, h
}

// upTo is the hash of the first n bytes.
func (s *stems) upTo(n int) uint64 {
	if n > wordLongest {
		return hashOf(seedWord, s.word[:n])
	}
	return s.hashes[n]
}

// latinEndings are cut off to find a stem: English inflection, Malay particles and possessives.
var latinEndings = [...]string{"s", "es", "ed", "d", "ing", "nya", "lah", "la", "kah", "kan", "an"}

func (l *lexicon) latin(d *document, from int, s *stems) {
	w := s.word
	found := l.exact(d, from, s.whole)
	found = l.begin(d, from, s) || found
	for _, e := range latinEndings {
		if len(w) >= len(e)+3 && string(w[len(w)-len(e):]) == e {
			found = l.exact(d, from, s.upTo(len(w)-len(e))) || found
		}
	}
	if len(w) > 5 && (w[0] == 'e' || w[0] == 'a') && w[1] == 'l' { // the Arabic article in Arabizi
		found = l.exact(d, from, hashOf(seedWord, w[2:])) || found
	}
	if !found && len(w) >= nearShort-1 && len(w) <= slipLongest {
		l.edge(d, from, l.slip(s))
	}
}

// slipLongest is the longest word, in bytes, in which a slip is looked for.
const slipLongest = 16

// slip is a word that differs by one letter left out, put in, changed or swapped.
func (l *lexicon) slip(s *stems) int32 {
	if id := l.near.find(s.whole); id != 0 {
		return id
	}
	for i := range s.word {
		short := hashOf(s.upTo(i), s.word[i+1:])
		if len(s.word) > nearShort {
			if id := l.known.find(short); id != 0 {
				return id
			}
		}
		if id := l.near.find(short); id != 0 {
			return id
		}
	}
	return 0
}

// Arabic clitics in folded spelling, longest first.
var (
	arabicBefore = [...]string{"وبال", "وال", "فال", "بال", "كال", "هال", "عال", "ولل", "لل", "ال", "وب", "ول", "و", "ف", "ب", "ل", "ه", "ع"}
	arabicAfter  = [...]string{"تكم", "تها", "تهم", "تنا", "تي", "تك", "ته", "هم", "كم", "ها", "نا", "ني", "وا", "ات", "ين", "ون", "ي", "ك", "ه", "ت"}
)

// arabic looks a word up whole and without its clitics. A possessed feminine noun gets
// its ta marbuta back (شحنتي → شحنه).
func (l *lexicon) arabic(d *document, from int, s *stems) {
	l.arabicStem(d, from, s)
	var rest stems
	for _, b := range arabicBefore {
		if len(s.word)-len(b) >= 4 && string(s.word[:len(b)]) == b {
			rest.take(s.word[len(b):])
			l.arabicStem(d, from, &rest)
		}
	}
}

func (l *lexicon) arabicStem(d *document, from int, s *stems) {
	l.exact(d, from, s.whole)
	l.begin(d, from, s)
	for _, a := range arabicAfter {
		n := len(s.word) - len(a)
		if n < 4 || n > 48 || string(s.word[n:]) != a {
			continue
		}
		l.exact(d, from, s.upTo(n))
		if len(a) > 2 && a[:2] == "ت" {
			l.exact(d, from, hashOf(s.upTo(n), "ه"))
		}
	}
}
