package routing

import (
	"testing"
	"time"
)

var (
	riyadh = time.FixedZone("Asia/Riyadh", 3*3600)
	monday = time.Date(2026, 11, 23, 10, 0, 0, 0, riyadh)
)

func BenchmarkClassify(b *testing.B) {
	c := NewClassifier()
	texts := []string{
		"Salam, shipment saya 2451080365 dah kena hold kat customs Jeddah, بعدين كيف؟ pls advise",
		"Hi, where is my parcel? Tracking number 30109165494, it was supposed to arrive on Monday and nobody called me.",
		"السلام عليكم، أبغى باقة عمرة لشخصين في رجب، كم السعر؟",
		"sy dah bank in deposit rm1000, ni resit. tolong confirm ye, esok pukul 3 boleh call saya",
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Classify(Text{Body: texts[i%len(texts)]}, monday, riyadh)
	}
}

func TestProbe(t *testing.T) {
	c := NewClassifier()
	for _, s := range []string{
		"Where is my parcel?", "any update on 2451080365", "says delivered but I got nothing", "its been stuck in customs since monday",
		"وين شحنتي؟ رقم ٢٤٥١٠٨٠٣٦٥", "wen sh7nty", "3ayez a8ayar el 3enwan", "Bro my parcel how ah?", "pakej umrah bulan 12 utk 4 org berapa?",
		"PNR X7K2QP not showing on the Saudia app", "call me tomorrow 3pm about 2451080365, my number 0501234567", "بكرة الساعة ٣ اتصلوا علي لو سمحت",
		"visa tak keluar lagi, flight lusa ni!!", "thank you", "Salam", "x puas hati, nak buat aduan",
	} {
		u := c.Classify(Text{Body: s}, monday, riyadh)
		t.Logf("%s\n   %s %s/%s %s %.2f %v %v %q", s, u.Language, u.Desk, u.Category, u.Priority, u.Confidence, u.References, u.Callback.At, u.Why)
	}
}
