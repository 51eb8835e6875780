package redisstore

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
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

// words are strings as they come: any letters, quotes, control characters, and
// the bytes of no letter at all.
var words = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\"", "\\", "a\tb\nc", "\u2028", "شحنة", "\x7f", "{}"}))

func TestConversationKeepsItsForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		handles := rapid.Custom(drawHandle)
		instant := instants.Filter(func(at time.Time) bool { return !at.IsZero() })
		c := conversations.Conversation{
			ID: "1042", Number: 1042, Version: conversations.Revision(rapid.Uint64Range(1, 1<<40).Draw(t, "version")),
			Desk: words.Draw(t, "desk"), Category: words.Draw(t, "category"), Confidence: rapid.Float64Range(0, 1).Draw(t, "confidence"),
			Status: conversations.Open, Priority: conversations.High, Language: words.Draw(t, "language"),
			Subject: words.Draw(t, "subject"), Preview: words.Draw(t, "preview"),
			Contact:  conversations.ContactRef{ID: "k7", Name: words.Draw(t, "name"), Handles: someOf(t, handles, "handles")},
			Channels: someOf(t, rapid.SampledFrom([]channels.Kind{channels.SMS, channels.Email}), "channels"),
			Tags:     someOf(t, words, "tags"), Unread: rapid.IntRange(0, 9).Draw(t, "unread"),
			WindowUntil: ptr(t, instant, "window"), Snoozed: ptr(t, instant, "snoozed"),
			CreatedAt: instants.Draw(t, "created"), UpdatedAt: instants.Draw(t, "updated"), Messages: rapid.IntRange(0, 9).Draw(t, "messages"),
			Promises: rapid.IntRange(0, 2).Draw(t, "promises"), Issued: rapid.IntRange(0, 2).Draw(t, "issued"),
			ByHand: rapid.Bool().Draw(t, "by hand"), Erased: rapid.Bool().Draw(t, "erased"), People: someOf(t, words, "people"),
			Times: conversations.Milestones{Waiting: instants.Draw(t, "waiting"), Solved: instants.Draw(t, "solved"), Reviewed: instants.Draw(t, "reviewed")},
		}
		if rapid.Bool().Draw(t, "assigned") {
			c.Assignee = &conversations.OfficerRef{ID: "o1", Name: rapid.String().Draw(t, "officer")}
		}
		if rapid.Bool().Draw(t, "refers") {
			c.References = []conversations.Reference{{Kind: "awb", Value: words.Draw(t, "reference"), Valid: true}}
		}
		if rapid.Bool().Draw(t, "clocked") {
			c.Clocks = []conversations.Clock{{Name: "review", DueAt: instant.Draw(t, "due"), State: conversations.Paused, PausedBy: ptr(t, rapid.StringN(1, 5, -1), "by"),
				Step: rapid.IntRange(0, 4).Draw(t, "step"), Ack: "o2", Late: rapid.Bool().Draw(t, "late")}}
		}
		if rapid.Bool().Draw(t, "waited") {
			c.Details = map[string]string{words.Draw(t, "detail"): "x"}
			c.Pauses = []conversations.Pause{{From: instant.Draw(t, "from"), By: words.Draw(t, "waits for")}, {From: instant.Draw(t, "again"), To: instant.Draw(t, "until")}}
			c.Watchers, c.Previous, c.Overflow, c.Disposition = []conversations.OfficerID{"o3"}, "o4", "booking", "delivered"
		}
		if rapid.Bool().Draw(t, "routed") {
			c.Routes = []conversations.Route{{Channel: channels.Email, Account: "a", To: drawHandle(t), Last: words.Draw(t, "last"), At: instants.Draw(t, "at")}}
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
	})
}

func TestMessageKeepsItsForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := conversations.Message{
			ID: "1042-3", Conversation: "1042", Kind: rapid.SampledFrom([]conversations.MessageKind{conversations.KindMessage, conversations.KindNote, conversations.KindCall}).Draw(t, "kind"),
			Direction: rapid.SampledFrom([]conversations.Direction{conversations.In, conversations.Out}).Draw(t, "direction"),
			Channel:   channels.WhatsApp, Account: words.Draw(t, "account"), Class: channels.Human,
			Author: conversations.Author{Type: conversations.ByOfficer, ID: words.Draw(t, "id"), Name: words.Draw(t, "name")},
			From:   words.Draw(t, "from"), To: words.Draw(t, "to"), Subject: words.Draw(t, "subject"), Text: words.Draw(t, "text"),
			HTML: words.Draw(t, "html"), Language: "ar", Template: words.Draw(t, "template"), CreatedAt: instants.Draw(t, "created"),
			Full: words.Draw(t, "full"), Raw: words.Draw(t, "raw"), Warnings: someOf(t, words, "warnings"),
			Status: channels.Status(rapid.IntRange(0, 8).Draw(t, "status")), ProviderID: "SM1",
		}
		if rapid.Bool().Draw(t, "same") {
			m.To = m.Account
		}
		if f := rapid.MapOfN(words, words, 0, 4).Draw(t, "fields"); len(f) > 0 {
			m.Fields = f
		}
		if rapid.Bool().Draw(t, "attached") {
			m.Attachments = []conversations.Attachment{{ID: "ab/c", Name: words.Draw(t, "file"), ContentType: "image/png", Size: 5, Inline: true, URL: words.Draw(t, "url")}}
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
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("7{}", "0\t\t\t\n{}", "r\t1\t2\t3")
	f.Add("", "\n", "\t\t\t\t{")
	f.Fuzz(func(t *testing.T, conversation, message, event string) {
		_, _ = decodeConversation("1042", conversation)
		_, _ = decodeMessage("1042-1", message)
		_, _ = decodeEvent("1042", event)
	})
}
