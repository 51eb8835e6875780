package routing

import "strings"

// bookingPrefixes start our own booking numbers, each with the way it is written.
var bookingPrefixes = map[string]string{"UMR": "-", "BK": "", "TR": "-", "HJ": "/"}

// bookingWords are the bookingPrefixes as they are folded.
var bookingWords = func() (out []string) {
	for prefix := range bookingPrefixes {
		out = append(out, strings.ToLower(prefix))
	}
	return out
}()

// locatorLength is how long an airline's record locator (PNR) is.
const locatorLength = 6

// phoneLeast is how many digits a telephone number has at least.
const phoneLeast = 7

// booking reads a booking number (UMR-2291, BK48213, TR-2026-0117, HJ/1447/12, however
// spaced) or an airline's record locator at token i.
func (s *scan) booking(i int) (int, bool) {
	t := s.d.tokens[i]
	if t.kind == numberToken {
		return 0, false
	}
	var room [64]byte
	short := s.canonical(room[:0], i)
	n := len(short)
	for n > 0 && short[n-1] <= '9' {
		n--
	}
	sep, ours := bookingPrefixes[string(short[:n])]
	if !ours && len(short) != locatorLength {
		return 0, false
	}
	id := string(short)
	if ours {
		groups := []string{}
		if n < len(id) {
			groups = append(groups, id[n:])
		}
		end := i + 1
		for end < len(s.d.tokens) && len(groups) < 3 && s.d.tokens[end].kind == numberToken && s.joined(end) && (len(groups) == 0 || !s.spaced(end) || yearly(id[:n], groups)) {
			groups = append(groups, string(s.d.word(end)))
			end++
		}
		if end < len(s.d.tokens) && n == len(id) && len(groups) == 1 && s.width(end) == 2 && len(groups[0]) == 2 && s.spaced(end) && s.d.tokens[end].kind == numberToken {
			groups[0] += string(s.d.word(end)) // "UMR 12 76"
			end++
		}
		if year := strings.Join(groups, ""); id[:n] == "TR" && len(groups) == 1 && len(year) == 8 && year[:2] == "20" {
			groups = []string{year[:4], year[4:]}
		}
		if d := len(strings.Join(groups, "")); d >= 3 && d <= 12 && (sep != "" || d < phoneLeast || s.near(i, end) != phoneCue) {
			s.keep(Reference{Kind: Booking, Value: id[:n] + sep + strings.Join(groups, when(sep != "", sep)), Valid: true}, end)
			return end, true
		}
	}
	if s.locator(id, i) {
		s.keep(Reference{Kind: Booking, Value: id, Valid: true}, i+1)
		return i + 1, true
	}
	if n := digitCount(id); len(id) == locatorLength && n >= 1 && n <= 4 && (n > 1 || id[5] >= 'A') && id[0] >= 'A' && !duration(id) && !fare(id) && s.d.first[i+1] == s.d.first[i] {
		s.perhaps = append(s.perhaps, Reference{Kind: Booking, Value: id, Valid: true})
	}
	return 0, false
}

// yearly reports whether a booking number so far is only its year, so that what follows
// belongs to it even after a blank: TR-2026, HJ/1448.
func yearly(prefix string, groups []string) bool {
	return len(groups) == 1 && len(groups[0]) == 4 && (prefix == "TR" && groups[0][:2] == "20" || prefix == "HJ" && groups[0][:2] == "14")
}

// fare reports whether six letters and digits are an amount (RM1500) or a flight (SV1052).
func fare(id string) bool {
	n := len(strings.TrimRight(id, "0123456789"))
	return n < 3 || n == 3 && (id[:n] == "SAR" || id[:n] == "AED" || id[:n] == "USD" || id[:n] == "MYR")
}

// spaced reports whether only blanks stand before token i.
func (s *scan) spaced(i int) bool {
	return strings.TrimSpace(s.d.text[s.d.tokens[i-1].end:s.d.tokens[i].start]) == ""
}

// locator reports whether a word is a PNR: six letters and digits after a cue, or
// letters and digits mixed as no word mixes them in a text about tours.
func (s *scan) locator(id string, i int) bool {
	if len(id) != locatorLength {
		return false
	}
	digits := digitCount(id)
	known := s.d.first[i+1] > s.d.first[i]
	switch {
	case digits == 6 || duration(id) || fare(id):
		return false
	case digits == 0: // any six letters: only right after the cue, and no word we know
		if known {
			return false
		}
		for k := i - 1; k >= 0 && k >= i-3; k-- {
			if _, ok := s.d.marked(pnrMark, k, k+1); ok {
				return true
			}
			if _, ok := s.d.marked(fillerMark, k, k+1); !ok {
				return false
			}
		}
		return false
	}
	if _, ok := s.d.marked(pnrMark, i-5, i); ok && !known {
		return true
	}
	if _, ok := s.d.marked(pnrMark, i+1, i+3); ok && !known {
		return true
	}
	return s.tour && !known && digits >= 2 && id[0] >= 'A' && id[5] >= 'A'
}

// duration reports whether a six-letter word is a length of stay such as 12D10N.
func duration(id string) bool {
	return strings.Trim(id, "0123456789") != id && strings.HasSuffix(id, "N") && strings.Contains(id, "D") && allDigits(strings.NewReplacer("D", "", "N", "").Replace(id))
}

// carrierHosts are the only hosts in whose links a number is taken for the carrier's own.
var carrierHosts = map[string]bool{"dhl.com": true, "aramex.com": true, "fedex.com": true, "ups.com": true, "smsaexpress.com": true,
	"pos.com.my": true, "tracking.pos.com.my": true, "gdexpress.com": true, "jtexpress.my": true, "ninjavan.co": true, "spx.com.my": true, "splonline.com.sa": true}

// links returns the byte ranges of the links in text that lead to anybody but a carrier.
func links(text string) (out [][2]int32) {
	for at := 0; at < len(text); {
		k := strings.Index(text[at:], "://")
		if w := strings.Index(text[at:], "www."); w >= 0 && (k < 0 || w < k) {
			k = w
		}
		if k < 0 {
			return out
		}
		start := at + k
		end := start + len(text[start:])
		if n := strings.IndexAny(text[start:], " \t\r\n<>\"'"); n >= 0 {
			end = start + n
		}
		host := strings.TrimPrefix(text[start:end], "://")
		if n := strings.IndexAny(host, "/?#:"); n >= 0 {
			host = host[:n]
		}
		if !carrierHosts[strings.TrimPrefix(strings.ToLower(host), "www.")] {
			out = append(out, [2]int32{int32(start), int32(end)})
		}
		at = end
	}
	return out
}
