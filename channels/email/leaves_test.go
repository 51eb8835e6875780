package email

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// tree writes random MIME trees, with a word of its own in every leaf.
type tree struct {
	*rapid.T
	words []string
	n     int
}

func (t *tree) entity(depth int) string {
	t.n++
	if kinds := []string{"mixed", "related", "alternative", "report", "signed"}; depth < 6 && t.n < 40 && rapid.IntRange(0, 2).Draw(t.T, "deeper") > 0 {
		kind := rapid.SampledFrom(kinds).Draw(t.T, "kind")
		b := fmt.Sprintf("b%d", t.n)
		var s strings.Builder
		fmt.Fprintf(&s, "Content-Type: multipart/%s; boundary=%q\n\n", kind, b)
		for range rapid.IntRange(1, 4).Draw(t.T, "parts") {
			s.WriteString("--" + b + "\n" + t.entity(depth+1) + "\n")
		}
		if rapid.Bool().Draw(t.T, "closed") {
			s.WriteString("--" + b + "--\n")
		}
		return s.String()
	}
	return t.leaf(depth)
}

func (t *tree) leaf(depth int) string {
	word := fmt.Sprintf("needle%dx", len(t.words))
	t.words = append(t.words, word)
	typ := rapid.SampledFrom([]string{"text/plain", "text/html", "application/pdf", "image/png; name=a.png", "text/calendar", "text/plain; name=n.txt",
		"message/delivery-status", "application/octet-stream", "text/x-odd", "nonsense", ""}).Draw(t.T, "type")
	head := "Content-Type: " + typ + "\n"
	if typ == "" {
		head = ""
	}
	head += rapid.SampledFrom([]string{"", "Content-Disposition: attachment\n", "Content-Disposition: inline; filename=x.txt\n", "Content-ID: <c@x>\n"}).Draw(t.T, "disposition")
	body := word + " and more\n"
	if strings.HasPrefix(typ, "text/html") {
		body = "<p>" + word + " and more</p>\n"
	}
	switch rapid.SampledFrom([]string{"", "base64", "message"}).Draw(t.T, "encoding") {
	case "base64":
		return head + "Content-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(body)) + "\n"
	case "message":
		return "Content-Type: message/rfc822\n\nFrom: a@b.example\n" + head + "\n" + body
	}
	return head + "\n" + body
}

// Every leaf of every tree ends in a body or among the attachments.
func TestEveryLeafIsKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := &tree{T: rt}
		raw := "From: a@b.example\nMIME-Version: 1.0\n" + tr.entity(0)
		m := Parse([]byte(raw), Options{})
		var all strings.Builder
		all.WriteString(m.Text + m.HTML)
		for _, a := range m.Attachments {
			all.Write(a.Data)
		}
		for _, w := range tr.words {
			if !strings.Contains(all.String(), w) {
				rt.Fatalf("%s is lost of\n%s", w, raw)
			}
		}
	})
}

// A file comes out byte for byte, however it was encoded.
func TestUUEncodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "data")
		files, rest := cutUU([]byte("before\n" + uuencode(data) + "after\n"))
		if len(files) != 1 || string(files[0].Data) != string(data) || string(rest) != "before\nafter\n" {
			t.Fatalf("%q came back as %+v, %q", data, files, rest)
		}
	})
}

func uuencode(data []byte) string {
	digit := func(c byte) byte {
		if c == 0 {
			return '`'
		}
		return c + ' '
	}
	var b strings.Builder
	b.WriteString("begin 644 a.bin\n")
	for ; len(data) > 0; data = data[min(45, len(data)):] {
		row := data[:min(45, len(data))]
		b.WriteByte(digit(byte(len(row))))
		for i := 0; i < len(row); i += 3 {
			var g [3]byte
			copy(g[:], row[i:])
			for _, c := range []byte{g[0] >> 2, g[0]<<4&63 | g[1]>>4, g[1]<<2&63 | g[2]>>6, g[2] & 63} {
				b.WriteByte(digit(c))
			}
		}
		b.WriteByte('\n')
	}
	return b.String() + "`\nend\n"
}

// A name that turns around shows another ending than the file has.
func TestFileNamesAreShownAsTheyEnd(t *testing.T) {
	for in, want := range map[string]string{
		"x\u202egpj.exe":          "xgpj.exe",
		"\u2067فاتورة\u2069.pdf":  "فاتورة.pdf",
		`..\..\x` + "\u202e.html": "x.html",
		"a/\u2066..\u2069":        "",
		"تقرير\u200f (1).pdf":     "تقرير\u200f (1).pdf", // a mark turns nothing
	} {
		if got := baseName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
