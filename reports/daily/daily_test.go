package daily

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
	"github.com/caravan-desk/caravan/reports"
	"github.com/caravan-desk/caravan/routing/letters"
	"github.com/caravan-desk/caravan/templates"
)

// shop is a store with one day's work in it, and a mail server.
type shop struct {
	convs    []conversations.Conversation
	events   map[conversations.ID][]conversations.Event
	reviews  []conversations.Review
	keys     map[string][]byte
	mails    []channels.Outbound
	refuse   error
	officers []conversations.Officer
	now      time.Time
}

var riyadh = time.FixedZone("", 3*3600)

// morning is half past seven in Riyadh, on the 22nd.
var morning = time.Date(2026, 11, 22, 4, 30, 0, 0, time.UTC)

func (s *shop) List(_ context.Context, q conversations.Query) (conversations.Page, error) {
	var page conversations.Page
	for i := range s.convs {
		if c := &s.convs[i]; len(q.Status) == 0 || slices.Contains(q.Status, c.Status) {
			page.Items = append(page.Items, c)
		}
	}
	return page, nil
}
func (s *shop) Load(_ context.Context, id conversations.ID) (conversations.Conversation, error) {
	for _, c := range s.convs {
		if c.ID == id {
			return c, nil
		}
	}
	return conversations.Conversation{}, conversations.ErrNotFound
}
func (s *shop) History(_ context.Context, id conversations.ID, _, _ int) ([]conversations.Event, error) {
	return s.events[id], nil
}
func (s *shop) Messages(context.Context, conversations.ID, int, int) ([]conversations.Message, error) {
	return []conversations.Message{{Direction: conversations.Out, Kind: conversations.KindMessage, Author: aisyah}}, nil
}
func (s *shop) Callbacks(context.Context, conversations.CallbackQuery) (conversations.CallbackPage, error) {
	return conversations.CallbackPage{}, nil
}
func (s *shop) Reviews(context.Context, conversations.ReviewQuery) (conversations.ReviewPage, error) {
	return conversations.ReviewPage{Items: s.reviews}, nil
}
func (s *shop) ReviewItems(context.Context, conversations.ReviewID) ([]conversations.ReviewItem, error) {
	return []conversations.ReviewItem{{Conversation: "1"}}, nil
}
func (s *shop) Begin(_ context.Context, key string) ([]byte, bool, error) {
	saved, known := s.keys[key]
	if known && saved == nil {
		return nil, false, conversations.ErrTaken
	}
	if !known {
		s.keys[key] = nil
	}
	return saved, known, nil
}
func (s *shop) Finish(_ context.Context, key string, answer []byte) error {
	if s.keys[key] = answer; answer == nil {
		delete(s.keys, key)
	}
	return nil
}
func (s *shop) Officers(context.Context) ([]conversations.Officer, error) { return s.officers, nil }
func (s *shop) Send(_ context.Context, m channels.Outbound) (string, error) {
	if s.refuse == nil {
		s.mails = append(s.mails, m)
	}
	return "", s.refuse
}

var aisyah = conversations.Author{Type: conversations.ByOfficer, ID: "o1", Name: "Aisyah"}

func open(t *testing.T) (*shop, *Daily) {
	t.Helper()
	yesterday := morning.AddDate(0, 0, -1)
	solved := map[string]conversations.Delta{"status": {From: "open", To: "solved"}}
	s := &shop{now: morning, keys: map[string][]byte{}, convs: []conversations.Conversation{{
		ID: "1", Desk: "trace", Category: "late_delivery", Status: conversations.Solved, CreatedAt: yesterday, UpdatedAt: yesterday.Add(time.Hour),
		Times: conversations.Milestones{Answered: yesterday.Add(30 * time.Minute)},
	}}, events: map[conversations.ID][]conversations.Event{"1": {
		{Type: conversations.EventReceived, At: yesterday, By: conversations.Author{Type: conversations.ByCustomer}},
		{Type: conversations.EventQueued, At: yesterday.Add(30 * time.Minute), By: aisyah},
		{Type: conversations.EventChanged, At: yesterday.Add(time.Hour), By: aisyah, Changes: solved},
	}}, reviews: []conversations.Review{
		{ID: "r1", Desk: "trace", Title: "Every open trace", State: conversations.ReviewEnded, DueAt: yesterday, Items: 1, Missed: 1},
		{ID: "r2", Desk: "trace", Title: "Unassigned", State: conversations.ReviewSkipped, DueAt: yesterday},
		{ID: "r3", Desk: "trace", Title: "Seen", State: conversations.ReviewEnded, DueAt: yesterday, Items: 1, Seen: 1},
	}, officers: []conversations.Officer{
		{ID: "o1", Name: "Aisyah", Email: "aisyah@example.com", Role: conversations.RoleSupervisor},
		{ID: "o2", Name: "Omar", Email: "omar@example.com", Role: conversations.RoleSupervisor},
		{ID: "o3", Name: "Sami", Email: "sami@example.com", Role: conversations.RoleOfficer},
	}}
	library, err := templates.Load()
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return s.now }
	return s, &Daily{
		Store: s, Clocks: func(conversations.Conversation) []conversations.Clock { return nil },
		Staff: &letters.Staff{Officers: s, Keys: s, Library: library, Mail: s, Timezone: riyadh, Now: now},
		Mail:  7 * time.Hour, Night: 2 * time.Hour, Zone: riyadh, URL: "https://desk.example", Now: now, Logger: slog.New(slog.DiscardHandler),
	}
}

