package reception

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/callbacks"
	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
)

func TestPick(t *testing.T) {
	hand := func(id, phone string, load int, skills, languages []string) conversations.Officer {
		return conversations.Officer{ID: conversations.OfficerID(id), Phone: phone, Load: load, Skills: skills, Languages: languages, Availability: conversations.Available}
	}
	trace, arabic := []string{"trace:3"}, []string{"ar"}
	away := hand("o6", "+6", 0, trace, arabic)
	away.Availability = conversations.Away
	officers := []conversations.Officer{
		hand("o1", "+1", 5, trace, arabic), hand("o2", "+2", 1, trace, arabic), hand("o3", "+3", 0, trace, []string{"en"}),
		hand("o4", "+4", 0, []string{"booking"}, arabic), hand("o5", "", 0, trace, arabic), away, hand("o7", "+7", 0, trace, arabic),
	}
	busy := map[string]string{callbacks.OfficerLine("o7"): "1-cb1.1"}
	numbers := func(officers []conversations.Officer, onDuty int) (out []string, n int) {
		for _, o := range officers {
			out = append(out, o.Phone)
		}
		return out, onDuty
	}
	free, onDuty := numbers(pick(officers, busy, Waiter{Desk: "trace", Language: "ar"}, conversations.Conversation{}))
	if want := []string{"+2", "+1", "+3"}; !slices.Equal(free, want) || onDuty != 4 {
		t.Errorf("%v of %d, want %v of 4", free, onDuty, want)
	}
	his := conversations.Conversation{Assignee: &conversations.OfficerRef{ID: "o3"}}
	if free, _ = numbers(pick(officers, busy, Waiter{Desk: "trace", Language: "ar"}, his)); free[0] != "+3" {
		t.Errorf("%v: the first is not who has his conversation", free)
	}
	if free, _ = numbers(pick(officers, nil, Waiter{Desk: "orders"}, his)); free != nil {
		t.Errorf("%v work on no orders", free)
	}
}

// TestClosed asks for the line of a desk that keeps the office hours of Riyadh at night,
// on its weekend, and at work: a caller hears by his own clock and in his language when it opens.
func TestClosed(t *testing.T) {
	desks, err := routing.LoadDesks(routing.BuiltinDesks())
	if err != nil {
		t.Fatal(err)
	}
	for i := range desks {
		desks[i].Calendar = "riyadh"
	}
	for name, c := range map[string]struct {
		at       string
		from     string
		language string
		open     bool
		opens    []string
	}{
		"at work":               {"2026-11-23T10:00:00+03:00", "+966501234567", "en", true, nil},
		"at night":              {"2026-11-23T22:00:00+03:00", "+966501234567", "en", false, []string{"Tuesday 24 November at 8 am"}},
		"on its weekend":        {"2026-11-27T10:00:00+03:00", "+966501234567", "en", false, []string{"Sunday"}},
		"heard in Kuala Lumpur": {"2026-11-23T22:00:00+03:00", "+60123456789", "ms", false, []string{"pukul 1 tengah hari"}},
		"heard in Arabic":       {"2026-11-23T22:00:00+03:00", "+966501234567", "ar", false, []string{"الساعة"}},
	} {
		now, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		r := &Reception{Desks: desks, Now: func() time.Time { return now }}
		a, closed := r.closed(Waiter{Desk: "trace", Language: c.language, From: channels.Handle{Kind: channels.HandlePhone, Value: c.from}})
		if closed == c.open || a.Open {
			t.Errorf("%s: closed %v", name, closed)
		}
		for _, word := range c.opens {
			if !strings.Contains(a.Opens, word) {
				t.Errorf("%s: %q has no %q", name, a.Opens, word)
			}
		}
	}
}
