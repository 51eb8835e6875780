package redisstore

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/search"
)

var instants = rapid.Custom(func(t *rapid.T) time.Time {
	n := rapid.Int64Range(0, 4_000_000_000_000).Draw(t, "ms")
	return fromMS(n)
})

func someOf[T any](t *rapid.T, g *rapid.Generator[T], name string) []T {
	s := rapid.SliceOfN(g, 0, 3).Draw(t, name)
	if len(s) == 0 {
		return nil
	}
	return s
}

func drawHandle(t *rapid.T) channels.Handle {
	return channels.Handle{
		Kind:   rapid.SampledFrom([]channels.HandleKind{channels.HandlePhone, channels.HandleEmail, channels.HandleWhatsApp, channels.HandleBSUID}).Draw(t, "kind"),
		Issuer: rapid.String().Draw(t, "issuer"), Value: rapid.String().Draw(t, "value"),
	}
}

func ptr[T any](t *rapid.T, g *rapid.Generator[T], name string) *T {
	if !rapid.Bool().Draw(t, name+" is there") {
		return nil
	}
	v := g.Draw(t, name)
	return &v
}

// phrases are strings as they come: any letters, quotes, control characters, and
// the bytes of no letter at all.
var phrases = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\"", "\\", "a\tb\nc", "\u2028", "شحنة", "\x7f", "{}"}))

func TestConversationKeepsItsForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		handles := rapid.Custom(drawHandle)
		instant := instants.Filter(func(at time.Time) bool { return !at.IsZero() })
		c := conversations.Conversation{
			ID: "1042", Number: 1042, Version: conversations.Revision(rapid.Uint64Range(1, 1<<40).Draw(t, "version")),
			Desk: phrases.Draw(t, "desk"), Category: phrases.Draw(t, "category"), Confidence: float64(rapid.IntRange(0, 1_000_000).Draw(t, "confidence")) / 1e6,
			Status: conversations.Open, Priority: conversations.High, Language: phrases.Draw(t, "language"),
			Subject: phrases.Draw(t, "subject"), Preview: phrases.Draw(t, "preview"),
			Contact:  conversations.ContactRef{ID: "k7", Name: phrases.Draw(t, "name"), Handles: someOf(t, handles, "handles")},
			Channels: someOf(t, rapid.SampledFrom([]channels.Kind{channels.SMS, channels.Email}), "channels"),
			Tags:     someOf(t, phrases, "tags"), Unread: rapid.IntRange(0, 9).Draw(t, "unread"),
			WindowUntil: ptr(t, instant, "window"), Snoozed: ptr(t, instant, "snoozed"),
			CreatedAt: instants.Draw(t, "created"), UpdatedAt: instants.Draw(t, "updated"), Messages: rapid.IntRange(0, 9).Draw(t, "messages"),
			Promises: rapid.IntRange(0, 2).Draw(t, "promises"), Issued: rapid.IntRange(0, 2).Draw(t, "issued"),
			ByHand: rapid.Bool().Draw(t, "by hand"), Erased: rapid.Bool().Draw(t, "erased"), People: someOf(t, phrases, "people"),
			Times: conversations.Milestones{Waiting: instants.Draw(t, "waiting"), Solved: instants.Draw(t, "solved"), Reviewed: instants.Draw(t, "reviewed"), Released: instants.Draw(t, "released")},
		}
		if rapid.Bool().Draw(t, "assigned") {
			c.Assignee = &conversations.OfficerRef{ID: "o1", Name: rapid.String().Draw(t, "officer")}
		}
		if rapid.Bool().Draw(t, "refers") {
			c.References = []conversations.Reference{{Kind: "awb", Value: phrases.Draw(t, "reference"), Valid: true}}
		}
		if rapid.Bool().Draw(t, "clocked") {
			c.Clocks = []conversations.Clock{{Name: "review", DueAt: instant.Draw(t, "due"), State: conversations.Paused, PausedBy: ptr(t, rapid.StringN(1, 5, -1), "by"),
				Step: rapid.IntRange(0, 4).Draw(t, "step"), Ack: "o2", Late: rapid.Bool().Draw(t, "late")}}
		}
		if rapid.Bool().Draw(t, "waited") {
			c.Details = map[string]string{phrases.Draw(t, "detail"): "x"}
			c.Pauses = []conversations.Pause{{From: instant.Draw(t, "from"), By: phrases.Draw(t, "waits for")}, {From: instant.Draw(t, "again"), To: instant.Draw(t, "until")}}
			c.Watchers, c.Previous, c.Overflow, c.Disposition = []conversations.OfficerID{"o3"}, "o4", "booking", "delivered"
		}
		if rapid.Bool().Draw(t, "asked") {
			c.Surveys = []conversations.Survey{
				{Kind: conversations.NPS, Channel: channels.SMS, AskedAt: instant.Draw(t, "asked at"), Message: "1042-2", Score: ptr(t, rapid.IntRange(0, 10), "score"), AnsweredAt: instants.Draw(t, "answered at"), Answer: "1042-3"},
				{Kind: conversations.CSAT},
			}
		}
		if rapid.Bool().Draw(t, "routed") {
			c.Routes = []conversations.Route{{Channel: channels.Email, Account: "a", To: drawHandle(t), Last: phrases.Draw(t, "last"), Index: phrases.Draw(t, "index"), Seq: rapid.IntRange(0, 9).Draw(t, "seq"), Class: channels.Class(phrases.Draw(t, "class")), At: instants.Draw(t, "at")}}
		}
		raw, err := encodeConversation(&c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeConversation(c.ID, raw)
		if err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		if !reflect.DeepEqual(*got, c) {
			t.Fatalf("got  %+v\nwant %+v\nin %s", *got, c, raw)
		}
		if found, err := searchedConversation(c.ID, raw); err != nil || found.Version != c.Version || found.Erased != c.Erased || search.Sum(found) != search.Sum(&c) {
			t.Fatalf("is found by %+v (%v), want what %+v is found by", found, err, c)
		}
	})
}

func TestMessageKeepsItsForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := conversations.Message{
			ID: "1042-3", Conversation: "1042", Kind: rapid.SampledFrom([]conversations.MessageKind{conversations.KindMessage, conversations.KindNote, conversations.KindCall}).Draw(t, "kind"),
			Direction: rapid.SampledFrom([]conversations.Direction{conversations.In, conversations.Out}).Draw(t, "direction"),
			Channel:   channels.WhatsApp, Account: phrases.Draw(t, "account"), Class: channels.Human,
			Author: conversations.Author{Type: conversations.ByOfficer, ID: phrases.Draw(t, "id"), Name: phrases.Draw(t, "name")},
			From:   phrases.Draw(t, "from"), To: phrases.Draw(t, "to"), Subject: phrases.Draw(t, "subject"), Text: phrases.Draw(t, "text"),
			HTML: phrases.Draw(t, "html"), Rich: rapid.Bool().Draw(t, "rich"), Language: "ar", Template: phrases.Draw(t, "template"), CreatedAt: instants.Draw(t, "created"),
			Full: phrases.Draw(t, "full"), Raw: phrases.Draw(t, "raw"), Warnings: someOf(t, phrases, "warnings"),
			Status: channels.Status(rapid.IntRange(0, 8).Draw(t, "status")), ProviderID: "SM1",
			Answers: phrases.Draw(t, "answers"), Reacts: rapid.Bool().Draw(t, "reacts"),
		}
		if rapid.Bool().Draw(t, "same") {
			m.To = m.Account
		}
		if f := rapid.MapOfN(phrases, phrases, 0, 4).Draw(t, "fields"); len(f) > 0 {
			m.Fields = f
		}
		if rapid.Bool().Draw(t, "attached") {
			m.Attachments = []conversations.Attachment{{ID: "ab/c", Name: phrases.Draw(t, "file"), ContentType: "image/png", Size: 5, Inline: true, URL: phrases.Draw(t, "url"), Transcript: phrases.Draw(t, "transcript"), Removed: rapid.Bool().Draw(t, "removed")}}
		}
		raw, err := encodeMessage(&m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeMessage(m.ID, raw)
		if err != nil {
			t.Fatalf("%v in %q", err, raw)
		}
		if !reflect.DeepEqual(*got, m) {
			t.Fatalf("got  %+v\nwant %+v\nin %s", *got, m, raw)
		}
		terms := func(m *conversations.Message) []search.Term {
			t := search.NewTerms()
			t.Message(m)
			return t.All()
		}
		var found conversations.Message
		if err := searchedMessage(m.Conversation, raw, &found); err != nil || !slices.Equal(terms(&found), terms(&m)) {
			t.Fatalf("is found by %+v (%v), want what %+v is found by", found, err, m)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("7 \x04\x01a\x2e\x04\x01b\x00", "0\t\t\t\n\x0d\x01s", "r\t1\t2\t3")
	f.Add("", "\n", "\t\t\t\t{")
	f.Fuzz(func(t *testing.T, conversation, message, event string) {
		_, _ = decodeConversation("1042", conversation)
		_, _ = decodeMessage("1042-1", message)
		_, _ = searchedConversation("1042", conversation)
		_ = searchedMessage("1042", message, new(conversations.Message))
		e, err := decodeEvent("1042", event)
		g, ok := glance(logged("65", "op", event))
		_, place, _ := e.Message.Split()
		if err == nil && (!ok || g.n != 65 || g.what != e.Type || g.version != e.Version || place > 0 && g.message != place || g.more != (strings.Count(event, "\t") > 3)) {
			t.Errorf("%q glanced at is %+v (%t), read it is %+v", event, g, ok, e)
		}
	})
}

// TestUnknownFieldsArePassedOver reads what a newer gateway wrote: fields of every
// form between and behind those that are known.
func TestUnknownFieldsArePassedOver(t *testing.T) {
	r := record{}
	desk, number1, inner := "trace", 7, []pair{{"a", "b"}, {"c", ""}}
	text(&r, 2, &desk)
	r.write(53, "triage")
	number(&r, 54, &number1)
	list(&r, 55, &inner, func(r *record, p *pair) {
		text(r, 1, &p.key)
		list(r, 2, &[]pair{{"d", "e"}}, func(r *record, p *pair) { text(r, 3, &p.value) })
	})
	r.write(56, "no word that anybody knows")
	known := len(r.out)
	r.write(57, "behind")
	for _, raw := range []string{string(r.out), string(r.out[:known])} {
		in := readRecord(raw)
		var first, last string
		text(&in, 2, &first)
		text(&in, 56, &last)
		if in.err != nil || first != desk || last != "no word that anybody knows" {
			t.Errorf("got %q, %q, %v", first, last, in.err)
		}
		c, err := decodeConversation("1042", "7 "+raw)
		if err != nil || c.Desk != desk {
			t.Errorf("got %+v, %v", c, err)
		}
	}
}

// TestWords holds the list to what it promises: each word once, and short enough to be found.
func TestWords(t *testing.T) {
	for i, w := range words {
		if wordPlace[w] != uint64(i) || len(w) > wordMost {
			t.Errorf("%q at %d is found at %d", w, i, wordPlace[w])
		}
	}
}

func TestContactAndCallbackKeepTheirForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := conversations.Contact{
			ID: "k7", Version: 3, Name: phrases.Draw(t, "name"), Handles: someOf(t, rapid.Custom(drawHandle), "handles"), Language: "ms",
			CreatedAt: instants.Draw(t, "created"), UpdatedAt: instants.Draw(t, "updated"), MergedInto: "k8", Moved: someOf(t, rapid.Just(conversations.ID("9")), "moved"),
			Erased: rapid.Bool().Draw(t, "erased"),
		}
		if rapid.Bool().Draw(t, "absorbed") {
			k.Absorbed = []conversations.Absorbed{{ID: "k9", Name: true, At: instants.Draw(t, "at"), Handles: someOf(t, rapid.Custom(drawHandle), "his")}}
		}
		raw, err := encodeContact(&k)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decodeContact(k.ID, raw); err != nil || !reflect.DeepEqual(got, k) {
			t.Fatalf("got  %+v, %v\nwant %+v", got, err, k)
		}
		cb := conversations.Callback{
			ID: "7-cb2", Conversation: "7", Version: 4, Phone: phrases.Draw(t, "phone"), RequestedAt: instants.Draw(t, "requested"), NotBefore: instants.Draw(t, "not before"),
			DueAt: instants.Draw(t, "due"), Status: conversations.CallbackDialing, Attempts: []conversations.CallAttempt{}, Note: phrases.Draw(t, "note"), Why: phrases.Draw(t, "why"),
			First: "officer", Replaces: "7-cb1", LookAt: ptr(t, instants.Filter(func(at time.Time) bool { return !at.IsZero() }), "look"),
		}
		if rapid.Bool().Draw(t, "tried") {
			cb.Owner = &conversations.OfficerRef{ID: "o1", Name: phrases.Draw(t, "owner")}
			cb.Attempts = append(cb.Attempts, conversations.CallAttempt{At: instants.Draw(t, "at"), CallSID: "CA1", Outcome: conversations.CallBusy, Seconds: 3})
		}
		if rapid.Bool().Draw(t, "spoken") {
			cb.Asked, cb.Spoken = true, &conversations.Spoken{Text: phrases.Draw(t, "text"), Language: "ms", About: "1086396430", Else: &conversations.Alternate{Channel: channels.SMS, Text: "x"}}
		}
		if raw, err = encodeCallback(&cb); err != nil {
			t.Fatal(err)
		}
		if got, err := decodeCallback(cb.ID, raw); err != nil || !reflect.DeepEqual(got, cb) {
			t.Fatalf("got  %+v, %v\nwant %+v", got, err, cb)
		}
	})
}
