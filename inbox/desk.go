package inbox

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/routing/hours"
)

// DeskView is a desk as the page shows it.
type DeskView struct {
	Name         string               `json:"name"`
	Title        string               `json:"title"`
	Categories   []string             `json:"categories"`
	Skills       []string             `json:"skills"`
	Calendar     string               `json:"calendar"`
	Fields       []routing.Field      `json:"fields" doc:"What the desk must know to work on one"`
	Moves        map[string][]string  `json:"moves" doc:"Status to those it may go to; one left out may go anywhere"`
	Dispositions routing.Dispositions `json:"dispositions"`
	Clocks       map[string]ClockView `json:"clocks"`
	Escalation   []RungView           `json:"escalation"`
	Rounds       []RoundView          `json:"rounds"`
	Repeats      string               `json:"repeats,omitempty" doc:"awb or booking: of what shares one, all but the oldest is tagged secondary"`
	Weights      map[string]int       `json:"weights" doc:"How much of an officer's capacity one of a category takes; 1 if left out"`
	Levels       map[string]int       `json:"levels" doc:"The least level of skill that a category asks for; 1 if left out"`
	Templates    map[string]string    `json:"templates"`
}

// ClockView is one clock of a desk; times are written as 30m, 2h or 3d.
type ClockView struct {
	Within     map[string]string `json:"within" doc:"Time by priority; normal serves the ones left out"`
	Calendar   string            `json:"calendar"`
	Pauses     []string          `json:"pauses" doc:"In whose time it stands still"`
	Categories []string          `json:"categories" doc:"Which have it; all if empty"`
	Warn       string            `json:"warn" doc:"How long before"`
	Escalation []RungView        `json:"escalation"`
}

// RungView is a step of a ladder.
type RungView struct {
	After    string `json:"after"`
	To       string `json:"to"`
	Priority string `json:"priority,omitempty"`
	Tag      string `json:"tag,omitempty"`
	Offer    string `json:"offer,omitempty"`
}

// RoundView is a review that is held again and again.
type RoundView struct {
	Name     string         `json:"name"`
	Title    string         `json:"title"`
	Every    string         `json:"every,omitempty"`
	At       []string       `json:"at,omitempty"`
	Covers   routing.Covers `json:"covers"`
	Outcomes []string       `json:"outcomes"`
}

// ViewDesk is a desk as it is shown.
func ViewDesk(d routing.Desk) DeskView {
	v := DeskView{
		Name: d.Name, Title: d.Title, Categories: some(d.Categories), Skills: some(d.Skills), Calendar: d.Hours("").Name,
		Fields: some(d.Fields), Moves: d.Moves, Weights: d.Weights, Levels: d.Levels, Templates: d.Templates,
		Dispositions: routing.Dispositions{Required: d.Dispositions.Required, Values: some(d.Dispositions.Values)},
		Clocks:       map[string]ClockView{}, Escalation: viewRungs(d.Escalation), Rounds: []RoundView{}, Repeats: d.Repeats,
	}
	for name, t := range d.Clocks {
		c := ClockView{
			Within: map[string]string{}, Calendar: d.Hours(t.Calendar).Name, Pauses: some(t.PausesOf(name)),
			Categories: some(t.Categories), Warn: routing.Duration(d.Warning(name)).String(), Escalation: viewRungs(d.Ladder(name)),
		}
		for p, w := range t.Within {
			c.Within[p] = w.String()
		}
		v.Clocks[name] = c
	}
	for _, r := range d.Rounds {
		w := RoundView{Name: r.Name, Title: r.Title, At: r.At, Covers: r.Covers, Outcomes: some(r.Outcomes)}
		if r.Every > 0 {
			w.Every = r.Every.String()
		}
		v.Rounds = append(v.Rounds, w)
	}
	return v
}

func viewRungs(rungs []routing.Rung) []RungView {
	out := make([]RungView, 0, len(rungs))
	for _, r := range rungs {
		out = append(out, RungView{r.After.String(), r.To, r.Priority, r.Tag, r.Offer})
	}
	return out
}

// complete makes a view without gaps of one that has only some of its parts.
func (v DeskView) complete() DeskView {
	v.Categories, v.Skills, v.Fields = some(v.Categories), some(v.Skills), some(v.Fields)
	v.Escalation, v.Rounds, v.Dispositions.Values = some(v.Escalation), some(v.Rounds), some(v.Dispositions.Values)
	v.Moves, v.Clocks, v.Weights, v.Levels, v.Templates = filled(v.Moves), filled(v.Clocks), filled(v.Weights), filled(v.Levels), filled(v.Templates)
	return v
}

