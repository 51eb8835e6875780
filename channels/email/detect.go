package email

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// maxDetect is how many bytes of a text are looked at to guess its charset.
const maxDetect = 32 << 10

// isJIS reports the escape sequences of ISO-2022-JP (RFC 1468) in seven-bit text.
func isJIS(b []byte) bool {
	return bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@"))
}

// looks16 reports UTF-16 of mostly Latin text: every other byte is zero.
func looks16(b []byte) bool {
	b = b[:min(len(b), 1024)&^1]
	if bytes.IndexByte(b, 0) < 0 {
		return false
	}
	var zeros [2]int
	for i, c := range b {
		if c == 0 {
			zeros[i%2]++
		}
	}
	most, least := max(zeros[0], zeros[1]), min(zeros[0], zeros[1])
	return len(b) >= 8 && most > len(b)*2/5 && least <= len(b)/50
}

// guessCharset reads text whose label is missing or wrong. Every byte comes
// through: what no charset explains is read as Western.
func guessCharset(b []byte) (text, name string) {
	switch {
	case looks16(b):
		return decode16(b, zerosFirst(b)), "utf-16"
	case isJIS(b):
		out, _ := japanese.ISO2022JP.NewDecoder().Bytes(b)
		return string(out), "iso-2022-jp"
	case mostlyUTF8(b, 4):
		return mendUTF8(b), "utf-8"
	}
	sample := b[:min(len(b), maxDetect)]
	if e, name := guessMultiByte(sample); e != nil {
		if out, err := e.NewDecoder().Bytes(b); err == nil {
			return string(bytes.ToValidUTF8(out, []byte("\uFFFD"))), name
		}
	}
	best, most := scripts[0], 0
	for _, s := range scripts {
		if n := s.score(sample); n > most {
			best, most = s, n
		}
	}
	return decodeMap(best.charmap, b), best.name
}

// mostlyUTF8 reports text with so many times more good UTF-8 sequences than bad bytes.
func mostlyUTF8(b []byte, times int) bool {
	good, bad := 0, 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good > 0 && good >= times*bad
}

