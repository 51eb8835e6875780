package twilio

import "strconv"

// Words tells in plain words, by language (en, ar, ms), what an error code means.
// ok is false for a code that is not in the dictionary.
func Words(code string) (words map[string]string, ok bool) {
	n, err := strconv.Atoi(code)
	if err != nil {
		return nil, false
	}
	d, ok := errorCodes[n]
	if !ok {
		return nil, false
	}
	w := errorWords[n]
	return map[string]string{"en": d.reason, "ar": w[0], "ms": w[1]}, true
}

// errorWords are the reasons of errorCodes in Arabic and in Malay.
var errorWords = map[int][2]string{
	13214: {"الرقم الذي نتصل منه غير صالح", "nombor yang kami gunakan untuk menelefon tidak sah"},
	13223: {"رقم الهاتف غير مكتوب بصيغة يمكن الاتصال بها", "nombor telefon tidak ditulis dalam bentuk yang boleh dihubungi"},
	13224: {"رقم الهاتف غير صالح", "nombor telefon tidak sah"},
	13225: {"لا يُسمح بالاتصال بهذا الرقم", "nombor ini tidak boleh dihubungi"},
	21211: {"رقم المستلم غير صالح", "nombor penerima tidak sah"},
	21214: {"لا يمكن الوصول إلى الرقم هاتفيًا", "nombor ini tidak dapat dihubungi melalui telefon"},
	21217: {"يبدو أن الرقم غير صالح", "nombor ini nampaknya tidak sah"},
	21401: {"رقم الهاتف غير صالح", "nombor telefon tidak sah"},
	21612: {"لا يوجد مسار من رقمنا إلى رقم المستلم", "tiada laluan daripada nombor kami ke nombor penerima"},
	21614: {"الرقم ليس رقم جوال", "nombor ini bukan nombor telefon bimbit"},
	30003: {"الهاتف مغلق أو خارج التغطية", "telefon dimatikan atau di luar liputan"},
	30005: {"الرقم غير معروف أو لم يعد مستخدمًا", "nombor ini tidak dikenali atau tidak digunakan lagi"},
	30006: {"الرقم هاتف ثابت، أو لا يمكن الوصول إلى شبكته", "nombor ini talian tetap, atau rangkaiannya tidak dapat dicapai"},
	63003: {"ليس لهذا الرقم حساب واتساب", "nombor ini tiada akaun WhatsApp"},
	63024: {"المستلم غير صالح", "penerima tidak sah"},
	63025: {"الملف موجود بالفعل", "fail ini sudah ada"},

	21610: {"ألغى العميل اشتراكه (STOP)", "pelanggan telah berhenti melanggan (STOP)"},
	63014: {"حظرنا العميل على واتساب", "pelanggan telah menyekat kami di WhatsApp"},
	63032: {"لا يسمح لنا واتساب بمراسلة هذا المستخدم", "WhatsApp tidak membenarkan kami menghubungi pengguna ini"},

	13227: {"لا يُسمح لحسابنا بالاتصال بهذا البلد", "akaun kami tidak dibenarkan menelefon negara ini"},
	20003: {"رفضت Twilio بيانات دخولنا", "Twilio tidak menerima kelayakan masuk kami"},
	20404: {"لا تعرف Twilio ما طُلب منها", "Twilio tidak mengenali apa yang diminta"},
	21212: {"المرسِل من طرفنا غير صالح", "pengirim kami tidak sah"},
	21215: {"لا يُسمح لحسابنا بالاتصال بهذا البلد", "akaun kami tidak dibenarkan menelefon negara ini"},
	21219: {"الحساب التجريبي يصل فقط إلى الأرقام التي جرى التحقق منها", "akaun percubaan hanya boleh menghubungi nombor yang telah disahkan"},
	21408: {"لا يُسمح لحسابنا بإرسال رسائل SMS إلى هذا البلد", "akaun kami tidak dibenarkan menghantar SMS ke negara ini"},
	21603: {"لم يُحدَّد مرسِل", "tiada pengirim diberikan"},
	21606: {"رقم المرسِل ليس من أرقامنا القادرة على إرسال SMS", "nombor pengirim bukan nombor kami yang boleh menghantar SMS"},
	21608: {"الحساب التجريبي يصل فقط إلى الأرقام التي جرى التحقق منها", "akaun percubaan hanya boleh menghubungi nombor yang telah disahkan"},
	21659: {"رقم المرسِل ليس من أرقامنا", "nombor pengirim bukan milik kami"},
	21660: {"رقم المرسِل يعود إلى حساب آخر", "nombor pengirim milik akaun lain"},
	21703: {"خدمة الرسائل ليس لها مرسِل", "perkhidmatan mesej tiada pengirim"},
	21712: {"المرسِل يعود إلى خدمة رسائل أخرى", "pengirim milik perkhidmatan mesej lain"},
	30002: {"حسابنا لدى Twilio موقوف", "akaun Twilio kami digantung"},
	30032: {"رقمنا المجاني لم يُتحقق منه", "nombor bebas tol kami belum disahkan"},
	30034: {"رقمنا غير مسجل لرسائل الشركات (A2P)", "nombor kami belum didaftarkan untuk mesej A2P"},
	63007: {"ليس لحسابنا مرسِل واتساب كهذا", "akaun kami tiada pengirim WhatsApp ini"},
	63019: {"تعذر جلب الملف", "fail tidak dapat diambil"},
	63020: {"حساب واتساب لدينا غير مهيأ للإرسال", "akaun WhatsApp kami belum disediakan untuk menghantar"},
	63022: {"لم يُتحقق من اسم مرسِل واتساب لدينا", "nama pengirim WhatsApp kami belum disahkan"},

	12300: {"نوع الملف غير مقبول", "jenis fail ini tidak diterima"},
	21602: {"الرسالة فارغة", "mesej kosong"},
	21617: {"الرسالة أطول من 1600 حرف", "mesej melebihi 1600 aksara"},
	21619: {"ليس في الرسالة نص ولا ملف", "mesej tiada teks mahupun fail"},
	21620: {"عنوان الملف غير صالح", "alamat fail tidak sah"},
	21623: {"تعذر جلب ملف، أو أن الملفات أكثر من عشرة", "fail tidak dapat diambil, atau melebihi sepuluh"},
	21655: {"القالب غير معروف", "templat tidak dikenali"},
	21656: {"متغيرات القالب غير صالحة", "pemboleh ubah templat tidak sah"},
	21657: {"القالب لا يناسب هذه القناة", "templat tidak sesuai untuk saluran ini"},
	21658: {"أحد متغيرات القالب طويل جدًا", "pemboleh ubah templat terlalu panjang"},
	30007: {"حجبت شركة الاتصالات الرسالة", "syarikat telekomunikasi telah menapis mesej ini"},
	30011: {"شبكة المستلم لا تقبل الوسائط", "rangkaian penerima tidak menerima media"},
	30019: {"المحتوى أكبر مما تقبله شركة الاتصالات", "kandungan terlalu besar untuk syarikat telekomunikasi"},
	63005: {"لم يقبل واتساب المحتوى", "WhatsApp tidak menerima kandungan ini"},
	63013: {"الرسالة تخالف إحدى قواعد واتساب", "mesej ini melanggar peraturan WhatsApp"},
	63016: {"مضى أكثر من 24 ساعة على آخر رسالة من العميل: لا يصله إلا قالب معتمد", "pelanggan terakhir menulis lebih 24 jam lalu: hanya templat yang diluluskan boleh dihantar"},
	63021: {"المحتوى غير صالح لواتساب", "kandungan tidak sah untuk WhatsApp"},
	63027: {"القالب غير موجود بهذه اللغة", "templat tidak wujud dalam bahasa ini"},
	63028: {"عدد المتغيرات لا يناسب القالب", "bilangan pemboleh ubah tidak sepadan dengan templat"},
	63029: {"تعذر تكوين القالب", "templat tidak dapat dihasilkan"},
	63030: {"في الرسالة معامل لا يدعمه واتساب", "mesej mempunyai parameter yang tidak disokong oleh WhatsApp"},
	63041: {"القالب موقوف مؤقتًا بسبب جودته", "templat digantung sementara kerana kualitinya"},
	63042: {"القالب معطل", "templat telah dilumpuhkan"},
	63049: {"اختارت Meta ألا توصل هذه الرسالة التسويقية", "Meta memilih untuk tidak menghantar mesej pemasaran ini"},

	10004: {"مكالمات كثيرة في الوقت نفسه", "terlalu banyak panggilan serentak"},
	20429: {"طلبات كثيرة في الوقت نفسه", "terlalu banyak permintaan serentak"},
	20500: {"حدث خطأ داخلي لدى Twilio", "Twilio mengalami ralat dalaman"},
	20503: {"Twilio غير متاحة الآن", "Twilio tidak tersedia sekarang"},
	21611: {"قائمة انتظار المرسِل ممتلئة", "baris gilir pengirim kami penuh"},
	21730: {"Twilio تحت الصيانة", "Twilio sedang diselenggara"},
	22005: {"مكالمات تزيد على 24 ساعة في الانتظار", "lebih 24 jam panggilan sedang menunggu"},
	30001: {"انتظرت الرسالة طويلًا في القائمة", "mesej menunggu terlalu lama dalam baris gilir"},
	30008: {"لم تذكر شركة الاتصالات السبب", "syarikat telekomunikasi tidak memberi sebab"},
	30022: {"استُنفد معدل حملتنا", "kadar kempen kami telah habis digunakan"},
	30036: {"انتهت صلاحية الرسالة قبل إرسالها", "mesej tamat tempoh sebelum sempat dihantar"},
	30410: {"لم تجب شركة الاتصالات في الوقت المحدد: ربما وصلت الرسالة", "syarikat telekomunikasi tidak menjawab dalam masa: mesej mungkin telah sampai"},
	63001: {"لم يتمكن واتساب من معرفة هويتنا", "WhatsApp tidak dapat mengenal pasti kami"},
	63002: {"الطريق إلى واتساب مقطوع", "laluan ke WhatsApp terputus"},
	63010: {"حدث خطأ داخلي لدى واتساب", "WhatsApp mengalami ralat dalaman"},
	63012: {"واتساب غير متاح الآن", "WhatsApp tidak tersedia sekarang"},
	63017: {"رسائل كثيرة في الثانية", "terlalu banyak mesej sesaat"},
	63018: {"استُنفد معدل مرسِل واتساب لدينا", "kadar pengirim WhatsApp kami telah habis digunakan"},
	63023: {"لم يذكر واتساب السبب", "WhatsApp tidak memberi sebab"},
	63038: {"استُنفدت رسائل الحساب لهذا اليوم", "mesej akaun untuk hari ini telah habis digunakan"},
}
