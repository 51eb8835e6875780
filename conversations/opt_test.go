package conversations

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
)

func optOf(k channels.Kind, text string) OptKind {
	return OptOf(channels.Inbound{Channel: k, Text: text}).Kind
}

func TestOptWords(t *testing.T) {
	for kind, texts := range map[OptKind][]string{
		OptStop: {
			"STOP", "stop", "Stop.", " stop! ", "STOP 🛑", "\"STOP\"", "Stop. Thank you", "Stop, thanks!", "please stop", "Pls stop 🙏", "stop pls tq",
			"Stop messaging me", "Don't text me again, thank you.", "Please don’t contact me again", "Unsubscribe", "UNSUBSCRIBE please", "Opt-out", "opt out",
			"Remove me from your list please", "Hi, please unsubscribe me. Thanks", "no more messages", "STOP STOP", "stop\n\nregards",
			"Berhenti", "berhenti, terima kasih", "Tolong berhenti.", "tolong jangan hantar mesej lagi", "Jangan mesej saya lagi ya, tq", "saya tak nak mesej lagi",
			"Batal langganan", "Tolong hentikan mesej ini. Terima kasih!", "Assalamualaikum, sila keluarkan saya dari senarai. Terima kasih",
			"إيقاف", "ايقاف", "إِيقَاف", "توقف", "قف!", "الرجاء إيقاف الرسائل", "أوقفوا الرسائل لو سمحتم", "من فضلك إلغاء الاشتراك. شكرًا", "إلغاء الاشتراك",
			"ما أبغى رسائل", "ما ابي رسائل الله يخليكم", "مش عايز رسائل", "لا تراسلوني مرة أخرى", "إلغاء", "احذفوا رقمي رجاءً", "السلام عليكم، أوقفوا الرسائل، شكراً جزيلاً", "batal",
		},
		OptStopOffers: {
			"stop promotions", "No more ads please", "Stop sending me offers, thanks", "berhenti promosi", "tolong jangan hantar iklan lagi", "tak nak promosi tq",
			"أوقفوا العروض", "لا أريد إعلانات، شكرا", "ما أبي عروض", "unsubscribe from the newsletter",
		},
		OptStart: {
			"START", "Start please", "UNSTOP", "subscribe me again", "Opt in", "mula semula", "Langgan semula, terima kasih", "ابدأ", "اشتراك", "إعادة الاشتراك لو سمحت", "استئناف الرسائل",
		},
		OptHelp: {"HELP", "help!", "bantuan", "مساعدة"},
		OptNone: {
			"", "👍", "STOP this terrible service", "Stop this terrible bill!", "stop the delivery", "please stop my shipment", "Stop. Where is my parcel?", "don't stop", "dont stop sending updates",
			"non-stop flight?", "is it a non stop?", "the bus stop near the hotel", "Can you stop calling at night? I sleep at 9", "I will not stop until I get a refund", "Stop lying to me",
			"stop asking for documents", "START my claim now please", "when does the tour start", "start", "help me find my parcel", "I need help", "help with my visa please",
			"cancel my booking", "Cancel the order please", "cancel, thank you", "end of the month", "please end this nightmare", "quit wasting my time", "yes please", "yes", "remove me from the booking of my brother",
			"delete my number 2 parcel, it was a mistake", "thank you", "thanks, stop by at 5", "one more stop in Dubai", "unsubscribe my brother from the tour and tell me the price",
			"jangan berhenti", "bas berhenti di mana?", "berhenti di Madinah berapa malam?", "Batal tempahan saya", "batal, terima kasih", "tolong batalkan penghantaran", "jangan hantar parcel lagi hari ini", "henti di stesen mana",
			"توقف الشحن عند الجمارك", "لماذا توقف التتبع؟", "إلغاء الحجز", "أريد إلغاء رحلتي", "لا ترسلوا المندوب اليوم", "متى ابدأ العمرة", "أوقفوا هذا الظلم", "ما وصلتني رسائل", "بس متى توصل", "شكرا", "خلاص وصلت الشحنة",
			"لا أريد رسائل، أريد شحنتي!", "STOP\nI mean, stop the parcel at customs", strings.Repeat("stop ", 40),
		},
	} {
		for _, text := range texts {
			if kind == OptNone && text == "start" {
				continue // counts everywhere
			}
			if got := optOf(channels.WhatsApp, text); got != kind {
				t.Errorf("%q: got %d, want %d", text, got, kind)
			}
		}
	}
}

