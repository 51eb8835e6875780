package redisstore_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// reviews holds a round over a house at work: what it covers is what Covers holds of each
// conversation at that instant, and every item is seen or missed in the end.
func reviews(t *testing.T, h *house) {
	h.stop()
	const n = 40
	for i := range n {
		h.receive(t, sms(fmt.Sprint("SM", i), number(i), "hello"))
	}
	var want []conversations.ID
	r := conversations.Review{
		ID: conversations.NewReviewID(conversations.Triage, "all", h.now()), Desk: conversations.Triage, Round: "all", Title: "All",
		State: conversations.ReviewOpening, DueAt: h.now(), BeganAt: h.now(), EndsAt: h.now().Add(time.Hour),
		Covers:   conversations.ReviewScope{Statuses: []conversations.Status{conversations.Open}, Tags: []string{"again"}, Unassigned: true},
		Outcomes: []string{"fine", "late"},
	}
	set := func(s conversations.Status) conversations.Patch { return conversations.Patch{Status: &s, Why: "test"} }
	who, err := h.SaveOfficer(t.Context(), conversations.Officer{Email: "a@example.com", Name: "Aisyah", Capacity: n})
	must(t, err)
	again, mine := []string{"again"}, who.Ref()
	changes := []conversations.Patch{{}, set(conversations.Open), set(conversations.Solved), {Tags: &again}, {Status: set(conversations.Open).Status, Assignee: &mine}}
	for i, c := range h.all(t, conversations.Query{Sort: conversations.ByCreatedOldest}) {
		after, err := h.desk.Patch(t.Context(), c.ID, changes[i%len(changes)], officer)
		must(t, err)
		if after.Assignee != nil {
			must(t, h.Hold(t.Context(), who.ID, c.ID, 1))
		}
		if r.Covers.Holds(&after) {
			want = append(want, c.ID)
		}
	}
	slices.SortFunc(want, func(a, b conversations.ID) int { return int(a.Number()) - int(b.Number()) })
	if len(want) != n*2/5 {
		t.Fatalf("%d are covered", len(want))
	}
	must(t, h.BeginReview(t.Context(), r))
	if err := h.BeginReview(t.Context(), r); !errors.Is(err, conversations.ErrTaken) {
		t.Errorf("it begins twice: %v", err)
	}
	h.listReview(t, r)
	for i := range n { // they come too late for this round
		h.receive(t, sms(fmt.Sprint("late", i), number(100+i), "hello"))
	}
	for _, id := range h.ids(t, conversations.Query{Status: []conversations.Status{conversations.New}}) {
		_, err := h.desk.Patch(t.Context(), id, set(conversations.Open), officer)
		must(t, err)
	}
	h.listReview(t, r)
	items, err := h.ReviewItems(t.Context(), r.ID)
	must(t, err)
	var got []conversations.ID
	for _, i := range items {
		got = append(got, i.Conversation)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("listed are %v, want %v", got, want)
	}
	h.tickedOff(t, r, want)
	h.listed(t, r)
}

