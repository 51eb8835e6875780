package news

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newsroom(t *testing.T) *Newsroom {
	t.Helper()
	library, err := templates.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &Newsroom{Library: library, Channels: []channels.Kind{channels.Email, channels.SMS, channels.WhatsApp}, Timezone: time.UTC}
}

func asked(language string, routes ...conversations.Route) conversations.Conversation {
	c := conversations.Conversation{ID: "100", Language: language, Category: "where_is_my_shipment", Desk: "trace", Routes: routes}
	for _, r := range routes {
		c.Contact.Handles = append(c.Contact.Handles, r.To)
	}
	return c
}

func by(k channels.Kind, at time.Time) conversations.Route {
	to := map[channels.Kind]channels.Handle{
		channels.SMS:      {Kind: channels.HandlePhone, Value: "+966501234567"},
		channels.WhatsApp: {Kind: channels.HandleWhatsApp, Value: "+966501234567"},
		channels.Email:    {Kind: channels.HandleEmail, Value: "a@example.com"},
		channels.Voice:    {Kind: channels.HandlePhone, Value: "+966501234567"},
	}
	return conversations.Route{Channel: k, To: to[k], At: at}
}

// Whatever a system reports, whoever asked is told of it in each language and on each channel.
func TestEveryStageIsTold(t *testing.T) {
	n := newsroom(t)
	tell := func(kind, stage string) {
		for _, language := range []string{"en", "ar", "ms", "mixed", "", "fr"} {
			for _, on := range n.Channels {
				c := asked(language, by(on, noon))
				c.WindowUntil = new(noon.Add(time.Hour))
				m := conversations.Matter{Reference: conversations.Reference{Kind: kind, Value: "1086396430"}, Facts: map[string]conversations.Fact{
					"Departure-Date": {Value: "2026-12-12"}, "pax": {Value: 4.0}, "package": {Value: "Plus"}, "balance": {Value: "a lot"},
				}}
				got := n.notice(m, conversations.Report{ID: "E1", Status: "as told", Stage: stage, At: noon, Location: "Klang"}, c, noon)
				if len(got.Offers) == 0 || got.Offers[0].Channel != on || !strings.Contains(got.Offers[0].Text, "1086396430") || strings.Contains(got.Offers[0].Text, "a lot") {
					t.Fatalf("%s %q on %s in %q: %+v, %s", kind, stage, on, language, got.Offers, got.Silent)
				}
				if !strings.Contains(got.Offers[0].Why, "told by "+string(on)) {
					t.Errorf("why: %s", got.Offers[0].Why)
				}
			}
		}
	}
	for stage := range shipmentEffects {
		tell(conversations.KindShipment, stage)
	}
	for stage := range bookingEffects {
		tell(conversations.KindBooking, stage)
	}
	tell(conversations.KindShipment, "")
	tell(conversations.KindBooking, "")
}

func TestChannelsInOrder(t *testing.T) {
	n := newsroom(t)
	report := conversations.Report{ID: "E1", Status: "Delivered", Stage: delivered, At: noon}
	m := conversations.Matter{Reference: conversations.Reference{Kind: conversations.KindShipment, Value: "1"}}
	phone := append(slices.Clone(n.Channels), channels.Voice)
	fixed := conversations.Route{Channel: channels.Voice, To: channels.Handle{Kind: channels.HandlePhone, Value: "+60321234567"}, At: noon}
	open, closed := new(noon.Add(time.Hour)), new(noon.Add(-time.Hour))
	for _, c := range []struct {
		what   string
		routes []conversations.Route
		window *time.Time
		have   []channels.Kind
		want   channels.Kind
	}{
		{"his last channel", []conversations.Route{by(channels.Email, noon), by(channels.SMS, noon)}, nil, n.Channels, channels.Email},
		{"an open window", []conversations.Route{by(channels.WhatsApp, noon)}, open, n.Channels, channels.WhatsApp},
		{"a closed window: by SMS to the same number", []conversations.Route{by(channels.WhatsApp, noon)}, closed, n.Channels, channels.SMS},
		{"no account for SMS: by mail", []conversations.Route{by(channels.SMS, noon), by(channels.Email, noon)}, nil, []channels.Kind{channels.Email}, channels.Email},
		{"who rang is written to", []conversations.Route{by(channels.Voice, noon)}, nil, n.Channels, channels.SMS},
		{"who rang, and can be rung, hears it", []conversations.Route{by(channels.Voice, noon)}, nil, phone, channels.Voice},
		{"who rang and has written is written to", []conversations.Route{by(channels.Voice, noon), by(channels.SMS, noon)}, nil, phone, channels.SMS},
		{"who rang from a fixed line hears it", []conversations.Route{fixed}, nil, phone, channels.Voice},
		{"a fixed line takes no SMS", []conversations.Route{fixed}, nil, []channels.Kind{channels.SMS}, ""},
		{"nobody", nil, nil, n.Channels, ""},
	} {
		conv := asked("en", c.routes...)
		conv.WindowUntil = c.window
		n.Channels = c.have
		got := n.notice(m, report, conv, noon)
		n.Channels = []channels.Kind{channels.Email, channels.SMS, channels.WhatsApp}
		switch {
		case c.want == "" && (len(got.Offers) > 0 || got.Silent == ""), c.want != "" && (len(got.Offers) == 0 || got.Offers[0].Channel != c.want):
			t.Errorf("%s: %+v (%s)", c.what, got.Offers, got.Silent)
		}
	}
}

func TestWhatBecomesOfTheConversation(t *testing.T) {
	n := newsroom(t)
	m := conversations.Matter{Reference: conversations.Reference{Kind: conversations.KindShipment, Value: "1"}}
	got := n.notice(m, conversations.Report{Stage: heldInCustoms}, asked("en", by(channels.SMS, noon)), noon)
	if got.Category != "held_in_customs" || got.Desk != "trace" || got.Priority != conversations.High || !got.Reopen {
		t.Errorf("an exception: %+v", got)
	}
	got = n.notice(m, conversations.Report{Stage: inTransit}, asked("en", by(channels.SMS, noon)), noon)
	if got.Category != "" || got.Desk != "" || got.Priority != "" || got.Reopen {
		t.Errorf("a scan: %+v", got)
	}
}

func TestQuietHours(t *testing.T) {
	n := newsroom(t)
	morning := noon.Add(10 * time.Hour)
	n.Quiet = func(conversations.Conversation, time.Time) (time.Time, string) { return morning, "it is night there" }
	m := conversations.Matter{Reference: conversations.Reference{Kind: conversations.KindShipment, Value: "1"}}
	for _, c := range []struct {
		what  string
		route conversations.Route
		stage string
		after time.Time
	}{
		{"an SMS waits for the morning", by(channels.SMS, noon.Add(-2*time.Hour)), heldInCustoms, morning},
		{"who wrote just now is awake", by(channels.SMS, noon.Add(-time.Minute)), heldInCustoms, time.Time{}},
		{"a mail disturbs nobody", by(channels.Email, noon.Add(-2*time.Hour)), heldInCustoms, time.Time{}},
		{"a courier on his way cannot wait", by(channels.SMS, noon.Add(-2*time.Hour)), outForDelivery, time.Time{}},
	} {
		report := conversations.Report{Stage: c.stage, Status: "as told"}
		got := n.notice(m, report, asked("en", c.route), noon)
		if o := got.Offers[0]; !o.After.Equal(c.after) || !c.after.IsZero() != strings.Contains(o.Why, "it is night there") {
			t.Errorf("%s: after %v (%s)", c.what, o.After, o.Why)
		}
	}
}
