package email

import (
	"regexp"
	"slices"
	"strings"
)

// forwardRule is the line this package writes above a message inside a message.
const forwardRule = "---------- Forwarded message ----------"

// wroteForm is one way to write an attribution: a word that it must have, in lower
// case, and what the whole of it looks like, joined to one line.
type wroteForm struct {
	words   []string
	pattern string
}

// wroteForms are the attributions of mail programs, in the languages of our customers first.
var wroteForms = []wroteForm{
	{[]string{"wrote", "writes", "said", "sent"}, `on\b.{4,300}\b(?:wrote|writes|said|sent)\s*[:：]`}, // English
	{[]string{"wrote"}, `on\b.{4,300}\bwrote\s*-{2,}`},                                               // Zoho
	{[]string{"wrote"}, `on\b.{4,200}<[^<>\s]+@[^<>\s]+>\s*wrote`},
	{[]string{"wrote"}, `(?:at|in)\b.{4,200},\s.{1,100}\bwrote\s*:`}, // Eudora, newsreaders
	{[]string{"you wrote"}, `.{4,60}\d\d:\d\d.{0,12}you wrote\s*:`},  // The Bat!
	{[]string{"wrote in message"}, `.{2,200}\bwrote in message\s+\S{2,200}`},
	{[]string{"quoting", "citando", "zitat von", "citat", "quotando", "selon"}, `(?:quoting|citando(?: a)?|zitat von|citat från|quotando|selon)\s.{0,100}@.{2,100}:`}, // Horde
	{[]string{"wrote", "writes"}, `.{2,200}\b(?:wrote|writes) (?:on|in)\b.{4,200}[:：]`},
	{[]string{"كتب"}, `(?:في|فى|بتاريخ|يوم|بتأريخ)\s.{4,300}(?:كتب|كتبت|كتبَ|كتبتْ).{0,120}[:：]`}, // Arabic: Apple, Yahoo, Thunderbird
	{[]string{"كتابة ما يلي"}, `(?:في|بتاريخ).{4,300}تمت? كتابة ما يلي(?: بواسطة)?.{0,200}[:：]?`}, // Arabic: Gmail
	{[]string{"كتب"}, `(?:كتب|كتبت)\s.{2,200}(?:في|بتاريخ)\s.{4,200}[:：]`},                        // Arabic: Outlook for Mac
	{[]string{"ulis"}, `pada\b.{4,300}\b(?:menulis|telah menulis|tulis)\s*[:：]`},                  // Malay, Indonesian
	{[]string{"écrit"}, `le\b.{4,300}\ba écrit\s*[:：]`},                                           // French
	{[]string{"schrieb"}, `(?:am\b.{4,300}|.{2,200})\bschrieb\b.{0,200}[:：]`},                     // German
	{[]string{"escribió"}, `(?:el|en|o)\b.{4,300}\bescribió\s*[:：]`},                              // Spanish
	{[]string{"scritto"}, `(?:il|in data|.{0,20}\bgiorno)\b.{4,300}\bha scritto\s*[:：]`},          // Italian
	{[]string{"escreveu"}, `(?:em|a|no dia|.{2,200})\b.{4,300}\bescreveu\b.{0,60}[:：]`},           // Portuguese
	{[]string{"geschreven"}, `op\b.{4,300}\bgeschreven\s*[:：]`},
	{[]string{"schreef"}, `(?:op\b.{4,300}|.{2,200})\bschreef\b.{0,200}[:：]`},                                       // Dutch
	{[]string{"tarih"}, `.{4,300}(?:tarihinde|tarihli).{0,200}(?:yazdı|şunları yazdı|yazmış|şunu yazdı)\s*[:：]`},    // Turkish
	{[]string{"写", "寫", "撰"}, `.{4,300}(?:写道|寫道|写到|撰寫|写入)\s*[:：]`},                                                  // Chinese
	{[]string{"のメ", "書きました"}, `.{4,300}(?:のメール|のメッセージ|は書きました|が書きました|さんは書きました)\s*[:：]`},                              // Japanese
	{[]string{"작성"}, `.{4,300}(?:님이 작성|이\(가\) 작성|께서 작성|작성)\s*[:：]`},                                                 // Korean
	{[]string{"пис", "пиш"}, `.{4,300}(?:пишет|пише|писал|писала|написал|написала|написал\(а\)|писал\(а\))\s*[:：]`}, // Russian
	{[]string{"pis"}, `.{4,300}(?:napisał|napisała|pisze|napisał\(a\)|napisał/a)\s*[:：]`},                           // Polish
	{[]string{"skrev"}, `(?:den\b|.{2,200})\s*.{0,200}\bskrev\b.{0,200}[:：]`},                                       // Swedish, Danish, Norwegian
	{[]string{"kirjoitti"}, `.{4,300}\bkirjoitti\b.{0,100}[:：]`},                                                    // Finnish
	{[]string{"nap", "írta", "scris", "έγραψε", "viết", "כתב", "เขียน"}, `.{4,300}(?:napsal|napsala|napsal\(a\)|napísal|írta|ezt írta|a scris|έγραψε|đã viết|כתב|כתבה|เขียนว่า)\s*[:：]`},
	{[]string{"írta", "scris"}, `.{2,200}(?:ezt írta|a scris (?:la|în|pe))\b.{4,100}[:：]`},                                                // Hungarian, Romanian: the date behind
	{[]string{"napisana"}, `wiadomość napisana przez\s.{2,200}\sw dniu\s.{4,100}[:：]`},                                                    // Polish: Apple
	{[]string{"napisa", "написа"}, `.{4,300}(?:je napisao|je napisala|je napisao/la|је написао|је написала|је написао/ла|написа)\s*[:：]`}, // Croatian, Serbian, Bulgarian
	{[]string{"نوشت", "لکھا", "تحریر", "लिखा", "লিখেছেন", "எழுதி", "എഴുതി"}, `.{4,300}(?:نوشت|نوشته|نے لکھا|تحریر کیا|ने लिखा|লিখেছেন|எழுதியது|എഴുതി)\s*[:：]`}, // Persian, Urdu, Hindi, Bengali, Tamil, Malayalam
	{[]string{"noong"}, `noong\b.{4,200}\b(?:isinulat|sinulat|sumulat|nagsulat)\b.{0,200}[:：]`},                    // Filipino
	{[]string{"--"}, `.{4,300}<[^<>\s]+@[^<>\s]+>.{0,40}\s-{2,}`},                                                  // Zoho in any other language
	{[]string{"@"}, `[^<>\s@]+@[^<>\s@]+\s+(?:wrote|writes|schrieb|a écrit|escribió|escreveu|menulis|كتب)\s*[:：]`}, // an address, and no date
	{[]string{">"}, `.{0,200}<[^<>\s]+@[^<>\s]+>\s*(?:wrote|menulis|كتب)?\s*[:：]`},                                 // Gmail in any other language
}

