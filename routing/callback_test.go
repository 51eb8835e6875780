package routing

import (
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Now is Monday 23 November 2026, ten in the morning in Riyadh.
func TestCallback(t *testing.T) {
	c := NewClassifier()
	for text, want := range map[string]string{
		"please call me":                                                "asked",
		"call me in an hour":                                            "23 11:00",
		"ring me back in 20 minutes":                                    "23 10:20",
		"call me in 2 hours pls":                                        "23 12:00",
		"call me in half an hour":                                       "23 10:30",
		"call me tomorrow 3pm":                                          "24 15:00",
		"call me tomorrow at 3":                                         "24 15:00",
		"call me tomorrow at 9 am":                                      "24 09:00",
		"call me at 6am":                                                "24 06:00",
		"call me today at 5":                                            "23 17:00",
		"call me at 16:30":                                              "23 16:30",
		"call me back at 4.15 pm":                                       "23 16:15",
		"call me on thursday morning":                                   "26 09:00",
		"call me on Wednesday at 11":                                    "25 11:00",
		"call me on 25/11 at 2 pm":                                      "25 14:00",
		"call me on 25 November after 6":                                "25 18:00",
		"call me this evening":                                          "23 18:00",
		"call me in two days":                                           "25 09:00",
		"telefon saya esok pukul 3":                                     "24 15:00",
		"tolong call saya lusa pukul 10 pagi":                           "25 10:00",
		"hubungi saya sejam lagi":                                       "23 11:00",
		"call saya petang ni":                                           "23 15:00",
		"call saya pukul 8 malam":                                       "23 20:00",
		"اتصلوا بي بكرة الساعة ٣":                                       "24 15:00",
		"كلموني بكرة الساعة ٩ الصبح":                                    "24 09:00",
		"اتصل بي بعد ساعة":                                              "23 11:00",
		"كلمني بعد ساعتين":                                              "23 12:00",
		"دقوا علي اليوم بعد المغرب":                                     "23 17:24",
		"اتصلوا علي الساعة ثلاثة العصر":                                 "23 15:00",
		"kalemny bokra el sa3a 5":                                       "24 17:00",
		"boleh tak telefon saya pada pukul 4.15 petang":                 "23 16:15",
		"sila hubungi saya pada hari Rabu, 25 November, jam 10.00 pagi": "25 10:00",
		"Esok lepas Zohor boleh call saya pasal parcel":                 "24 12:00",
		"please call me as soon as possible":                            "asked",
		"not before Wednesday, please call me after 5":                  "25 17:00",
		"call me before delivery":                                       "asked",
		"pls call the consignee about the parcel":                       "asked",
		"call my wife on 0501234567":                                    "asked",
		"my flight is on 12 December. Please call me":                   "asked",
		"do not call me":                                                "no",
		"no need to call, email is fine":                                "no",
		"nobody called me":                                              "no",
		"if nobody contacts me by five I will cancel":                   "no",
		"jangan call saya":                                              "no",
		"rider call tak angkat":                                         "no",
		"takde orang call pun":                                          "no",
		"لا تتصل علي":                                                   "no",
		"محد اتصل علي":                                                  "no",
		"I called you five times":                                       "no",
		"saya dah call banyak kali":                                     "no",
		"tell me where my parcel is":                                    "no",
		"We offer SEO, can you call me back for a quote?":               "no",
	} {
		got := "no"
		if cb := c.Classify(Text{Body: text}, monday, riyadh).Callback; cb.Requested {
			if got = "asked"; cb.At != nil {
				got = cb.At.Format("2 15:04")
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestTimesAreTheCustomers(t *testing.T) {
	kl := time.FixedZone("Asia/Kuala_Lumpur", 8*3600)
	at := NewClassifier().Classify(Text{Body: "call me tomorrow 3pm"}, monday, kl).Callback.At
	if want := time.Date(2026, 11, 24, 15, 0, 0, 0, kl); at == nil || !at.Equal(want) {
		t.Errorf("got %v, want %v", at, want)
	}
}

func TestPriority(t *testing.T) {
	c := NewClassifier()
	for text, want := range map[string]string{
		"URGENT where is my parcel":                                Normal,
		"flight is tomorrow night and our visa is not ready":       Urgent,
		"flight 24/11 and no visa yet":                             Urgent,
		"our flight is on 12/12, when is the visa ready":           Normal,
		"the parcel has my father's medicine, where is it":         Urgent,
		"I will go to court about my lost parcel":                  Urgent,
		"third time asking where is my parcel":                     High,
		"you promised delivery yesterday but no parcel came":       High,
		"how much is the umrah package":                            Low,
		"how much is the umrah package in December":                Normal,
		"terbang lusa tapi visa umrah belum keluar":                Urgent,
		"سفرنا بكرة والتأشيرة ما طلعت":                             Urgent,
		"thank you, umrah was wonderful, our mutawwif is the best": Low,
	} {
		if got := c.Classify(Text{Body: text}, monday, riyadh); got.Priority != want {
			t.Errorf("%q: %s, want %s (%q)", text, got.Priority, want, got.Why)
		}
	}
}

func TestFreshWords(t *testing.T) {
	c := NewClassifier()
	quoted := "Any news?\n\nOn Mon, 2 Nov 2026, Desk wrote:\n> Your umrah visa and hotel package are confirmed\n> call me"
	u := c.Classify(Text{Subject: "RE: Fwd: parcel 2451080365", Body: quoted}, monday, riyadh)
	if u.Desk != DeskTrace || u.Callback.Requested || len(u.References) != 1 {
		t.Errorf("%+v", u)
	}
	if got := fresh("", "> only\n> quoted"); got != "> only\n> quoted" {
		t.Errorf("%q", got)
	}
	if got := fresh("", "Where is it\n-- \nAli\nSales"); got != "Where is it" {
		t.Errorf("%q", got)
	}
}

// A wish is heard among many other words, and what was not wished stays unheard there.
func TestCallbackInPassing(t *testing.T) {
	c := NewClassifier()
	before := "Dear team, the shipment of medical monitors that left Hamburg on the third was due last Tuesday and our clinic opens on Sunday with two wards still empty. " +
		"The tracking page has shown the same line for six days and our accountant refuses the invoice until the boxes are here. "
	after := " The forwarder in Germany has sent all papers and we attach the packing list once more for your records. Kind regards, Dr. Lindner"
	for sentence, want := range map[string]bool{
		"Could your manager please ring me on 0551234567 this afternoon?": true,
		"Please have somebody call me back today.":                        true,
		"I called your hotline twice and nobody picked up.":               false,
		"There is no need to call, a mail is enough.":                     false,
	} {
		u := c.Classify(Text{Channel: channels.Email, Body: before + sentence + after}, monday, riyadh)
		if u.Callback.Requested != want {
			t.Errorf("%q among others: %v, want %v", sentence, u.Callback.Requested, want)
		}
	}
}
