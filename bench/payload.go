package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/channels/simulator"
)

// Who the gateway is to Twilio; the same for floor and gateway.
const (
	account = "AC0123456789abcdef0123456789abcdef"
	token   = "0123456789abcdef0123456789abcdef"
	public  = "https://desk.example.com"
	numbers = 50 // numbers of ours: each is a sender with a pace of its own
	length  = 100
)

// texts are what customers write: first messages and what follows, by language.
// %s is the number of the shipment or booking. Nobody asks to be rung: a promise
// is a thing of its own.
var texts = map[string][2][]string{
	"en": {
		{"Hello, where is my shipment %s? It should have been delivered yesterday and nobody has called me.", "My parcel %s is still held in customs, what papers do you need from me to have it released?", "We would like to book an umrah package for four people in Ramadan, how much is it with flights?"},
		{"Any news about %s? I am waiting for it at home since this morning and have to leave at five.", "Please let the driver leave it with the neighbour if nobody opens, the gate is closed at noon.", "Thank you. Can you confirm the address once more, it is building 14 and not building 41."},
	},
	"ar": {
		{"السلام عليكم، وين شحنتي رقم %s؟ كان المفروض توصل أمس ولا أحد اتصل علي لين الحين", "الشحنة %s محجوزة في الجمارك من أسبوع، ما هي المستندات المطلوبة مني للإفراج عنها؟", "نرغب في حجز باقة عمرة لأربعة أشخاص في شهر رمضان المبارك، كم السعر مع الطيران والفندق؟"},
		{"هل من جديد بخصوص الشحنة %s؟ أنا أنتظر في البيت من الصباح ولازم أطلع الساعة خمسة", "الرجاء أن يترك السائق الشحنة عند الجيران إذا لم يفتح أحد، البوابة مغلقة بعد الظهر", "شكرا لكم، هل يمكن تأكيد العنوان مرة أخرى، المبنى رقم ١٤ وليس المبنى رقم ٤١"},
	},
	"ms": {
		{"Salam, mana parcel saya %s? Sepatutnya sampai semalam tapi sampai sekarang tiada sesiapa telefon.", "Bungkusan saya %s masih ditahan kastam, dokumen apa yang perlu saya hantar supaya dilepaskan?", "Kami berminat dengan pakej umrah untuk empat orang pada bulan Ramadan, berapa harga dengan tiket?"},
		{"Ada berita tentang %s? Saya tunggu di rumah sejak pagi tadi dan kena keluar pukul lima petang.", "Tolong minta pemandu tinggalkan pada jiran kalau tiada orang, pagar ditutup waktu tengah hari.", "Terima kasih. Boleh sahkan alamat sekali lagi, bangunan nombor 14 dan bukan bangunan nombor 41."},
	},
}

var languages = []string{"en", "ar", "ms"}

// webhooks are signed HTTP requests, ready to be written to a connection.
type webhooks struct {
	bytes []byte
	ends  []int
}

func (w *webhooks) len() int { return len(w.ends) }

func (w *webhooks) at(i int) []byte {
	if i == 0 {
		return w.bytes[:w.ends[0]]
	}
	return w.bytes[w.ends[i-1]:w.ends[i]]
}

// makeWebhooks signs messages from senders, numbered from first, in random order.
// Half of them write by SMS, half by WhatsApp.
func makeWebhooks(first, senders, messages int) *webhooks {
	dice := rand.New(rand.NewPCG(uint64(first), uint64(senders)))
	order := make([]int, 0, senders*messages)
	for s := range senders {
		for range messages {
			order = append(order, first+s)
		}
	}
	dice.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	said := make(map[int]int, senders)
	w := &webhooks{}
	for _, s := range order {
		w.add(s, said[s])
		said[s]++
	}
	return w
}

// phone is a sender's number: Saudi Arabia's, Malaysia's or Britain's plan.
func phone(sender int) string {
	switch sender % 3 {
	case 0:
		return fmt.Sprintf("+4477%08d", sender)
	case 1:
		return fmt.Sprintf("+9665%08d", sender)
	}
	return fmt.Sprintf("+6012%07d", sender)
}

func (w *webhooks) add(sender, nth int) {
	in := simulator.Inbound{From: phone(sender), WhatsApp: sender%2 == 0, Text: text(sender, nth)}
	path, ours := "/webhooks/twilio/sms", fmt.Sprintf("+1500555%04d", sender%numbers)
	if in.WhatsApp {
		in.Name, path = "Customer "+strconv.Itoa(sender), "/webhooks/twilio/whatsapp"
	}
	form := in.Form(account, fmt.Sprintf("SM%024x%08x", sender, nth), ours, nil)
	w.request(path, form)
}

func (w *webhooks) request(path string, form url.Values) {
	s := simulator.Presign(public+path, "", form, token)
	w.bytes = fmt.Appendf(w.bytes, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"+
		"Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nX-Twilio-Signature: %s\r\nContent-Length: %d\r\n\r\n%s",
		path, s.Host, s.Signature, len(s.Body), s.Body)
	w.ends = append(w.ends, len(w.bytes))
}

// text is what a sender writes, of exactly length characters.
func text(sender, nth int) string {
	kind := texts[languages[sender%3]][min(nth, 1)]
	s := kind[(sender/3+nth)%len(kind)]
	if strings.Contains(s, "%s") {
		s = fmt.Sprintf(s, waybill(sender))
	}
	runes := []rune(s)
	for len(runes) < length {
		runes = append(runes, '.')
	}
	return string(runes[:length])
}

// waybill is a sender's air waybill: nine digits and their remainder by seven.
func waybill(sender int) string {
	n := 108_000_000 + sender
	return fmt.Sprintf("%d%d", n, n%7)
}
