package conversations

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
)

func TestQuotesAndReactionsStandWithTheirMessage(t *testing.T) {
	salma, omar, noor := Author{Type: ByOfficer, ID: "o1", Name: "Salma"}, Author{Type: ByCustomer, ID: "k1", Name: "Omar"}, Author{Type: ByCustomer, ID: "k2", Name: "Noor"}
	at := func(n int) time.Time { return time.Date(2026, 11, 21, 8, n, 0, 0, time.UTC) }
	all := []Message{
		{ID: "1-1", Direction: In, Author: omar, Text: "Where is it?", ProviderID: "SM1", CreatedAt: at(1)},
		{ID: "1-2", Direction: Out, Author: salma, Text: "Out for delivery", ProviderID: "SM2", CreatedAt: at(2)},
		{ID: "1-3", Direction: In, Author: omar, Text: "👍", ProviderID: "SM3", Answers: "SM2", Reacts: true, CreatedAt: at(3)},
		{ID: "1-4", Direction: In, Author: noor, Text: "🙏", ProviderID: "SM4", Answers: "SM2", Reacts: true, CreatedAt: at(4)},
		{ID: "1-5", Direction: In, Author: omar, Text: "this one", ProviderID: "SM5", Answers: "SM1", CreatedAt: at(5)},
		{ID: "1-6", Direction: In, Author: omar, Text: "👎", ProviderID: "SM6", Answers: "SM2", Reacts: true, CreatedAt: at(6)},
		{ID: "1-7", Direction: In, Author: omar, Text: "of last year", ProviderID: "SM7", Answers: "SM0", CreatedAt: at(7)},
		{ID: "1-8", Direction: In, Author: noor, ProviderID: "SM8", Answers: "SM2", Reacts: true, CreatedAt: at(8)},
		{ID: "1-9", Direction: Out, Author: salma, Text: "Waiting to be sent", CreatedAt: at(9)},
	}
	page := append([]Message(nil), all[:5]...)
	relate(page, all)
	if got, want := page[1].Reactions, []Reaction{{"👎", omar, at(6)}}; !reflect.DeepEqual(got, want) {
		t.Errorf("reactions %+v, want %+v: the latest of each, and none that was taken back", got, want)
	}
	if page[2].ReactionTo != "1-2" || page[2].Quoted != nil {
		t.Errorf("a reaction is to %q and quotes %+v", page[2].ReactionTo, page[2].Quoted)
	}
	if got, want := page[4].Quoted, (&Quotation{"1-1", In, "Omar", "Where is it?", at(1)}); !reflect.DeepEqual(got, want) {
		t.Errorf("quotes %+v, want %+v", got, want)
	}
	rest := append([]Message(nil), all[6:]...)
	relate(rest, all)
	if rest[0].Quoted == nil || rest[0].Quoted.ID != "" || rest[2].Quoted != nil || rest[2].Reactions != nil {
		t.Errorf("the rest: %+v", rest)
	}
}

// However a conversation is cut into pages, each message says the same.
func TestPagesDoNotChangeWhatIsQuoted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := make([]Message, rapid.IntRange(1, 30).Draw(t, "n"))
		ids := rapid.StringMatching(`S[0-9]`)
		for i := range all {
			all[i] = Message{
				ID: NewMessageID("1", i+1), ProviderID: ids.Draw(t, "provider"), Answers: rapid.OneOf(rapid.Just(""), ids).Draw(t, "answers"),
				Text: rapid.SampledFrom([]string{"", "👍", "👎", "words"}).Draw(t, "text"), Author: Author{ID: rapid.SampledFrom([]string{"k1", "k2"}).Draw(t, "by")},
			}
			all[i].Reacts = all[i].Answers != "" && rapid.Bool().Draw(t, "reacts")
		}
		whole := append([]Message(nil), all...)
		relate(whole, all)
		from := rapid.IntRange(0, len(all)).Draw(t, "from")
		page := append([]Message(nil), all[from:rapid.IntRange(from, len(all)).Draw(t, "to")]...)
		relate(page, all)
		for i := range page {
			if !reflect.DeepEqual(page[i], whole[from+i]) {
				t.Fatalf("message %d is %+v on a page, %+v in the whole", from+i, page[i], whole[from+i])
			}
		}
	})
}

func TestAReactionAsksForNothing(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	solved := Conversation{ID: "1", Version: 3, Status: Solved, Messages: 2, Preview: "Delivered.", Times: Milestones{Solved: now.Add(-time.Hour)}}
	in := channels.Inbound{Channel: channels.WhatsApp, From: channels.Handle{Kind: channels.HandleWhatsApp, Value: "+966501234567"}, ProviderID: "SM9", Text: "👍", Answers: "SM2", Form: channels.FormReaction}
	ch := Arrive(&solved, Conversation{}, in, now)
	if c := ch.After; c.Status != Solved || c.Unread != 0 || !c.Times.Waiting.IsZero() || c.WindowUntil != nil || c.Preview != "Delivered." || c.Messages != 3 || len(ch.Messages) != 1 || !ch.Messages[0].Reacts {
		t.Errorf("%+v", c)
	}
	asked := solved
	asked.Surveys = []Survey{{Kind: CSAT, Channel: channels.WhatsApp, AskedAt: now.Add(-time.Minute)}}
	if ch := Arrive(&asked, Conversation{}, in, now); !ch.Survey || ch.After.Surveys[0].Score == nil || *ch.After.Surveys[0].Score != 5 || asked.Surveys[0].Score != nil {
		t.Errorf("a thumb on the question is no answer: %+v", ch.After.Surveys)
	}
	if ch := Arrive(nil, Conversation{ID: "2"}, in, now); ch.After.Unread != 1 || ch.After.Status != New {
		t.Errorf("where there is no conversation somebody has to look: %+v", ch.After)
	}
}