// mendUTF8 reads the bytes that are no UTF-8 as Western, but for a last character
// that was cut off.
func mendUTF8(b []byte) string {
	var out strings.Builder
	out.Grow(len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			if !utf8.FullRune(b) {
				out.WriteRune(r)
				break
			}
			r = charmap.Windows1252.DecodeByte(b[0])
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String()
}

// guessMultiByte looks for the East Asian encodings by what their commonest
// characters are: kana for Japanese, syllables for Korean, and for Chinese the
// level of frequent characters, which both of its encodings keep apart.
func guessMultiByte(b []byte) (encoding.Encoding, string) {
	type candidate struct {
		name     string
		encoding encoding.Encoding
		common   func(r rune, first byte) bool
	}
	kana := func(r rune, _ byte) bool { return r >= 0x3040 && r < 0x3100 || r >= 0x3000 && r < 0x3003 }
	var best *candidate
	most := 0.6 // of the characters that are not ASCII
	for _, c := range []candidate{
		{"euc-kr", korean.EUCKR, func(r rune, first byte) bool { return r >= 0xac00 && r < 0xd7a4 && first >= 0xb0 && first <= 0xc8 }},
		{"gb18030", simplifiedchinese.GBK, func(r rune, first byte) bool {
			return first >= 0xb0 && first <= 0xd7 && r != utf8.RuneError || r >= 0x3000 && r < 0x3003 || r >= 0xff00 && r < 0xff20
		}},
		{"big5", traditionalchinese.Big5, func(r rune, first byte) bool {
			return first >= 0xa4 && first <= 0xc6 || r >= 0x3000 && r < 0x3003 || r >= 0xff00 && r < 0xff20
		}},
		{"euc-jp", japanese.EUCJP, kana},
		{"shift_jis", japanese.ShiftJIS, kana},
	} {
		share, ok := commonShare(b, c.encoding, c.common)
		if strings.HasSuffix(c.name, "jp") || strings.HasSuffix(c.name, "jis") {
			share = min(1, share*2) // half of Japanese is kanji
		}
		if ok && share > most {
			best, most = &c, share
		}
	}
	if best == nil {
		return nil, ""
	}
	return best.encoding, best.name
}

// commonShare decodes run by run and reports how many of the characters are
// common ones; ok is false if some bytes do not decode, or there are too few.
func commonShare(b []byte, e encoding.Encoding, common func(r rune, first byte) bool) (share float64, ok bool) {
	all, hits, bad := 0, 0, 0
	d := e.NewDecoder()
	for i := 0; i < len(b); {
		if b[i] < 0x80 {
			i++
			continue
		}
		n := 1
		if i+1 < len(b) && b[i+1] >= 0x30 {
			n = 2
		}
		var dst [8]byte
		w, _, err := d.Transform(dst[:], b[i:i+n], true)
		r, size := utf8.DecodeRune(dst[:w])
		switch {
		case err != nil || r == utf8.RuneError || size != w:
			bad++
			i++
			continue
		case common(r, b[i]):
			hits++
		}
		all++
		i += n
	}
	if all < 4 || bad > all/50+1 && bad > 1 {
		return 0, false
	}
	return float64(hits) / float64(all+bad), true
}

// script is a one-byte charset with the letters of its languages, the commonest first.
type script struct {
	name    string
	charmap *charmap.Charmap
	letters map[rune]int
}

func newScript(name string, m *charmap.Charmap, letters string) script {
	s := script{name, m, map[rune]int{}}
	runes := []rune(letters)
	for i, r := range runes {
		weight := 2 + 6*(len(runes)-i)/len(runes)
		s.letters[r] = weight
		if up := unicode.ToUpper(r); up != r {
			s.letters[up] = weight / 2
		}
	}
	return s
}

const (
	arabicLetters   = "اليمنروبتةعدسفهكقحجشطصخذضغثئءىأإآزظؤ،؟"
	cyrillicLetters = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфёъіїєґ"
	greekLetters    = "αοιετσνηυρπκμλςγδωχθφβξζψάέήίόύώ"
	hebrewLetters   = "יולאהמתברשנדקעטפכסחצגזםןךףץ"
	// Western letters, then the marks that Windows programs put in.
	westernLetters = "éàáóíèäöüñçãßâêôîûúëïåæøœ’‘“”–—…€£©®°«»·¿¡òìùõ"
	turkishLetters = "ışğüçöİâ"
	centralLetters = "ěščřžýáíéůúťďňąęłśżźćńőűăţş"
)

// scripts are tried in this order; of two that explain a text alike the first wins.
var scripts = []script{
	newScript("windows-1252", charmap.Windows1252, westernLetters),
	newScript("windows-1256", charmap.Windows1256, arabicLetters),
	newScript("iso-8859-6", charmap.ISO8859_6, arabicLetters),
	newScript("windows-1251", charmap.Windows1251, cyrillicLetters),
	newScript("koi8-r", charmap.KOI8R, cyrillicLetters),
	newScript("iso-8859-5", charmap.ISO8859_5, cyrillicLetters),
	newScript("ibm866", charmap.CodePage866, cyrillicLetters),
	newScript("windows-1255", charmap.Windows1255, hebrewLetters),
	newScript("windows-1253", charmap.Windows1253, greekLetters),
	newScript("windows-1254", charmap.Windows1254, turkishLetters),
	newScript("windows-1250", charmap.Windows1250, centralLetters),
}

// score says how well a script explains the bytes above ASCII. Latin letters
// are worth most beside ASCII ones, all others beside their own.
func (s script) score(b []byte) int {
	latin := strings.HasPrefix(s.name, "windows-125") && strings.ContainsAny(s.name[len(s.name)-1:], "024")
	total := 0
	for i, c := range b {
		if c < 0x80 {
			continue
		}
		r := s.charmap.DecodeByte(c)
		weight, known := s.letters[r]
		if !known {
			if !unicode.IsPunct(r) && !unicode.IsSymbol(r) && !unicode.IsSpace(r) {
				total -= 8
			}
			continue
		}
		if latin && unicode.IsLetter(r) && i > 0 && b[i-1] >= 0x80 && i+1 < len(b) && b[i+1] >= 0x80 {
			weight = -4
		}
		if !latin && unicode.IsUpper(r) && i > 0 && b[i-1] >= 0x80 && unicode.IsLower(s.charmap.DecodeByte(b[i-1])) {
			weight = -4
		}
		if !latin && unicode.IsLetter(r) && (i > 0 && isASCIILetter(b[i-1]) || i+1 < len(b) && isASCIILetter(b[i+1])) {
			weight = -6 // one such letter in a Latin word
		}
		total += weight
	}
	return total
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
