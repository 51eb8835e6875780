package redisstore_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Few values for each filter, so that any two conversations have some in common.
var (
	desks      = []string{"trace", "booking", conversations.Triage}
	categories = []string{"", "claim", "held_in_customs"}
	languages  = []string{"", "en", "ar", "ms"}
	people     = []string{"", "o1", "o2"}
	media4     = []channels.Kind{channels.SMS, channels.WhatsApp, channels.Email, channels.Voice}
	tagged     = []string{"vip", "a b", "ظ", "x=y:z*"}
	parcels    = []string{"1086396430", "245 108", "ref"}
)

func pick[T any](of []T) T { return of[rand.IntN(len(of))] }

func subset[T any](of []T) (out []T) {
	for _, v := range of {
		if rand.IntN(2) == 0 {
			out = append(out, v)
		}
	}
	return out
}

// populate makes conversations of all kinds, within one hour before now.
func (h *house) populate(t testing.TB, n int) []*conversations.Conversation {
	t.Helper()
	out := make([]*conversations.Conversation, n)
	for i := range out {
		id, err := h.NewID(t.Context(), fmt.Sprint(i))
		must(t, err)
		c := conversations.Conversation{ID: id, Number: id.Number(), Contact: conversations.ContactRef{ID: conversations.ContactID(fmt.Sprint("k", i%5+1))}}
		c.CreatedAt = h.now().Add(-time.Duration(1+rand.IntN(60)) * time.Minute)
		must(t, h.put(t.Context(), nil, h.shuffled(c)))
		if out[i], err = ptr(h.Load(t.Context(), id)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func ptr[T any](v T, err error) (*T, error) { return &v, err }

// shuffled gives a conversation new values in all that lists look at.
func (h *house) shuffled(c conversations.Conversation) conversations.Conversation {
	c.Desk, c.Category, c.Language = pick(desks), pick(categories), pick(languages)
	c.Status, c.Priority = pick(conversations.Statuses), pick(conversations.Priorities)
	c.Channels, c.Tags, c.Assignee, c.References, c.Clocks = subset(media4), subset(tagged), nil, nil, nil
	if id := pick(people); id != "" {
		c.Assignee = &conversations.OfficerRef{ID: conversations.OfficerID(id)}
	}
	for _, value := range subset(parcels) {
		c.References = append(c.References, conversations.Reference{Kind: "awb", Value: value})
	}
	for i, state := range subset([]conversations.ClockState{conversations.Running, conversations.Paused, conversations.Met, conversations.Breached}) {
		due := h.now().Add(time.Duration(rand.IntN(61)-30) * time.Minute)
		c.Clocks = append(c.Clocks, conversations.Clock{Name: fmt.Sprint(i), DueAt: due, State: state})
	}
	c.UpdatedAt = h.now().Add(-time.Duration(rand.IntN(60)) * time.Minute)
	return c
}

// put writes a conversation as it is given.
func (h *house) put(ctx context.Context, before *conversations.Conversation, after conversations.Conversation) error {
	after.Version++
	_, err := h.Commit(ctx, conversations.Change{Before: before, After: after, Events: []conversations.Event{
		{Type: conversations.EventChanged, At: h.now(), By: conversations.System},
	}})
	return err
}

// matches is the brute-force twin of the filters.
func matches(c *conversations.Conversation, q conversations.Query) bool {
	assignee := "none"
	if c.Assignee != nil {
		assignee = string(c.Assignee.ID)
	}
	one := func(want, have string) bool { return want == "" || want == have }
	return one(q.Desk, c.Desk) && one(q.Category, c.Category) && one(q.Assignee, assignee) && one(string(q.Priority), string(c.Priority)) &&
		one(q.Language, c.Language) && one(string(q.Contact), string(c.Contact.ID)) &&
		(len(q.Status) == 0 || slices.Contains(q.Status, c.Status)) && (q.Channel == "" || slices.Contains(c.Channels, q.Channel)) &&
		(q.Tag == "" || slices.Contains(c.Tags, q.Tag)) && (!q.Overdue || !c.Due().IsZero() && c.Due().Before(q.Now)) &&
		(q.Reference == "" || slices.ContainsFunc(c.References, func(r conversations.Reference) bool { return r.Value == q.Reference }))
}

// sorted is the brute-force twin of the sorts. Equals follow by partition, and
// within one as Redis orders them: by their place in it, as text.
func sorted(list []*conversations.Conversation, by conversations.Sort, partitions int) {
	p := uint64(partitions)
	place := func(c *conversations.Conversation) string { return fmt.Sprint(c.Number / p) }
	slices.SortFunc(list, func(a, b *conversations.Conversation) int {
		c, text := 0, strings.Compare(place(a), place(b))
		switch by {
		case conversations.ByCreatedOldest:
			c = a.CreatedAt.Compare(b.CreatedAt)
		case conversations.ByCreatedNewest:
			c, text = b.CreatedAt.Compare(a.CreatedAt), -text
		case conversations.ByDue:
			when := func(c *conversations.Conversation) time.Time {
				switch due := c.Due(); {
				case !due.IsZero():
					return due
				case c.Status.Live():
					return time.Unix(1<<40, 0)
				}
				return time.Unix(1<<41, 0)
			}
			c = when(a).Compare(when(b))
		default:
			c, text = b.UpdatedAt.Compare(a.UpdatedAt), -text
		}
		return cmp.Or(c, cmp.Compare(a.Number%p, b.Number%p), text)
	})
}

var sorts = []conversations.Sort{conversations.ByUpdated, conversations.ByCreatedNewest, conversations.ByCreatedOldest, conversations.ByDue}

func filters(t *testing.T, h *house) {
	h.stop()
	list := h.populate(t, some(40, 120, 400))
	for _, c := range list[:len(list)/2] { // half of them have been something else before
		must(t, h.put(t.Context(), c, h.shuffled(*c)))
		now, err := h.Load(t.Context(), c.ID)
		must(t, err)
		*c = now
	}
	rapid.Check(t, func(r *rapid.T) {
		maybe := func(name string, of ...string) string { return rapid.SampledFrom(append(of, "", "", "")).Draw(r, name) }
		q := conversations.Query{
			Desk: maybe("desk", append(desks, "no such")...), Category: maybe("category", categories...), Assignee: maybe("assignee", "none", "o1", "o3"),
			Channel: channels.Kind(maybe("channel", "sms", "email")), Priority: conversations.Priority(maybe("priority", "urgent", "low")),
			Language: maybe("language", languages...), Reference: maybe("reference", parcels...), Tag: maybe("tag", tagged...),
			Contact: conversations.ContactID(maybe("contact", "k1", "k2", "k9")), Overdue: rapid.Bool().Draw(r, "overdue"),
			Status: rapid.SliceOfNDistinct(rapid.SampledFrom(conversations.Statuses), 0, 3, rapid.ID).Draw(r, "status"),
			Sort:   rapid.SampledFrom(sorts).Draw(r, "sort"), Limit: rapid.IntRange(1, 50).Draw(r, "limit"), Now: h.now(),
		}
		var want []*conversations.Conversation
		for _, c := range list {
			if matches(c, q) {
				want = append(want, c)
			}
		}
		sorted(want, q.Sort, h.Partitions())
		if got := h.all(t, q); ids(got) != ids(want) {
			r.Fatalf("%+v\ngot  %s\nwant %s", q, ids(got), ids(want))
		}
	})
}

func ids(list []*conversations.Conversation) string {
	var out []string
	for _, c := range list {
		out = append(out, string(c.ID))
	}
	return strings.Join(out, " ")
}

// pagesWhileMoving reads lists page by page while conversations move in them,
// change into and out of the filter, and come anew.
func pagesWhileMoving(t *testing.T, h *house) {
	h.populate(t, some(30, 60, 300))
	for _, by := range sorts {
		for _, q := range []conversations.Query{{}, {Desk: "trace"}, {Overdue: true}, {Status: conversations.LiveStatuses}} {
			for range some(1, 2, 20) {
				q.Sort, q.Limit = by, 1+rand.IntN(12)
				h.pageWhileMoving(t, q)
			}
		}
	}
}

func (h *house) pageWhileMoving(t *testing.T, q conversations.Query) {
	t.Helper()
	var mu sync.Mutex
	still := q
	steady := map[conversations.ID]bool{} // matched from before the first page to after the last
	for _, c := range h.all(t, conversations.Query{}) {
		q.Now = h.now()
		steady[c.ID] = matches(c, q)
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := h.move(i, func(c *conversations.Conversation) {
				mu.Lock()
				defer mu.Unlock()
				if still.Now = h.now(); !matches(c, still) {
					steady[c.ID] = false
				}
			}); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	got := h.paged(t, q)
	close(stop)
	<-ended
	for id, times := range got {
		if times > 1 {
			t.Errorf("%s %+v: %s came %d times", q.Sort, q, id, times)
		}
	}
	for id := range steady {
		if steady[id] && got[id] == 0 {
			t.Errorf("%s %+v: %s was skipped", q.Sort, q, id)
		}
	}
}

// paged reads all pages and counts how often each conversation came.
func (h *house) paged(t *testing.T, q conversations.Query) map[conversations.ID]int {
	t.Helper()
	got := map[conversations.ID]int{}
	for q.Cursor = ""; ; {
		q.Now = h.now()
		page, err := h.List(context.Background(), q)
		must(t, err)
		for _, c := range page.Items {
			got[c.ID]++
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return got
		}
	}
}

// move changes one conversation, or makes a new one, and tells its new state before it stands.
func (h *house) move(i int, tell func(*conversations.Conversation)) error {
	ctx := context.Background()
	if i%20 == 19 {
		id, err := h.NewID(ctx, fmt.Sprint("new", i))
		if err != nil {
			return err
		}
		now := h.now()
		return h.put(ctx, nil, conversations.Conversation{ID: id, Number: id.Number(), Desk: "trace", Status: conversations.New, CreatedAt: now, UpdatedAt: now})
	}
	page, err := h.List(ctx, conversations.Query{Sort: pick(sorts), Limit: 100, Now: h.now()})
	if err != nil {
		return err
	}
	before := *pick(page.Items)
	after := before
	after.UpdatedAt = h.now()
	after.Clocks = []conversations.Clock{{Name: "a", DueAt: h.now().Add(time.Duration(rand.IntN(120)-60) * time.Minute), State: conversations.Running}}
	if rand.IntN(4) == 0 {
		after.Desk, after.Status = pick(desks), pick(conversations.Statuses)
	}
	tell(&after)
	if err := h.put(ctx, &before, after); !errors.Is(err, conversations.ErrStale) {
		return err
	}
	return nil
}
