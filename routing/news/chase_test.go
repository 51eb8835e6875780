package news

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
)

// agency is a world with one booking and one conversation about it.
type agency struct {
	*Newsroom
	now    time.Time
	matter conversations.Matter
	conv   conversations.Conversation
	files  []time.Time
	asked  []string // channel: text, of each notice that was told once
	calls  []string
	keys   map[string]bool
}

func (a *agency) LoadMatter(context.Context, conversations.Reference) (conversations.Matter, error) {
	if a.matter.Version == 0 {
		return a.matter, conversations.ErrNotFound
	}
	return a.matter, nil
}

func (a *agency) SaveMatter(_ context.Context, m conversations.Matter, _ ...conversations.Event) error {
	if m.Version != a.matter.Version+1 {
		return conversations.ErrStale
	}
	a.matter = m
	return nil
}

func (a *agency) News(context.Context, int, int, time.Duration) ([]conversations.Reference, time.Time, error) {
	return nil, time.Time{}, nil
}

func (a *agency) List(context.Context, conversations.Query) (conversations.Page, error) {
	return conversations.Page{Items: []*conversations.Conversation{&a.conv}}, nil
}

func (a *agency) Find(context.Context, []channels.Handle) (conversations.Place, error) {
	return conversations.Place{}, nil
}

func (a *agency) Load(context.Context, conversations.ID) (conversations.Conversation, error) {
	return a.conv, nil
}

func (a *agency) Merge(context.Context, conversations.ID, conversations.ID, conversations.Revision, conversations.Author) (conversations.Conversation, conversations.EventID, error) {
	return conversations.Conversation{}, "", conversations.ErrMerged
}

func (a *agency) Patch(context.Context, conversations.ID, conversations.Patch, conversations.Author) (conversations.Conversation, error) {
	return a.conv, nil
}

func (a *agency) Notify(_ context.Context, _ conversations.ID, plan func(conversations.Conversation, time.Time) conversations.Notice) error {
	n := plan(a.conv, a.now)
	if a.keys[n.Key] {
		return nil
	}
	a.keys[n.Key] = true
	if len(n.Offers) > 0 {
		a.asked = append(a.asked, string(n.Offers[0].Channel)+": "+n.Offers[0].Text)
	}
	return nil
}

func (a *agency) Raise(context.Context, conversations.Raising, conversations.Reference, func(conversations.Conversation, time.Time) conversations.Notice) (conversations.ID, error) {
	return "", nil
}

func (a *agency) FileSince(_ context.Context, _ conversations.ID, since time.Time) (bool, error) {
	return slices.ContainsFunc(a.files, func(at time.Time) bool { return !at.Before(since) }), nil
}

func (a *agency) Promise(_ context.Context, _ conversations.ID, r conversations.CallbackRequest, _ conversations.Author) (conversations.Callback, error) {
	if !slices.Contains(a.calls, r.Op+r.Note) {
		a.calls = append(a.calls, r.Op+r.Note)
	}
	return conversations.Callback{}, nil
}

// after lets time pass and looks after the booking as often as the store would.
func (a *agency) after(t *testing.T, d time.Duration) {
	t.Helper()
	for end := a.now.Add(d); ; {
		if next := a.matter.Next; next.IsZero() || next.After(end) {
			a.now = end
			return
		}
		if a.matter.Next.After(a.now) {
			a.now = a.matter.Next
		}
		if err := a.tell(t.Context(), a.matter.Reference); err != nil {
			t.Fatal(err)
		}
	}
}

func (a *agency) report(t *testing.T, id, status string, facts map[string]any) {
	t.Helper()
	if _, _, err := a.Report(t.Context(), conversations.Reference{Kind: conversations.KindBooking, Value: "UMR-1"}, conversations.Report{ID: id, Status: status, At: a.now}, facts); err != nil {
		t.Fatal(err)
	}
	a.after(t, time.Minute)
}

func newAgency(t *testing.T) *agency {
	t.Helper()
	a := &agency{Newsroom: newsroom(t), now: noon, keys: map[string]bool{}}
	a.conv = asked("en", by(channels.WhatsApp, noon), by(channels.SMS, noon))
	a.conv.References = []conversations.Reference{{Kind: conversations.KindBooking, Value: "UMR-1"}}
	a.conv.WindowUntil = new(noon.Add(12 * time.Hour))
	a.Matters, a.Conversations, a.Newsroom.Desk, a.Files, a.Promiser = a, a, a, a, a
	a.Now, a.Logger = func() time.Time { return a.now }, slog.New(slog.DiscardHandler)
	desks, err := routing.LoadDesks()
	if err != nil {
		t.Fatal(err)
	}
	booking, _ := desks.Find("booking")
	a.Documents = booking.Documents
	return a
}

// party is two travellers of whom one has everything, and one an old passport and no photograph.
func party(more ...string) map[string]any {
	second := map[string]any{"name": "Zainab", "passport_expires": "2027-05-30", "documents": []any{"passport", "vaccination"}}
	for _, d := range more {
		second["documents"] = append(second["documents"].([]any), d)
		if d == "passport" {
			second["passport_expires"] = "2031-05-30"
		}
	}
	return map[string]any{"departure": "2026-12-20", "package": "Umrah Plus", "travellers": []any{
		map[string]any{"name": "Hamid", "passport_expires": "2027-06-20", "documents": []any{"passport", "photo", "vaccination"}}, second,
	}}
}

