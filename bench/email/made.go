package main

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// made are mails of the kinds that a desk sees most, in the sizes it sees them.
func made() []set {
	plain := "From: Aisha <aisha@customer.example>\r\nTo: support@desk.example\r\nSubject: Where is my parcel\r\n" +
		"Date: Sun, 22 Nov 2026 10:15:00 +0300\r\nMessage-ID: <a@customer.example>\r\n"
	words := strings.Repeat("Could you please tell me where the parcel with the papers is now, it was due on Monday.\r\n", 20)
	paragraph := "<p style=\"margin:0;color:#333\">" + strings.ReplaceAll(words, "\r\n", "<br>\r\n") + "</p>\r\n"
	rich := "<html><head><style>p{margin:0}</style></head><body>" + strings.Repeat(paragraph, 4) +
		strings.Repeat("<table><tr><td>Parcel</td><td><b>1086396430</b></td><td><a href=\"https://x.example/t\">track</a></td></tr></table>\r\n", 20) + "</body></html>\r\n"
	file := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("0123456789abcdef", 5<<20/16)))
	var lines strings.Builder
	for ; len(file) > 76; file = file[76:] {
		lines.WriteString(file[:76] + "\r\n")
	}
	lines.WriteString(file + "\r\n")
	part := func(contentType, body string) string {
		return fmt.Sprintf("--b\r\nContent-Type: %s\r\n\r\n%s\r\n", contentType, body)
	}
	alternative := "Content-Type: multipart/alternative; boundary=b\r\n\r\n" + part("text/plain; charset=utf-8", words) + part("text/html; charset=utf-8", rich) + "--b--\r\n"
	attached := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part("text/plain; charset=utf-8", words) +
		part("application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64", lines.String()) + "--b--\r\n"
	return []set{
		{name: "plain text", mails: [][]byte{[]byte(plain + "\r\n" + words)}},
		{name: "text and HTML", mails: [][]byte{[]byte(plain + alternative)}},
		{name: "HTML only", mails: [][]byte{[]byte(plain + "Content-Type: text/html; charset=utf-8\r\n\r\n" + rich)}},
		{name: "5 MB attachment", mails: [][]byte{[]byte(plain + attached)}},
	}
}
