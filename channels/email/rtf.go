package email

import (
	"encoding/binary"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// rtfDictionary is what the window of compressed RTF starts with ([MS-OXRTFCP] §2.1.2.1).
const rtfDictionary = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor " +
	"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

const maxRTF = 16 << 20 // bytes of RTF that one mail may grow to

// inflateRTF undoes the compression of PR_RTF_COMPRESSED ([MS-OXRTFCP]).
func inflateRTF(b []byte) (out []byte, ok bool) {
	if len(b) < 16 {
		return nil, false
	}
	kind, b := binary.LittleEndian.Uint32(b[8:]), b[16:]
	if kind == 0x414C454D { // "MELA": not compressed
		return b, true
	}
	if kind != 0x75465A4C { // "LZFu"
		return nil, false
	}
	var window [4096]byte
	at := copy(window[:], rtfDictionary)
	put := func(c byte) {
		out = append(out, c)
		window[at] = c
		at = (at + 1) % len(window)
	}
	for len(b) > 0 && len(out) < maxRTF {
		control := b[0]
		b = b[1:]
		for bit := 0; bit < 8 && len(b) > 0; bit++ {
			if control>>bit&1 == 0 {
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out, true
			}
			ref := int(b[0])<<8 | int(b[1])
			b = b[2:]
			from, n := ref>>4, ref&15+2
			if from == at {
				return out, true
			}
			for ; n > 0; n-- {
				put(window[from%len(window)])
				from++
			}
		}
	}
	return out, true
}

// rtfText is the text of RTF: enough of the format to read a letter. HTML that
// RTF wraps (\fromhtml) reads as its text.
func rtfText(b []byte) string {
	r := rtfReader{}
	for i := 0; i < len(b); {
		i = r.step(b, i)
	}
	return tidy(cleanText(r.out.String()))
}

// rtfReader is the state between two tokens.
type rtfReader struct {
	out    strings.Builder
	depth  int
	silent int // depth from which on nothing is text; zero: all is
	raw    bool
	skip   int // characters that stand for one given as \u
}

// rtfSilent are destinations without text of the letter.
var rtfSilent = map[string]bool{
	"fonttbl": true, "colortbl": true, "stylesheet": true, "info": true, "pict": true, "object": true, "header": true,
	"footer": true, "listtable": true, "listoverridetable": true, "generator": true, "themedata": true, "*": true,
}

var rtfBreaks = map[string]string{"par": "\n", "line": "\n", "sect": "\n", "row": "\n", "tab": "\t", "cell": " ", "lquote": "‘",
	"rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "endash": "–", "emdash": "—"}

// step reads one token and says where the next one is.
func (r *rtfReader) step(b []byte, i int) int {
	switch c := b[i]; c {
	case '{':
		r.depth++
	case '}':
		r.depth--
		if r.depth < r.silent {
			r.silent = 0
		}
	case '\r', '\n':
	case '\\':
		return r.control(b, i+1)
	default:
		r.write(string(charmap.Windows1252.DecodeByte(c)))
	}
	return i + 1
}

// control reads what follows a backslash.
func (r *rtfReader) control(b []byte, i int) int {
	if i >= len(b) {
		return i
	}
	j := i
	for j < len(b) && (b[j]|0x20 >= 'a' && b[j]|0x20 <= 'z') {
		j++
	}
	if j == i {
		return r.symbol(b, i)
	}
	word := string(b[i:j])
	k := j
	for k < len(b) && (b[k] >= '0' && b[k] <= '9' || k == j && b[k] == '-') {
		k++
	}
	n, _ := strconv.Atoi(string(b[j:k]))
	switch {
	case word == "u":
		r.skip = 0
		r.write(string(rune(uint16(n))))
		r.skip = 1
	case word == "htmlrtf":
		r.raw = string(b[j:k]) != "0"
	case rtfBreaks[word] != "":
		r.write(rtfBreaks[word])
	case rtfSilent[word]:
		r.hush()
	}
	if k < len(b) && b[k] == ' ' {
		k++
	}
	return k
}

// symbol reads a control symbol: an escaped character, or one in hex.
func (r *rtfReader) symbol(b []byte, i int) int {
	switch c := b[i]; {
	case c == '\'' && i+2 < len(b) && hexDigit(b[i+1]) >= 0 && hexDigit(b[i+2]) >= 0:
		r.write(string(charmap.Windows1252.DecodeByte(byte(hexDigit(b[i+1])<<4 | hexDigit(b[i+2])))))
		return i + 3
	case c == '~':
		r.write(" ")
	case c == '*':
		r.hush()
	case c == '\\' || c == '{' || c == '}':
		r.write(string(c))
	}
	return i + 1
}

func (r *rtfReader) hush() {
	if r.silent == 0 {
		r.silent = max(r.depth, 1)
	}
}

func (r *rtfReader) write(s string) {
	if r.skip > 0 {
		r.skip--
		return
	}
	if r.silent == 0 && !r.raw && r.out.Len() < maxRTF {
		r.out.WriteString(s)
	}
}
