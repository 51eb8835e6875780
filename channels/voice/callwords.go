package voice

// CallWords are the sentences of the calls that we make, in one language.
type CallWords struct {
	For, ACustomer, About, Note, Tried, PressOne string // to the officer; %s and %d stand for what it is about
	Connecting, NotReached, Dispose, NotTaken    string // to the officer
	Hello, Choose, Later, Never, LeaveMessage    string // to the customer
	News, Again, Ringing, NoMore                 string // to a customer who is told news
	Nobody, Over, Thanks                         string // to either
}

// callWords are they, by the code of the language.
var callWords = map[string]CallWords{
	"en": {
		For: "A promised call to %s.", ACustomer: "a customer", About: "It is about %s.", Note: "The note says: %s.",
		Tried: "He was called %d times before.", PressOne: "Press 1 to be connected now, or 2 if you cannot take it.",
		Connecting: "One moment, please.", NotReached: "There was no answer. We will try again. Goodbye.",
		Dispose:  "Press 1 if the matter is settled, 2 if more is to be done, 3 if it was not the customer or only a machine.",
		NotTaken: "All right, somebody else will be asked. Goodbye.",
		Hello:    "Hello. This is the call that you asked us for.",
		Choose:   "To speak to an officer, press 1 or say yes. To be called in an hour, press 2. If you need no call any more, press 9.",
		Later:    "Very well. We will call you in an hour. Goodbye.", Never: "Very well. We will not call about this again. Goodbye.",
		LeaveMessage: "Our officers are all busy. Please tell us after the tone how we can help, and an officer will answer you.",
		News:         "This is an automatic call.",
		Again:        "To hear this again, press 1. To speak to an officer, press 2. If you do not want such calls, press 9.",
		Ringing:      "Thank you. An officer will call you on this number as soon as one is free. Goodbye.", NoMore: "Very well. We will tell you no news by telephone any more. Goodbye.",
		Nobody: "We did not hear you, and will try again later. Goodbye.", Over: "This call is not needed any more. Goodbye.", Thanks: "Thank you. Goodbye.",
	},
	"ar": {
		For: "مكالمة موعودة إلى %s.", ACustomer: "أحد العملاء", About: "بخصوص %s.", Note: "الملاحظة: %s.",
		Tried: "عدد مرات الاتصال السابقة: %d.", PressOne: "اضغط 1 للتوصيل الآن، أو 2 إذا كنت لا تستطيع.",
		Connecting: "لحظة من فضلكم.", NotReached: "لم يرد أحد. سنحاول مرة أخرى. مع السلامة.",
		Dispose:  "اضغط 1 إذا انتهى الموضوع، 2 إذا بقي ما يُعمل، 3 إذا لم يكن العميل هو من رد أو كان الرد آليًا.",
		NotTaken: "حسنًا، سنسأل موظفًا آخر. مع السلامة.",
		Hello:    "مرحبًا. هذه هي المكالمة التي طلبتموها منا.",
		Choose:   "للتحدث إلى موظف اضغطوا 1 أو قولوا نعم. لنتصل بكم بعد ساعة اضغطوا 2. إذا لم تعودوا بحاجة إلى الاتصال اضغطوا 9.",
		Later:    "حسنًا. سنتصل بكم بعد ساعة. مع السلامة.", Never: "حسنًا. لن نتصل بكم بخصوص هذا الموضوع. مع السلامة.",
		LeaveMessage: "جميع موظفينا مشغولون. اذكروا بعد الصافرة كيف يمكننا مساعدتكم وسيجيبكم أحد موظفينا.",
		News:         "هذه مكالمة آلية.",
		Again:        "لسماع الرسالة مرة أخرى اضغطوا 1. للتحدث إلى موظف اضغطوا 2. إذا كنتم لا ترغبون في مثل هذه المكالمات اضغطوا 9.",
		Ringing:      "شكرًا لكم. سيتصل بكم أحد موظفينا على هذا الرقم في أقرب وقت. مع السلامة.", NoMore: "حسنًا. لن نبلغكم بالأخبار هاتفيًا بعد الآن. مع السلامة.",
		Nobody: "لم نسمعكم، وسنحاول لاحقًا. مع السلامة.", Over: "لم تعد هناك حاجة إلى هذه المكالمة. مع السلامة.", Thanks: "شكرًا. مع السلامة.",
	},
	"ms": {
		For: "Panggilan yang dijanjikan kepada %s.", ACustomer: "seorang pelanggan", About: "Ini mengenai %s.", Note: "Catatan: %s.",
		Tried: "Beliau telah dihubungi %d kali sebelum ini.", PressOne: "Tekan 1 untuk disambungkan sekarang, atau 2 jika anda tidak dapat menerimanya.",
		Connecting: "Sila tunggu sebentar.", NotReached: "Tiada jawapan. Kami akan cuba lagi. Selamat tinggal.",
		Dispose:  "Tekan 1 jika perkara selesai, 2 jika masih ada yang perlu dibuat, 3 jika bukan pelanggan atau hanya mesin.",
		NotTaken: "Baik, pegawai lain akan ditanya. Selamat tinggal.",
		Hello:    "Helo. Ini panggilan yang anda minta daripada kami.",
		Choose:   "Untuk bercakap dengan pegawai, tekan 1 atau sebut ya. Untuk dihubungi dalam sejam, tekan 2. Jika tidak perlu dihubungi lagi, tekan 9.",
		Later:    "Baiklah. Kami akan menghubungi anda dalam sejam. Selamat tinggal.", Never: "Baiklah. Kami tidak akan menghubungi anda lagi mengenai perkara ini. Selamat tinggal.",
		LeaveMessage: "Semua pegawai kami sedang sibuk. Selepas nada, sila beritahu apa yang boleh kami bantu, dan pegawai kami akan menjawab.",
		News:         "Ini panggilan automatik.",
		Again:        "Untuk mendengarnya sekali lagi, tekan 1. Untuk bercakap dengan pegawai, tekan 2. Jika tidak mahu panggilan seperti ini, tekan 9.",
		Ringing:      "Terima kasih. Pegawai kami akan menghubungi anda di nombor ini secepat mungkin. Selamat tinggal.", NoMore: "Baiklah. Kami tidak akan menyampaikan berita melalui telefon lagi. Selamat tinggal.",
		Nobody: "Kami tidak mendengar anda, dan akan cuba lagi nanti. Selamat tinggal.", Over: "Panggilan ini tidak diperlukan lagi. Selamat tinggal.", Thanks: "Terima kasih. Selamat tinggal.",
	},
}
