package routing

import (
	"slices"
	"strings"
)

// spokenLeast is how many dictated digits in a row are a number and not a count.
const spokenLeast = 7

// spoken reads digits said as words, as voice-to-text writes them: "two four five one oh
// eight", "double five", "satu dua kosong", "واحد صفر". Numbers said in pairs ("thirty
// five") are left alone: they have to be read back to the caller.
func (s *scan) spoken(i int) (int, bool) {
	if s.d.tokens[i].kind == numberToken {
		return 0, false
	}
	digits, end := s.dictated(i)
	if len(digits) < spokenLeast {
		return 0, false
	}
	n := numeral{digits: digits, near: s.near(i, end), carrier: s.carrier, talk: s.talk, tour: s.tour}
	if r, ok := n.asShipment(); ok {
		s.keep(r, end)
	}
	return end, true
}

// dictated are the digits said from token i on, and the token after them.
func (s *scan) dictated(i int) (digits string, end int) {
	var b strings.Builder
	times := 1
	for end = i; end < len(s.d.tokens) && b.Len() < 34; end++ {
		if n := s.many(end); n > 1 {
			times = n
			continue
		}
		d := s.digitWord(end)
		if d < 0 {
			break
		}
		b.WriteString(strings.Repeat(string(rune('0'+d)), times))
		times = 1
	}
	return b.String(), end
}

// spelledMost is the longest run of letters that begins a number.
const spelledMost = 6

// spelled reads a number whose letters are said one by one before its digits, and after
// them, a country's: "E N two two zero … M Y", "U M R dua dua kosong tujuh", "UMR eight
// eight four one".
func (s *scan) spelled(i int) (int, bool) {
	letters, at := s.letters(i, spelledMost)
	if letters == "" {
		var room [48]byte
		id := s.canonical(room[:0], i)
		if _, ours := bookingPrefixes[string(id)]; !ours {
			return 0, false
		}
		letters, at = string(id), i+1
	}
	if at >= len(s.d.tokens) || s.d.tokens[at].kind == numberToken && s.width(at) > 1 {
		return 0, false
	}
	digits, end := s.dictated(at)
	if sep, ours := bookingPrefixes[letters]; ours && len(digits) >= 3 && len(digits) <= 12 {
		switch {
		case letters == "TR" && len(digits) > 4 && digits[:2] == "20", letters == "HJ" && len(digits) > 4 && digits[:2] == "14":
			digits = digits[:4] + sep + digits[4:]
		}
		s.keep(Reference{Kind: Booking, Value: letters + sep + digits, Valid: true}, end)
		return end, true
	}
	if len(digits) < spokenLeast {
		return 0, false
	}
	if country, after := s.letters(end, 2); len(country) == 2 {
		if r, ok := postal(letters + digits + country); ok {
			s.keep(r, after)
			return after, true
		}
	}
	if r, ok := lettered(letters+digits, false); ok {
		s.keep(r, end)
		return end, true
	}
	return 0, false
}

// letters are the single Latin letters from token i on, in upper case.
func (s *scan) letters(i, most int) (string, int) {
	var b strings.Builder
	for ; i < len(s.d.tokens) && b.Len() < most; i++ {
		w := s.d.word(i)
		if s.d.tokens[i].kind != wordToken || len(w) != 1 || w[0] < 'a' || w[0] > 'z' {
			break
		}
		b.WriteByte(w[0] - 'a' + 'A')
	}
	return b.String(), i
}

// digitWord is the digit that token i says, or -1.
func (s *scan) digitWord(i int) int {
	if t := s.d.tokens[i]; t.kind == numberToken && t.to-t.from == 1 {
		return int(s.d.word(i)[0] - '0')
	}
	if s.d.marks[i]&ordinalMark == 0 {
		return -1
	}
	for _, e := range s.d.edges[s.d.first[i]:s.d.first[i+1]] {
		if o := s.l.ordinals[e.id]; e.n == 1 && o.of == 'n' && o.n < 10 {
			return int(o.n)
		}
	}
	return -1
}

// many is 2 for "double", 3 for "triple", else 1.
func (s *scan) many(i int) int {
	switch string(s.d.word(i)) {
	case "double", "dobel", "dabal":
		return 2
	case "triple":
		return 3
	}
	return 1
}

// plain reports whether token i is a word with which no reference begins, as nearly all
// are: a word that is known and is no digit's, and no letters of a number.
func (s *scan) plain(i int) bool {
	t, is := s.d.tokens[i], s.d.marks[i]
	if t.kind == arabicToken {
		return is&ordinalMark == 0
	}
	n := t.to - t.from
	if t.kind != wordToken || !t.ascii || n < 2 || is&ordinalMark != 0 || s.d.first[i+1] == s.d.first[i] {
		return false
	}
	if next := i + 1; n <= 5 && next < len(s.d.tokens) && s.d.tokens[next].kind != wordToken && s.d.tokens[next].kind != askToken {
		return false
	}
	return s.many(i) == 1 && !slices.Contains(bookingWords, string(s.d.word(i)))
}
