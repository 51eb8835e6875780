package routing

import (
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/conversations/fold"
)

// References returns the shipment and booking numbers a text offers, in order of
// appearance and each once: in any spacing, case and digits, valid or not, and never a
// phone number.
func References(text string) []Reference {
	d := documents.Get().(*document)
	defer documents.Put(d)
	l := builtin()
	d.reset(text)
	l.look(d)
	return l.references(d)
}

// scan is one search for references in a document.
type scan struct {
	l       *lexicon
	d       *document
	links   [][2]int32 // byte ranges of URLs whose host is no carrier's
	carrier string
	talk    bool
	tour    bool
	found   []Reference
	perhaps []Reference // numbers that are references if the matter turns out to be about such
	lastEnd int         // token after the last shipment number found, for lists of numbers
}

func (l *lexicon) references(d *document) []Reference {
	s := scan{l: l, d: d, links: links(d.text), lastEnd: -1}
	s.context()
	for i := 0; i < len(d.tokens); {
		if s.plain(i) {
			i++
			continue
		}
		i = max(s.at(i), i+1)
	}
	d.perhaps = s.perhaps
	return s.found
}

// context reads what the text as a whole is about and the one carrier it names.
func (s *scan) context() {
	all, many := mark(0), false
	for _, is := range s.d.marks {
		all |= is
	}
	if all&carrierMark != 0 {
		for _, e := range s.d.edges {
			if s.l.marks[e.id]&carrierMark == 0 {
				continue
			}
			name := s.l.names[e.id]
			c := name[2 : len(name)-1]
			many = many || s.carrier != "" && s.carrier != c
			s.carrier = c
		}
	}
	if many {
		s.carrier = ""
	}
	s.talk = all&talkMarks != 0 || s.carrier != ""
	s.tour = all&tourMark != 0 && !s.talk
}

// at tries to read a reference that starts at token i and returns the token after what it consumed.
func (s *scan) at(i int) int {
	t := s.d.tokens[i]
	if t.kind == askToken || t.end-t.start > 60 || s.hidden(t) {
		return i + 1
	}
	if end, ok := s.spelled(i); ok {
		return end
	}
	if end, ok := s.spoken(i); ok {
		return end
	}
	if t.kind == arabicToken {
		return i + 1
	}
	if end, ok := s.booking(i); ok {
		return end
	}
	if t.kind == numberToken {
		return s.number(i)
	}
	if end, ok := s.alphanumeric(i); ok {
		return end
	}
	return i + 1
}

// hidden reports whether a token stands in a stranger's link, a mail address or a masked number.
func (s *scan) hidden(t token) bool {
	for _, l := range s.links {
		if t.start >= l[0] && t.start < l[1] {
			return true
		}
	}
	text := s.d.text
	return t.start > 0 && strings.IndexByte("@*", text[t.start-1]) >= 0 || int(t.end) < len(text) && strings.IndexByte("@*", text[t.end]) >= 0
}

// number judges the run of digit groups that starts at token i: as one number, or each
// by itself where one of them is long enough to be a number alone.
func (s *scan) number(i int) int {
	end, long := i+1, s.width(i) >= 9
	for end < len(s.d.tokens) && s.d.tokens[end].kind == numberToken && s.joined(end) && end-i < 20 {
		long = long || s.width(end) >= 9
		end++
	}
	if !long {
		s.digits(i, end)
		return end
	}
	for k := i; k < end; k++ {
		s.digits(k, k+1)
	}
	return end
}

func (s *scan) width(i int) int { t := s.d.tokens[i]; return int(t.to - t.from) }

func (s *scan) digits(i, end int) {
	length := 0
	for k := i; k < end; k++ {
		length += s.width(k)
	}
	if length < 7 || length > 34 {
		return
	}
	digits, layout := string(s.d.word(i)), strconv.Itoa(s.width(i))
	for k := i + 1; k < end; k++ {
		digits += string(s.d.word(k))
		layout += "-" + strconv.Itoa(s.width(k))
	}
	if length == 11 && s.gdex(i) {
		s.keep(Reference{Kind: AWB, Value: "MY" + digits, Carrier: "gdex", Valid: true}, end)
		return
	}
	at := s.d.tokens[i].start
	n := numeral{digits: digits, layout: layout, plus: at > 0 && s.d.text[at-1] == '+',
		near: s.near(i, end), carrier: s.carrier, talk: s.talk, tour: s.tour}
	r, ok := n.asShipment()
	switch {
	case ok:
		s.keep(r, end)
	case n.likely():
		s.perhaps = append(s.perhaps, n.scheme())
	}
}

// gdex reports whether the "my" before token i is a number's letters and no English
// word: it begins a clause or follows what calls the number a shipment's.
func (s *scan) gdex(i int) bool {
	k := i - 1
	if k < 0 || string(s.d.word(k)) != "my" || !s.joined(i) {
		return false
	}
	return k == 0 || s.d.tokens[k].broken || s.cue(k-1, 1, 11).shipment()
}

