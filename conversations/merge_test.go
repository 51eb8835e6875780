package conversations_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// drawn is a conversation in some state.
func drawn(r *rapid.T, id conversations.ID, contact conversations.ContactID) conversations.Conversation {
	c := matter(sms("SM"+string(id), "hello"))
	c.ID, c.Number = id, id.Number()
	words := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"vip", "late", "wet", "again"}), 0, 3, rapid.ID)
	number := rapid.SampledFrom([]string{"+966500000001", "+966500000002"}).Draw(r, "number")
	c.Contact = conversations.ContactRef{ID: contact, Name: "somebody", Handles: []channels.Handle{{Kind: channels.HandlePhone, Value: number}}}
	c.Tags, c.People = words.Draw(r, "tags"), words.Draw(r, "people")
	if len(c.Tags) == 0 {
		c.Tags = nil
	}
	if len(c.People) == 0 {
		c.People = nil
	}
	for _, v := range words.Draw(r, "references") {
		c.References = append(c.References, conversations.Reference{Kind: "awb", Value: v})
	}
	c.Status = rapid.SampledFrom(conversations.Statuses).Draw(r, "status")
	c.Priority = rapid.SampledFrom(conversations.Priorities).Draw(r, "priority")
	c.Unread = rapid.IntRange(0, 3).Draw(r, "unread")
	if rapid.Bool().Draw(r, "whatsapp") {
		until := noon.Add(time.Duration(rapid.IntRange(1, 24).Draw(r, "hours")) * time.Hour)
		c.WindowUntil = &until
		c.Channels = append(c.Channels, channels.WhatsApp)
		c.Routes = append(c.Routes, conversations.Route{Channel: channels.WhatsApp, To: c.Contact.Handles[0]})
	}
	if rapid.Bool().Draw(r, "waits") {
		c.Times.Waiting = noon.Add(-time.Duration(rapid.IntRange(0, 9).Draw(r, "waited")) * time.Hour)
	} else {
		c.Times.Waiting = time.Time{}
	}
	return c
}

// bare is a conversation that tells all of itself.
type bare conversations.Conversation

// same compares two states but for their versions and when they changed last.
func same(r *rapid.T, what string, got, want conversations.Conversation) {
	got.Version, got.UpdatedAt = want.Version, want.UpdatedAt
	if !reflect.DeepEqual(got, want) {
		r.Fatalf("%s is\n%+v\nwas\n%+v", what, bare(got), bare(want))
	}
}

// TestMergeThenUndo: whatever two conversations were, merging and undoing it
// leaves both as they were; and each half may be done twice.
func TestMergeThenUndo(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a := drawn(r, "1042", "k1042")
		b := drawn(r, "2077", rapid.SampledFrom([]conversations.ContactID{"k1042", "k2077"}).Draw(r, "contact"))
		ch, err := conversations.Merge(a, b, officer, noon)
		if err != nil {
			r.Fatal(err)
		}
		merged := ch.After
		if merged.Status != conversations.Closed || merged.Unread != 0 {
			r.Fatalf("merged, it is %s with %d unread", merged.Status, merged.Unread)
		}
		into := conversations.Rejoin(b, merged, officer, noon)
		if again := conversations.Rejoin(into.After, merged, officer, noon); len(into.Events) != 1 || len(again.Events) != 0 {
			r.Fatalf("joined: %d events, and again %d", len(into.Events), len(again.Events))
		}
		if r1, ok := into.After.ReplyRoute(""); ok {
			if r2, _ := b.ReplyRoute(""); r1.To != r2.To {
				r.Fatalf("an answer went to %v, and goes to %v after the merge", r2.To, r1.To)
			}
		}
		back, err := conversations.Unmerge(merged, officer, noon.Add(time.Hour))
		if err != nil {
			r.Fatal(err)
		}
		same(r, "what was merged", back.After, a)
		left := conversations.Rejoin(into.After, back.After, officer, noon.Add(time.Hour))
		same(r, "what it was merged into", left.After, b)
		if again := conversations.Rejoin(left.After, back.After, officer, noon); len(again.Events) != 0 {
			r.Fatal("it parts twice")
		}
	})
}

