package email

import (
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
)

// TestNumbersStayInOrder: in a mail that an officer writes in Arabic, each link and each
// number in groups stands apart; words, short numbers and mails in English are left alone.
func TestNumbersStayInOrder(t *testing.T) {
	mail := func(text string) string {
		return string(serialize(alternatives(letter{Signer: testSigner(), Outbound: channels.Outbound{Text: text, Language: "ar"}})))
	}
	for text, want := range map[string]string{
		"اتصل بنا على +966 55 123 4567 غدًا":                `<bdi dir="ltr">+966 55 123 4567</bdi>`,
		"رقم الشحنة 1086-3964-30.":                          `<bdi dir="ltr">1086-3964-30</bdi>`,
		"هاتف ٠٥٥ ١٢٣ ٤٥٦٧":                                 `<bdi dir="ltr">٠٥٥ ١٢٣ ٤٥٦٧</bdi>`,
		"انظر https://example.com/t?a=1&b=1086396430 شكرًا": `<bdi dir="ltr">https://example.com/t?a=1&amp;b=1086396430</bdi>`,
	} {
		if got := decodedHTML(t, mail(text)); !strings.Contains(got, want) {
			t.Errorf("%s\nis %s", text, got)
		}
	}
	for _, text := range []string{"Call +966 55 123 4567", "بعد 3 أيام، الساعة 10:30"} {
		if got := decodedHTML(t, mail(text)); strings.Contains(got, "<bdi") {
			t.Errorf("%s\nis %s", text, got)
		}
	}
}

// decodedHTML is the HTML part of a mail.
func decodedHTML(t *testing.T, raw string) string {
	t.Helper()
	w := &walker{seen: map[string]bool{}}
	h, body := w.header([]byte(raw), true)
	parts, _ := w.split(parseMedia(h.Get("Content-Type")).params["boundary"], body)
	if len(parts) == 0 {
		t.Fatal("no parts")
	}
	ph, pb := w.header(body[parts[len(parts)-1].start:parts[len(parts)-1].end], false)
	return string(w.decode(ph, pb))
}