// On SMS Twilio obeys some words whatever we think of them, and only there.
func TestWhatTheProviderObeysOnSMS(t *testing.T) {
	for _, word := range []string{"STOP", "StopAll", "unsubscribe", "Cancel", "END", "quit", "Revoke", "OPTOUT"} {
		if got := optOf(channels.SMS, word); got != OptStop {
			t.Errorf("%s by SMS: %d", word, got)
		}
	}
	for _, word := range []string{"Cancel", "END", "quit", "yes"} {
		if got := optOf(channels.WhatsApp, word); got != OptNone {
			t.Errorf("%s by WhatsApp: %d", word, got)
		}
	}
	if o := OptOf(channels.Inbound{Channel: channels.SMS, Text: "YES"}); o.Kind != OptStart || !o.Weak {
		t.Errorf("YES: %+v", o)
	}
	for kind, word := range map[OptKind]string{OptStop: "STOP", OptStart: "START", OptHelp: "HELP"} {
		in := channels.Inbound{Channel: channels.SMS, Text: "whatever Advanced Opt-Out was told", Fields: map[string]string{"OptOutType": word}}
		if got := OptOf(in).Kind; got != kind {
			t.Errorf("OptOutType %s: %d", word, got)
		}
	}
}

// Twilio answers a bare STOP on SMS by itself; what only we understand, we answer.
func TestWhoAnswersAStop(t *testing.T) {
	for text, provider := range map[string]bool{"STOP": true, " stop ": true, "Stop.": false, "Stop. Thank you": false, "berhenti": false, "HELP": true, "إيقاف": false} {
		if o := OptOf(channels.Inbound{Channel: channels.SMS, Text: text}); o.Provider != provider || o.Kind == OptNone {
			t.Errorf("%q by SMS: %+v", text, o)
		}
		if o := OptOf(channels.Inbound{Channel: channels.WhatsApp, Text: text}); o.Provider || o.Kind == OptNone {
			t.Errorf("%q by WhatsApp: %+v", text, o)
		}
	}
}

func TestOnlyPeopleOptOut(t *testing.T) {
	for _, in := range []channels.Inbound{
		{Channel: channels.Email, Text: "unsubscribe", Class: channels.AutoReply},
		{Channel: channels.Voice, Text: "stop", Form: channels.FormCall},
		{Channel: channels.WhatsApp, Text: "stop", Attachments: []channels.Attachment{{URL: "https://provider/1"}}},
	} {
		if got := OptOf(in).Kind; got != OptNone {
			t.Errorf("%+v: %d", in, got)
		}
	}
}

// Around an opt-out only courtesies may stand: any other word makes it something else.
func TestOneMoreWordIsNoOptOut(t *testing.T) {
	var phrases, polite []string
	for p, kind := range optPhrases {
		if kind == OptStop {
			phrases = append(phrases, p)
		}
	}
	for p := range courtesies {
		polite = append(polite, p)
	}
	rapid.Check(t, func(t *rapid.T) {
		phrase := rapid.SampledFrom(phrases).Draw(t, "phrase")
		before, after := rapid.SampledFrom(polite).Draw(t, "before"), rapid.SampledFrom(polite).Draw(t, "after")
		text := before + ", " + phrase + "! " + after + "."
		if optOf(channels.WhatsApp, text) == OptNone && optPhrases[strings.Join(withoutCourtesy(optWords(text)), " ")] != OptStop {
			t.Fatalf("%q is none", text)
		}
		other := rapid.SampledFrom([]string{"parcel", "refund", "شحنتي", "tempahan", "1086396430", "hotel"}).Draw(t, "other")
		for _, more := range []string{phrase + " " + other, other + " " + phrase, before + " " + phrase + " " + other + " " + after} {
			if got := optOf(channels.WhatsApp, more); got != OptNone {
				t.Fatalf("%q is %d", more, got)
			}
		}
	})
}

// Whatever is passed over for its many words has as many.
func TestWordy(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(rapid.SampledFrom([]rune("stop توقف\u00a0\u200f’'-.,\nـ١2é\u0301")), rapid.Rune())).Draw(r, "text")
		n := rapid.IntRange(0, 12).Draw(r, "n")
		if words := optWords(text); wordy(text, n) && len(words) <= n {
			r.Fatalf("%q has %d words: %q", text, len(words), words)
		}
	})
	if !wordy("please do not stop my parcel now I am waiting for it", mostOptWords) || wordy("stop", mostOptWords) {
		t.Error("many words are few, or few many")
	}
}

func FuzzOptOf(f *testing.F) {
	for _, s := range []string{"STOP", "Stop. Thank you", "إيقاف", "berhenti tq", "\xff\xfe", "🛑"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o := OptOf(channels.Inbound{Channel: channels.SMS, Text: text})
		if o.Kind != OptNone && (o.Word == "" || !utf8.ValidString(o.Word)) {
			t.Errorf("%q: %+v", text, o)
		}
	})
}

func BenchmarkOptOf(b *testing.B) {
	in := channels.Inbound{Channel: channels.SMS, Text: "Where is my parcel 1086396430? It should have come on Monday"}
	for b.Loop() {
		OptOf(in)
	}
}
