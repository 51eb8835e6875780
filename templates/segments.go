package templates

import "unicode/utf16"

// Encodings of an SMS, as Segments names them.
const (
	GSM7 = "GSM-7"
	UCS2 = "UCS-2"
)

// gsmBasic and gsmExtended are the default alphabet and its extension table
// (3GPP TS 23.038, 6.2.1 and 6.2.1.1). An extended character takes two septets.
const (
	gsmBasic    = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

var gsmWidth = func() map[rune]int {
	m := make(map[rune]int, 150)
	for _, r := range gsmBasic {
		m[r] = 1
	}
	for _, r := range gsmExtended {
		m[r] = 2
	}
	return m
}()

// Segments says in how many parts an SMS travels and in which encoding: GSM-7 holds
// 160 septets alone or 153 a part, UCS-2 70 or 67 code units (3GPP TS 23.040,
// 9.2.3.24.1: the 6-octet header of a concatenated part). Neither an escape nor a
// surrogate pair is split over two parts. Empty text is one part.
func Segments(text string) (n int, encoding string) {
	if _, forced := ForcesUCS2(text); forced {
		return pack(text, 70, 67, func(r rune) int { return utf16.RuneLen(r) }), UCS2
	}
	return pack(text, 160, 153, gsmUnits), GSM7
}

// ForcesUCS2 returns the first character that GSM-7 cannot carry.
func ForcesUCS2(text string) (r rune, forced bool) {
	for _, r := range text {
		if gsmUnits(r) == 0 {
			return r, true
		}
	}
	return 0, false
}

func gsmUnits(r rune) int {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == ' ' {
		return 1
	}
	return gsmWidth[r]
}

// pack fills parts greedily. A text of at most single units is one part.
func pack(text string, single, part int, units func(rune) int) int {
	total, parts, room := 0, 1, part
	for _, r := range text {
		u := units(r)
		total += u
		if u > room {
			parts++
			room = part
		}
		room -= u
	}
	if total <= single {
		return 1
	}
	return parts
}
