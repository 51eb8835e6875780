package routing

import "strings"

// spokenLeast is how many dictated digits in a row are a number and not a count.
const spokenLeast = 7

// spoken reads digits said as words, as voice-to-text writes them: "two four five one oh
// eight", "double five", "satu dua kosong", "واحد صفر". Numbers said in pairs ("thirty
// five") are left alone: they have to be read back to the caller.
func (s *scan) spoken(i int) (int, bool) {
	if s.d.tokens[i].kind == numberToken {
		return 0, false
	}
	var digits strings.Builder
	end, times := i, 1
	for ; end < len(s.d.tokens) && digits.Len() < 34; end++ {
		if n := s.many(end); n > 1 {
			times = n
			continue
		}
		d := s.digitWord(end)
		if d < 0 {
			break
		}
		digits.WriteString(strings.Repeat(string(rune('0'+d)), times))
		times = 1
	}
	if digits.Len() < spokenLeast {
		return 0, false
	}
	n := numeral{digits: digits.String(), near: s.near(i, end), carrier: s.carrier, talk: s.talk, tour: s.tour}
	if r, ok := n.asShipment(); ok {
		s.keep(r, end)
	}
	return end, true
}

// digitWord is the digit that token i says, or -1.
func (s *scan) digitWord(i int) int {
	if t := s.d.tokens[i]; t.kind == numberToken && t.to-t.from == 1 {
		return int(s.d.word(i)[0] - '0')
	}
	for _, e := range s.d.edges[s.d.first[i]:s.d.first[i+1]] {
		if n := s.l.names[e.id]; e.n == 1 && len(n) == 4 && n[0] == '{' && n[1] == 'n' && n[2] >= '0' && n[2] <= '9' {
			return int(n[2] - '0')
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