func TestYesterdayIsMailedOnceToEachSupervisor(t *testing.T) {
	s, d := open(t)
	s.now = at(morning, 0, 3*time.Hour, riyadh) // the night's recount, and no mail yet
	if err := d.Once(t.Context()); err != nil || len(s.mails) != 0 {
		t.Fatalf("%v, %d mails at three", err, len(s.mails))
	}
	s.now = morning
	s.refuse = errors.New("450 later")
	if err := d.Once(t.Context()); err == nil {
		t.Error("a mail server that refuses is no fault")
	}
	s.refuse = nil
	for range 3 {
		if err := d.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var to []string
	for _, m := range s.mails {
		to = append(to, m.To.Value)
		for _, want := range []string{
			"Saturday 21 November", "Opened: 1", "Solved: 1", "First answers · Within two hours: 100 % of 1", "First answers · Median: 30 minutes (1)", "Every open trace, 07:30: 1 of 1 missed",
			"Unassigned, 07:30: not held", "1 conversations compared and no difference", "https://desk.example/v1/reports",
		} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("no %q in\n%s", want, m.Text)
			}
		}
		if strings.Contains(m.Text, "Seen, ") {
			t.Errorf("a round that was seen is among those that were missed:\n%s", m.Text)
		}
	}
	if !slices.Equal(to, []string{"aisyah@example.com", "omar@example.com"}) {
		t.Errorf("mailed to %v", to)
	}
	s.now = morning.AddDate(0, 0, 1)
	if err := d.Once(t.Context()); err != nil || len(s.mails) != 4 {
		t.Errorf("the next morning: %v, %d mails in all", err, len(s.mails))
	}
}

func TestTheNightFindsWhatDiffers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*conversations.Conversation)
		want   string
	}{
		"nothing":     {func(*conversations.Conversation) {}, ""},
		"the status":  {func(c *conversations.Conversation) { c.Status = conversations.Open }, "status"},
		"the officer": {func(c *conversations.Conversation) { c.Assignee = &conversations.OfficerRef{ID: "o1"} }, "assignee"},
		"the answer":  {func(c *conversations.Conversation) { c.Times.Answered = morning }, "answered"},
		"a clock": {func(c *conversations.Conversation) {
			c.Clocks = []conversations.Clock{{Name: "review", DueAt: morning}}
		}, "review"},
		"it is merged": {func(c *conversations.Conversation) { c.Status, c.MergedInto = conversations.Open, "2" }, ""},
	} {
		s, d := open(t)
		c.change(&s.convs[0])
		s.now = at(morning, 0, 2*time.Hour, riyadh)
		if err := d.Once(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		said, err := d.counted(t.Context(), s.now)
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want == "" && said != "1 conversations compared and no difference":
			t.Errorf("%s: %s", name, said)
		case c.want != "" && !strings.HasSuffix(said, "("+c.want+")"):
			t.Errorf("%s: %s", name, said)
		}
	}
	s, d := open(t)
	s.events["1"] = s.events["1"][:1] // the history was lost
	got, err := reports.Recount(t.Context(), s, d.Clocks, time.Time{}, morning)
	if err != nil || len(got.Differences) != 1 || got.Differences[0].What != "replies" {
		t.Errorf("a history without its end: %+v %v", got, err)
	}
}

func TestNextIsTheFirstOfBoth(t *testing.T) {
	s, d := open(t)
	for clock, want := range map[time.Duration]time.Duration{0: 2 * time.Hour, 2 * time.Hour: 7 * time.Hour, 6 * time.Hour: 7 * time.Hour, 7 * time.Hour: 26 * time.Hour, 23 * time.Hour: 26 * time.Hour} {
		s.now = at(morning, 0, clock, riyadh)
		if got := d.next().Sub(at(morning, 0, 0, riyadh)); got != want {
			t.Errorf("at %s it is next due at %s, want %s", clock, got, want)
		}
	}
}