func (s *scan) keep(r Reference, end int) {
	if r.Kind == AWB {
		s.lastEnd = end
	}
	for _, old := range s.found {
		if old.Value == r.Value {
			return
		}
	}
	s.found = append(s.found, r)
}

// alphanumeric reads numbers with letters: whole tokens, then up to eight groups.
func (s *scan) alphanumeric(i int) (int, bool) {
	var room [48]byte
	id := s.canonical(room[:0], i)
	if s.d.tokens[i].kind == mixedToken {
		if r, ok := lettered(string(id), false); ok && (r.Valid || s.near(i, i+1) != otherCue) {
			s.keep(r, i+1)
			return i + 1, true
		}
		if end, ok := s.glued(string(id), i); ok {
			return end, true
		}
	} else if len(id) > 5 || i+1 >= len(s.d.tokens) || s.d.tokens[i+1].kind == wordToken {
		return 0, false
	}
	best, bestEnd := Reference{}, 0
	for end := i + 1; end < len(s.d.tokens) && end < i+8 && s.joined(end) && s.d.tokens[end].kind != arabicToken && s.d.tokens[end].kind != askToken; end++ {
		if id = s.canonical(id, end); len(id) > 34 {
			break
		}
		if r, ok := s.apart(string(id), i, end); ok {
			best, bestEnd = r, end+1
		}
	}
	if bestEnd > 0 {
		s.keep(best, bestEnd)
		return bestEnd, true
	}
	if s.d.tokens[i].kind == mixedToken {
		return s.offered(i)
	}
	return 0, false
}

// apart judges a number with letters that is written in the groups of tokens [i, end].
// Its last group has digits, unless it is a country's letters.
func (s *scan) apart(id string, i, end int) (Reference, bool) {
	if r, ok := postal(id); ok && (r.Valid || pos(id) || s.near(i, end+1).shipment() || r.Carrier != "" && s.capital(i) && s.capital(end)) {
		return r, true
	}
	if s.d.tokens[end].kind == wordToken {
		return Reference{}, false
	}
	return lettered(id, true)
}

// capital reports whether a token begins with a capital letter.
func (s *scan) capital(i int) bool {
	c := s.d.text[s.d.tokens[i].start]
	return c >= 'A' && c <= 'Z'
}

// glued reads "AWB30109165494", "30109165494pls" and the like: a number run together with
// the words around it.
func (s *scan) glued(id string, i int) (int, bool) {
	n := strings.IndexAny(id, "0123456789")
	end := len(strings.TrimRight(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	if n < 0 || end < n || !allDigits(id[n:end]) || end-n < 8 {
		return 0, false
	}
	cue := noCue
	switch word := strings.ToLower(id[:n]); {
	case s.l.in(word, "{awb}") || s.l.in(word, "{parcel}") || s.l.in(strings.TrimSuffix(word, "no"), "{awb}"):
		cue = awbCue
	case n == 0 && end < len(id) && len(id)-end <= 5:
		cue = s.near(i, i+1)
	default:
		return 0, false
	}
	r, ok := numeral{digits: id[n:end], near: cue, carrier: s.carrier, talk: s.talk, tour: s.tour}.asShipment()
	if ok {
		s.keep(r, i+1)
	}
	return i + 1, ok
}

// offered takes a house waybill or a mistyped number for what the customer calls it.
func (s *scan) offered(i int) (int, bool) {
	var room [48]byte
	id := string(s.canonical(room[:0], i))
	if len(id) < 8 || len(id) > 30 || digitCount(id) < 5 || !s.near(i, i+1).shipment() {
		return 0, false
	}
	s.keep(Reference{Kind: AWB, Value: id}, i+1)
	return i + 1, true
}

// canonical appends a token in upper case with ASCII digits.
func (s *scan) canonical(to []byte, i int) []byte {
	t := s.d.tokens[i]
	for _, r := range s.d.text[t.start:t.end] {
		if f := fold.Rune(r); f >= 'a' && f <= 'z' {
			to = append(to, byte(f-'a'+'A'))
		} else if f >= '0' && f <= '9' {
			to = append(to, byte(f))
		}
	}
	return to
}

// joined reports whether token i may belong to the same number as the one before it:
// on the same line, with nothing but blanks and one of - . _ / # between.
func (s *scan) joined(i int) bool {
	marks := 0
	for _, r := range s.d.text[s.d.tokens[i-1].end:s.d.tokens[i].start] {
		switch {
		case r == '\n' || r == '\r':
			return false
		case strings.ContainsRune("-._/#‑–", r):
			marks++
		case r != ' ' && r != '\t' && r != '\u00A0' && fold.Rune(r) != fold.Dropped:
			return false
		}
	}
	return marks <= 1
}
