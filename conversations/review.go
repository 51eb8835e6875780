package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrEnded says that a review round is over: what was not looked at was missed.
var ErrEnded = errors.New("the round is over")

// ReviewID names one holding of a desk's review round: desk, round, and the instant
// at which it was due, such as trace-unassigned-20261122T083000Z.
type ReviewID string

// NewReviewID names the holding of a round at an instant.
func NewReviewID(desk, round string, due time.Time) ReviewID {
	return ReviewID(desk + "-" + round + "-" + due.UTC().Format("20060102T150405Z"))
}

// ReviewState is how far a review is.
type ReviewState string

const (
	ReviewOpening ReviewState = "opening" // what it covers is being listed
	ReviewOpen    ReviewState = "open"    // officers look at it
	ReviewEnded   ReviewState = "ended"   // what nobody looked at was missed
	ReviewSkipped ReviewState = "skipped" // no gateway ran when it was due
)

// ReviewScope is what a review looks at, of one desk: what is in one of the statuses or has
// one of the tags (all that is live if neither is given), in one of the categories (all
// if empty), and without an officer if that is asked for. What is not live is never covered.
type ReviewScope struct {
	Statuses   []Status `json:"statuses,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Unassigned bool     `json:"unassigned,omitempty"`
}

// Holds reports whether a conversation of the desk is covered.
func (v ReviewScope) Holds(c *Conversation) bool {
	if !c.Status.Live() || v.Unassigned && c.Assignee != nil || len(v.Categories) > 0 && !slices.Contains(v.Categories, c.Category) {
		return false
	}
	return len(v.Statuses)+len(v.Tags) == 0 || slices.Contains(v.Statuses, c.Status) ||
		slices.ContainsFunc(v.Tags, func(t string) bool { return slices.Contains(c.Tags, t) })
}

// Review is one holding of a review round. What it covers was listed at one instant and
// never changes; Seen and Missed make up Items once it has ended.
type Review struct {
	ID       ReviewID       `json:"id"`
	Version  Revision       `json:"version"`
	Desk     string         `json:"desk"`
	Round    string         `json:"round" doc:"The round's name at its desk"`
	Title    string         `json:"title"`
	State    ReviewState    `json:"state"`
	DueAt    time.Time      `json:"due_at"`
	BeganAt  time.Time      `json:"began_at" doc:"When what it covers was listed"`
	EndsAt   time.Time      `json:"ends_at" doc:"When the next one is due"`
	EndedAt  *time.Time     `json:"ended_at"`
	Covers   ReviewScope    `json:"covers"`
	Outcomes []string       `json:"outcomes" doc:"With which of them an item may be ticked off; any word if empty"`
	Items    int            `json:"items"`
	Seen     int            `json:"seen" doc:"Ticked off"`
	Missed   int            `json:"missed" doc:"Not ticked off when it ended; 0 while it is open"`
	Ended    map[string]int `json:"by_outcome" doc:"Of those ticked off"`
}

// Tick is an officer's word that he has looked at an item of a review.
type Tick struct {
	Review  ReviewID   `json:"-"`
	Outcome string     `json:"outcome"`
	By      OfficerRef `json:"by"`
	At      time.Time  `json:"at"`
}

// ReviewItem is a conversation that a review covers.
type ReviewItem struct {
	Conversation ID    `json:"conversation"`
	Tick         *Tick `json:"tick" doc:"null: nobody has ticked it off"`
}

// ReviewQuery selects reviews, the latest first. Empty fields select all.
type ReviewQuery struct {
	Desk, Round string
	State       ReviewState
	From, To    time.Time // of when they were due: [From, To)
	Limit       int
	Cursor      string
}

// ReviewPage is one page of reviews.
type ReviewPage struct {
	Items []Review
	Next  string
}

// Reviews is what Desk wants to know of reviews.
type Reviews interface {
	LoadReview(ctx context.Context, id ReviewID) (Review, error)
	// ReviewItem is ErrNotFound for what the review does not cover. over tells that nothing
	// more is ticked off.
	ReviewItem(ctx context.Context, id ReviewID, of ID) (item ReviewItem, over bool, err error)
}

// Look ticks a conversation off in a review. It is pure.
func Look(before Conversation, r Review, outcome, note string, by Author, now time.Time) (Change, error) {
	if before.Erased {
		return Change{}, ErrNotFound
	}
	if outcome == "" || strings.ContainsAny(outcome, "\t\r\n") || len(r.Outcomes) > 0 && !slices.Contains(r.Outcomes, outcome) {
		return Change{}, &InvalidError{Fields: map[string]string{"outcome": "is not one of " + strings.Join(r.Outcomes, ", ")}}
	}
	c := before
	c.Version++
	c.UpdatedAt = now
	c.review(by, now)
	return Change{
		Before: &before, After: c,
		Tick: &Tick{Review: r.ID, Outcome: outcome, By: OfficerRef{ID: OfficerID(by.ID), Name: by.Name}, At: now},
		Events: []Event{{Type: EventReviewed, At: now, By: by, Why: strings.TrimSpace(note), Changes: map[string]Delta{
			"round": {To: r.ID}, "title": {To: r.Title}, "outcome": {To: outcome},
		}}},
	}, nil
}

// TickOff ticks a conversation off. Done twice by the same officer it is done once; what
// another has ticked off is ErrTaken, and what was ticked too late ErrEnded.
func (d *Desk) TickOff(ctx context.Context, reviews Reviews, id ReviewID, of ID, outcome, note string, by Author) (ReviewItem, error) {
	r, err := reviews.LoadReview(ctx, id)
	if err != nil {
		return ReviewItem{}, err
	}
	for range attempts {
		item, over, err := reviews.ReviewItem(ctx, id, of)
		switch {
		case err != nil:
			return ReviewItem{}, err
		case item.Tick != nil && item.Tick.By.ID == OfficerID(by.ID) && item.Tick.Outcome == outcome:
			return item, nil
		case item.Tick != nil:
			return ReviewItem{}, fmt.Errorf("%w: %s has ticked it off", ErrTaken, item.Tick.By.Name)
		case over:
			return ReviewItem{}, ErrEnded
		}
		before, err := d.Store.Load(ctx, of)
		if err != nil {
			return ReviewItem{}, err
		}
		ch, err := Look(before, r, outcome, note, by, d.Now())
		if err != nil {
			return ReviewItem{}, err
		}
		d.Clocks.wind(&ch)
		if _, err = d.Store.Commit(ctx, ch); !errors.Is(err, ErrStale) {
			return ReviewItem{Conversation: of, Tick: ch.Tick}, err
		}
	}
	return ReviewItem{}, fmt.Errorf("tick off: %w after %d attempts", ErrStale, attempts)
}
