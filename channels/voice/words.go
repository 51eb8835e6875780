package voice

// Words are the sentences of one language. %d stands for a key or a number, %s for what is
// read out.
type Words struct {
	Welcome    string
	PressForMe string // this language

	PressForStatus, PressToTalk, PressToSay, PressToRing, PressForTime string // the third menu

	SayNumber, NotKnown, NotKnownGoOn string // a shipment's or booking's number
	SpeakNow, Kept, NothingSaid       string // a message
	NoNumber                          string // the caller wants to be called back and is withheld
	WillRing, WillRingAt              string
	SayWhen, NotUnderstood            string // a time
	Connecting, Consent, Whisper      string // an officer; Whisper is to him
	Busy, Place, Wait                 string // while the caller waits for one
	KeepPlace, Instead                string
	Closed, Opens                     string
}

// menuWords are the sentences of the menu, by the code of the language.
var menuWords = map[string]Words{
	"en": {
		Welcome: "Thank you for calling.", PressForMe: "For English, press %d.",
		PressForStatus: "To hear how your shipment or booking stands, press %d.", PressToTalk: "To speak to an officer, press %d.",
		PressToSay: "To leave a message, press %d.", PressToRing: "To be called back, press %d.", PressForTime: "To be called back at a time of your choice, press %d.",
		SayNumber: "Please key in your tracking or booking number and then the hash key, or say it.",
		NotKnown:  "We do not know the number %s.", NotKnownGoOn: "We cannot find that number, but an officer can.",
		SpeakNow: "After the tone, please say your name, your reference number, and how we can help. Press the hash key when you have finished.",
		Kept:     "Thank you. We have your message, and an officer will contact you. Goodbye.", NothingSaid: "We did not hear a message. Goodbye.",
		NoNumber: "We cannot see your number. Please leave us a message with the number to call.",
		WillRing: "Thank you. We will call you back on this number. Goodbye.", WillRingAt: "Thank you. We will call you on this number: %s. Goodbye.",
		SayWhen:       "When shall we call you? Say it in your own words, such as tomorrow at ten, or after Asr. Or press 1 for as soon as possible.",
		NotUnderstood: "We did not understand the time.",
		Connecting:    "One moment, we are connecting you.", Consent: "This call is recorded to help us serve you.",
		Whisper: "A caller for %s. Press 1 to take the call.",
		Busy:    "All our officers are talking to others.", Place: "You are number %d in the line.", Wait: "It may take about %d minutes.",
		KeepPlace: "To keep your place and be called back, press %d.", Instead: "To leave a message instead, press %d. Or stay on the line.",
		Closed: "Our office is closed at this hour. You can still hear how your shipment or booking stands, leave a message, or be called back.", Opens: "We are back %s.",
	},
	"ar": {
		Welcome: "شكرًا لاتصالكم.", PressForMe: "للعربية، اضغط %d.",
		PressForStatus: "لمعرفة حالة شحنتكم أو حجزكم، اضغط %d.", PressToTalk: "للتحدث إلى موظف، اضغط %d.",
		PressToSay: "لترك رسالة، اضغط %d.", PressToRing: "لنعاود الاتصال بكم، اضغط %d.", PressForTime: "لنتصل بكم في وقت تختارونه، اضغط %d.",
		SayNumber: "أدخلوا رقم الشحنة أو الحجز ثم مفتاح المربع، أو اذكروا الرقم.",
		NotKnown:  "لا نعرف الرقم %s.", NotKnownGoOn: "لم نجد هذا الرقم، ولكن الموظف يستطيع البحث عنه.",
		SpeakNow: "بعد الصافرة، اذكروا الاسم والرقم المرجعي وكيف يمكننا مساعدتكم. عند الانتهاء اضغطوا مفتاح المربع.",
		Kept:     "شكرًا لكم. وصلتنا رسالتكم وسيتواصل معكم أحد موظفينا. مع السلامة.", NothingSaid: "لم نسمع أي رسالة. مع السلامة.",
		NoNumber: "رقمكم غير ظاهر لدينا. اتركوا لنا رسالة واذكروا الرقم الذي نتصل به.",
		WillRing: "شكرًا لكم. سنعاود الاتصال بكم على هذا الرقم. مع السلامة.", WillRingAt: "شكرًا لكم. سنتصل بكم على هذا الرقم: %s. مع السلامة.",
		SayWhen:       "متى نتصل بكم؟ قولوها بكلماتكم، مثل: بكرة الساعة عشرة، أو بعد العصر. أو اضغطوا 1 لأقرب وقت ممكن.",
		NotUnderstood: "لم نفهم الوقت.",
		Connecting:    "لحظة من فضلكم، سنوصلكم بموظف.", Consent: "هذه المكالمة مسجلة لتحسين خدمتكم.",
		Whisper: "متصل بخصوص %s. اضغط 1 لاستلام المكالمة.",
		Busy:    "جميع موظفينا مشغولون بمكالمات أخرى.", Place: "ترتيبكم في الانتظار %d.", Wait: "قد يستغرق ذلك حوالي %d دقيقة.",
		KeepPlace: "للاحتفاظ بدوركم ومعاودة الاتصال بكم، اضغطوا %d.", Instead: "لترك رسالة بدلًا من ذلك، اضغطوا %d. أو ابقوا على الخط.",
		Closed: "مكتبنا مغلق في هذا الوقت. يمكنكم معرفة حالة شحنتكم أو حجزكم، أو ترك رسالة، أو طلب معاودة الاتصال.", Opens: "نعود %s.",
	},
	"ms": {
		Welcome: "Terima kasih kerana menghubungi kami.", PressForMe: "Untuk bahasa Melayu, tekan %d.",
		PressForStatus: "Untuk mengetahui status penghantaran atau tempahan anda, tekan %d.", PressToTalk: "Untuk bercakap dengan pegawai, tekan %d.",
		PressToSay: "Untuk meninggalkan pesanan, tekan %d.", PressToRing: "Untuk dihubungi semula, tekan %d.", PressForTime: "Untuk dihubungi pada masa pilihan anda, tekan %d.",
		SayNumber: "Sila tekan nombor penjejakan atau tempahan anda diikuti kekunci pagar, atau sebut nombor itu.",
		NotKnown:  "Kami tidak mengenali nombor %s.", NotKnownGoOn: "Nombor itu tidak ditemui, tetapi pegawai kami boleh mencarinya.",
		SpeakNow: "Selepas nada, sila sebut nama, nombor rujukan, dan apa yang boleh kami bantu. Tekan kekunci pagar apabila selesai.",
		Kept:     "Terima kasih. Pesanan anda telah kami terima, dan pegawai kami akan menghubungi anda. Selamat tinggal.", NothingSaid: "Kami tidak mendengar sebarang pesanan. Selamat tinggal.",
		NoNumber: "Kami tidak dapat melihat nombor anda. Sila tinggalkan pesanan dengan nombor untuk dihubungi.",
		WillRing: "Terima kasih. Kami akan menghubungi anda semula di nombor ini. Selamat tinggal.", WillRingAt: "Terima kasih. Kami akan menghubungi anda di nombor ini: %s. Selamat tinggal.",
		SayWhen:       "Bila kami patut menghubungi anda? Sebut dengan kata-kata anda sendiri, misalnya esok pukul sepuluh, atau lepas Asar. Atau tekan 1 untuk secepat mungkin.",
		NotUnderstood: "Kami tidak memahami masa itu.",
		Connecting:    "Sila tunggu sebentar, kami sedang menyambungkan anda.", Consent: "Panggilan ini dirakam untuk membantu kami melayani anda.",
		Whisper: "Pemanggil untuk %s. Tekan 1 untuk menerima panggilan.",
		Busy:    "Semua pegawai kami sedang bercakap dengan pelanggan lain.", Place: "Anda nombor %d dalam barisan.", Wait: "Ia mungkin mengambil masa kira-kira %d minit.",
		KeepPlace: "Untuk mengekalkan giliran dan dihubungi semula, tekan %d.", Instead: "Untuk meninggalkan pesanan, tekan %d. Atau tunggu di talian.",
		Closed: "Pejabat kami ditutup pada waktu ini. Anda masih boleh mengetahui status penghantaran atau tempahan, meninggalkan pesanan, atau minta dihubungi semula.", Opens: "Kami kembali %s.",
	},
}
