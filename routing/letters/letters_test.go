package letters

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/templates"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// office is everything around the clerk, in memory.
type office struct {
	conv     conversations.Conversation
	officers []conversations.Officer
	keys     map[string]string // "?" while somebody is at it
	mails    []channels.Outbound
	notices  []conversations.Notice
	ended    []conversations.Errand
	refuse   error // by the mail server
	crash    bool  // after the next mail
}

func (o *office) Load(context.Context, conversations.ID) (conversations.Conversation, error) {
	if o.conv.Erased {
		return o.conv, conversations.ErrNotFound
	}
	return o.conv, nil
}
func (o *office) Officers(context.Context) ([]conversations.Officer, error) {
	return slices.Clone(o.officers), nil
}
func (o *office) Begin(_ context.Context, key string) ([]byte, bool, error) {
	switch o.keys[key] {
	case "":
		o.keys[key] = "?"
		return nil, false, nil
	case "?":
		return nil, false, conversations.ErrTaken
	}
	return []byte("sent"), true, nil
}
func (o *office) Finish(_ context.Context, key string, answer []byte) error {
	if o.crash {
		o.crash = false
		return channels.ErrUnavailable
	}
	o.keys[key] = string(answer)
	return nil
}
func (o *office) Send(_ context.Context, m channels.Outbound) (string, error) {
	if o.refuse != nil {
		return "", o.refuse
	}
	o.mails = append(o.mails, m)
	return "", nil
}
func (o *office) Notify(_ context.Context, _ conversations.ID, plan func(conversations.Conversation, time.Time) conversations.Notice) error {
	o.notices = append(o.notices, plan(o.conv, noon))
	return nil
}
func (o *office) Errands(context.Context, int, int, time.Duration) ([]conversations.Errand, time.Time, error) {
	return nil, time.Time{}, nil
}
func (o *office) EndErrand(_ context.Context, e conversations.Errand) error {
	o.ended = append(o.ended, e)
	return nil
}

func open(t *testing.T) (*office, *Clerk) {
	t.Helper()
	library, err := templates.Load()
	if err != nil {
		t.Fatal(err)
	}
	desks, err := routing.LoadDesks()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{keys: map[string]string{}, conv: conversations.Conversation{
		ID: "1042", Number: 1042, Desk: "trace", Category: "late_delivery", Status: conversations.New, Priority: conversations.High, Language: "ar",
		Routes: []conversations.Route{{Channel: channels.SMS, To: channels.Handle{Kind: channels.HandlePhone, Value: "+966501112222"}}},
		Clocks: []conversations.Clock{{Name: "first_response", DueAt: noon.Add(-time.Hour), State: conversations.Breached, Step: 3}},
	}, officers: []conversations.Officer{
		{ID: "o1", Name: "Aisyah", Email: "aisyah@example.com", Role: conversations.RoleSupervisor, Languages: []string{"ms", "en"}},
		{ID: "o2", Name: "Omar", Email: "omar@example.com", Role: conversations.RoleSupervisor, Disabled: true},
		{ID: "o3", Name: "Lina", Email: "lina@example.com", Role: conversations.RoleAdmin},
		{ID: "o4", Name: "Sami", Email: "sami@example.com", Role: conversations.RoleOfficer},
	}}
	return o, &Clerk{
		Errands: o, Conversations: o, Desk: o, Library: library, Desks: desks, Now: func() time.Time { return noon }, Logger: slog.New(slog.DiscardHandler),
		Staff: &Staff{Officers: o, Keys: o, Library: library, Mail: o, URL: "https://desk.example", Now: func() time.Time { return noon }},
	}
}

var alert = conversations.Errand{Conversation: "1042", Kind: conversations.ErrandAlert, Name: "first_response", Of: "supervisor", Place: 3}

func TestAlertsGoOnceToWhomTheLadderNames(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*office)
		of     string
		want   string // who is mailed
	}{
		"the supervisor":         {nil, "supervisor", "aisyah@example.com"},
		"the admin":              {nil, "admin", "lina@example.com"},
		"no supervisor is there": {func(o *office) { o.officers = o.officers[1:] }, "supervisor", "lina@example.com"},
		"the officer":            {func(o *office) { o.conv.Assignee = &conversations.OfficerRef{ID: "o4", Name: "Sami"} }, "officer", "sami@example.com"},
		"it was acknowledged":    {func(o *office) { o.conv.Clocks[0].Ack = "o4" }, "supervisor", ""},
		"it was answered":        {func(o *office) { o.conv.Clocks[0].State = conversations.Met }, "supervisor", ""},
		"the person was erased":  {func(o *office) { o.conv.Erased = true }, "supervisor", ""},
	} {
		o, k := open(t)
		if c.change != nil {
			c.change(o)
		}
		e := alert
		e.Of = c.of
		for range 2 {
			if err := k.run(t.Context(), e); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		var got []string
		for _, m := range o.mails {
			got = append(got, m.To.Value)
			if !m.Auto || m.MessageID == "" || !strings.Contains(m.Text, "1042") || !strings.Contains(m.Text, "https://desk.example/#/all/1042") || strings.Contains(m.Text, "+966") {
				t.Errorf("%s: mailed %+v", name, m)
			}
		}
		if strings.Join(got, " ") != c.want || len(o.ended) != 2 {
			t.Errorf("%s: mailed %v, want %q; %d errands ended", name, got, c.want, len(o.ended))
		}
	}
}

