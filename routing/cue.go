package routing

// cue is what the words around a number call it.
type cue uint8

const (
	noCue     cue = iota
	awbCue        // "awb", "tracking no", "رقم التتبع"
	parcelCue     // "parcel", "شحنة": enough for a number that cannot be a phone's
	phoneCue      // "call me on", "رقمي"
	otherCue      // a claim, an invoice, an amount, an identity: never a reference
)

// Words between a number and what calls it something else than a shipment: an amount
// names its unit, an invoice its number.
const (
	otherNear = 3
	moneyNear = 1
)

// near finds what the words around tokens [i, end) call the number: the nearest cue up
// to six words before, else up to three after. A list goes on with the cue it began with.
func (s *scan) near(i, end int) cue {
	left, digits := 6, 0
	for k := i; k < end; k++ {
		digits += s.width(k)
	}
	for k := i - 1; k >= 0 && left > 0; k-- {
		if k+1 == s.lastEnd && i-k <= 3 {
			return awbCue
		}
		if c := s.cue(k, i-k, digits); c != noCue {
			return c
		}
		if s.d.tokens[k].kind == numberToken && s.width(k) >= 7 {
			break
		}
		if left--; s.d.tokens[k].broken {
			left = min(left, 1)
		}
	}
	for k := end; k < end+3 && k < len(s.d.tokens) && !s.d.tokens[k].broken; k++ {
		c := s.cue(k, k-end+1, digits)
		if c == awbCue || c == parcelCue || k == end && c != noCue && !s.numbered(k+1) {
			return c
		}
	}
	return noCue
}

// numbered reports whether a number stands at token k, so that the word before is its.
func (s *scan) numbered(k int) bool {
	return k < len(s.d.tokens) && s.d.tokens[k].kind == numberToken
}

// passportMost is how long a passport's number is at most (ICAO Doc 9303, part 3).
const passportMost = 9

// claimMost is how many digits a claim's own number has at most: "claim 44-77180".
const claimMost = 8

// cue is what the word at token k calls a number of so many digits so many words away.
func (s *scan) cue(k, away, digits int) cue {
	switch is := s.d.marks[k]; {
	case is&norefMark != 0 && away <= otherNear,
		is&passnoMark != 0 && away <= otherNear && digits <= passportMost,
		is&claimMark != 0 && away == 1 && digits <= claimMost,
		is&moneyMark != 0 && away <= moneyNear:
		return otherCue
	case is&phonenoMark != 0:
		return phoneCue
	case is&awbMark != 0:
		return awbCue
	case is&parcelMark != 0:
		return parcelCue
	}
	return noCue
}

// shipment reports whether a cue names a shipment.
func (c cue) shipment() bool { return c == awbCue || c == parcelCue }

// in reports whether a folded word is in a class.
func (l *lexicon) in(word, class string) bool {
	for _, c := range l.classes[l.ids[word]] {
		if l.names[c] == class {
			return true
		}
	}
	return false
}
