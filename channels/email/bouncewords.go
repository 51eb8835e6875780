package email

import (
	"regexp"
	"slices"
	"strings"
)

// What mail systems write that know no RFC 3464: qmail and what came of it,
// Exim, Sendmail, Postfix in its short form, Courier, Exchange, Domino, James,
// Gmail, Yahoo, and the web hosts.
var (
	enhancedCode = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)
	// atCode is a code where a mail server would say it, rather than part of an IP address.
	atCode    = regexp.MustCompile(`(?:^|[^\d.])([45]\.\d{1,2}\.\d{1,3})(?:[^\d.]|\.?\s|\.?$)`)
	replyCode = regexp.MustCompile(`(?i)\b(?:SMTP|error|code|reply|ERROR_CODE|said:?|responded|response|status|with|failed|reason:?|was)\W{0,20}(5[0-5]\d|4[0-5]\d)\b|(?m:^[\s>]*(?:<<< ?|#|")?(5[0-5]\d|4[0-5]\d)[ -#])|[:>] ?(5[0-5]\d|4[0-5]\d) `)
	textID    = regexp.MustCompile(`(?im)^[ \t>|]*message-id:\s*(?:<([^<>\s]+)>|([^<>\s]+@[^<>\s]+))`)

	failSubject = regexp.MustCompile(`(?i)undeliver|undelivered|nondeliverable|non-deliver|delivery (?:status|failure|has failed|report|problem|incomplete|error|unsuccessful|notification)|delivery to .{1,60} failed|failure notice|failed (?:mail|delivery|to deliver)|failure delivery|returned (?:mail|e-?mail|message|to sender)|returning (?:message|mail) to sender|mail (?:delivery|could not)|message (?:not delivered|delivery|undeliverable|delayed|could not|status)|could not (?:be delivered|deliver)|cannot be delivered|unable to deliver|delayed|delay notice|user unknown|unknown user|unknown address|mail system error|mail failure|warning: (?:could not|message)|rejected|bounce|` +
		`تعذر (?:ال)?تسليم|لم يتم تسليم|فشل (?:في )?(?:ال)?تسليم|غير قابل للتسليم|gagal dihantar|tidak (?:dapat|boleh|terkirim)|gagal terkirim|unzustellbar|nicht zustellbar|zustellung|rücksendung|non remis|non distribué|échec de (?:la )?(?:remise|distribution)|avis de non|no se (?:ha )?(?:pudo|podido) entregar|no entregado|devuelto|mancata consegna|impossibile recapitare|não (?:foi )?entreg|devolvid|falha na entrega|niet bezorg|onbestelbaar|teslim edil|недостав|не доставлено|niedostarcz|nie dostarcz|无法(?:投递|送达|传递)|(?:传输|发送|投递)失败|退信|未送达|配信(?:できません|エラー|不能)|送信できません|전송 실패|배달 실패|반송`)
	failWords  = regexp.MustCompile(`(?i)(?:could ?n[o']t|cannot|can't|unable to|wasn't able to|was not able to|failed to) (?:be )?(?:deliver|complete your)|could not be delivered|cannot be delivered|was(?:n't| not) delivered|were not delivered|not been delivered|undeliverable|delivery (?:to the following|has failed|failed|failure|status notification)|did not reach the following|permanent (?:fatal )?(?:delivery )?error|returned (?:to (?:you|sender)|mail|below)|following (?:address(?:es)?|recipients?)[^.]{0,40}(?:fail|error|reject)|addresses had (?:permanent|delivery)|mail system at host|mail delivery (?:software|subsystem|system)|qmail-send|mailer-daemon|non[- ]delivery|user unknown|unknown user|no such user|invalid (?:user|recipient) address|mailbox (?:unavailable|full|not found|is full)|is unavailable: user|message (?:was|has been) (?:rejected|refused|bounced|undeliverable)|delivery attempt|retry timeout|over quota`)
	delayWords = regexp.MustCompile(`(?i)\bdelayed\b|not (?:yet )?been (?:yet )?delivered|will (?:keep|continue) (?:trying|to try|to be)|still (?:trying|being)|retry(?:ing)? (?:for|until)|will be retried|warning message only|do not need to resend|no action is required|could not be delivered yet|will try again|temporarily deferred`)
	givenUp    = regexp.MustCompile(`(?i)giving up|given up|gave up|not going to try again|permanent(?:ly)? (?:fail|error|fatal)|failed permanently|will not be retried|returned mail|undeliverable|exceeded|too (?:long|many)|last attempt`)

	// below is the line above the returned message.
	below = regexp.MustCompile(`(?im)^[\s>]*(?:[-=*_~<]{2,}.{0,40}(?:copy of|original|returned|returning|undelivered|unsent|below|begin|message (?:header|text|follows)|enclosed|transcript of message).{0,80}|.{0,80}(?:(?:your|a copy of the|the) (?:original )?(?:message|mail|headers?)[^.\n]{0,40}(?:follows|below|enclosed|attached)|below this line).{0,60}|(?:original|returned) (?:message|mail|headers).{0,60}|return-path:.*|received:\s*(?:from|by).*)$`)

	// The recipient, where such mails name it; the surest first.
	recipientLines = []*regexp.Regexp{
		regexp.MustCompile(`(?im)^[\s*•-]*<([^<>\s@]+@[^<>\s]+?)>\s*(?::|\.{3}|\(|$)`),                                                                                   // qmail, Postfix, Sendmail, Yahoo
		regexp.MustCompile(`(?im)^[\s*•-]*"?([^<>\s@"':;,()]+@[^<>\s@"':;,()]+\.[^<>\s@"':;,()]+?)"?\s*(?:[:.]?\s*$|:\s| on (?:mon|tue|wed|thu|fri|sat|sun)|\.\.\.|\()`), // Exim, Gmail, Exchange
		regexp.MustCompile(`(?i)(?:final-recipient|original-recipient):\s*(?:rfc822;)?\s*<?([^<>\s@;]+@[^<>\s;,]+)`),
		regexp.MustCompile(`(?i)rcpt to:\s*<?([^<>\s@]+@[^<>\s;,]+)>?`), // what was said to the server
		regexp.MustCompile(`(?im)^[ \t]*<?([^<>\s@"':;,()]+@[^<>\s@"':;,()]+\.[a-z0-9-]+)>?\s+(?:\[|- |invalid|unknown|user|mailbox|address|is |was |has |does |not |no |[45]\d\d)`),
		regexp.MustCompile(`(?i)\b(?:recipients?|address(?:es)?|mailbox|user ?(?:id)?|account|deliver(?:ed|y)?(?: your message| mail| message)? to|reach(?:ed)?|addressed|generated from|to|for|unknown user|mailbox exceeds allowed size)\b,?(?:\s*(?:name|is|was)\b)?[\s:=]*["'<(\[]*([^<>\s@"'()\[\]:;,=]+@[^<>\s@"'()\[\]:;,]+\.[a-z0-9-]+)`),
		regexp.MustCompile(`<([^<>\s@]+@[^<>\s@]+)>`),
	}
)

