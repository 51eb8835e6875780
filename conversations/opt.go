package conversations

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/channels"
)

// OptKind is what a message asks of the consent ledger.
type OptKind uint8

const (
	OptNone       OptKind = iota
	OptStop               // nothing more on this channel
	OptStopOffers         // no more offers on this channel
	OptStart              // write to me again
	OptHelp               // who are you, and how do I stop this?
)

// Opt is what a message asks, and the words that say so.
type Opt struct {
	Kind     OptKind
	Word     string
	Provider bool // the provider heeds it too, and answers
	Weak     bool // a word that also answers other questions ("yes"): it counts only after a STOP
}

// The longest message that is looked at, in bytes and in words: who writes more says more than stop.
const (
	longestOpt   = 160
	mostOptWords = 10
)

// OptOf reads a customer's message. Nothing counts but the whole of what he wrote,
// without its courtesies and punctuation: "Stop. Thank you" is an opt-out, "STOP this
// terrible service" a complaint. The provider's own word (Twilio's OptOutType) goes first.
func OptOf(in channels.Inbound) Opt { return asksOf(&in) }

func asksOf(in *channels.Inbound) Opt {
	switch in.Fields["OptOutType"] {
	case "STOP":
		return Opt{Kind: OptStop, Word: "the provider's OptOutType", Provider: true}
	case "START":
		return Opt{Kind: OptStart, Word: "the provider's OptOutType", Provider: true}
	case "HELP":
		return Opt{Kind: OptHelp, Word: "the provider's OptOutType", Provider: true}
	}
	if len(in.Text) > longestOpt || !human(in.Class) || in.Form == channels.FormCall || len(in.Attachments) > 0 || wordy(in.Text, mostOptWords) {
		return Opt{}
	}
	words := optWords(in.Text)
	if len(words) == 0 || len(words) > mostOptWords {
		return Opt{}
	}
	bare := strings.Join(words, " ")
	if o, ok := providerWords[bare]; ok && in.Channel == channels.SMS {
		o.Provider = !strings.ContainsFunc(strings.TrimSpace(in.Text), unicode.IsPunct) // he takes the bare word alone
		return o
	}
	if kind, ok := bareWords[bare]; ok {
		return Opt{Kind: kind, Word: bare}
	}
	plain := strings.Join(withoutCourtesy(words), " ")
	if kind, ok := optPhrases[plain]; ok {
		return Opt{Kind: kind, Word: plain}
	}
	return Opt{}
}

// wordy reports whether a text surely has more than n words, as optWords parts them: what
// begins with a letter that is written or with a digit is at least one.
func wordy(text string, n int) bool {
	for w := range strings.FieldsSeq(text) {
		if r, _ := utf8.DecodeRuneInString(w); r != 'ـ' && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			n--
		}
		if n < 0 {
			return true
		}
	}
	return false
}

// optWords are a text's words in one writing: lower case, Arabic without vowel signs
// and with its letters' variants joined, apostrophes gone, everything else a space.
func optWords(text string) []string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case r == '\'' || r == '’' || r == '‘' || r == 'ـ' || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		case r == 'أ' || r == 'إ' || r == 'آ' || r == 'ٱ':
			b.WriteRune('ا')
		case r == 'ى':
			b.WriteRune('ي')
		case r == 'ة':
			b.WriteRune('ه')
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// withoutCourtesy drops greetings, pleas and thanks.
func withoutCourtesy(words []string) []string {
	out := make([]string, 0, len(words))
	for i := 0; i < len(words); i++ {
		if i+1 < len(words) && courtesies[words[i]+" "+words[i+1]] {
			i++
			continue
		}
		if !courtesies[words[i]] {
			out = append(out, words[i])
		}
	}
	return out
}

// set makes a set of the lines of a table; words on one line are parted by commas.
func phraseSet(table string) map[string]bool {
	m := map[string]bool{}
	for _, line := range strings.FieldsFunc(table, func(r rune) bool { return r == '\n' || r == ',' }) {
		if p := strings.Join(optWords(line), " "); p != "" {
			m[p] = true
		}
	}
	return m
}
