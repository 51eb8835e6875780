package email

import "testing"

// Forms that stand for no program of today, and what must not be taken for history.
func TestNewText(t *testing.T) {
	const history = "\n\n> Which street?\n> Regards\n"
	for name, tt := range map[string]struct{ text, want string }{
		"nothing new":              {"On 22 Nov 2026, at 9:00, Desk wrote:" + history, ""},
		"on the same line":         {"King Fahd Road On Sun, Nov 22, 2026 at 9:00 AM, desk@x.example wrote:" + history, "King Fahd Road"},
		"dashes on the line":       {"number 12 - left--- On Sun, Nov 22, 2026 at 9:00 AM, desk@x.example wrote:" + history, "number 12 - left"},
		"wrote dashes":             {"Number 12.\n\n------On 11/22/2026 17:32 PM, Desk wrote-----\n\nWhich street?", "Number 12."},
		"sent":                     {"Number 12.\n\nOn 22-Nov-2026, at 6:54 PM, Desk <desk@x.example> sent:" + history, "Number 12."},
		"phone and no date":        {"Number 12.\n\nSent from Samsung Mobile\nDesk <desk@x.example> wrote:" + history, "Number 12."},
		"day and address":          {"Number 12.\n2026/11/22 Desk <desk@x.example>" + history, "Number 12."},
		"three lines":              {"Number 12.\n\nOn Nov 22, 2026, at 12:47 PM, Desk <\n416ffd3258d4d2fa4c85@x.example>\nwrote:\n\nWhich street?", "Number 12."},
		"between":                  {"Hello,\n\nOn 11/22/2026 07:10 AM, Desk wrote:\n> Which street?\nNumber 12.\n> Which city?\nDammam.", "Hello,\n\nNumber 12.\nDammam."},
		"quoted answer to answer":  {"Number 12.\n\nOn 11/22/2026 07:10 AM, Desk wrote:\n> Which street?\n> On 11/21/2026 07:10 AM, I wrote:\n>> Where is it?", "Number 12."},
		"Dutch":                    {"Nummer 12.\n\nOp 17-feb.-2026, om 13:18 heeft Desk <desk@x.example> het volgende geschreven:\n\nWelke straat?", "Nummer 12."},
		"Norwegian":                {"Nummer 12.\nPå 14 september 2026 på 02:23:18, Desk (desk@x.example) skrev:\n\nHvilken gate?", "Nummer 12."},
		"Polish, two lines":        {"Numer 12.\n\nW dniu 28 stycznia 2026 01:53 użytkownik Desk <desk@x.example>\nnapisał:\n\nJaka ulica?", "Numer 12."},
		"Arabic digits":            {"رقم ١٢\n\nفي ٢٢ نوفمبر ٢٠٢٦، الساعة ٩:٠٠ ص، كتب Desk <desk@x.example>:" + history, "رقم ١٢"},
		"date comes first":         {"Number 12.\nDate: Fri, 20 Nov 2026 10:55:48 +0000\nFrom: desk@x.example\nTo: bob@x.example\nSubject: Test\n", "Number 12."},
		"indented bold":            {"Number 12.\n\n  *From:* desk@x.example [mailto:\n  desk@x.example]\n  *Sent:* Sunday, November 22, 2026 3:05 PM\n  *To:* bob@x.example\n  *Subject:* Hello\n", "Number 12."},
		"on is a word":             {"Number 12.\nOn the left, as I wrote: the blue door.\nThank you.", "Number 12.\nOn the left, as I wrote: the blue door.\nThank you."},
		"one is not on":            {"One question I had: where did you write it?", "One question I had: where did you write it?"},
		"arrows":                   {"Visit us\n>>> >>> http://x.example <<<\nby the link above", "Visit us\n>>> >>> http://x.example <<<\nby the link above"},
		"broken link":              {"See <http://x.example/a\n> for more\n> and more\n", "See <http://x.example/a\n> for more"},
		"a route":                  {"From: Riyadh\nTo: Jeddah\nDate: 3 December\nBoxes: 4", "From: Riyadh\nTo: Jeddah\nDate: 3 December\nBoxes: 4"},
		"forwarded stays":          {"FYI\n\n---------- Forwarded message ----------\nFrom: bob@x.example\nDate: Tue, Sep 4, 2026 at 1:35 PM\nSubject: Two\n\n> Text", "FYI\n\n---------- Forwarded message ----------\nFrom: bob@x.example\nDate: Tue, Sep 4, 2026 at 1:35 PM\nSubject: Two\n\n> Text"},
		"forwarded in history":     {"Number 12.\n\n-----Original Message-----\n\nFYI\n\n---------- Forwarded message ----------\nFrom: bob@x.example", "Number 12."},
		"signature":                {"Number 12.\n\n-- \nAisha\nExample Trading", "Number 12."},
		"signature, answers below": {"Number 12.\n-- \nAisha\n\nOn 11/22/2026 07:10 AM, Desk wrote:\n> City?\nDammam.", "Number 12.\nDammam."},
		"phone, twice":             {"Number 12.\n\nSent from my iPhone\nSent from Yahoo Mail on Android", "Number 12."},
		"phone with link":          {"Number 12.\n\nGet Outlook for Android<https://aka.ms/x>", "Number 12."},
		"Turkish phone":            {"Numara 12.\n\niPhone'umdan gönderildi", "Numara 12."},
		"no phone":                 {"It was sent from my brother, by mobile crane", "It was sent from my brother, by mobile crane"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newText(tt.text, false); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