// statusIn finds the enhanced code (RFC 3463) in a server's words, or makes
// one of its reply code.
func statusIn(s string) string {
	if m := atCode.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	if c := replyCode.FindStringSubmatch(s); c != nil {
		return (c[1] + c[2] + c[3])[:1] + ".0.0"
	}
	return ""
}

// bounceByWords recognises bounces of systems that write prose. Two of three
// must speak for it: who wrote, what the subject says, what the text says; a
// person's words about a bounce are none.
func (w *walker) bounceByWords(h headers, m Mail) *Bounce {
	failed := h.Get("X-Failed-Recipients")
	system := failed != "" || mailSystem(m.From.Address) || nullReturnPath(h) || hasAny(m.From.Name, systemWords) && systemName.MatchString(m.From.Name)
	subject := hasAny(m.Subject, failHints) && !replySubject.MatchString(m.Subject) && failSubject.MatchString(m.Subject)
	if !system && !subject {
		return nil
	}
	notice := noticeOf(m.Text)
	words := system && subject || failWords.MatchString(notice)
	returned := len(w.returned) > 0 || len(notice) < len(m.Text) || w.reportType == "delivery-status"
	coded := (strings.HasPrefix(m.Subject, "Re:") || mailSystem(m.From.Address)) && statusIn(notice) != "" // as gateways to phones answer
	if failed == "" && !(system && (subject || words && (returned || coded))) && !(subject && words && returned && !w.forward) {
		return nil
	}
	if auto := lower(h.Get("Auto-Submitted")); strings.HasPrefix(auto, "auto-replied") && absent.MatchString(m.Subject) {
		return nil
	}
	b := &Bounce{Status: statusIn(notice)}
	if b.Status == "" && len(notice) < len(m.Text) && len(notice) < 200 {
		b.Status = statusIn(m.Text[:min(len(m.Text), 4000)])
	}
	b.Final = !delayWords.MatchString(m.Subject) && (!delayWords.MatchString(notice) || givenUp.MatchString(notice) || strings.HasPrefix(b.Status, "5"))
	b.Permanent = b.Final && !strings.HasPrefix(b.Status, "4")
	b.Recipient = w.recipientIn(notice, failed, m)
	return b
}

