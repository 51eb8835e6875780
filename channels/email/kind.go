package email

import (
	"regexp"
	"strings"

	"github.com/emersion/go-message/textproto"
)

// MarkerHeader is on every mail of ours. Its value is a signed token, so that
// only mail of this very installation is taken for our own.
const MarkerHeader = "X-Caravan-Message"

var (
	absent = regexp.MustCompile(`(?i)out of (?:the )?office|on (?:annual |sick |maternity )?leave|on vacation|on holiday|away from (?:my|the) (?:desk|office)|` +
		`limited access to (?:my )?e?-?mail|خارج المكتب|في إجازة|في اجازة|بإجازة|إجازة سنوية|خارج مكتبي|` +
		`tiada di pejabat|sedang bercuti|dalam cuti|di luar pejabat|luar kantor|absence du bureau|abwesenheit|abwesend|fuera de (?:la )?oficina`)
	autoSubject = regexp.MustCompile(`(?i)^\s*(?:(?:re|aw|رد)\s*:\s*)?(?:auto(?:matic|mated)?[ -]?(?:reply|response|respon[ds]er)|autoreply|out of (?:the )?office|away from|` +
		`رد تلقائي|رد آلي|الرد التلقائي|خارج المكتب|balasan automatik|balas automatik|jawapan automatik|balasan otomatis|réponse automatique|automatische antwort|respuesta automática|abwesenheit)`)
)

// kindOf says who made a mail: our own, a mail system, a machine, a list, or a
// person (RFC 3834 and what programs do in its place).
func kindOf(h textproto.Header, m Mail, opts Options) Kind {
	if v := h.Get(MarkerHeader); v != "" {
		if opts.Signer == nil {
			return KindOwn
		}
		if _, ok := opts.Signer.OpenToken(v); ok {
			return KindOwn
		}
	}
	if m.Bounce != nil {
		return KindBounce
	}
	auto := lower(h.Get("Auto-Submitted"))
	precedence := lower(h.Get("Precedence"))
	suppress := lower(h.Get("X-Auto-Response-Suppress"))
	machine := auto != "" && auto != "no" ||
		autoSubject.MatchString(m.Subject) ||
		precedence == "auto_reply" || precedence == "auto-reply" ||
		h.Has("X-Autoreply") || h.Has("X-Autorespond") || h.Has("X-Autoreply-From") || h.Has("X-Mail-Autoreply") ||
		h.Has("X-Auto-Reply") || h.Has("X-Vacation") || lower(h.Get("X-Failed-Recipients")) != "" ||
		strings.Contains(suppress, "all") || strings.Contains(suppress, "autoreply") ||
		strings.HasPrefix(parseMedia(h.Get("Content-Type")).value, "multipart/report") ||
		nullReturnPath(h) || mailSystem(m.From.Address)
	if machine {
		head := m.Subject + "\n" + m.Text[:min(len(m.Text), 600)]
		if !strings.HasPrefix(auto, "auto-generated") && absent.MatchString(head) || absent.MatchString(m.Subject) {
			return KindOutOfOffice
		}
		return KindAutoReply
	}
	if listed(h, precedence, opts.Address) {
		return KindList
	}
	return KindHuman
}

// listed reports mail that came through a list or was sent in bulk (RFC 2919,
// RFC 2369). A list whose name is our own address is an alias of ours.
func listed(h textproto.Header, precedence, ours string) bool {
	id := lower(h.Get("List-Id"))
	if i := strings.LastIndexByte(id, '<'); i >= 0 {
		id = strings.TrimSuffix(id[i+1:], ">")
	}
	if ours != "" && strings.Trim(id, "<> ") == strings.Replace(lower(ours), "@", ".", 1) {
		return false
	}
	return id != "" || precedence == "bulk" || precedence == "list" || precedence == "junk" ||
		h.Has("List-Unsubscribe") || h.Has("List-Post") || h.Has("X-Mailing-List") || h.Has("Feedback-Id")
}

// nullReturnPath is how a mail system marks what must not be answered (RFC 5321 §4.5.5).
func nullReturnPath(h textproto.Header) bool {
	return strings.Join(strings.Fields(h.Get("Return-Path")), "") == "<>"
}

// mailSystem recognises the addresses that mail systems write from.
func mailSystem(address string) bool {
	local, _, _ := strings.Cut(lower(address), "@")
	switch local {
	case "mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "mdaemon":
		return true
	}
	return false
}

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
