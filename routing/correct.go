package routing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Archive is where officers' corrections are found again. Nothing is copied for
// learning: what a person erased is gone from it too.
type Archive interface {
	List(ctx context.Context, q conversations.Query) (conversations.Page, error)
	History(ctx context.Context, id conversations.ID, after, limit int) ([]conversations.Event, error)
	LoadMessage(ctx context.Context, id conversations.MessageID) (conversations.Message, error)
}

const (
	correctionPage   = 200
	correctionEvents = 10_000 // of one conversation
)

// Corrections lists what officers changed about how messages were understood, as
// examples to learn from, in the order in which the conversations began.
func Corrections(ctx context.Context, a Archive, now time.Time) (out []Example, err error) {
	q := conversations.Query{Sort: conversations.ByCreatedOldest, Limit: correctionPage, Now: now}
	for {
		page, err := a.List(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("look for corrections: %w", err)
		}
		for _, c := range page.Items {
			e, ok, err := correctionOf(ctx, a, c.ID)
			if err != nil {
				return nil, fmt.Errorf("look for corrections of %s: %w", c.ID, err)
			}
			if ok {
				out = append(out, e)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return out, nil
		}
	}
}

func correctionOf(ctx context.Context, a Archive, id conversations.ID) (e Example, ok bool, err error) {
	history, err := a.History(ctx, id, 0, correctionEvents)
	if err != nil {
		return e, false, err
	}
	mid, want, ok := Correction(history)
	if !ok {
		return e, false, nil
	}
	m, err := a.LoadMessage(ctx, mid)
	if errors.Is(err, conversations.ErrNotFound) || err == nil && m.Text == "" && m.Subject == "" {
		return e, false, nil // erased
	}
	return Example{ID: string(mid), Scenario: string(id), Channel: m.Channel, Subject: m.Subject, Text: m.Text, Want: want}, true, err
}

// Correction folds a conversation's history: the message by which it was placed, and
// where officers say it belongs. Ok is false if no officer changed anything, or if what
// he chose is no category that messages are sorted into (a desk's own).
func Correction(history []conversations.Event) (id conversations.MessageID, w Want, ok bool) {
	var desk, category string
	var moved bool
	for _, e := range history {
		officer := e.By.Type == conversations.ByOfficer && e.Type == conversations.EventChanged
		if !officer && e.Type != conversations.EventClassified {
			continue
		}
		placed := change(e, "desk", &desk)
		placed = change(e, "category", &category) || placed
		switch {
		case !officer && (placed || id == ""):
			id = e.Message
		case officer:
			moved = moved || placed
			ok = change(e, "priority", &w.Priority) || ok
		}
	}
	if desk == DeskTriage {
		desk = DeskOther
	}
	if l := (label{desk, category}); moved && slices.Contains(labels, l) {
		w.Desk, w.Category, ok = desk, category, true
	}
	if !slices.Contains(priorityLanes[:], w.Priority) {
		w.Priority = ""
	}
	return id, w, id != "" && ok && (w.Desk != "" || w.Priority != "")
}

// change sets *to to what an event changed a field to, and reports whether it did.
func change(e conversations.Event, field string, to *string) bool {
	d, ok := e.Changes[field]
	if ok {
		*to = fmt.Sprint(d.To)
	}
	return ok
}
