package email

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzDecodeHeader(f *testing.F) {
	for _, s := range []string{
		"=?utf-8?B?2LnZhNmK?= x", "=?windows-1256?Q?=C7=E1?= =?utf-8?Q?_a?=", "=?utf-8?Q?Where is it??=", "=?x?b?!!?=", "\x1b$B0!\x1b(B",
		"=?utf-7?Q?+BicGKw-?=", "=?iso-2022-kr?B?DjAh?=", "\xc7\xe1\xd3", "=?utf-8*ar?Q?a?=", "=?=?=?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := decodeHeader(s)
		if !utf8.ValidString(out) || out != cleanLine(out) {
			t.Errorf("%q", out)
		}
		for _, a := range addresses([]string{s}) {
			if strings.ContainsAny(a.Address+a.Name, "\r\n\x00") {
				t.Errorf("%+v", a)
			}
		}
		parseMedia(s)
		messageIDs([]string{s})
		parseDate(s)
	})
}

// A report, and a prose bounce, of whatever a stranger writes.
func FuzzBounce(f *testing.F) {
	for name, raw := range corpus(f) {
		if strings.HasPrefix(name, "bounce") {
			_, body, _ := bytes.Cut(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
			f.Add("Undelivered Mail", string(body[:min(len(body), 4000)]))
		}
	}
	f.Add("failure", "Final-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.1.1\n\n")
	f.Fuzz(func(t *testing.T, subject, body string) {
		for _, as := range [][2]string{
			{"MAILER-DAEMON@mx.example", "text/plain"}, {"MAILER-DAEMON@mx.example", "message/delivery-status"},
			{"MAILER-DAEMON@mx.example", "message/feedback-report"}, {"no-reply@sns.amazonaws.com", "text/plain"},
		} {
			m := Parse([]byte("From: "+as[0]+"\nReturn-Path: <>\nSubject: "+cleanLine(subject)+"\nContent-Type: "+as[1]+"\n\n"+body), Options{})
			checkMail(t, m)
			if m.Bounce == nil {
				continue
			}
			b := *m.Bounce
			if b.Status != "" && enhancedCode.FindString(b.Status) != b.Status {
				t.Errorf("status %q", b.Status)
			}
			if b.Permanent && !b.Final || b.Complaint && b.Final || strings.ContainsAny(b.Recipient+b.OriginalMessageID, "\r\n") {
				t.Errorf("%+v", b)
			}
			if reason(b) == "" {
				t.Error("no reason")
			}
		}
	})
}

func FuzzTNEF(f *testing.F) {
	for name, raw := range corpus(f) {
		if strings.HasPrefix(name, "tnef") {
			for _, a := range Parse(raw, Options{}).Attachments {
				if a.ContentType == "application/ms-tnef" {
					f.Add(a.Data)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := readTNEF(b, 0)
		if !ok && (len(got.files) > 0 || got.text != "") {
			t.Error("something out of nothing")
		}
		size := 0
		for _, a := range got.files {
			size += len(a.Data)
			if strings.ContainsAny(a.Name, "/\\\n") {
				t.Errorf("name %q", a.Name)
			}
		}
		if len(got.files) > maxTNEF || size > 10*len(b) {
			t.Errorf("%d files of %d bytes out of %d", len(got.files), size, len(b))
		}
		if rtf, ok := inflateRTF(b); ok && len(rtf) > maxRTF+64 {
			t.Errorf("%d bytes of RTF", len(rtf))
		}
		rtfText(b)
	})
}

func FuzzUUEncode(f *testing.F) {
	f.Add([]byte("a\n" + uuencode([]byte("hello")) + "b\n"))
	f.Add([]byte("begin-base64 644 x\naGVsbG8=\n====\n"))
	f.Add([]byte("begin 644 x\nbegin 644 y\n#86)C\nend\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		files, rest := cutUU(b)
		size := len(rest)
		for _, a := range files {
			size += len(a.Data)
		}
		if size > maxGrowth*len(b)+1024*(1+len(files)) {
			t.Errorf("%d bytes out of %d", size, len(b))
		}
		if len(files) == 0 && !bytes.Equal(rest, b) {
			t.Error("text is lost")
		}
	})
}

func FuzzCharset(f *testing.F) {
	for _, label := range []string{"", "utf-8", "utf-7", "utf-16", "windows-1256", "iso-2022-kr", "gb2312", "no-such"} {
		f.Add([]byte("abc \xc7\xe1\xd8\xd1\xcf +BicGKw-"), label)
	}
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		if text, _ := decodeCharset(b, label, len(b)%2 == 0); !utf8.ValidString(text) {
			t.Errorf("%q", text)
		}
	})
}
