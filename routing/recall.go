package routing

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/fold"
	wish "github.com/caravan-desk/caravan/routing/when"
)

// Recall is what a message says about a call that its writer is promised already, or nil: that
// he wants it at another time (asked, or in the words for it), or that he need not be called.
// A time counts for more than a refusal: "don't call today, call tomorrow". zone of now is his.
func Recall(m conversations.Message, u Understanding, asks *conversations.CallbackRequest, now time.Time) *conversations.Recall {
	if asks != nil && !asks.At.IsZero() {
		return elsewhen(*asks)
	}
	if m.Hints != nil && m.Hints.Callback != nil && asks != nil {
		return &conversations.Recall{CallbackRequest: *asks, Soon: true}
	}
	words := plainWords(m.Text)
	if move().MatchString(words) && strings.Count(words, " ") < mostMoving {
		if w, ok := wish.Read(m.Text, now, now.Location()); ok && !w.Soon && w.NotBefore.After(now) {
			return elsewhen(conversations.CallbackRequest{At: w.NotBefore, Until: w.Until, Asked: true})
		}
	}
	if at := off().FindStringIndex(words); at != nil && !blame().MatchString(words) {
		if r := allTheSame(words[at[1]-1:], now); r != nil {
			return r
		}
		return &conversations.Recall{Off: true, CallbackRequest: conversations.CallbackRequest{Why: "the customer says that he need not be called"}}
	}
	if asks != nil && u.Callback != nil && u.Callback.Soon {
		return &conversations.Recall{CallbackRequest: *asks, Soon: true}
	}
	return nil
}

// allTheSame reads what follows a refusal: a call at a time all the same.
func allTheSame(words string, now time.Time) *conversations.Recall {
	at := calls().FindStringIndex(words)
	if at == nil {
		return nil
	}
	w, ok := wish.Read(words[at[0]:], now, now.Location())
	if !ok || w.Soon || !w.NotBefore.After(now) {
		return nil
	}
	return elsewhen(conversations.CallbackRequest{At: w.NotBefore, Until: w.Until, Asked: true})
}

var calls = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` ` + ring + ` `) })

func elsewhen(r conversations.CallbackRequest) *conversations.Recall {
	r.Why = "the customer wants to be called at another time"
	return &conversations.Recall{CallbackRequest: r}
}

// mostMoving is how many words a message has at most that moves a call without naming it:
// in a longer one a time may be about anything.
const mostMoving = 14

// plainWords is a text folded, its words parted by single spaces, with one before and after.
func plainWords(text string) string {
	var b strings.Builder
	b.WriteByte(' ')
	space := true
	for _, r := range fold.Compose(strings.NewReplacer("'", "", "’", "").Replace(text)) {
		switch f := fold.Rune(r); {
		case f == fold.Separator:
			if !space {
				b.WriteByte(' ')
			}
			space = true
		case f != fold.Dropped:
			b.WriteRune(f)
			space = false
		}
	}
	if !space {
		b.WriteByte(' ')
	}
	return b.String()
}

const (
	some = `(?:\S+ ){0,4}?` // a few words between
	ring = `(?:call|calls|calling|callback|callbacks|ring|ringing|phone|telephone|telefon|fon|hubungi|panggilan|panggil|tel|\S*تصل\S*|\S*تصال\S*|\S*مكالم\S*|\S*كلم\S*|ت?دق\S*|ت?رن\S*)`
)

// off is a call that is not wanted any more.
var off = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(` (?:` + strings.Join([]string{
		`(?:no need|no longer need|dont need|do not need|doesnt need|neednt|need not|not necessary|isnt necessary|dont bother|no point) ` + some + ring,
		`(?:dont|do not|pls dont|please dont|stop) (?:have to |bother to |bother |want to be )?(?:call|calling|called|ring|ringing|phone|phoning) (?:me|us|back|again|anymore|any|today|now|please|pls|then)`,
		`(?:cancel|forget|ignore|skip|scrap|drop) ` + some + ring,
		ring + ` (?:back )?(?:is |isnt |not |no |longer )*(?:needed|necessary|required|unnecessary)`,
		`(?:لا داعي|ما في داعي|مافي داعي|مفيش داعي|ما له داعي|ماله داعي|بلا داعي|مو لازم|مش لازم|مهو لازم|ما يحتاج|مايحتاج|ما نحتاج|ما احتاج|ما عاد احتاج|لا حاجه|ما في حاجه|مافي حاجه|ملوش لزوم|ماله لزوم|ما له لزوم|مو ضروري|مش ضروري|ليس ضروري\S*|لست بحاجه|لم اعد بحاجه|لا احتاج|لا نحتاج|مش محتاج\S*|مو محتاج\S*|ما بدي|ما ابغي|ما ابي|مش عايز\S*|ماعاد ابي) ` + some + ring,
		`(?:لا|بلاش|ما عاد|لا عاد) (?:ت|ي)\S*(?:تصل|كلم|دق|رن)\S*`,
		`(?:لا|بلاش) (?:ت?تصل\S*|تدق\S*|ترن\S*|تكلم\S*)`,
		`(?:متتصل\S*|ماتتصل\S*|ما تتصلوش|متكلمو\S*|متكلمن\S*)`,
		`(?:الغ|الغي|الغوا|الغاء|كنسل|كنسلو|كنسلوا|انسي|انسوا) ` + some + ring,
		`(?:tak payah|tidak payah|x payah|xpayah|xyah|tak yah|takyah|tak perlu|tidak perlu|tak usah|tidak usah|x perlu|xperlu|tk payah|tk perlu|tak jadi|jangan|jgn|usah) ` + some + ring,
		`(?:batal|batalkan|cancel|cancelkan|lupakan) ` + some + ring,
	}, `|`) + `) `)
})

// blame is somebody who complains that he is not called.
var blame = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(` (?:why|u|you|they|nobody|noone|kenapa|knp|asal|mengapa|ليش|ليه|لماذا|لي|شو|محد) (?:\S+ ){0,2}?(?:dont|do not|never|tak|tidak|x|لا|ما|مش) `)
})

// move puts something off, or brings it forward.
var move = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(` (?:instead|rather|better|prefer|reschedule|postpone|postponed|delay it|move it|move the call|make it|change it|change the call|change the time|push it|earlier|later|بدل|بدلا|بدالها|احسن|افضل|انسب|اجل\S*|اجلوا\S*|ناجل\S*|خلو\S*|خلي\S*|غيروا|غير الموعد|قدموا|قدموها|اخروا|tukar|ubah|tangguh|tangguhkan|anjak|anjakkan|lebih baik|lagi baik|lagi elok|elok|lain kali|awalkan|lewatkan) `)
})