// wrotePatterns are the forms, compiled.
var wrotePatterns = func() []*regexp.Regexp {
	all := make([]*regexp.Regexp, len(wroteForms))
	for i, f := range wroteForms {
		all[i] = regexp.MustCompile(`(?is)^[-*\s]*(?:` + f.pattern + `)\s*$`)
	}
	return all
}()

// isAttribution tries the forms whose word is there.
func isAttribution(l string) bool {
	lower := strings.ToLower(l)
	for i, f := range wroteForms {
		if slices.ContainsFunc(f.words, func(w string) bool { return strings.Contains(lower, w) }) && wrotePatterns[i].MatchString(l) {
			return true
		}
	}
	return false
}

// Lines that mail programs write, in the languages of our customers first.
var (
	// wroteStart is what such an attribution has on its first line; cheap to test.
	wroteStart = regexp.MustCompile(`(?i)^[-*\s]*(?:on|pada|le|am|el|en|il|em|op|den|på|o|at|in|w dniu|in data|quoting|citando|zitat von|quotando|selon|noong|wiadomość napisana)\s|wrote in message|^(?:في|فى|بتاريخ|بتأريخ|يوم|كتب|كتبت|در تاریخ|در|بتاریخ|بروز)\s|@|\b(?:19|20)\d\d\b|\d{1,2}[:.]\d\d|(?:年|년)`)
	// bareStart is an attribution of old Gmail: a day and an address, and no colon.
	bareStart = regexp.MustCompile(`^\d{4}[-/]\d{1,2}[-/]\d{1,2}\s.{0,150}<[^<>\s]+@[^<>\s]+>$`)
	// lateWrote is an attribution that was put behind the last words of the answer.
	lateWrote = regexp.MustCompile(`(?i)^(.+?)\s?-*\s?\b(on (?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d)[^<>:]{2,60}\d.{2,200}\bwrote\s*:)$`)
	// addressWrote needs no date.
	addressWrote = regexp.MustCompile(`(?i)<[^<>\s]+@[^<>\s]+>\s*(?:wrote|writes|schrieb|a écrit|escribió|menulis|كتب)\s*[:：]$|^[-*\s]*[^<>\s@]+@[^<>\s@]+\s+(?:wrote|writes|schrieb|a écrit|escribió|escreveu|menulis|كتب)\s*[:：]$|\bwrote in message\s+\S+$|^(?:quoting|citando|zitat von|citat från|quotando|selon)\s.{0,100}@|^in (?:article|message)\b.{0,100}@`)
	// loose is what stands above quoted lines and says who wrote them, in no form that has a date.
	loose = regexp.MustCompile(`(?i)^[-*\s"]*.{1,100}\b(?:wrote|writes|schrieb|écrit|escribió|scritto|escreveu|schreef|skrev|napisał|menulis)\s*:$|^[-*\s]*[^\s<:][^:]{2,80}[\s<][\w.+-]+@[\w.-]+.{0,60}:$|^.{0,80}كتبت?\s*:$`)
	// notesDate is a line with a date and a time, and nothing else.
	notesDate = regexp.MustCompile(`^\s*\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\s+\d{1,2}:\d\d(?::\d\d)?(?:\s*[AP]M)?\s*$`)
	// fullDate is a Date field as the mail itself had it (RFC 5322 §3.3).
	fullDate = regexp.MustCompile(`\d{4}\s+\d\d:\d\d:\d\d\s+[+-]\d{4}`)
	// dated is what a line with an address must also have to be an attribution.
	dated = regexp.MustCompile(`\d{1,2}[:.h]\d\d|(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d\d`)
	// surelyDated is dated without what a number of other kinds may look like.
	surelyDated = regexp.MustCompile(`\b(?:19|20)\d\d\b|\b\d{1,2}:\d\d\b`)

	originalRule = regexp.MustCompile(`(?i)^[-–—‐_=*\s]{2,}\s*(?:original message|original appointment|reply message|original e-?mail|in reply to|الرسالة الأصلية|رسالة أصلية|النص الأصلي|mesej asal|mesej asli|pesan asli|pesan asal|message d['’]origine|message original|message initial|ursprüngliche (?:nachricht|mail)|originalnachricht|original-nachricht|antwort nachricht|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|origineel bericht|orijinal (?:mesaj|ileti)|özgün ileti|原始邮件|原始郵件|原邮件|邮件原件|元のメッセージ|オリジナルメッセージ|원본 메시지|원본 메일|исходное сообщение|пересылаемое сообщение|oryginalna wiadomość|wiadomość oryginalna|ursprungligt meddelande|originalmeddelande|oprindelig (?:meddelelse|besked)|opprinnelig (?:melding|beskjed)|pôvodná správa|izvorna poruka|izvirno sporočilo|αρχικό μήνυμα|thư gốc|tin nhắn gốc|ข้อความต้นฉบับ|alkuperäinen viesti|původní zpráva|eredeti üzenet|mesajul original)(?: [^-_=]{0,60})?\s*[-–—‐_=*]{2,}(?:\s*|\s*(?:from|von|de|da|van|dari|daripada|من)\s?:.{3,})$`)
	forwardLine  = regexp.MustCompile(`(?i)^\s*(?:[-_]{2,}\s*(?:forwarded message|forwarded by|forwarded e-?mail|رسالة معاد توجيهها|رسالة محولة|الرسالة المحولة|mesej dimajukan|mesej yang dimajukan|pesan terusan|pesan yang diteruskan|message transféré|message transmis|weitergeleitete nachricht|mensaje reenviado|messaggio inoltrato|mensagem encaminhada|mensagem reencaminhada|doorgestuurd bericht|yönlendirilen ileti|yönlendirilmiş ileti|转发的邮件|轉寄的郵件|转发邮件|転送メッセージ|전달된 메일|전달된 메시지|пересланное сообщение|пересылаемое сообщение|wiadomość przekazana|przekazana wiadomość|vidarebefordrat meddelande|videresendt meddelelse|videresendt melding|välitetty viesti|edelleenlähetetty viesti).*|begin forwarded message:|بداية الرسالة المعاد توجيهها:|بدء الرسالة المحولة:|mula mesej yang dimajukan:|mulai pesan terusan:|début du message transféré\s*:|début du message réexpédié\s*:|anfang der weitergeleiteten (?:nachricht|e-mail):|inicio del mensaje reenviado:|inizio messaggio inoltrato:|início da mensagem encaminhada:|begin doorgestuurd bericht:|iletilen e-posta başlangıcı:|以下是转发的邮件[:：]|転送されたメッセージ[:：]|전달된 메시지 시작[:：]|начало переадресованного сообщения:)\s*$`)

	device    = `(?:i ?phone|ipad|ipod|iphone|ios|android|samsung|galaxy|huawei|honor|xiaomi|redmi|realme|oppo|vivo|nokia|blackberry|htc|motorola|verizon|t-mobile|sony|lg |windows|outlook|yahoo|gmail|hotmail|icloud|proton|zoho|aol|mail\.ru|yandex|gmx|web\.de|mobile|smartphone|tablet|handy|telefon|telepon|téléphone|teléfono|celular|telefono|hp |thunderbird|spark|bluemail|airmail|nine|aquamail|mail(?: app)? )`
	phoneLine = regexp.MustCompile(`(?i)^[-–—\s<(\[]*(?:` + strings.Join([]string{
		`sent (?:from|via|with|using|by)\b.{0,30}?\b` + device + `.{0,60}`,
		`sent from my(?: [\w'’-]+){1,5}[.,]?(?:,? please excuse.{0,30})?`, `(?:typed|written|sent) (?:on|from) (?:my|a) (?:phone|` + device + `).{0,40}`, `from my (?:i ?phone|ipad|galaxy|blackberry)[\w ]{0,6}`,
		`sent (?:from|with|via|using) (?:front|mailbox|hushmail|shift|superhuman|missive|newton|polymail|edison|canary|hey|fastmail|zimbra|roundcube)\b.{0,40}`,
		`(?:get|download) outlook for .{2,40}`,
		`(?:please )?excuse (?:any |the |my )?(?:typos|brevity|spelling).{0,60}`,
		`تم الإرسال (?:من|بواسطة|عبر) .{2,60}`, `(?:أُ?رسلت?|مُ?رسلة?|نُ?شرت|أرسل) من .{1,50}`, `مُ?رسل من .{2,50}`, `الحصول على outlook .{2,40}`,
		`di(?:hantar|kirim)(?:kan)? (?:daripada|dari|melalui|menggunakan|dengan) .{2,50}`, `dapatkan outlook untuk .{2,40}`,
		`envoyé (?:de(?:puis)?|à partir de|avec|via|du) .{0,30}` + device + `.{0,40}`, `télécharge[rz] outlook pour .{2,40}`, `obtenez outlook pour .{2,40}`,
		`(?:von meine[mr]|vom) .{2,40}gesendet.{0,30}`, `gesendet (?:von|mit|über|aus) .{0,30}` + device + `.{0,40}`, `(?:diese nachricht wurde von|outlook für) .{2,60}`,
		`(?:enviado|enviada|envía) (?:desde|do|de|pelo|a partir do|con|com) .{0,30}` + device + `.{0,40}`, `(?:obtener|obter|obtenga) (?:o )?outlook para .{2,40}`,
		`inviato (?:da|dal|con|tramite) .{0,30}` + device + `.{0,40}`, `(?:scarica|ottieni) outlook per .{2,40}`,
		`(?:verstuurd|verzonden) (?:vanaf|vanuit|met|via|van) .{0,30}` + device + `.{0,40}`, `outlook voor .{2,40}downloaden`,
		`.{0,40}` + device + `.{0,30}(?:gönderildi|gönderilmiştir)\.?`, `.{2,40}için outlook.{0,20}(?:edinin|indirin)`,
		`(?:发自|發自)我的.{1,20}`, `(?:发自|發自|传自|來自).{0,10}` + device + `.{0,20}`, `获取 ?(?:适用于)?.{0,20}outlook.{0,20}`, `.{0,20}` + device + `.{0,10}から送信`,
		`(?:나의|내)\s?.{0,20}(?:에서 보냄|에서 보냈습니다)`, `отправлено (?:с|из|от) .{2,50}`, `wysłan[eoy] z .{2,50}`,
		`skickat från .{2,50}`, `sendt fra .{2,50}`, `lähetetty .{2,50}`, `hanki outlook .{2,40}`, `odesláno z .{2,40}`, `trimis de pe .{2,40}`,
		`来自我?的.{2,20}`, `στάλθηκε από .{2,50}`, `נשלח מ.{2,40}`, `đã gửi từ .{2,40}`, `ส่งจาก.{2,40}`, `küldve .{2,50}`, `az .{2,40}küldve`, `मेरे .{2,30} से भेजा गया`, `میرے .{2,30} سے بھیجا گیا`, `(?:ارسال|فرستاده)[\s\x{200c}]?شده از .{2,40}`, `ipinadala mula sa .{2,40}`, `надіслано з.{2,40}`, `po(?:slano|słane) [zs] .{2,40}`, `enviat des de.{2,40}`,
	}, "|") + `)[>)\]]*$`)
	// phoneWords are words of which every phone line has one.
	phoneWords = []string{"sent from", "sent via", "sent with", "sent using", "sent by", "outlook", "excuse", "الإرسال", "رسل", "شرت", "hantar", "kirim", "envoyé", "gesendet",
		"envia", "envía", "inviato", "verstuurd", "verzonden", "gönderil", "发自", "從", "从", "發自", "传自", "來自", "から送信", "에서 보", "отправлено", "wysłan", "skickat från", "sendt fra", "lähetetty", "odesláno", "trimis",
		"typed on", "written on", "from my", "from a", "sent on", "来自", "στάλθηκε", "נשלח", "đã gửi", "ส่งจาก", "küldve", "भेजा", "بھیجا", "شده از", "ipinadala", "надіслано", "poslano", "enviat"}
	linkTail  = regexp.MustCompile(`\s*[<(\[]https?://[^>)\]]*[>)\]]`)
	bidiMarks = strings.NewReplacer("\u200e", "", "\u200f", "", "\u202a", "", "\u202b", "", "\u202c", "", "\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "", "\u200b", "", "\ufeff", "", "\u00a0", " ", "\u202f", " ")
)

// originalBare is what BlackBerry writes above a block of fields, without dashes.
var originalBare = map[string]bool{"original message": true, "mesej asal": true, "pesan asli": true, "message d'origine": true, "message d’origine": true,
	"mensaje original": true, "messaggio originale": true, "mensagem original": true, "ursprüngliche nachricht": true, "oorspronkelijk bericht": true,
	"الرسالة الأصلية": true, "原始邮件": true}

// longestBare is the length of the longest of them.
const longestBare = 32

// field is a field of the header block that Outlook and others put above history.
type field uint8

const (
	fieldFrom field = iota + 1
	fieldDate
	fieldTo
	fieldSubject
)

// blockFields are those fields by the names that programs give them.
var blockFields = func() map[string]field {
	all := map[string]field{}
	for kind, names := range map[field]string{
		fieldFrom:    `from|sender|nadawca|من|مرسل|المرسل|daripada|dari|pengirim|de|expéditeur|von|absender|da|mittente|van|kimden|gönderen|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람|발신|от|от кого|отправитель|od|från|fra|lähettäjä|odesílatel|feladó|de la|expeditor|από|מאת|từ|จาก|saatja|از|فرستنده|प्रेषक|šalje|nuo|no|від`,
		fieldDate:    `sent|date|sent date|sent at|تم الإرسال|أرسلت|أُرسلت|التاريخ|تاريخ الإرسال|أرسل|dihantar|tarikh|dikirim|terkirim|tanggal|envoyé|envoyé le|date d'envoi|gesendet|gesendet am|datum|enviado|enviado el|enviada|enviada em|enviado em|fecha|data|inviato|inviato il|data invio|verzonden|gönderme tarihi|gönderildi|gönderilme|gönderilme tarihi|tarih|发送时间|发送日期|傳送時間|寄件日期|日期|时间|送信日時|送信日|日付|日時|보낸 날짜|보낸날짜|날짜|отправлено|дата|wysłano|wysłane|skickat|skickades|sendt|dato|lähetetty|päivämäärä|päiväys|odesláno|küldve|dátum|trimis|στάλθηκε|ημερομηνία|נשלח|תאריך|đã gửi|ngày|ส่ง|วันที่|saatmisaeg|saadetud|kuupäev|ارسال شده|ارسال|تاریخ|भेजा गया|दिनांक|poslano|išsiųsta|nosūtīts|datums|надіслано|изпратено|odoslané`,
		fieldTo:      `to|adresat|cc|bcc|reply-to|reply to|إلى|الى|نسخة|نسخة إلى|kepada|kpd|sk|à|pour|destinataire|copie à|an|kopie|para|a|per|aan|kime|bilgi|收件人|收件者|抄送|副本|宛先|받는 사람|받는사람|참조|수신|кому|копия|do|dw|till|kopia|til|kopi|vastaanottaja|kopio|komu|címzett|către|προς|κοιν|אל|עותק|tới|đến|ถึง|สำเนา|adressaat|saaja|به|प्रति|prima|za|kam|до`,
		fieldSubject: `subject|re|الموضوع|موضوع|subjek|perkara|perihal|tajuk|objet|sujet|betreff|asunto|assunto|oggetto|onderwerp|konu|主题|主題|主旨|标题|件名|제목|тема|temat|ämne|emne|aihe|předmět|tárgy|subiect|θέμα|נושא|chủ đề|เรื่อง|teema|विषय|predmet|zadeva|tema|tēma|относно`,
	} {
		for name := range strings.SplitSeq(names, "|") {
			all[name] = kind
		}
	}
	return all
}()

// blockField is the field that a line of a header block starts with, and its value.
func blockField(l string) (kind field, value string) {
	i := strings.IndexByte(l[:min(len(l), 61)], ':')
	if wide := strings.Index(l[:min(len(l), 63)], "："); wide >= 0 && (i < 0 || wide < i) {
		i = wide
	}
	if i <= 0 {
		return 0, ""
	}
	name := strings.ToLower(strings.Trim(unmark(l[:i]), "* \t"))
	return blockFields[name], strings.TrimLeft(l[i:], ":：* \t")
}
