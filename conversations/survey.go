package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// SurveyKind says what a customer is asked.
type SurveyKind string

const (
	CSAT SurveyKind = "csat" // how satisfied with our help: 1 to 5
	NPS  SurveyKind = "nps"  // whether he would recommend us: 0 to 10
)

// Span is the least and the greatest score.
func (k SurveyKind) Span() (least, most int) {
	if k == NPS {
		return 0, 10
	}
	return 1, 5
}

// Low reports whether a score wants somebody's attention: the lower two of CSAT's
// five, and the detractors of NPS (0 to 6).
func (k SurveyKind) Low(score int) bool {
	if k == NPS {
		return score <= 6
	}
	return score <= 2
}

// Survey is a question to the customer, and his answer.
type Survey struct {
	Kind       SurveyKind    `json:"kind"`
	Channel    channels.Kind `json:"channel"`
	AskedAt    time.Time     `json:"asked_at"`
	Message    MessageID     `json:"message"` // that asks
	Score      *int          `json:"score"`   // null: not answered
	AnsweredAt time.Time     `json:"answered_at,omitzero"`
	Answer     MessageID     `json:"answer,omitempty"`
}

const (
	// surveyTerm is how long a number is taken as the answer to a question.
	surveyTerm = 72 * time.Hour
	// surveyPause is how long a customer is not asked again.
	surveyPause = 30 * 24 * time.Hour
)

// MayAsk is nil if the customer may be asked now, or an error that says why not. It is pure.
func MayAsk(c *Conversation, kind SurveyKind, now time.Time) error {
	route, ok := c.Route("")
	switch {
	case c.Erased:
		return ErrNotFound
	case kind == CSAT && c.Status != Solved:
		return errors.New("it is not solved any more")
	case kind == CSAT && c.Times.Answered.IsZero():
		return errors.New("nobody has answered him")
	case !ok || route.At.IsZero():
		return errors.New("he has never written here")
	case route.Channel == channels.Voice:
		return errors.New("he rang, and did not write")
	case !c.WindowOpen(route.Channel, now):
		return ErrWindowClosed
	}
	for _, s := range c.Surveys {
		if now.Sub(s.AskedAt) < surveyPause && (s.Kind == kind || s.Score == nil) {
			return fmt.Errorf("he was asked on %s", s.AskedAt.UTC().Format("2 January"))
		}
	}
	return nil
}

// Ask asks the customer on the channel he used last; draft makes the question. Who
// may not be asked is not, and the history says why.
func (d *Desk) Ask(ctx context.Context, id ID, kind SurveyKind, draft func(Conversation, time.Time) (Draft, error)) error {
	counted := false
	_, err := d.decide(ctx, id, 0, func(c Conversation, now time.Time) (Change, error) {
		err := MayAsk(&c, kind, now)
		if err != nil {
			return notAsked(c, kind, err, now), nil
		}
		q, err := draft(c, now)
		if err != nil {
			return notAsked(c, kind, err, now), nil
		}
		q.Auto, q.Lane, q.Op = true, LaneUpdate, fmt.Sprintf("%s %d", kind, len(c.Surveys))
		ch, err := Answer(c, q, System, now)
		if err == nil {
			err = d.allowed(ctx, c, ch.Messages[0], &counted)
		}
		switch {
		case errors.Is(err, ErrOptedOut) || errors.Is(err, ErrCapped) || errors.Is(err, ErrWindowClosed):
			return notAsked(c, kind, err, now), nil
		case err != nil:
			return Change{}, err
		}
		m := ch.Messages[0]
		ch.After.Surveys = append(slices.Clone(c.Surveys), Survey{Kind: kind, Channel: m.Channel, AskedAt: later(now, q.After), Message: m.ID})
		ch.Events = append(ch.Events, Event{Type: EventSurvey, At: now, By: System, Message: m.ID, Why: "the customer is asked for feedback"})
		return ch, nil
	})
	var dup *DuplicateError
	if errors.As(err, &dup) {
		return nil
	}
	return err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// notAsked notes why a customer is not asked.
func notAsked(c Conversation, kind SurveyKind, why error, now time.Time) Change {
	ch := Change{Before: &c, After: c, Events: []Event{{Type: EventRule, At: now, By: System, Why: fmt.Sprintf("not asked for feedback (%s): %v", kind, why)}}}
	ch.After.Version++
	return ch
}

// surveyed takes a message as the answer to an open question, if it is one: the
// score is noted, and neither opens the conversation again nor waits for anybody; a
// low one does both, with a high priority.
func (c *Conversation) surveyed(ch *Change, in *channels.Inbound, m *Message, now time.Time) bool {
	i := slices.IndexFunc(c.Surveys, func(s Survey) bool {
		return s.Score == nil && s.Channel == in.Channel && !now.Before(s.AskedAt) && now.Sub(s.AskedAt) < surveyTerm
	})
	if i < 0 || !human(in.Class) || len(in.Attachments) > 0 {
		return false
	}
	s := c.Surveys[i]
	score, ok := ParseScore(in.Text, s.Kind)
	if !ok {
		return false
	}
	s.Score, s.AnsweredAt, s.Answer = &score, now, m.ID
	c.Surveys = slices.Clone(c.Surveys)
	c.Surveys[i] = s
	ch.Events = append(ch.Events, Event{Type: EventSurvey, At: now, By: m.Author, Message: m.ID, Changes: map[string]Delta{string(s.Kind): {To: score}}})
	if s.Kind.Low(score) {
		c.disappointed(ch, s.Kind, now)
		return true
	}
	if !c.Status.Live() {
		c.Unread, c.Times.Waiting = 0, time.Time{}
	}
	return true
}

// disappointed takes a conversation up again after a low score.
func (c *Conversation) disappointed(ch *Change, kind SurveyKind, now time.Time) {
	moved := map[string]Delta{}
	if tag := "low-" + string(kind); !slices.Contains(c.Tags, tag) {
		tags := append(slices.Clone(c.Tags), tag)
		set(moved, "tags", &c.Tags, &tags)
	}
	if high := High; High.Rank() < c.Priority.Rank() {
		set(moved, "priority", &c.Priority, &high)
	}
	if !c.Status.Live() {
		moved["status"] = Delta{From: c.Status, To: Open}
		c.enter(Open, "", now)
	}
	if len(moved) > 0 {
		ch.Events = append(ch.Events, Event{Type: EventChanged, At: now, By: System, Why: "a low score: somebody should ask why", Changes: moved})
	}
}
