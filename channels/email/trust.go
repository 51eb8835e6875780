package email

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
)

// Verdict says whether a mail comes from where its From says.
type Verdict string

const (
	VerdictUnknown Verdict = "unknown" // nothing proves it or speaks against it
	VerdictPass    Verdict = "pass"
	VerdictSpoofed Verdict = "spoofed"
)

// Authentication is what is known of a mail's origin (RFC 8601).
type Authentication struct {
	Verdict Verdict `json:"verdict"`
	By      string  `json:"by,omitempty"` // the server that checked; empty: checked here
	SPF     string  `json:"spf,omitempty"`
	DKIM    string  `json:"dkim,omitempty"`
	DMARC   string  `json:"dmarc,omitempty"`
	Domain  string  `json:"domain,omitempty"` // that of From
}

// NoAuthServID is the Options.AuthServID of a server that writes
// Authentication-Results without naming itself, as Microsoft 365 does.
const NoAuthServID = "-"

// maxSignatures is how many DKIM signatures of one mail are checked.
const maxSignatures = 5

// authenticate reads what our own server found out, or checks the DKIM
// signatures itself. Nil if neither was asked for.
func (w *walker) authenticate(raw []byte, h headers, m Mail, opts Options) *Authentication {
	_, domain, _ := strings.Cut(m.From.Address, "@")
	a := Authentication{Verdict: VerdictUnknown, Domain: strings.ToLower(domain)}
	switch {
	case opts.AuthServID != "" && a.readResults(h, opts.AuthServID):
	case opts.LookupTXT != nil:
		a.verify(raw, opts)
	default:
		return nil
	}
	if a.Verdict == VerdictSpoofed {
		w.warn("the sender may be forged: %s says that this mail is not from there", a.Domain)
	}
	return &a
}

// readResults takes in the top-most Authentication-Results and those directly
// below it, if our server wrote them; all others may be the sender's own.
func (a *Authentication) readResults(h headers, server string) bool {
	found, aligned := false, false
	for _, f := range h {
		if !f.is("Authentication-Results") {
			if found {
				break
			}
			continue
		}
		value := f.value
		if server == NoAuthServID {
			value = NoAuthServID + "; " + value
		}
		id, results, err := authres.Parse(strings.TrimRight(value, "; \t\r\n"))
		id, _, _ = strings.Cut(strings.TrimSpace(id), " ") // a version may follow
		if !strings.EqualFold(id, server) {
			break
		}
		found = true
		if err == nil {
			a.By = id
			aligned = a.take(results) || aligned
		}
	}
	if found {
		a.judge(aligned)
	}
	return found
}

// take notes results; aligned says that one of them proves the domain of From.
func (a *Authentication) take(results []authres.Result) (aligned bool) {
	for _, r := range results {
		switch r := r.(type) {
		case *authres.SPFResult:
			a.SPF = string(r.Value)
			from := r.From[strings.LastIndexByte(r.From, '@')+1:]
			aligned = aligned || r.Value == authres.ResultPass && a.isFrom(from)
		case *authres.DKIMResult:
			domain := r.Domain
			if domain == "" {
				domain = r.Identifier[strings.LastIndexByte(r.Identifier, '@')+1:]
			}
			if ok := r.Value == authres.ResultPass && a.isFrom(domain); ok || a.DKIM == "" {
				a.DKIM = string(r.Value)
				aligned = aligned || ok
			}
		case *authres.DMARCResult:
			a.DMARC = string(r.Value)
		case *authres.GenericResult:
			if r.Method == "compauth" && a.DMARC == "" { // Microsoft's own sum of all
				a.DMARC = string(r.Value)
			}
		}
	}
	return aligned
}

// judge sums up: DMARC where it speaks (RFC 7489 §4.2), else what is aligned.
func (a *Authentication) judge(aligned bool) {
	switch {
	case a.DMARC == "pass" || a.DMARC == "bestguesspass" || aligned:
		a.Verdict = VerdictPass
	case a.DMARC == "fail", (a.DMARC == "" || a.DMARC == "none") && (a.SPF == "fail" || a.SPF == "hardfail"):
		a.Verdict = VerdictSpoofed
	}
}

// verify checks the signatures (RFC 6376). A mail of a domain that asks others
// to refuse what it has not signed is forged if no signature of its holds.
// SPF cannot be checked here: the client's address is not known.
func (a *Authentication) verify(raw []byte, opts Options) {
	if bytes.HasPrefix(raw, []byte("From ")) {
		_, next := line(raw, 0)
		raw = raw[next:]
	}
	if !bytes.Contains(raw[:min(len(raw), 4096)], []byte("\r\n")) {
		raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
	}
	// The error says that there are more signatures, or a broken header; what was checked counts.
	checked, _ := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: opts.LookupTXT, MaxVerifications: maxSignatures})
	away := false
	for _, v := range checked {
		switch {
		case v.Err == nil && a.isFrom(v.Domain):
			a.DKIM, a.Verdict = "pass", VerdictPass
			return
		case v.Err == nil:
			a.DKIM = "pass"
		case dkim.IsTempFail(v.Err):
			away = true
			a.DKIM = "temperror"
		case a.DKIM == "":
			a.DKIM = "fail"
		}
	}
	if len(checked) == 0 {
		a.DKIM = "none"
	}
	if !away && a.refuses(opts.LookupTXT) {
		a.DMARC, a.Verdict = "fail", VerdictSpoofed
	}
}

// refuses reports whether the domain of From, or one above it, publishes a
// policy other than none. Names are asked from below, at most four.
func (a *Authentication) refuses(lookup func(string) ([]string, error)) bool {
	for d, n := a.Domain, 0; strings.Contains(d, ".") && n < 4; n++ {
		records, err := lookup("_dmarc." + d)
		if err == nil {
			for _, r := range records {
				if policy, ok := dmarcPolicy(r, d != a.Domain); ok {
					return policy == "reject" || policy == "quarantine"
				}
			}
		}
		_, d, _ = strings.Cut(d, ".")
	}
	return false
}

// dmarcPolicy reads a policy record (RFC 7489 §6.3): sp where the name asked for is above.
func dmarcPolicy(record string, above bool) (policy string, ok bool) {
	tags := map[string]string{}
	for tag := range strings.SplitSeq(record, ";") {
		name, value, _ := strings.Cut(tag, "=")
		tags[lower(name)] = lower(value)
	}
	if tags["v"] != "dmarc1" {
		return "", false
	}
	if above && tags["sp"] != "" {
		return tags["sp"], true
	}
	return tags["p"], true
}

// isFrom reports relaxed alignment: one domain is the other or is above it.
func (a *Authentication) isFrom(domain string) bool {
	domain = strings.ToLower(strings.Trim(domain, "<> \""))
	if !strings.Contains(domain, ".") || a.Domain == "" {
		return false
	}
	return domain == a.Domain || strings.HasSuffix(a.Domain, "."+domain) || strings.HasSuffix(domain, "."+a.Domain)
}

// String is the one line an officer may read.
func (a *Authentication) String() string {
	return fmt.Sprintf("%s (spf %s, dkim %s, dmarc %s)", a.Verdict, orNone(a.SPF), orNone(a.DKIM), orNone(a.DMARC))
}

func orNone(s string) string {
	if s == "" {
		return "not checked"
	}
	return s
}