var (
	systemName   = regexp.MustCompile(`(?i)mail(?:er)?[- ]?(?:daemon|delivery|system|administrator)|mail delivery|postmaster|system administrator|delivery subsystem`)
	replySubject = regexp.MustCompile(`(?i)^\s*(?:re|aw|fwd?|wg|tr|rv|sv|رد|回复|答复)\s*[:：]`)
)

// maxNotice is how much of a bounce's own words is looked at.
const maxNotice = 8 << 10

// noticeOf is the text of a bounce above the message it returns.
func noticeOf(text string) string {
	text = text[:min(len(text), maxNotice)]
	if i := strings.Index(text, forwardRule); i > 0 {
		text = text[:i]
	}
	for _, loc := range below.FindAllStringIndex(text, 20) {
		// A heading that says "your message follows" may stand above the reasons.
		if loc[0] > 40 && strings.Contains(text[:loc[0]], "@") {
			return text[:loc[0]]
		}
	}
	return text
}

// recipientIn finds whom the mail did not reach; never the one it is told to.
func (w *walker) recipientIn(notice, failed string, m Mail) string {
	if list := addresses([]string{failed}); failed != "" && len(list) > 0 {
		return list[0].Address
	}
	for i, re := range recipientLines {
		for _, found := range re.FindAllStringSubmatch(notice, 20) {
			a := strings.Trim(found[1], ".'\"<>()[]:;,")
			if !ascii(a) && strings.ContainsAny(a, "（）：，。、") { // words that need no blanks around it
				a = plainAddress.FindString(a)
			}
			if strings.Count(a, "@") == 1 && !w.toldTo(a, m) && !mailSystem(a) && !(i > 4 && strings.EqualFold(a, m.From.Address)) {
				return a
			}
		}
	}
	for _, a := range plainAddress.FindAllString(notice, 10) {
		if !w.toldTo(a, m) && !mailSystem(a) && !strings.EqualFold(a, m.From.Address) {
			return a
		}
	}
	return ""
}

// plainAddress is an address in running text.
var plainAddress = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}`)

// toldTo reports whether the bounce was sent to a: the sender of the lost mail.
func (w *walker) toldTo(a string, m Mail) bool {
	for _, t := range m.To {
		if strings.EqualFold(t.Address, a) {
			return true
		}
	}
	for _, r := range w.returned {
		if list := addresses(r.Values("From")); len(list) > 0 && strings.EqualFold(list[0].Address, a) {
			return true
		}
	}
	return false
}

// systemWords and failHints are words of which systemName and failSubject need
// one, in lower case: looking for them costs a tenth of the patterns.
var (
	systemWords = []string{"daemon", "deliver", "system", "administrator", "postmaster"}
	failHints   = []string{"deliver", "fail", "return", "could not", "unknown", "delay", "system error", "warning", "reject", "bounce",
		"تسليم", "gagal", "tidak", "zustell", "rücksend", "remis", "distribu", "avis de", "entreg", "devol", "consegn", "recapit", "bezorg", "bestel", "edil", "достав", "dostarcz",
		"投", "送", "失败", "递", "退", "配", "실패", "반송"}
)

// hasAny reports whether s has one of the words, which are in lower case.
func hasAny(s string, words []string) bool {
	if s == "" {
		return false
	}
	s = strings.ToLower(s)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}
