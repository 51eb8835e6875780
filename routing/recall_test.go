package routing

import (
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// TestRecall reads what customers say who are promised a call already.
func TestRecall(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Riyadh")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, zone) // a Sunday
	const off, none = "off", ""
	for text, want := range map[string]string{
		"Call me tomorrow at 3pm instead":                        "Mon 15:00",
		"pls call me after Asr instead, I'm driving now":         "Sun 15:03",
		"Don't call me today, call me tomorrow at 10":            "Mon 10:00",
		"5pm is better for me":                                   "Sun 17:00",
		"can we make it tomorrow 11am?":                          "Mon 11:00",
		"كلموني بكرة الساعة ٣ العصر بدل اليوم":                   "Mon 15:00",
		"اتصلوا بي غدا الساعة العاشرة صباحا بدلا من اليوم":       "Mon 10:00",
		"خلوها بكرة الساعة 5 العصر":                              "Mon 17:00",
		"Call saya esok pukul 3 petang la, hari ni tak boleh":    "Mon 15:00",
		"tukar ke esok pukul 10 pagi boleh?":                     "Mon 10:00",
		"No need to call me anymore, the parcel arrived. Thanks": off,
		"please don't call me, email is fine":                    off,
		"you can cancel the callback":                            off,
		"The call is no longer needed":                           off,
		"Dont bother calling, it's solved":                       off,
		"خلاص ما في داعي تتصلون وصلت الشحنة":                     off,
		"لا داعي للاتصال شكرا":                                   off,
		"لا تتصلوا بي لو سمحتم":                                  off,
		"مش لازم تكلموني خلاص وصلت":                              off,
		"بلاش تتصلوا انا اتصرفت":                                 off,
		"الغوا المكالمة لو سمحت":                                 off,
		"tak payah call dah, barang dah sampai":                  off,
		"Tidak perlu hubungi saya lagi, terima kasih":            off,
		"xyah call la, dah settle":                               off,
		"batalkan panggilan tu ya":                               off,
		"Why don't you call me?":                                 none,
		"nobody called me yet":                                   none,
		"you never call back":                                    none,
		"ليش ما تتصلون علي":                                      none,
		"محد اتصل":                                               none,
		"kenapa tak call saya lagi?":                             none,
		"where is my parcel 1086396430":                          none,
		"I prefer the blue one":                                  none,
		"the driver said he would come tomorrow at 3pm":          none,
		"please cancel my order, I want a refund":                none,
		"the number is 0501234567":                               none,
		"thank you":                                              none,
	} {
		m := conversations.Message{Direction: conversations.In, Channel: channels.WhatsApp, Text: text, From: "+966501234567"}
		u := NewClassifier().Classify(Text{Channel: m.Channel, Body: text, From: m.From}, now, zone)
		got := none
		if r := Recall(m, u, Wish(m, u, now), now); r != nil {
			if got = off; !r.Off {
				got = r.At.In(zone).Format("Mon 15:04")
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