// tickedOff ticks some off, ends the round, and counts.
func (h *house) tickedOff(t *testing.T, r conversations.Review, covered []conversations.ID) {
	t.Helper()
	ctx, other := t.Context(), conversations.Author{Type: conversations.ByOfficer, ID: "o2", Name: "Omar\tHaddad"}
	tick := func(id conversations.ID, outcome string, by conversations.Author) error {
		item, err := h.desk.TickOff(ctx, h, r.ID, id, outcome, "", by)
		if err == nil && (item.Tick == nil || item.Tick.Outcome != outcome || item.Tick.By.Name != by.Name) {
			t.Errorf("ticked off as %+v", item.Tick)
		}
		return err
	}
	must(t, tick(covered[0], "fine", officer))
	must(t, tick(covered[0], "fine", officer))
	must(t, tick(covered[1], "late", other))
	must(t, tick(covered[1], "late", other))
	for what, c := range map[string]struct{ got, want error }{
		"another's":         {tick(covered[0], "late", other), conversations.ErrTaken},
		"not covered":       {tick(h.ids(t, conversations.Query{Status: []conversations.Status{conversations.Solved}})[0], "fine", officer), conversations.ErrNotFound},
		"another's outcome": {tick(covered[0], "late", officer), conversations.ErrTaken},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
	var bad *conversations.InvalidError
	if err := tick(covered[2], "nonsense", officer); !errors.As(err, &bad) {
		t.Errorf("an outcome that there is not: %v", err)
	}
	events, err := h.History(ctx, covered[0], 0, 50)
	must(t, err)
	if last := events[len(events)-1]; last.Type != conversations.EventReviewed || last.Changes["outcome"].To != "fine" || last.By != officer {
		t.Errorf("the history ends with %+v", last)
	}
	for part := range h.Partitions() {
		must(t, h.EndReview(ctx, r.ID, part))
		must(t, h.EndReview(ctx, r.ID, part))
	}
	if err := tick(covered[2], "fine", officer); !errors.Is(err, conversations.ErrEnded) {
		t.Errorf("ticked off after its end: %v", err)
	}
	r, err = h.CountReview(ctx, r)
	must(t, err)
	if r.Items != len(covered) || r.Seen != 2 || r.Ended["fine"] != 1 || r.Ended["late"] != 1 {
		t.Errorf("counted %+v", r)
	}
	r.Version, r.State, r.Missed = 2, conversations.ReviewEnded, r.Items-r.Seen
	must(t, h.SaveReview(ctx, r))
	if err := h.SaveReview(ctx, r); !errors.Is(err, conversations.ErrStale) {
		t.Errorf("saved twice: %v", err)
	}
	if under, err := h.UnendedReviews(ctx); err != nil || len(under) != 0 {
		t.Errorf("under way are %v %v", under, err)
	}
	h.audit(t)
}

// listed pages through many reviews.
func (h *house) listed(t *testing.T, first conversations.Review) {
	t.Helper()
	for i := range 25 {
		due := first.DueAt.Add(time.Duration(i/3) * time.Minute) // three at one instant
		desk := []string{"a", "b", "c"}[i%3]
		must(t, h.BeginReview(t.Context(), conversations.Review{ID: conversations.NewReviewID(desk, "all", due), Desk: desk, Round: "all", State: conversations.ReviewSkipped, DueAt: due}))
	}
	seen := map[conversations.ReviewID]bool{}
	q, last := conversations.ReviewQuery{Limit: 4}, first.DueAt.Add(time.Hour)
	for {
		page, err := h.Reviews(t.Context(), q)
		must(t, err)
		for _, r := range page.Items {
			if seen[r.ID] || r.DueAt.After(last) {
				t.Errorf("%s comes twice, or too late", r.ID)
			}
			seen[r.ID], last = true, r.DueAt
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if len(seen) != 26 {
		t.Errorf("%d are listed, want 26", len(seen))
	}
	of, err := h.Reviews(t.Context(), conversations.ReviewQuery{Desk: "b", Limit: 100})
	if err != nil || len(of.Items) != 8 {
		t.Errorf("%d of one desk: %v", len(of.Items), err)
	}
	ended, err := h.Reviews(t.Context(), conversations.ReviewQuery{State: conversations.ReviewEnded, Limit: 100})
	if err != nil || len(ended.Items) != 1 || ended.Items[0].Missed != ended.Items[0].Items-2 {
		t.Errorf("ended are %+v: %v", ended.Items, err)
	}
	if _, err := h.Reviews(t.Context(), conversations.ReviewQuery{Cursor: "nonsense", Limit: 4}); !errors.Is(err, conversations.ErrCursor) {
		t.Errorf("a cursor that is none: %v", err)
	}
	if known, err := h.KnownReviews(t.Context()); err != nil || !known["a/all"].Equal(first.DueAt.Add(8*time.Minute)) {
		t.Errorf("known are %v: %v", known, err)
	}
}

func (h *house) listReview(t *testing.T, r conversations.Review) {
	t.Helper()
	for part := range h.Partitions() {
		must(t, h.ListReview(t.Context(), r, part))
	}
}

func (h *house) ids(t *testing.T, q conversations.Query) (out []conversations.ID) {
	t.Helper()
	for _, c := range h.all(t, q) {
		out = append(out, c.ID)
	}
	return out
}