func TestAlertsOutliveTheMailServer(t *testing.T) {
	o, k := open(t)
	o.refuse = errors.New("450 later")
	if err := k.run(t.Context(), alert); err != nil || len(o.ended) != 0 {
		t.Errorf("refused by the mail server: %v, ended %v", err, o.ended)
	}
	o.refuse, o.crash = nil, true
	if err := k.run(t.Context(), alert); !errors.Is(err, channels.ErrUnavailable) {
		t.Errorf("the store went away: %v", err)
	}
	delete(o.keys, "staff alert 1042 first_response 1795345200000 3 o1") // the reservation runs out
	if err := k.run(t.Context(), alert); err != nil {
		t.Error(err)
	}
	if len(o.ended) != 1 || len(o.mails) != 2 || o.mails[0].MessageID != o.mails[1].MessageID {
		t.Errorf("mailed %d times, ended %v: a repeat has the same Message-ID", len(o.mails), o.ended)
	}
}

func TestWhatCannotBeMailedStandsInTheHistory(t *testing.T) {
	o, k := open(t)
	k.Staff.Mail = nil
	if err := k.run(t.Context(), alert); err != nil || len(o.notices) != 1 || o.notices[0].Event.Why != "could not mail the supervisor about first response: no mailbox is configured to send from" {
		t.Errorf("%v %+v", err, o.notices)
	}
	o, k = open(t)
	o.officers = nil
	if err := k.run(t.Context(), alert); err != nil || len(o.notices) != 1 || !strings.HasSuffix(o.notices[0].Event.Why, "there is nobody who is one") {
		t.Errorf("%v %+v", err, o.notices)
	}
}

func TestCustomersAreWrittenTo(t *testing.T) {
	details := conversations.Errand{Conversation: "1042", Kind: conversations.ErrandDetails}
	reply := func(template string) conversations.Errand {
		return conversations.Errand{Conversation: "1042", Kind: conversations.ErrandReply, Name: template, Of: "r", Place: 1}
	}
	for name, c := range map[string]struct {
		errand conversations.Errand
		change func(*conversations.Conversation)
		want   string // of the text, or after "!" of why there is none; empty: nothing at all
	}{
		"details":             {details, nil, "رقم التتبع"},
		"in another language": {details, func(c *conversations.Conversation) { c.Language = "ms" }, "nombor penjejakan"},
		"in mixed ones":       {details, func(c *conversations.Conversation) { c.Language = "mixed" }, "tracking number"},
		"he has told it": {details, func(c *conversations.Conversation) {
			c.References = []conversations.Reference{{Kind: "awb", Value: "1"}}
		}, ""},
		"an officer answered":   {details, func(c *conversations.Conversation) { c.Times.Answered = noon }, ""},
		"it is solved":          {details, func(c *conversations.Conversation) { c.Status = conversations.Solved }, ""},
		"a machine wrote":       {details, func(c *conversations.Conversation) { c.Routes[0].Class = channels.AutoReply }, "!a machine wrote last"},
		"he only rang":          {details, func(c *conversations.Conversation) { c.Routes = nil }, "!no channel"},
		"the window is closed":  {details, func(c *conversations.Conversation) { c.Routes[0].Channel = channels.WhatsApp }, "!window is closed"},
		"a rule answers":        {reply("csat"), nil, "1042"},
		"a template is missing": {reply("nothing"), nil, "!nothing"},
		"a value is missing":    {reply("out_of_hours"), nil, "!opens_at"},
	} {
		o, k := open(t)
		if c.change != nil {
			c.change(&o.conv)
		}
		if err := k.run(t.Context(), c.errand); err != nil || len(o.ended) != 1 {
			t.Errorf("%s: %v, ended %v", name, err, o.ended)
		}
		why, silent := strings.CutPrefix(c.want, "!")
		switch {
		case c.want == "":
			if len(o.notices) > 0 {
				t.Errorf("%s: %+v", name, o.notices)
			}
		case len(o.notices) != 1:
			t.Errorf("%s: %d notices", name, len(o.notices))
		case silent:
			if n := o.notices[0]; len(n.Offers) > 0 || !strings.Contains(n.Silent, why) {
				t.Errorf("%s: offers %+v, silent because %q", name, n.Offers, n.Silent)
			}
		default:
			n := o.notices[0]
			if len(n.Offers) != 1 || !strings.Contains(n.Offers[0].Text, c.want) || !n.Offers[0].Auto || n.Key == "" {
				t.Errorf("%s: %+v", name, n)
			}
		}
	}
}
