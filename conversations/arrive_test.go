package conversations_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestContinues(t *testing.T) {
	for _, c := range []struct {
		status conversations.Status
		solved time.Duration // before now
		erased bool
		want   bool
	}{
		{conversations.New, 0, false, true},
		{conversations.Open, 0, false, true},
		{conversations.Pending, 0, false, true},
		{conversations.OnHold, 0, false, true},
		{conversations.Solved, 0, false, true},
		{conversations.Solved, conversations.ReopenTerm - time.Second, false, true},
		{conversations.Solved, conversations.ReopenTerm, false, false},
		{conversations.Closed, 0, false, false},
		{conversations.Open, 0, true, false},
	} {
		conv := conversations.Conversation{Status: c.status, Erased: c.erased, Times: conversations.Milestones{Solved: noon.Add(-c.solved)}}
		if got := conversations.Continues(&conv, noon); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestArriveMovesTheStatus(t *testing.T) {
	const received, reopened = "message.received", "conversation.changed message.received"
	for _, c := range []struct {
		before conversations.Status
		class  channels.Class
		after  conversations.Status
		events string
	}{
		{conversations.New, channels.Human, conversations.New, received},
		{conversations.Open, "", conversations.Open, received},
		{conversations.OnHold, "", conversations.OnHold, received},
		{conversations.Pending, "", conversations.Open, reopened},
		{conversations.Solved, "", conversations.Open, reopened},
		{conversations.Closed, "", conversations.Open, reopened}, // a mail that was put there before
		{conversations.Solved, channels.OutOfOffice, conversations.Solved, received},
		{conversations.Pending, channels.AutoReply, conversations.Pending, received},
		{conversations.Solved, channels.Bounce, conversations.Solved, received},
		{conversations.Solved, channels.Own, conversations.Solved, received},
	} {
		before := matter(mail("m1", writer.Value, "hello"))
		before.Status, before.Times.Solved, before.Times.Waiting, before.Unread = c.before, noon, time.Time{}, 0
		snooze := noon.Add(time.Hour)
		before.Snoozed = &snooze
		in := mail("m2", writer.Value, "again", "m1")
		in.Class = c.class
		ch := conversations.Arrive(&before, conversations.Conversation{}, in, noon.Add(time.Minute))
		human := c.class == "" || c.class == channels.Human
		if ch.After.Status != c.after || types(ch) != c.events {
			t.Errorf("%s, then %q: got %s and %s", c.before, c.class, ch.After.Status, types(ch))
		}
		if ch.After.Times.Waiting.IsZero() == human || (ch.After.Snoozed == nil) != human {
			t.Errorf("%s, then %q: waits since %v, snoozed until %v", c.before, c.class, ch.After.Times.Waiting, ch.After.Snoozed)
		}
		if system := c.class == channels.Bounce || c.class == channels.Own; (ch.Messages[0].Kind == conversations.KindSystem) != system || (ch.After.Unread == 0) != system {
			t.Errorf("%q: kind %s, %d unread", c.class, ch.Messages[0].Kind, ch.After.Unread)
		}
	}
}

func TestArriveTells(t *testing.T) {
	in := sms("MM1", "  where \n is it?  ")
	in.Channel, in.From.Kind = channels.WhatsApp, channels.HandleWhatsApp
	in.Attachments = []channels.Attachment{{URL: "https://provider/1", ContentType: "image/jpeg"}}
	in.Desk = "trace"
	ch := conversations.Arrive(nil, conversations.Conversation{ID: "1042"}, in, noon)
	c, m := ch.After, ch.Messages[0]
	if types(ch) != "conversation.opened message.received message.media" || ch.Before != nil {
		t.Errorf("events %s", types(ch))
	}
	if c.Number != 1042 || c.Version != 1 || c.Messages != 1 || c.Unread != 1 || c.Status != conversations.New || c.Desk != conversations.Triage {
		t.Errorf("opened %+v", c)
	}
	if c.Preview != "where is it?" || !c.WindowUntil.Equal(noon.Add(conversations.Window)) || c.Routes[0].To != in.From {
		t.Errorf("preview %q, window until %v, routes %v", c.Preview, c.WindowUntil, c.Routes)
	}
	if m.ID != "1042-1" || m.Direction != conversations.In || m.Hints == nil || m.Hints.Desk != "trace" {
		t.Errorf("message %+v", m)
	}
	long := sms("SM2", strings.Repeat("ظ", 100))
	if got := conversations.Arrive(&c, conversations.Conversation{}, long, noon).After.Preview; got != strings.Repeat("ظ", 80)+"…" {
		t.Errorf("preview %q", got)
	}
	call := sms("CA1", "")
	call.Channel, call.Form, call.From = channels.Voice, channels.FormCall, channels.Handle{}
	if ch := conversations.Arrive(nil, conversations.Conversation{ID: "7"}, call, noon); ch.Messages[0].Kind != conversations.KindCall || len(ch.After.Routes) != 0 {
		t.Errorf("a withheld call: %+v", ch.After)
	}
}

func TestClaimOf(t *testing.T) {
	same := []channels.Inbound{sms("SM1", "a"), sms("SM1", "b")}
	if conversations.ClaimOf(same[0]) != conversations.ClaimOf(same[1]) {
		t.Error("a provider's ID is claimed by what it says")
	}
	other := mail("m1", writer.Value, "hello")
	other.Account = "sales"
	seen := map[string]int{}
	for i, in := range []channels.Inbound{
		sms("SM1", "a"), sms("SM2", "a"), mail("m1", writer.Value, "hello"), other, mail("m1", "x@example.net", "hello"), mail("m1", writer.Value, "bye"),
	} {
		if before, ok := seen[conversations.ClaimOf(in)]; ok {
			t.Errorf("%d and %d are one", before, i)
		}
		seen[conversations.ClaimOf(in)] = i
	}
}

func TestTakesPart(t *testing.T) {
	c := matter(mail("m1", writer.Value, "hello"))
	c.People = []string{"omar@example.com"}
	for value, want := range map[string]bool{"amina@example.com": true, "AMINA@Example.com": true, "Omar@example.com": true, "x@example.net": false, "": false} {
		if got := c.TakesPart(channels.Handle{Kind: channels.HandleEmail, Value: value}); got != want {
			t.Errorf("%q: got %v", value, got)
		}
	}
}

func TestWindowOpen(t *testing.T) {
	in := sms("SM1", "hello")
	in.Channel = channels.WhatsApp
	c := matter(in)
	for _, w := range []struct {
		channel channels.Kind
		after   time.Duration
		want    bool
	}{
		{channels.WhatsApp, 0, true},
		{channels.WhatsApp, conversations.Window - time.Second, true},
		{channels.WhatsApp, conversations.Window, false},
		{channels.SMS, 1000 * time.Hour, true},
		{channels.Email, 1000 * time.Hour, true},
	} {
		if got := c.WindowOpen(w.channel, noon.Add(w.after)); got != w.want {
			t.Errorf("%+v: got %v", w, got)
		}
	}
	if never := (&conversations.Conversation{}); never.WindowOpen(channels.WhatsApp, noon) {
		t.Error("open without a message")
	}
}

// Leads implements conversations.People: memory forgets nothing that others have changed.
func (s *memory) Leads(ctx context.Context, handles []channels.Handle) (conversations.Place, error) {
	return s.Find(ctx, handles)
}