func TestTheDeskSaysHowOftenDocumentsAreChased(t *testing.T) {
	a := newAgency(t)
	a.ChaseEvery = 6 * time.Hour
	a.report(t, "1", "confirmed", party())
	if a.after(t, 5*time.Hour); len(a.asked) != 2 {
		t.Errorf("too early: %q", a.asked)
	}
	if a.after(t, time.Hour); len(a.asked) != 3 || len(a.calls) != 0 {
		t.Errorf("after its time: %q, %v", a.asked, a.calls)
	}
	if a.after(t, 6*time.Hour); len(a.asked) != 3 || len(a.calls) != 1 {
		t.Errorf("and again: %q, %v", a.asked, a.calls)
	}
}

func TestDocumentsAreChased(t *testing.T) {
	a := newAgency(t)
	a.report(t, "1", "confirmed", party())
	if len(a.asked) != 2 || !strings.HasPrefix(a.asked[0], "whatsapp") || !strings.HasPrefix(a.asked[1], "whatsapp") {
		t.Fatalf("asked %q", a.asked)
	}
	for _, want := range []string{"Zainab", "a copy of the passport valid for 6 months", "a photograph on a white background"} {
		if !strings.Contains(a.asked[1], want) || strings.Contains(a.asked[1], "Hamid") || strings.Contains(a.asked[1], "vaccination") {
			t.Errorf("%q is not in %q", want, a.asked[1])
		}
	}
	a.after(t, 24*time.Hour)
	if len(a.asked) != 3 || !strings.HasPrefix(a.asked[2], "sms") || len(a.calls) != 0 {
		t.Fatalf("a day later: asked %q, calls %v", a.asked, a.calls)
	}
	a.after(t, 24*time.Hour)
	if len(a.asked) != 3 || len(a.calls) != 1 || !strings.Contains(a.calls[0], "passport") {
		t.Fatalf("two days later: asked %q, calls %v", a.asked, a.calls)
	}
	if a.after(t, 30*24*time.Hour); len(a.asked) != 3 || len(a.calls) != 1 {
		t.Errorf("it never ends: %q, %v", a.asked, a.calls)
	}
}

func TestChaseStopsWhenAFileComes(t *testing.T) {
	a := newAgency(t)
	a.report(t, "1", "confirmed", party())
	a.files = append(a.files, a.now.Add(time.Hour))
	a.after(t, 5*24*time.Hour)
	if len(a.asked) != 2 || len(a.calls) != 0 || a.matter.Chase.Why != chaseRest {
		t.Fatalf("asked %q, calls %v, chase %+v", a.asked, a.calls, a.matter.Chase)
	}
	a.report(t, "2", "documents received", party("photo")) // but the passport is still the old one
	if last := a.asked[len(a.asked)-1]; !strings.Contains(last, "passport") || strings.Contains(last, "photograph") {
		t.Errorf("asked on with %q", last)
	}
	asked := len(a.asked)
	a.report(t, "3", "documents received", party("photo", "passport"))
	if a.after(t, 10*24*time.Hour); len(a.asked) != asked+1 || len(a.calls) != 0 || a.matter.Chase != nil {
		t.Errorf("all is there, and yet: %q, %v", a.asked[asked:], a.calls)
	}
}

func TestChaseEndsWithTheBooking(t *testing.T) {
	for _, status := range []string{"cancelled", "travelling"} {
		a := newAgency(t)
		a.report(t, "1", "confirmed", party())
		a.report(t, "2", status, nil)
		asked := len(a.asked)
		if a.after(t, 10*24*time.Hour); len(a.asked) != asked || len(a.calls) != 0 || a.matter.Chase != nil {
			t.Errorf("after it was %s: %q, %v", status, a.asked[asked:], a.calls)
		}
	}
	a := newAgency(t)
	a.now = time.Date(2026, 12, 19, 20, 0, 0, 0, time.UTC) // the evening before
	a.conv.WindowUntil = new(a.now.Add(time.Hour))
	a.conv.Routes[0].At, a.conv.Routes[1].At = a.now, a.now
	a.report(t, "1", "confirmed", party())
	asked := len(a.asked)
	if a.after(t, 10*24*time.Hour); len(a.asked) != asked || len(a.calls) != 0 {
		t.Errorf("chased on the way: %q, %v", a.asked[asked:], a.calls)
	}
}

func TestPassportHoldsSixMonths(t *testing.T) {
	docs := []routing.Document{{Name: "passport", Title: map[string]string{"en": "passport"}, Months: 6}}
	for expires, good := range map[string]bool{
		"2027-06-20": true, "2027-06-19": false, "2031-01-01": true, "2026-01-01": false, "2027-06-20T00:00:00Z": true, "soon": true, "": true,
	} {
		m := conversations.Matter{Facts: map[string]conversations.Fact{
			"departure_date": {Value: "2026-12-20"},
			"travellers":     {Value: []any{map[string]any{"name": "H", "documents": []any{"Passport "}, "passport_expires": expires}, "nobody"}},
		}}
		if got := len(owed(m, docs)) == 0; got != good {
			t.Errorf("until %q: good %v, want %v", expires, got, good)
		}
	}
	if n := len(owed(conversations.Matter{Facts: map[string]conversations.Fact{"travellers": {Value: 4.0}}}, docs)); n != 0 {
		t.Errorf("a booking that names nobody owes %d", n)
	}
}
