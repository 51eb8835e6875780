package routing

import (
	"context"
	"errors"
	"testing"

	"github.com/caravan-desk/caravan/conversations"
)

// placed is the event by which the router placed a conversation; moved one by an officer.
func placed(m conversations.MessageID, desk, category string) conversations.Event {
	return conversations.Event{Type: conversations.EventClassified, By: conversations.System, Message: m, Changes: map[string]conversations.Delta{"desk": {To: desk}, "category": {To: category}}}
}

func moved(changes map[string]conversations.Delta) conversations.Event {
	return conversations.Event{Type: conversations.EventChanged, By: conversations.Author{Type: conversations.ByOfficer, ID: "o1"}, Changes: changes}
}

func TestCorrection(t *testing.T) {
	to := func(s string) conversations.Delta { return conversations.Delta{To: s} }
	first := placed("m1", "trace", "claim")
	for name, c := range map[string]struct {
		history []conversations.Event
		message conversations.MessageID
		want    Want
		ok      bool
	}{
		"nobody changed anything": {[]conversations.Event{first}, "m1", Want{}, false},
		"category alone keeps the desk": {[]conversations.Event{first, moved(map[string]conversations.Delta{"category": to("complaint")})},
			"m1", Want{Desk: "trace", Category: "complaint"}, true},
		"the last word counts": {[]conversations.Event{first, moved(map[string]conversations.Delta{"desk": to("booking"), "category": to("refund")}), moved(map[string]conversations.Delta{"category": to("payment")})},
			"m1", Want{Desk: "booking", Category: "payment"}, true},
		"triage is neither desk": {[]conversations.Event{placed("m1", "triage", "unclear"), moved(map[string]conversations.Delta{"category": to("spam")})},
			"m1", Want{Desk: "other", Category: "spam"}, true},
		"priority alone": {[]conversations.Event{first, moved(map[string]conversations.Delta{"priority": to("urgent")})},
			"m1", Want{Priority: "urgent"}, true},
		"out of triage by a later message": {[]conversations.Event{placed("m1", "triage", "unclear"), placed("m2", "trace", "claim"), moved(map[string]conversations.Delta{"category": to("refund"), "desk": to("booking")})},
			"m2", Want{Desk: "booking", Category: "refund"}, true},
		"a later message only added a reference": {[]conversations.Event{first, {Type: conversations.EventClassified, Message: "m2", Changes: map[string]conversations.Delta{"references": {}}}, moved(map[string]conversations.Delta{"category": to("complaint")})},
			"m1", Want{Desk: "trace", Category: "complaint"}, true},
		"a category of a desk of the house's own": {[]conversations.Event{first, moved(map[string]conversations.Delta{"desk": to("orders"), "category": to("rebate")})}, "m1", Want{}, false},
		"a rule changed it":                       {[]conversations.Event{first, {Type: conversations.EventChanged, By: conversations.System, Changes: map[string]conversations.Delta{"category": to("complaint")}}}, "m1", Want{}, false},
		"an officer wrote first":                  {[]conversations.Event{moved(map[string]conversations.Delta{"category": to("complaint"), "desk": to("trace")})}, "", Want{Desk: "trace", Category: "complaint"}, false},
	} {
		message, want, ok := Correction(c.history)
		if message != c.message || ok != c.ok || ok && (want.Desk != c.want.Desk || want.Category != c.want.Category || want.Priority != c.want.Priority) {
			t.Errorf("%s: %s, %+v, %v", name, message, want, ok)
		}
	}
}

// archive is a store of a few conversations, two to a page.
type archive struct {
	history  map[conversations.ID][]conversations.Event
	messages map[conversations.MessageID]string
	order    []conversations.ID
	broken   error
}

func (a archive) List(_ context.Context, q conversations.Query) (p conversations.Page, err error) {
	from := len(q.Cursor)
	for _, id := range a.order[from:min(from+2, len(a.order))] {
		p.Items = append(p.Items, &conversations.Conversation{ID: id})
	}
	if from+2 < len(a.order) {
		p.Next = q.Cursor + "xx"
	}
	return p, nil
}

func (a archive) History(_ context.Context, id conversations.ID, _, _ int) ([]conversations.Event, error) {
	return a.history[id], a.broken
}

func (a archive) LoadMessage(_ context.Context, id conversations.MessageID) (conversations.Message, error) {
	text, ok := a.messages[id]
	if !ok {
		return conversations.Message{}, conversations.ErrNotFound
	}
	return conversations.Message{ID: id, Channel: "sms", Text: text}, nil
}

func TestCorrections(t *testing.T) {
	wrong := moved(map[string]conversations.Delta{"category": {To: "complaint"}})
	a := archive{
		order: []conversations.ID{"a", "b", "c", "d"},
		history: map[conversations.ID][]conversations.Event{
			"a": {placed("a-1", "trace", "claim")}, "b": {placed("b-1", "trace", "claim"), wrong},
			"c": {placed("c-1", "trace", "claim"), wrong}, "d": {placed("d-1", "booking", "refund"), wrong},
		},
		messages: map[conversations.MessageID]string{"a-1": "one", "b-1": "two", "d-1": "four"}, // c was erased
	}
	got, err := Corrections(t.Context(), a, monday)
	if err != nil || len(got) != 2 || got[0].Text != "two" || got[0].Scenario != "b" || got[1].Want.Desk != "booking" || got[1].Want.Callback != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, e := range got {
		if err := e.check(); err != nil {
			t.Error(err)
		}
	}
	a.broken = errors.New("store away")
	if _, err := Corrections(t.Context(), a, monday); !errors.Is(err, a.broken) {
		t.Errorf("%v", err)
	}
}

func TestWorse(t *testing.T) {
	before := Report{All: Measure{Messages: 10_000, Desk: 0.9, Category: 0.8, CategoryF1: 0.8, Priority: 0.9, Callback: 0.9}}
	after := before
	if w := after.Worse(before); w != "" {
		t.Error(w)
	}
	after.All.Category, after.All.Desk = 0.799, 0.95 // chance
	if w := after.Worse(before); w != "" {
		t.Error(w)
	}
	after.All.Category = 0.78
	if w := after.Worse(before); w != "category 0.780, was 0.800" {
		t.Error(w)
	}
}