func TestBuriedAndRedactedTellNobody(t *testing.T) {
	in := sms("SM1", "my secret words")
	in.Name = "Amina Secret"
	c := matter(in)
	m := conversations.Message{ID: "1042-1", Direction: conversations.In, From: customer.Value, Text: "my secret words", Subject: "secret", HTML: "secret",
		Author: conversations.Author{Type: conversations.ByCustomer, ID: "k1", Name: "Amina Secret"}, Fields: map[string]string{"ProfileName": "Secret"},
		Attachments: []conversations.Attachment{{ID: "secret", Name: "secret.pdf"}}, Raw: "secret", ProviderID: "SMsecret"}
	for what, v := range map[string]any{"conversation": bare(conversations.Buried(c, noon)), "message": conversations.Redacted(m)} {
		text := fmt.Sprintf("%+v", v)
		for _, word := range []string{"secret", "Secret", "Amina", customer.Value} {
			if strings.Contains(text, word) {
				t.Errorf("the %s still tells %q: %s", what, word, text)
			}
		}
	}
}

// TestMergedTwiceOver: what was merged into one that is merged on brings its person along, and
// his words move no answer to him; when it is taken back he goes with what he came with.
func TestMergedTwiceOver(t *testing.T) {
	numbers := []string{"+966500000001", "+966500000002", "+966500000003"}
	var all []conversations.Conversation
	for i, n := range numbers {
		in := sms(fmt.Sprint("SM", i), "hello")
		in.From = channels.Handle{Kind: channels.HandlePhone, Value: n}
		c := matter(in)
		c.ID = conversations.ID(fmt.Sprint(1000 + i))
		c.Contact = conversations.ContactRef{ID: conversations.ContactID(fmt.Sprint("k", i)), Handles: []channels.Handle{in.From}}
		c.Routes = []conversations.Route{{Channel: channels.SMS, To: in.From}}
		all = append(all, c)
	}
	a, b, c := all[0], all[1], all[2]
	merge := func(from, into conversations.Conversation) (conversations.Conversation, conversations.Conversation) {
		ch, err := conversations.Merge(from, into, officer, noon)
		if err != nil {
			t.Fatal(err)
		}
		return ch.After, conversations.Rejoin(into, ch.After, officer, noon).After
	}
	_, b = merge(a, b)
	was := c
	b, c = merge(b, c)
	in := sms("SM9", "and now?")
	in.From = a.Contact.Handles[0]
	c = conversations.Arrive(&c, conversations.Conversation{}, in, noon.Add(time.Minute)).After
	if r, _ := c.ReplyRoute(""); r.To.Value != numbers[2] {
		t.Errorf("an answer in %s's conversation goes to %s", numbers[2], r.To.Value)
	}
	back, err := conversations.Unmerge(b, officer, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if c = conversations.Rejoin(c, back.After, officer, noon.Add(time.Hour)).After; len(c.Parties) != len(was.Parties) {
		t.Errorf("after undoing %v take part", c.Parties)
	}
}

// TestEachHasHisOwnWindow: whom a merge has brought into a conversation is written to within
// his own 24 hours, not within its customer's.
func TestEachHasHisOwnWindow(t *testing.T) {
	handle := func(n string) channels.Handle { return channels.Handle{Kind: channels.HandleWhatsApp, Value: n} }
	his, hers := handle("+966500000001"), handle("+966500000002")
	until := noon.Add(time.Hour)
	c := conversations.Conversation{WindowUntil: &until, Contact: conversations.ContactRef{ID: "k1", Handles: []channels.Handle{his}}}
	c.Parties = []conversations.Party{{
		Contact: conversations.ContactRef{ID: "k2", Handles: []channels.Handle{hers}},
		Routes:  []conversations.Route{{Channel: channels.WhatsApp, To: hers, At: noon.Add(-conversations.Window).Add(2 * time.Hour)}},
	}}
	for _, w := range []struct {
		to   channels.Handle
		at   time.Duration
		open bool
	}{{his, 0, true}, {hers, 0, true}, {his, 90 * time.Minute, false}, {hers, 90 * time.Minute, true}, {hers, 3 * time.Hour, false}} {
		if got := c.WindowOpenFor(channels.WhatsApp, w.to, noon.Add(w.at)); got != w.open {
			t.Errorf("to %s after %s: %v", w.to, w.at, got)
		}
	}
}