// filled is m, or an empty map for nil.
func filled[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// ClockRules are the desks' rules as far as single conversations go; routing.Desks has them.
type ClockRules interface {
	Explain(c conversations.Conversation, now time.Time) []routing.Explained
	Acknowledge(before conversations.Conversation, clock string, by conversations.Author, why string, now time.Time) (conversations.Change, error)
	Missing(c conversations.Conversation) []routing.Field
	Calendar(name string) *hours.Calendar // nil: there is none
}

type desksAnswer struct {
	Body page[DeskView]
}

type clocksAnswer struct {
	Body struct {
		Items   []routing.Explained `json:"items"`
		Missing []routing.Field     `json:"missing" doc:"What the desk wants to know and does not yet"`
	}
}

type acknowledgement struct {
	ConversationPath
	Clock string `path:"clock" maxLength:"32" doc:"Its name"`
	Body  struct {
		Why string `json:"why,omitempty" maxLength:"500" doc:"For the history"`
	} `required:"false"`
}

func (a *API) registerDesks() {
	add(a, huma.Operation{
		OperationID: "list-desks", Method: http.MethodGet, Path: "/v1/desks", Summary: "The desks of this gateway", Tags: []string{"Officers"},
	}, a.desks)
	add(a, huma.Operation{
		OperationID: "reload-calendars", Method: http.MethodPost, Path: "/v1/desks/reload", Tags: []string{"Officers"}, DefaultStatus: http.StatusOK,
		Summary:     "Read the calendar files anew, and fold every open clock by them (supervisors)",
		Description: "A set with a fault is refused whole, each fault named by file and line, and the one before stays. Desks and rules are read when a gateway starts.",
	}, a.reloadCalendars)
	add(a, huma.Operation{
		OperationID: "explain-clocks", Method: http.MethodGet, Path: "/v1/conversations/{id}/clocks", Tags: []string{"Conversations"},
		Summary: "Each clock with every stretch of time that it counted, or did not and why",
	}, a.explainClocks)
	add(a, huma.Operation{
		OperationID: "acknowledge-clock", Method: http.MethodPost, Path: "/v1/conversations/{id}/clocks/{clock}/acknowledge", Tags: []string{"Conversations"},
		Summary: "Look after an overdue clock: it is escalated no further",
	}, a.acknowledgeClock)
}

func (a *API) desks(_ context.Context, in *Paging) (*desksAnswer, error) {
	list, next, err := paged(a.Desks, in, func(d DeskView) string { return d.Name })
	if err != nil {
		return nil, err
	}
	desks := make([]DeskView, 0, len(list))
	for _, d := range list {
		desks = append(desks, d.complete())
	}
	return &desksAnswer{pageOf(desks, next)}, nil
}

func (a *API) explainClocks(ctx context.Context, in *ConversationPath) (*clocksAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	c, err := a.Store.Load(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load conversation: %w", err)
	}
	var out clocksAnswer
	if a.Rules != nil {
		out.Body.Items, out.Body.Missing = a.Rules.Explain(c, a.Now()), a.Rules.Missing(c)
	}
	out.Body.Items, out.Body.Missing = some(out.Body.Items), some(out.Body.Missing)
	for i := range out.Body.Items {
		out.Body.Items[i].Pieces = some(out.Body.Items[i].Pieces)
	}
	return &out, nil
}

func (a *API) acknowledgeClock(ctx context.Context, in *acknowledgement) (*conversationAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	if a.Rules == nil {
		return nil, conversations.ErrNotFound
	}
	by := callerOf(ctx).officer
	c, err := a.Desk.Do(ctx, id, func(c conversations.Conversation, now time.Time) (conversations.Change, error) {
		return a.Rules.Acknowledge(c, in.Clock, by.Author(), in.Body.Why, now)
	})
	if err != nil {
		return nil, a.present(ctx, id, 0, fmt.Errorf("acknowledge: %w", err))
	}
	return a.answered(c), nil
}

type calendarsAnswer struct {
	Body struct {
		Moved bool `json:"moved" doc:"They are others than before"`
	}
}

func (a *API) reloadCalendars(ctx context.Context, _ *struct{}) (*calendarsAnswer, error) {
	if !callerOf(ctx).officer.Role.AtLeast(conversations.RoleSupervisor) {
		return nil, errForbidden
	}
	out := &calendarsAnswer{}
	if a.Rehang == nil {
		return out, nil
	}
	moved, err := a.Rehang()
	if err != nil {
		return nil, fault("desks", "%s", err.Error())
	}
	out.Body.Moved = moved
	return out, nil
}
