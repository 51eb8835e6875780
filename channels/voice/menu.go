package voice

import "time"

// Menu is what a caller hears and may choose. A choice's key is its place in
// the list, from 1, so a list has at most nine.
type Menu struct {
	Languages []Language // the first is used for who chooses none
	Desks     []Desk
	// MaxMessage bounds a voice message.
	MaxMessage time.Duration
}

// Language is a language of the menu. Tag and Voice always go together: Twilio
// reads Malay as English where no voice is named.
// https://www.twilio.com/docs/voice/twiml/say/text-speech#available-voices-and-languages
type Language struct {
	Code  string // en, ar, ms
	Name  string // in English, for the officer
	Tag   string // BCP 47, as the voice has it
	Voice string
	Words Words
}

// Words are the sentences of one language. %d stands for a key.
type Words struct {
	Welcome     string
	PressForMe  string // this language
	PressToSay  string // leave a message
	PressToRing string // be called back
	SpeakNow    string
	NoNumber    string // the caller wants to be called back and is withheld
	Kept        string // the message is
	WillRing    string
	NothingSaid string
}

// Desk is a desk that a caller may choose.
type Desk struct {
	Name  string            // as routing has it
	Press map[string]string // by the code of the language; %d stands for the key
}

// DefaultMenu has English, Arabic and Malay, and the desks trace and booking.
func DefaultMenu() Menu {
	return Menu{
		MaxMessage: 3 * time.Minute,
		Languages: []Language{
			{Code: "en", Name: "English", Tag: "en-GB", Voice: "Polly.Amy", Words: english},
			{Code: "ar", Name: "Arabic", Tag: "ar-AE", Voice: "Polly.Hala-Neural", Words: arabic},
			{Code: "ms", Name: "Malay", Tag: "ms-MY", Voice: "Google.ms-MY-Standard-A", Words: malay},
		},
		Desks: []Desk{
			{Name: "trace", Press: map[string]string{
				"en": "For a shipment or a delivery, press %d.",
				"ar": "للاستفسار عن شحنة أو توصيل، اضغط %d.",
				"ms": "Untuk bungkusan atau penghantaran, tekan %d.",
			}},
			{Name: "booking", Press: map[string]string{
				"en": "For a tour or a booking, press %d.",
				"ar": "للرحلات والحجوزات، اضغط %d.",
				"ms": "Untuk pakej pelancongan atau tempahan, tekan %d.",
			}},
		},
	}
}

var english = Words{
	Welcome:     "Thank you for calling.",
	PressForMe:  "For English, press %d.",
	PressToSay:  "To leave a message, press %d.",
	PressToRing: "To be called back, press %d.",
	SpeakNow:    "After the tone, please say your name, your reference number, and how we can help. Press the hash key when you have finished.",
	NoNumber:    "We cannot see your number. Please leave us a message with the number to call.",
	Kept:        "Thank you. We have your message, and an officer will contact you. Goodbye.",
	WillRing:    "Thank you. We will call you back on this number. Goodbye.",
	NothingSaid: "We did not hear a message. Goodbye.",
}

var arabic = Words{
	Welcome:     "شكرًا لاتصالكم.",
	PressForMe:  "للعربية، اضغط %d.",
	PressToSay:  "لترك رسالة، اضغط %d.",
	PressToRing: "لنعاود الاتصال بكم، اضغط %d.",
	SpeakNow:    "بعد الصافرة، اذكروا الاسم والرقم المرجعي وكيف يمكننا مساعدتكم. عند الانتهاء اضغطوا مفتاح المربع.",
	NoNumber:    "رقمكم غير ظاهر لدينا. اتركوا لنا رسالة واذكروا الرقم الذي نتصل به.",
	Kept:        "شكرًا لكم. وصلتنا رسالتكم وسيتواصل معكم أحد موظفينا. مع السلامة.",
	WillRing:    "شكرًا لكم. سنعاود الاتصال بكم على هذا الرقم. مع السلامة.",
	NothingSaid: "لم نسمع أي رسالة. مع السلامة.",
}

var malay = Words{
	Welcome:     "Terima kasih kerana menghubungi kami.",
	PressForMe:  "Untuk Bahasa Melayu, tekan %d.",
	PressToSay:  "Untuk meninggalkan pesanan, tekan %d.",
	PressToRing: "Untuk dihubungi semula, tekan %d.",
	SpeakNow:    "Selepas nada, sila sebut nama, nombor rujukan, dan apa yang boleh kami bantu. Tekan kekunci pagar apabila selesai.",
	NoNumber:    "Kami tidak dapat melihat nombor anda. Sila tinggalkan pesanan dengan nombor untuk dihubungi.",
	Kept:        "Terima kasih. Pesanan anda telah kami terima, dan pegawai kami akan menghubungi anda. Selamat tinggal.",
	WillRing:    "Terima kasih. Kami akan menghubungi anda semula di nombor ini. Selamat tinggal.",
	NothingSaid: "Kami tidak mendengar sebarang pesanan. Selamat tinggal.",
}

func (m Menu) language(code string) Language {
	for _, l := range m.Languages {
		if l.Code == code {
			return l
		}
	}
	return m.Languages[0]
}

func (m Menu) hasDesk(name string) bool {
	for _, d := range m.Desks {
		if d.Name == name {
			return true
		}
	}
	return false
}
