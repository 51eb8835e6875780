package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

const customer, colleague, nobody = "amina@example.com", "Omar@example.com", "x@example.net"

func threading(t *testing.T, h *house) {
	h.receive(t, mail("m1", customer, "where is it?"))
	c := h.only(t)
	answer := h.reply(t, c.ID, "on its way")

	byToken := mail("m2", customer, "thank you")
	byToken.Thread = string(answer.ID)
	byToken.Cc = []channels.Party{{Name: "Omar", Address: colleague}}
	for _, in := range []channels.Inbound{
		byToken,
		mail("m3", "AMINA@example.com", "one more thing", "m1"),
		mail("m4", customer, "an answer to the mail that came by token", "m2"),
		mail("m5", colleague, "I am on it too", "m4"),
		mail("m6", customer, "an answer to the colleague", "unknown", "m5"),
	} {
		h.receive(t, in)
		h.receive(t, in)
	}
	c = h.only(t)
	if c.Messages != 7 || len(c.Related) != 0 {
		t.Errorf("%d messages, want 7; related %v", c.Messages, c.Related)
	}
	h.receive(t, mail("m7", customer, "another matter"))
	if list := h.all(t, conversations.Query{Contact: c.Contact.ID}); len(list) != 2 {
		t.Errorf("%d conversations of the contact, want 2", len(list))
	}
	h.audit(t)
}

func threadsAtOnce(t *testing.T, h *house) {
	gateways := []*house{h, h.beside(t, "other")}
	n := 0
	thread := func(references func(id func(int) string, i int) []string, orders [][]int, at func(deliver []func())) {
		for _, order := range orders {
			n++
			from := fmt.Sprintf("c%d@example.com", n)
			id := func(i int) string { return fmt.Sprintf("t%d-%d", n, i) }
			var deliver []func()
			for k, i := range order {
				deliver = append(deliver, func() {
					in := mail(id(i), from, fmt.Sprint("part ", i), references(id, i)...)
					if err := gateways[k%2].intake.Receive(context.Background(), in); err != nil {
						t.Error(err)
					}
				})
			}
			at(deliver)
		}
	}
	var orders [][]int
	permutations([]int{0, 1, 2}, func(p []int) { orders = append(orders, p) })
	full := func(id func(int) string, i int) (refs []string) {
		for i--; i >= 0; i-- {
			refs = append(refs, id(i))
		}
		return refs
	}
	atOnce := func(deliver []func()) {
		var wg sync.WaitGroup
		for range 2 { // each of them twice
			for _, d := range deliver {
				wg.Go(d)
			}
		}
		wg.Wait()
	}
	for range some(1, 3, 100) {
		thread(full, orders, atOnce)
	}
	nearest := func(id func(int) string, i int) []string { return full(id, i)[:min(i, 1)] }
	inOrder := func(deliver []func()) {
		for range 2 {
			for _, d := range deliver {
				d()
			}
		}
	}
	thread(nearest, orders, inOrder) // the middle one may come last, and tie two conversations together
	for range some(1, 3, 30) {
		thread(nearest, orders, atOnce)
	}
	list := slices.DeleteFunc(h.all(t, conversations.Query{}), func(c *conversations.Conversation) bool { return c.MergedInto != "" })
	if len(list) != n {
		t.Errorf("%d conversations of %d threads", len(list), n)
	}
	for _, c := range list {
		if shown, err := h.desk.Messages(t.Context(), c.ID, 0, 100); err != nil || len(shown) != 3 {
			t.Errorf("%s of %v shows %d messages, want 3 (%v)", c.ID, c.People, len(shown), err)
		}
	}
	h.audit(t)
}

