package email

import (
	"strings"
	"testing"
)

// steps counts the bytes that the walker looks at while it parses.
func steps(raw string) int {
	w := &walker{seen: map[string]bool{}}
	w.parse([]byte(raw), Options{})
	return w.read
}

// Twice the mail is twice the work, however it is made.
func TestWorkGrowsWithTheMail(t *testing.T) {
	for name, grow := range map[string]func(n int) string{
		"one text":            func(n int) string { return "From: a@b\n\n" + strings.Repeat("word ", n) },
		"fields":              func(n int) string { return strings.Repeat("X: y\n", n) + "\nx" },
		"continuations":       func(n int) string { return "X: y\n" + strings.Repeat(" z\n", n) + "\nx" },
		"lines without colon": func(n int) string { return strings.Repeat("nocolon\nX: y\n", n) + "\nx" },
		"parts": func(n int) string {
			return "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", n)
		},
		"false delimiters": func(n int) string {
			return "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + strings.Repeat("--bx\n--b y\n x--b\n", n)
		},
		"ends": func(n int) string {
			return "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n--b--\n", n)
		},
		"no boundary":         func(n int) string { return "Content-Type: multipart/mixed\n\n" + strings.Repeat("--x\ny\n", n) },
		"unclosed multiparts": func(n int) string { return strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", n) },
		"other boundaries": func(n int) string {
			var b strings.Builder
			for i := range n {
				b.WriteString("Content-Type: multipart/mixed; boundary=b" + strings.Repeat("x", i%50) + "\n\n--b" + strings.Repeat("x", i%50) + "\n")
			}
			return b.String()
		},
		"messages inside": func(n int) string { return strings.Repeat("Content-Type: message/rfc822\n\n", n) },
		"report groups": func(n int) string {
			return "Content-Type: message/delivery-status\n\n" + strings.Repeat("Action: failed\n\n", n)
		},
		"base64": func(n int) string {
			return "Content-Transfer-Encoding: base64\n\n" + strings.Repeat("QUJD\n\n!=\n", n)
		},
		"uuencode beginnings": func(n int) string { return "From: a@b\n\n" + strings.Repeat("begin 644 x\n", n) },
	} {
		t.Run(name, func(t *testing.T) {
			const n = 3000 // beyond the limits on depth and parts
			one, two := steps(grow(n)), steps(grow(2*n))
			if size := len(grow(n)); one > 50*size {
				t.Errorf("%d bytes looked at in a mail of %d", one, size)
			}
			if two > one*21/10+1000 {
				t.Errorf("%d bytes looked at, and %d in a mail of twice the size", one, two)
			}
		})
	}
}
