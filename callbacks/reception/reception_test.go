package reception

import (
	"slices"
	"testing"

	"github.com/caravan-desk/caravan/callbacks"
	"github.com/caravan-desk/caravan/conversations"
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
	free, onDuty := pick(officers, busy, Waiter{Desk: "trace", Language: "ar"}, conversations.Conversation{})
	if want := []string{"+2", "+1", "+3"}; !slices.Equal(free, want) || onDuty != 4 {
		t.Errorf("%v of %d, want %v of 4", free, onDuty, want)
	}
	his := conversations.Conversation{Assignee: &conversations.OfficerRef{ID: "o3"}}
	if free, _ = pick(officers, busy, Waiter{Desk: "trace", Language: "ar"}, his); free[0] != "+3" {
		t.Errorf("%v: the first is not who has his conversation", free)
	}
	if free, _ = pick(officers, nil, Waiter{Desk: "orders"}, his); free != nil {
		t.Errorf("%v work on no orders", free)
	}
}