func stranger(t *testing.T, h *house) {
	h.receive(t, mail("m1", customer, "where is it?"))
	first := h.only(t)

	numbered := mail("x1", nobody, "tell me all")
	numbered.Subject = fmt.Sprintf("Re: [#%d] about my parcel", first.Number)
	named := mail("x2", nobody, "tell me all", "m1")
	token := mail("x3", nobody, "tell me all")
	token.Thread = string(first.ID) + "-1"
	reused := mail("m1", nobody, "the same Message-ID") // chosen by its sender: it is heard, apart
	for _, in := range []channels.Inbound{numbered, named, token, reused} {
		h.receive(t, in)
		h.receive(t, in)
	}
	if c, _ := h.Load(t.Context(), first.ID); c.Messages != 1 {
		t.Errorf("the stranger got in: %d messages", c.Messages)
	}
	var related []int
	for _, c := range h.all(t, conversations.Query{Sort: conversations.ByCreatedOldest}) {
		if c.ID == first.ID {
			continue
		}
		if c.Messages != 1 || c.Contact.ID == first.Contact.ID {
			t.Errorf("got %+v", c)
		}
		related = append(related, len(c.Related))
		if len(c.Related) > 0 && c.Related[0] != first.ID {
			t.Errorf("related to %v", c.Related)
		}
	}
	if slices.Sort(related); !slices.Equal(related, []int{0, 1, 1, 1}) {
		t.Errorf("related: %v, want none for the number and one for each other", related)
	}
	h.receive(t, mail("x4", nobody, "again", "x2")) // his own thread goes on
	if list := h.all(t, conversations.Query{}); len(list) != 5 {
		t.Errorf("%d conversations, want 5", len(list))
	}
	h.audit(t)
}

func twoMailboxes(t *testing.T, h *house) {
	for range 2 {
		for _, account := range []string{"support", "sales"} {
			in := mail("m1", customer, "to both of you")
			in.Account = account
			h.receive(t, in)
		}
	}
	list := h.all(t, conversations.Query{})
	if len(list) != 2 || list[0].Messages != 1 || list[1].Messages != 1 || list[0].Contact.ID != list[1].Contact.ID {
		t.Errorf("got %+v", list)
	}
	h.audit(t)
}

func pinnedThenCrash(t *testing.T, h *house) {
	ctx := t.Context()
	for i, key := range []string{customer, "a key that lives elsewhere", "and another", "and one more"} {
		id, err := h.NewID(ctx, key)
		must(t, err)
		a, b := fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)
		from := fmt.Sprintf("%d%s", i, customer)
		if _, err := h.Pin(ctx, "support", b, []string{a}, id); err != nil {
			t.Fatal(err)
		} // and here the gateway died
		h.receive(t, mail(b, from, "the second", a))
		h.receive(t, mail(a, from, "the first, late"))
		h.receive(t, mail(b, from, "the second", a))
		c, err := h.Load(ctx, id)
		must(t, err)
		if c.Messages != 2 {
			t.Errorf("it has %d messages, want 2", c.Messages)
		}
		h.receive(t, mail(fmt.Sprintf("c%d", i), from, "another matter"))
		if list := h.all(t, conversations.Query{Contact: c.Contact.ID}); len(list) != 2 {
			t.Errorf("%d conversations of the contact, want 2", len(list))
		}
	}
	h.audit(t)
}

// unitedAfterCrash is a gateway that dies when it has kept the mail between two
// conversations: delivered again, the mail unites them, and once only.
func unitedAfterCrash(t *testing.T, h *house) {
	h.receive(t, mail("first", customer, "where is it?"))
	h.receive(t, mail("third", customer, "an answer to what has not come", "second"))
	second := mail("second", customer, "an answer", "first")
	unite := h.intake.Unite
	h.intake.Unite = func(context.Context, conversations.ID, conversations.ID) error { return channels.ErrUnavailable }
	if err := h.intake.Receive(t.Context(), second); !errors.Is(err, channels.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	apart := func() (list []*conversations.Conversation) {
		return slices.DeleteFunc(h.all(t, conversations.Query{Sort: conversations.ByCreatedOldest}), func(c *conversations.Conversation) bool { return c.MergedInto != "" })
	}
	if n := len(apart()); n != 2 {
		t.Fatalf("%d conversations before the mail comes again", n)
	}
	h.intake.Unite = unite
	h.receive(t, second)
	h.receive(t, second)
	list := apart()
	if len(list) != 1 || len(list[0].Shares) != 1 {
		t.Fatalf("%d conversations after the mail came again, want 1", len(list))
	}
	events, err := h.desk.History(t.Context(), list[0].ID, 0, 100)
	must(t, err)
	at := slices.IndexFunc(events, func(e conversations.Event) bool { return e.Type == conversations.EventMerged })
	_, err = h.desk.Undo(t.Context(), events[at].ID, conversations.System)
	must(t, err)
	h.receive(t, second)
	if n := len(apart()); n != 2 {
		t.Errorf("%d conversations after an officer parted them and the mail came once more, want 2", n)
	}
	h.audit(t)
}
