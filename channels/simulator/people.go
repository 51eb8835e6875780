package simulator

import "strings"

// Person is somebody who can be played on the page. Empty addresses are channels
// the person does not have.
type Person struct {
	ID       string   `json:"id"` // a short word, for addresses of the page
	Name     string   `json:"name"`
	Language string   `json:"language"` // BCP 47, of what they write
	About    string   `json:"about"`
	Phone    string   `json:"phone,omitempty"`    // E.164, for SMS and calls
	WhatsApp string   `json:"whatsapp,omitempty"` // E.164, or a BSUID for somebody without a number
	BSUID    string   `json:"bsuid,omitempty"`    // beside a WhatsApp number
	Email    string   `json:"email,omitempty"`
	Samples  []Sample `json:"samples"`
}

// Sample is a message that one click sends.
type Sample struct {
	Title   string `json:"title"`
	Channel string `json:"channel,omitempty"` // sms, whatsapp or email; empty: any
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`
}

// SamplePeople are the customers of the demo: they write Arabic, Malay and English,
// and one of them has WhatsApp but no telephone number.
func SamplePeople() []Person {
	return []Person{
		{ID: "fatimah", Name: "فاطمة الحربي", Language: "ar", About: "Waits for a parcel that customs holds",
			Phone: "+966500000142", WhatsApp: "+966500000142", BSUID: "SA.fatimah142", Email: "fatimah@customers.example",
			Samples: []Sample{
				{Title: "أين شحنتي؟", Text: "السلام عليكم، أين شحنتي رقم 1086396430؟ كان موعد وصولها أمس ولم يصلني شيء."},
				{Title: "محتجزة في الجمارك", Subject: "شحنة محتجزة في الجمارك", Text: "شحنتي 1086396430 محتجزة في الجمارك منذ خمسة أيام. ما الأوراق المطلوبة مني؟"},
				{Title: "اتصلوا بي", Text: "أرجو الاتصال بي غداً بعد صلاة العصر بخصوص الشحنة."},
				{Title: "شكراً", Text: "شكراً جزيلاً، وصلت الشحنة."},
			}},
		{ID: "ahmad", Name: "Ahmad bin Ismail", Language: "ms", About: "Plans an umrah for his family",
			Phone: "+60123000142", WhatsApp: "+60123000142", BSUID: "MY.ahmad142", Email: "ahmad@customers.example",
			Samples: []Sample{
				{Title: "Pakej umrah", Subject: "Pakej umrah Disember", Text: "Assalamualaikum, saya nak tanya pakej umrah bulan Disember untuk 4 orang dewasa. Berapa harga seorang?"},
				{Title: "Visa belum dapat", Text: "Tuan, tempahan UMR-2026-00417. Visa mak saya belum keluar lagi, kami terbang lusa. Tolong segera!"},
				{Title: "Telefon balik", Text: "Boleh tolong telefon saya balik petang ni lepas pukul 5?"},
				{Title: "Dah bayar", Text: "Saya dah bayar deposit semalam, mohon resit ye. Terima kasih."},
			}},
		{ID: "sarah", Name: "Sarah Whitfield", Language: "en", About: "Her delivery is late, and she has had enough",
			Phone: "+447700900142", Email: "sarah@customers.example",
			Samples: []Sample{
				{Title: "Where is it?", Text: "Hello, where is my parcel 1086396430? Tracking has not moved for three days."},
				{Title: "Arrived broken", Subject: "Damaged on arrival", Text: "The parcel 1086396430 came today and the box was crushed. Two of the plates are broken. How do I claim?"},
				{Title: "New address", Text: "I have moved. Please deliver 1086396430 to 14 Orchard Lane, Leeds LS2 9JT instead."},
				{Title: "Ring me", Text: "Please call me back tomorrow at 10. I have asked three times now."},
			}},
		{ID: "noor", Name: "نور · Noor", Language: "ar", About: "Has WhatsApp by user name: no telephone number",
			WhatsApp: "SA.n00rTravels7",
			Samples: []Sample{
				{Title: "عمرة رمضان", Text: "مرحبا، عندكم عمرة في رمضان لشخصين من جدة؟ كم السعر؟"},
				{Title: "Arabizi", Text: "salam, wain el booking UMR-2026-00417? abi a3rf mata el re7la"},
				{Title: "Mixed", Text: "Hi, can I change الحجز to بعد العيد please?"},
			}},
	}
}

// has reports whether a message address, as Twilio writes it, is the person's.
func (p Person) has(address string) bool {
	user, whatsapp := strings.CutPrefix(address, "whatsapp:")
	if whatsapp {
		return user != "" && (user == p.WhatsApp || user == p.BSUID)
	}
	return address != "" && address == p.Phone
}

func (s *Simulator) person(id string) (Person, bool) {
	for _, p := range s.cfg.People {
		if p.ID == id {
			return p, true
		}
	}
	return Person{}, false
}
