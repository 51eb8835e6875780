package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// indexing keeps the search index going for the test.
func (h *house) indexing(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.Index(ctx, h.desk.Finish) }()
	t.Cleanup(func() { cancel(); <-done })
}

// finds waits until a question finds exactly these conversations, in any order.
func (h *house) finds(t testing.TB, question string, want ...conversations.ID) []conversations.Found {
	t.Helper()
	var all []conversations.Found
	redistest.Eventually(t, fmt.Sprintf("%q finds %v", question, want), func(context.Context) error {
		all = nil
		for cursor := ""; ; {
			page, err := h.Search(t.Context(), conversations.SearchQuery{Text: question, Limit: 3, Cursor: cursor})
			if err != nil {
				return err
			}
			all = append(all, page.Items...)
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		var got []conversations.ID
		for _, f := range all {
			got = append(got, f.Conversation.ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			return fmt.Errorf("it finds %v", got)
		}
		return nil
	})
	return all
}

// searching: what was kept before the index began, and what comes after, is found.
func searching(t *testing.T, h *house) {
	in := sms("SM1", "+966501234567", "والشحنة رقم 1086396430 لم تصل إلى الرِّياض")
	in.Name = "Nur Aisyah"
	h.receive(t, in)
	h.indexing(t)
	h.receive(t, mail("m1", "omar.farouq@example.com", "The parcel is held in customs"))
	arabic := h.all(t, conversations.Query{Channel: channels.SMS})[0]
	mailed := h.all(t, conversations.Query{Channel: channels.Email})[0]
	for question, want := range map[string][]conversations.ID{
		"الشحنة": {arabic.ID}, "الرياض": {arabic.ID}, "12345": {arabic.ID}, "٨٦٣٩٦٤": {arabic.ID}, "aisy": {arabic.ID},
		"CUSTOMS": {mailed.ID}, "farouq": {mailed.ID}, "omar.farouq@example.com": {mailed.ID}, "custo held": {mailed.ID},
		"refund": nil, "customs الرياض": nil, string(mailed.ID): {mailed.ID},
	} {
		h.finds(t, question, want...)
	}
	found := h.finds(t, "customs", mailed.ID)[0]
	if len(found.Messages) != 1 || found.Messages[0].Text != "The parcel is held in customs" || !slices.Contains(found.Where, "message") {
		t.Errorf("found %+v", found)
	}
	h.reply(t, arabic.ID, "We will refund you")
	h.finds(t, "refund", arabic.ID)
	page, err := h.Contacts(t.Context(), conversations.SearchQuery{Text: "501234", Limit: 10})
	must(t, err)
	if len(page.Items) != 1 || page.Items[0].Name != "Nur Aisyah" {
		t.Errorf("contacts %+v", page)
	}
	everybody, err := h.Contacts(t.Context(), conversations.SearchQuery{Limit: 10})
	must(t, err)
	if len(everybody.Items) != 2 {
		t.Errorf("everybody: %+v", everybody)
	}
	h.audit(t)
}

// searchingFresh: what this gateway has just written is indexed without being read again,
// and as it is: also if somebody's name, or what was said, changed meanwhile.
func searchingFresh(t *testing.T, h *house) {
	h.audit(t) // from here on the log is followed
	h.KeepFresh()
	write := func(id, name, text string) {
		in := sms(id, "+966501234567", text)
		in.Name = name
		h.receive(t, in)
	}
	write("SM1", "Nur Aisyah", "the parcel is late")
	write("SM2", "Nur Aisyah", "the broker has it")
	write("SM3", "Siti Rahmah", "any news of it")
	c := h.at(t, "+966501234567")
	h.reply(t, c.ID, "it was released")
	_, err := h.Reread(t.Context(), conversations.NewMessageID(c.ID, 2), func(m *conversations.Message) string {
		m.Text = "the courier has it"
		return "read anew"
	})
	must(t, err)
	if h.Fresh() != 4 {
		t.Errorf("%d messages wait for the indexer, want 4", h.Fresh())
	}
	h.audit(t)
	if h.Fresh() != 0 {
		t.Errorf("%d messages were left", h.Fresh())
	}
	for question, want := range map[string][]conversations.ID{
		"late": {c.ID}, "courier": {c.ID}, "news": {c.ID}, "released": {c.ID}, "aisyah": {c.ID}, "rahmah": {c.ID}, "501234": {c.ID}, "broker": nil,
	} {
		h.finds(t, question, want...)
	}
	write("SM4", "Dewi", "thanks")
	write("SM5", "Dewi", "and goodbye")
	h.audit(t)
	h.finds(t, "dewi goodbye", c.ID)
	h.indexing(t)
	write("SM6", "Dewi", "hello again")
	h.finds(t, "dewi again", c.ID)
	h.audit(t)
}

// merging: what is merged is shown in one place, new messages come there, nothing
// is doubled, and undoing it leaves everything as it was.
func merging(t *testing.T, h *house) {
	ctx := t.Context()
	h.receive(t, sms("SM1", number(1), "first"))
	h.forward(time.Second)
	h.receive(t, sms("SM2", number(2), "second"))
	a, b := h.at(t, number(1)), h.at(t, number(2))
	_, event, err := h.desk.Merge(ctx, a.ID, b.ID, 0, officer)
	must(t, err)
	h.texts(t, b.ID, "first", "second")
	h.forward(time.Second)
	h.receive(t, sms("SM1", number(1), "first"))  // again: kept before the merge
	h.receive(t, sms("SM3", number(1), "onward")) // goes to the other
	h.receive(t, sms("SM3", number(1), "onward"))
	h.texts(t, b.ID, "first", "second", "onward")
	now, err := h.Load(ctx, b.ID)
	must(t, err)
	if r, _ := now.ReplyRoute(channels.SMS); r.To.Value != number(2) {
		t.Errorf("an answer goes to %s", r.To.Value)
	}
	h.forward(time.Second)
	m, _, err := h.desk.Reply(ctx, b.ID, conversations.Draft{Text: "to the other one", To: number(1)}, officer)
	must(t, err)
	if m.To != number(1) {
		t.Errorf("the answer goes to %s", m.To)
	}
	if _, _, err := h.desk.Reply(ctx, a.ID, conversations.Draft{Text: "late"}, officer); !errors.Is(err, conversations.ErrMerged) {
		t.Errorf("an answer in what was merged: %v", err)
	}
	_, err = h.desk.Undo(ctx, event, officer)
	must(t, err)
	if _, err := h.desk.Undo(ctx, event, officer); !errors.Is(err, conversations.ErrUndone) {
		t.Errorf("undone twice: %v", err)
	}
	h.receive(t, sms("SM3", number(1), "onward")) // kept in the other, and never again
	h.texts(t, a.ID, "first")
	h.texts(t, b.ID, "second", "onward", "to the other one")
	back, err := h.Load(ctx, a.ID)
	must(t, err)
	if back.Status != a.Status || back.Unread != a.Unread || back.MergedInto != "" {
		t.Errorf("after undoing: %+v", back)
	}
	h.audit(t)
}

// interruptedMerge: what a crash cut short is finished by whoever follows the log.
func interruptedMerge(t *testing.T, h *house) {
	ctx := t.Context()
	h.indexing(t)
	h.receive(t, sms("SM1", number(1), "first"))
	h.forward(time.Second)
	h.receive(t, sms("SM2", number(2), "second"))
	a, b := h.at(t, number(1)), h.at(t, number(2))
	ch, err := conversations.Merge(*a, *b, officer, h.now())
	must(t, err)
	_, err = h.Commit(ctx, ch)
	must(t, err)
	redistest.Eventually(t, "the merge is finished", func(context.Context) error {
		c, err := h.Load(ctx, b.ID)
		if err == nil && len(c.Shares) != 1 {
			err = errors.New("the other does not know")
		}
		return err
	})
	h.texts(t, b.ID, "first", "second")
}

// splitting: messages become a conversation of their own, and come back.
func splitting(t *testing.T, h *house) {
	ctx := t.Context()
	for i, text := range []string{"my parcel", "and my tour", "the tour again"} {
		h.receive(t, sms(fmt.Sprint("SM", i), number(1), text))
		h.forward(time.Second)
	}
	a := h.at(t, number(1))
	list, err := h.desk.Messages(ctx, a.ID, 0, 10)
	must(t, err)
	c, event, err := h.desk.Split(ctx, a.ID, []conversations.MessageID{list[1].ID, list[2].ID}, 0, officer)
	must(t, err)
	h.texts(t, a.ID, "my parcel")
	h.texts(t, c.ID, "and my tour", "the tour again")
	h.reply(t, c.ID, "about the tour")
	h.texts(t, c.ID, "and my tour", "the tour again", "about the tour")
	_, _, err = h.desk.Split(ctx, a.ID, []conversations.MessageID{list[0].ID}, 0, officer)
	var bad *conversations.InvalidError
	if !errors.As(err, &bad) {
		t.Errorf("nothing stays: %v", err)
	}
	_, err = h.desk.Undo(ctx, event, officer)
	must(t, err)
	h.texts(t, a.ID, "my parcel", "and my tour", "the tour again", "about the tour")
	h.audit(t)
}

// at is the conversation that a number leads to.
func (h *house) at(t testing.TB, number string) *conversations.Conversation {
	t.Helper()
	place, err := h.Find(t.Context(), []channels.Handle{phone(number)})
	must(t, err)
	c, err := h.Load(t.Context(), place.Conversation)
	must(t, err)
	return &c
}

// texts checks what a conversation shows.
func (h *house) texts(t testing.TB, id conversations.ID, want ...string) {
	t.Helper()
	list, err := h.desk.Messages(t.Context(), id, 0, 100)
	must(t, err)
	var got []string
	for _, m := range list {
		if got = append(got, m.Text); m.Conversation != id {
			t.Errorf("message %s is shown in %s and says %s", m.ID, id, m.Conversation)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("conversation %s shows %q, want %q", id, got, want)
	}
}
