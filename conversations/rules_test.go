package conversations_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

var (
	noon     = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	customer = channels.Handle{Kind: channels.HandlePhone, Value: "+966500000001"}
	writer   = channels.Handle{Kind: channels.HandleEmail, Value: "amina@example.com"}
	officer  = conversations.Author{Type: conversations.ByOfficer, ID: "o1", Name: "Aisyah"}
	o1       = &conversations.OfficerRef{ID: "o1", Name: "Aisyah"}
	o2       = &conversations.OfficerRef{ID: "o2", Name: "Omar"}
)

func sms(id, text string) channels.Inbound {
	return channels.Inbound{Channel: channels.SMS, Account: "+1500", ProviderID: id, From: customer, To: "+1500", Text: text}
}

func mail(id, from, text string, references ...string) channels.Inbound {
	return channels.Inbound{
		Channel: channels.Email, Account: "support", ProviderID: id, Subject: "my parcel", Text: text, References: references,
		From: channels.Handle{Kind: channels.HandleEmail, Value: from},
	}
}

// matter is an open conversation that began with a message.
func matter(in channels.Inbound) conversations.Conversation {
	next := conversations.Conversation{ID: "1042", Contact: conversations.ContactRef{ID: "k1042", Handles: []channels.Handle{in.From}}}
	return conversations.Arrive(nil, next, in, noon).After
}

// types are the events of a change, in order.
func types(ch conversations.Change) string {
	var out []string
	for _, e := range ch.Events {
		out = append(out, string(e.Type))
	}
	return strings.Join(out, " ")
}

// TestRulesAreValues draws long lives of a conversation: no rule changes what it
// was given, every change is one version, and messages are numbered without a gap.
func TestRulesAreValues(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		now := noon
		c := matter(sms("SM0", "hello"))
		texts := rapid.StringN(1, 20, -1)
		for i := range rapid.IntRange(1, 30).Draw(r, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(r, "hours")) * time.Hour)
			before, frozen := c, fmt.Sprintf("%#v", c)
			var ch conversations.Change
			var err error
			switch rapid.IntRange(0, 4).Draw(r, "what") {
			case 0:
				ch = conversations.Arrive(&c, conversations.Conversation{}, sms(fmt.Sprint("SM", i+1), texts.Draw(r, "text")), now)
			case 1:
				ch, err = conversations.Answer(c, conversations.Draft{Text: texts.Draw(r, "text"), Note: rapid.Bool().Draw(r, "note")}, officer, now)
			case 2:
				st := rapid.SampledFrom(conversations.Statuses).Draw(r, "status")
				tags := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,9}`), 0, 3).Draw(r, "tags")
				ch, err = conversations.Edit(c, conversations.Patch{Status: &st, Tags: &tags}, officer, now)
			case 3:
				ch, err = conversations.Promise(c, conversations.CallbackRequest{}, officer, now)
			case 4:
				to := rapid.SampledFrom([]*conversations.OfficerRef{nil, o1, o2}).Draw(r, "assignee")
				ch, err = conversations.Edit(c, conversations.Patch{Assignee: &to}, officer, now)
			}
			if !reflect.DeepEqual(c, before) || fmt.Sprintf("%#v", c) != frozen {
				r.Fatalf("a rule changed what it was given:\n%+v\n%+v", before, c)
			}
			if err != nil || len(ch.Events) == 0 {
				continue
			}
			if ch.After.Version != c.Version+1 || ch.After.Messages != c.Messages+len(ch.Messages) || ch.Before.Version != c.Version {
				r.Fatalf("version %d after %d, %d messages after %d", ch.After.Version, c.Version, ch.After.Messages, c.Messages)
			}
			for _, m := range ch.Messages {
				if m.ID != conversations.NewMessageID(c.ID, ch.After.Messages) || m.Conversation != c.ID {
					r.Fatalf("message %s is the %dth", m.ID, ch.After.Messages)
				}
			}
			if slices.ContainsFunc(ch.Events, func(e conversations.Event) bool { return !e.At.Equal(now) || e.Type == "" || e.By.Type == "" }) {
				r.Fatalf("events %+v", ch.Events)
			}
			if live := ch.After.Status.Live(); !live && !ch.After.Times.Waiting.IsZero() && len(ch.Messages) == 0 {
				r.Fatalf("done, and the customer waits since %v", ch.After.Times.Waiting)
			}
			c = ch.After
		}
	})
}
