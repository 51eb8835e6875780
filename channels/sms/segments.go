package sms

import (
	"strings"
	"unicode/utf16"
)

// Encoding is the alphabet an SMS is sent in.
type Encoding string

const (
	GSM7 Encoding = "GSM-7" // 3GPP TS 23.038, section 6.2.1
	UCS2 Encoding = "UCS-2" // in fact UTF-16
)

// What one segment holds, alone and as part of a longer text, in units
// (3GPP TS 23.040, section 9.2.3.24: the header of a part takes six bytes).
const (
	gsmSingle, gsmPart   = 160, 153
	ucs2Single, ucs2Part = 70, 67
)

const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€" // two units each: an escape and a character
)

// gsmUnits has the units of every character of GSM-7.
var gsmUnits = func() map[rune]int {
	units := make(map[rune]int)
	for _, r := range gsmBasic {
		units[r] = 1
	}
	for _, r := range gsmExtension {
		units[r] = 2
	}
	return units
}()

// Segmentation is what a text becomes on its way, and so what it costs.
type Segmentation struct {
	Encoding Encoding
	Segments int
	Units    int  // septets of GSM-7, 16-bit units of UCS-2
	Forcing  rune // the first character that GSM-7 does not have; 0 if it has all
}

// Segments counts the parts in which an SMS is sent and charged. A character of
// two units is never split between two parts. An empty text has no segment.
func Segments(text string) Segmentation {
	i := strings.IndexFunc(text, func(r rune) bool { return gsmUnits[r] == 0 })
	if i < 0 {
		s := Segmentation{Encoding: GSM7}
		s.Segments, s.Units = pack(text, gsmSingle, gsmPart, func(r rune) int { return gsmUnits[r] })
		return s
	}
	s := Segmentation{Encoding: UCS2}
	for _, s.Forcing = range text[i:] {
		break
	}
	s.Segments, s.Units = pack(text, ucs2Single, ucs2Part, utf16.RuneLen)
	return s
}

func pack(text string, single, part int, width func(rune) int) (segments, units int) {
	filled := part
	for _, r := range text {
		w := width(r)
		units += w
		if filled+w > part {
			segments++
			filled = 0
		}
		filled += w
	}
	if units > 0 && units <= single {
		segments = 1
	}
	return segments, units
}
