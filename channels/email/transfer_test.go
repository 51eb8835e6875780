package email

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime/quotedprintable"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pieces are what mails in quoted-printable are made of, and what breaks them.
var pieces = []string{"word", "=3D", "=D8=B4", "=e2", "=", "=Z", "=4", " ", "  \t", "\n", "\r\n", "=\n", "=\r\n", "= \t\r\n", "=20\n", "=0D\n", "\x00",
	"long words of more than eight bytes", "ش"}

// TestQuotedPrintableTwin holds the decoder against one that goes line by line.
func TestQuotedPrintableTwin(t *testing.T) {
	escape := regexp.MustCompile(`=[0-9A-Fa-f]{2}`)
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces"), "")
		var want strings.Builder
		for _, l := range strings.SplitAfter(src, "\n") {
			text := strings.TrimSuffix(l, "\n")
			ending := l[len(text):]
			if ending != "" && strings.HasSuffix(text, "\r") {
				text, ending = text[:len(text)-1], "\r\n"
			}
			text = strings.TrimRight(text, " \t")
			if strings.HasSuffix(text, "=") {
				text, ending = text[:len(text)-1], ""
			}
			want.WriteString(escape.ReplaceAllStringFunc(text, func(s string) string {
				c, _ := hex.DecodeString(s[1:])
				return string(c)
			}) + ending)
		}
		got, _ := decodeQP([]byte(src), false)
		if string(got) != want.String() {
			t.Fatalf("%q:\n%q\nwant\n%q", src, got, want.String())
		}
		if unix, _ := decodeQP([]byte(src), true); strings.ReplaceAll(string(unix), "\r\n", "\n") != strings.ReplaceAll(string(got), "\r\n", "\n") {
			t.Fatalf("%q: %q with unix line ends", src, unix)
		}
	})
}

// TestWhatOthersEncode decodes what the standard library encodes, whatever it is.
func TestWhatOthersEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "data")
		var qp bytes.Buffer
		w := quotedprintable.NewWriter(&qp)
		w.Binary = true
		_, _ = w.Write(data)
		_ = w.Close()
		if got, clean := decodeQP(qp.Bytes(), false); !clean || !bytes.Equal(got, data) {
			t.Fatalf("quoted-printable: %q", got)
		}
		line := rapid.IntRange(1, 100).Draw(t, "line")
		ending := rapid.SampledFrom([]string{"\r\n", "\n", "\r\n\r\n", " \n", ""}).Draw(t, "ending")
		var b64 strings.Builder
		for text := base64.StdEncoding.EncodeToString(data); text != ""; text = text[min(line, len(text)):] {
			b64.WriteString(text[:min(line, len(text))] + ending)
		}
		if got, tail, _ := decodeBase64([]byte(b64.String())); !bytes.Equal(got, data) || len(tail) > 0 {
			t.Fatalf("base64 in lines of %d that end in %q: %q, below %q", line, ending, got, tail)
		}
	})
}

// TestGroupsTwin holds the fast half of the base64 decoder against the standard library.
func TestGroupsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"QUJD", "REVGR0hJ", "\r\n", "\n", "Q", "QQ==", "-", "_", " ", "+/aZ09zz"}), 0, 30).Draw(t, "pieces"), ""))
		dst := make([]byte, base64.StdEncoding.DecodedLen(len(src))+8)
		read, written := base64Groups(dst, src)
		want, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(src[:read])))
		if err != nil || !bytes.Equal(dst[:written], want) {
			t.Fatalf("%q: %q of the first %d, want %q, %v", src, dst[:written], read, want, err)
		}
	})
}

// TestBytesStay holds that a file keeps its line ends, whatever its text may become.
func TestBytesStay(t *testing.T) {
	const body = "one=20\r\ntwo\r\n"
	for name, head := range map[string]string{
		"a named file":          "Content-Type: text/plain; name=a.txt\r\n",
		"an attachment":         "Content-Type: text/csv\r\nContent-Disposition: attachment\r\n",
		"binary that says text": "Content-Type: text/plain\r\n",
	} {
		raw := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n" + head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + body
		want := "one \r\ntwo\r\n"
		if strings.HasPrefix(name, "binary") {
			raw, want = raw+strings.Repeat("=00", 9), want+strings.Repeat("\x00", 9)
		}
		m := Parse([]byte(raw+"\r\n--b--\r\n"), Options{})
		if len(m.Attachments) != 1 || string(m.Attachments[0].Data) != want {
			t.Errorf("%s: %+v", name, m.Attachments)
		}
	}
}
