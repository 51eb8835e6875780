package email

import (
	"regexp"
	"strings"
)

// forwardRule is the line this package writes above a message inside a message.
const forwardRule = "---------- Forwarded message ----------"

// Lines that mail programs write, in the languages of our customers first.
var (
	// wroteLine matches a whole attribution, already joined to one line.
	wroteLine = regexp.MustCompile(`(?is)^(?:` + strings.Join([]string{
		`on\b.{4,300}\bwrote\s*[:：]`,  // English
		`on\b.{4,300}\bwrites\s*[:：]`, //
		`(?:في|فى|بتاريخ|يوم|بتأريخ)\s.{4,300}(?:كتب|كتبت|كتبَ|كتبتْ).{0,120}[:：]`, // Arabic: Apple, Yahoo, Thunderbird
		`(?:في|بتاريخ).{4,300}تمت? كتابة ما يلي(?: بواسطة)?.{0,200}[:：]?`,          // Arabic: Gmail
		`(?:كتب|كتبت)\s.{2,200}(?:في|بتاريخ)\s.{4,200}[:：]`,                        // Arabic: Outlook for Mac
		`pada\b.{4,300}\b(?:menulis|telah menulis|tulis)\s*[:：]`,                   // Malay, Indonesian
		`le\b.{4,300}\ba écrit\s*[:：]`,                                             // French
		`am\b.{4,300}\bschrieb\b.{0,120}[:：]`,                                      // German
		`el\b.{4,300}\bescribió\s*[:：]`,                                            // Spanish
		`il\b.{4,300}\bha scritto\s*[:：]`,                                          // Italian
		`em\b.{4,300}\bescreveu\s*[:：]`,                                            // Portuguese
		`op\b.{4,300}\bschreef\b.{0,120}[:：]`,                                      // Dutch
		`.{4,300}\btarihinde.{0,200}(?:yazdı|şunları yazdı)\s*[:：]`,                // Turkish
		`.{4,200}<[^<>\s]+@[^<>\s]+>\s*(?:wrote|menulis|كتب)\s*[:：]`,
	}, "|") + `)\s*$`)

	// wroteStart is how such an attribution may begin; cheap to test.
	wroteStart = regexp.MustCompile(`(?i)^(?:on|pada|le|am|el|il|em|op)\s|^(?:في|فى|بتاريخ|بتأريخ|يوم|كتب|كتبت)\s|<[^<>\s]+@[^<>\s]+>|tarihinde`)

	originalRule = regexp.MustCompile(`(?i)^[-_\s]{2,}\s*(?:original message|original appointment|reply message|الرسالة الأصلية|رسالة أصلية|mesej asal|mesej asli|pesan asli|message d'origine|ursprüngliche nachricht|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|orijinal mesaj)\s*[-_]{2,}\s*$`)
	forwardLine  = regexp.MustCompile(`(?i)^\s*(?:[-_]{2,}\s*(?:forwarded message|forwarded by|رسالة معاد توجيهها|رسالة محولة|الرسالة المحولة|mesej dimajukan|mesej yang dimajukan|pesan terusan|message transféré|weitergeleitete nachricht|mensaje reenviado).*|begin forwarded message:|بداية الرسالة المعاد توجيهها:|بدء الرسالة المحولة:|mula mesej yang dimajukan:)\s*$`)
	ruler        = regexp.MustCompile(`^[_\-=]{20,}$`)

	phoneLine = regexp.MustCompile(`(?i)^(?:sent (?:from|via|with|using) (?:my |the |an? )?(?:i?phone|ipad|iphone|android|samsung|galaxy|huawei|xiaomi|redmi|oppo|vivo|nokia|blackberry|mobile|outlook|yahoo|mail for windows|proton ?mail|gmail|windows|smartphone|tablet).{0,60}|get outlook for .{2,40}|تم الإرسال من .{2,60}|أُ?رسلت? من (?:ال|هاتف|جهاز|ا).{1,50}|مُ?رسل من .{2,50}|dihantar (?:daripada|dari|melalui) .{2,50}|dikirim dari .{2,50})$`)
	bidiMarks = strings.NewReplacer("\u200e", "", "\u200f", "", "\u202a", "", "\u202b", "", "\u202c", "", "\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "", "\u200b", "")
)

// blockFields are the fields of an Outlook header block, by the name it gives
// them; true for the first one.
var blockFields = map[string]bool{
	"from": true, "من": true, "مرسل": true, "daripada": true, "dari": true, "de": true, "von": true,
	"sent": false, "date": false, "to": false, "cc": false, "subject": false,
	"تم الإرسال": false, "أرسلت": false, "أُرسلت": false, "التاريخ": false, "تاريخ الإرسال": false,
	"إلى": false, "الى": false, "نسخة": false, "الموضوع": false,
	"dihantar": false, "tarikh": false, "kepada": false, "subjek": false, "perkara": false,
	"envoyé": false, "à": false, "objet": false, "gesendet": false, "an": false, "betreff": false,
}

// blockField is the name of the field that a line of a header block starts with.
func blockField(l string) (name string, first, ok bool) {
	i := strings.IndexAny(l, ":：")
	if i <= 0 || i > 60 {
		return "", false, false
	}
	name = strings.ToLower(strings.Trim(bidiMarks.Replace(l[:i]), "* \t\u00a0"))
	first, ok = blockFields[name]
	return name, first, ok
}

// isForward reads the prefixes that mail programs put before a forwarded subject.
func isForward(subject string) bool {
	before, _, ok := strings.Cut(strings.ToLower(subject), ":")
	if !ok {
		return false
	}
	switch strings.TrimSpace(before) {
	case "fw", "fwd", "إعادة توجيه", "اعادة توجيه", "محول", "تحويل", "tr", "wg", "rv", "doorst", "ilt":
		return true
	}
	return false
}

func isForwardRule(l string) bool {
	return len(l) < 200 && forwardLine.MatchString(bidiMarks.Replace(strings.TrimSpace(l)))
}

// attribution is how many lines, at most four, the line "On … somebody wrote:"
// takes at the start of lines; zero if there is none.
func attribution(lines []string) int {
	joined := ""
	for n := 0; n < 4 && n < len(lines); n++ {
		l := strings.TrimSpace(bidiMarks.Replace(lines[n]))
		if l == "" || len(l) > 500 || strings.HasPrefix(l, ">") {
			return 0
		}
		if n == 0 && !wroteStart.MatchString(l) {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + l)
		if mayEndAttribution(l) && wroteLine.MatchString(joined) {
			return n + 1
		}
	}
	return 0
}

// mayEndAttribution is a cheap look at what wroteLine wants at its end.
func mayEndAttribution(l string) bool {
	return strings.HasSuffix(l, ":") || strings.HasSuffix(l, "：") || strings.Contains(l, "كتابة ما يلي")
}

// historyStarts reports whether everything from here on is an older message
// that is not marked line by line: a rule of words, or an Outlook header block.
func historyStarts(lines []string) bool {
	l := bidiMarks.Replace(strings.TrimSpace(lines[0]))
	if originalRule.MatchString(l) {
		return true
	}
	if ruler.MatchString(l) {
		for i := 1; i < len(lines) && i <= 2; i++ {
			if strings.TrimSpace(lines[i]) != "" {
				return headerBlock(lines[i:])
			}
		}
		return false
	}
	return headerBlock(lines)
}

// headerBlock wants a From line and two further fields in the next lines.
func headerBlock(lines []string) bool {
	if _, first, _ := blockField(lines[0]); !first {
		return false
	}
	seen := map[string]bool{}
	for _, l := range lines[:min(len(lines), 10)] {
		name, _, ok := blockField(l)
		if seen[name] {
			break
		}
		if ok {
			seen[name] = true
		}
	}
	return len(seen) >= 3
}

// isSignatureRule reports whether line i is "-- " (RFC 3676 §4.3), or "--" as
// programs that trim lines leave it.
func isSignatureRule(lines []string, i int) bool {
	return lines[i] == "-- " || lines[i] == "--" && i > 0
}

// dropPhoneLine removes "Sent from my phone" from the end.
func dropPhoneLine(s string) string {
	for {
		s = tidy(s)
		i := strings.LastIndexByte(s, '\n')
		if !phoneLine.MatchString(bidiMarks.Replace(strings.TrimSpace(s[i+1:]))) {
			return s
		}
		s = s[:max(i, 0)]
	}
}
