package email

import (
	"strings"
	"testing"
)

// TestHostileMailEnds reads mails that are made to keep a parser busy. Each
// was quadratic in some part of a parser once; such a one runs into the
// timeout of go test.
func TestHostileMailEnds(t *testing.T) {
	r := func(s string, n int) string { return strings.Repeat(s, n/2) }
	html := "From: a@b\nContent-Type: text/html\n\n"
	for name, raw := range map[string]string{
		"open comments":       "From: " + r("(", 900_000) + "\n\nx",
		"quotes":              "From: " + r("\"", 900_000) + "\n\nx",
		"colons":              "To: " + r(":", 900_000) + "\n\nx",
		"commas":              "To: " + r("a,", 450_000) + "\n\nx",
		"open angles":         "From: " + r("<", 900_000) + "\n\nx",
		"encoded words":       "Subject: " + r("=?utf-8?q?a?= ", 70_000) + "\n\nx",
		"open words":          "Subject: " + r("=?", 450_000) + "\n\nx",
		"open ids":            "References: " + r("<a b c", 150_000) + "\n\nx",
		"parameters":          "Content-Type: text/plain; " + r("a*0*=x;", 130_000) + "\n\nx",
		"escapes":             "Content-Type: text/plain; a=\"" + r("\\\"", 400_000) + "\n\nx",
		"fields":              r("X: y\n", 200_000) + "\nx",
		"lines without colon": r("nocolon\nX: y\n", 100_000) + "\nx",
		"continuations":       "X: y\n" + r(" z\n", 300_000) + "\nx",
		"attributions":        "From: a@b\n\n" + r("On Monday bob wrote:\n\n", 50_000),
		"half attributions":   "From: a@b\n\n" + r("On Monday somebody <a@b>\n", 50_000),
		"header blocks":       "From: a@b\n\n" + r("From: x\n", 50_000),
		"rulers":              "From: a@b\n\n" + r("____________________\n", 20_000),
		"signatures":          "From: a@b\n\nx\n" + r("-- \n", 300_000),
		"blank lines":         "From: a@b\n\n" + r("\n", 1_000_000),
		"flowed":              "Content-Type: text/plain; format=flowed\n\n" + r("a \n", 300_000),
		"parts":               "Content-Type: multipart/mixed; boundary=b\n\n" + r("--b\n\nx\n", 200_000),
		"no boundary":         "Content-Type: multipart/mixed\n\n" + r("--x\ny\n", 50_000),
		"unclosed multiparts": r("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 5_000),
		"messages inside":     r("Content-Type: message/rfc822\n\n", 5_000),
		"report groups":       "From: mailer-daemon@b\nContent-Type: message/delivery-status\n\n" + r("Action: failed\n\n", 50_000),
		"prose":               "From: mailer-daemon@b\nSubject: undelivered\n\n" + r("<a@b 550 5.1 code ", 20_000),
		"base64":              "Content-Transfer-Encoding: base64\n\n" + r("!A=", 500_000),
		"quoted-printable":    "Content-Transfer-Encoding: quoted-printable\n\n" + r("==", 500_000),
		"deep html":           html + r("<div>", 400) + r("<p class=gmail_attr>", 10_000),
		"links":               html + r("<a href=https://x.example/z>", 30_000),
		"formatting":          html + r("<b><i><p>", 30_000),
		"tables":              html + r("<table>", 50_000),
		"blockquotes":         html + r("<blockquote>x", 50_000),
		"attributes":          html + "<p " + r("a=1 ", 200_000) + ">x",
		"open tags":           html + r("<", 500_000),
		"styles":              html + "<p style=\"" + r("text-align:left;", 30_000) + "\">x",
	} {
		t.Run(name, func(t *testing.T) { checkMail(t, Parse([]byte(raw), Options{})) })
	}
}

// Every byte of every leaf is in a body or in an attachment.
func TestNothingIsLeftOut(t *testing.T) {
	var b strings.Builder
	b.WriteString("Content-Type: multipart/mixed; boundary=b\n\n")
	for range 700 {
		b.WriteString("--b\nContent-Disposition: attachment\n\nneedle\n")
	}
	b.WriteString("--b--\n")
	m := Parse([]byte(b.String()), Options{})
	found := strings.Count(m.Text, "needle")
	for _, a := range m.Attachments {
		found += strings.Count(string(a.Data), "needle")
	}
	if found != 700 || len(m.Attachments) > maxParts {
		t.Errorf("%d of 700 in %d attachments", found, len(m.Attachments))
	}
}
