package redisstore_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
)

// shelf notes which blobs were deleted; it can refuse.
type shelf struct {
	gone []string
	err  error
}

func (s *shelf) Delete(_ context.Context, key string) error {
	if s.err == nil {
		s.gone = append(s.gone, key)
	}
	return s.err
}

const aDay = 24 * time.Hour

func (h *house) retainer(blobs conversations.Files, terms conversations.Retention) *conversations.Retainer {
	people := *h.person
	people.Blobs = blobs
	return &conversations.Retainer{
		Terms: terms, Persons: &people, Store: h.Store, Lease: redisstore.Mailboxes{Store: h.Store}, Holder: "test",
		Partitions: h.Partitions(), Now: h.now, Logger: quiet,
	}
}

// solve ends a customer's conversation.
func (h *house) solve(t *testing.T, id conversations.ID) {
	t.Helper()
	solved := conversations.Solved
	_, err := h.desk.Patch(t.Context(), id, conversations.Patch{Status: &solved}, officer)
	must(t, err)
}

func (h *house) placeOf(t *testing.T, n int) conversations.ID {
	t.Helper()
	place, err := h.Find(t.Context(), []channels.Handle{phone(number(n))})
	must(t, err)
	return place.Conversation
}

func (h *house) said(t *testing.T, id conversations.ID) []conversations.Message {
	t.Helper()
	ms, err := h.Messages(t.Context(), id, 0, 100)
	must(t, err)
	return ms
}

// withFiles is an SMS with files that are there already.
func withFiles(sid string, n int, blobs ...string) channels.Inbound {
	in := sms(sid, number(n), "see here")
	for _, b := range blobs {
		in.Attachments = append(in.Attachments, channels.Attachment{Blob: b, Name: "passport.jpg", ContentType: "image/jpeg", Size: 5})
	}
	return in
}

// retention: files go in their time, then words and names; what is open, or shared
// with what is open, stays.
func retention(t *testing.T, h *house) {
	ctx := t.Context()
	h.receive(t, withFiles("SM1", 1, "one", "shared"))
	h.receive(t, withFiles("SM2", 2, "two"))
	h.receive(t, withFiles("SM3", 3, "three", "shared"))
	mailed := mail("m1", customer, "hello")
	mailed.Raw = "raw1"
	h.receive(t, mailed)
	list := h.all(t, conversations.Query{Channel: channels.Email})
	ended, open, later, mails := h.placeOf(t, 1), h.placeOf(t, 2), h.placeOf(t, 3), list[0].ID
	h.solve(t, ended)
	h.solve(t, mails)
	must(t, h.CatchUp(ctx, h.desk.Finish))

	blobs := &shelf{}
	r := h.retainer(blobs, conversations.Retention{Attachments: 30 * aDay, Mail: 10 * aDay, Conversations: 60 * aDay})
	h.forward(9 * aDay)
	must(t, r.Sweep(ctx))
	if len(blobs.gone) > 0 {
		t.Errorf("after 9 days %v are gone", blobs.gone)
	}
	h.forward(2 * aDay)
	h.solve(t, later)
	must(t, r.Sweep(ctx))
	if !slices.Equal(blobs.gone, []string{"raw1"}) {
		t.Errorf("after 11 days %v are gone, want the mail", blobs.gone)
	}
	h.forward(20 * aDay)
	blobs.err = errors.New("the disk is away")
	if r.Sweep(ctx) == nil {
		t.Error("files that cannot be deleted are no trouble")
	}
	blobs.err = nil
	must(t, r.Sweep(ctx))
	if !slices.Equal(blobs.gone, []string{"raw1", "one"}) {
		t.Errorf("after 31 days %v are gone", blobs.gone)
	}
	m := h.said(t, ended)[0]
	if len(m.Attachments) != 2 || !m.Attachments[0].Removed || m.Attachments[0].ID != "" || m.Attachments[0].Name != "passport.jpg" || m.Text != "see here" {
		t.Errorf("what is left: %+v", m)
	}
	h.forward(20 * aDay) // the other who had the shared file has rested long enough
	must(t, r.Sweep(ctx))
	if !slices.Equal(blobs.gone, []string{"raw1", "one", "three", "shared"}) && !slices.Equal(blobs.gone, []string{"raw1", "one", "shared", "three"}) {
		t.Errorf("after 51 days %v are gone", blobs.gone)
	}
	h.forward(19 * aDay)
	must(t, r.Sweep(ctx))
	must(t, r.Sweep(ctx)) // nothing more to do
	for id, words := range map[conversations.ID]string{ended: "", later: "see here", open: "see here"} {
		if got := h.said(t, id)[0].Text; got != words {
			t.Errorf("conversation %s says %q, want %q", id, got, words)
		}
	}
	if place, err := h.Find(ctx, []channels.Handle{phone(number(1))}); err != nil || place.Contact != "" {
		t.Errorf("who has no conversation left is led to: %+v, %v", place, err)
	}
	if m := h.said(t, open)[0]; m.Attachments[0].Removed || slices.Contains(blobs.gone, "two") {
		t.Errorf("what is open lost its file: %+v", m)
	}
	h.receive(t, sms("SM1", number(1), "see here")) // delivered again after all that
	if got := h.all(t, conversations.Query{Channel: channels.SMS}); len(got) != 2 {
		t.Errorf("%d conversations are listed, want those that are left", len(got))
	}
	h.audit(t)
}

// restsTogether: what shows another's messages keeps them as long as it is open itself.
func restsTogether(t *testing.T, h *house) {
	ctx := t.Context()
	h.receive(t, withFiles("SM1", 1, "one"))
	h.receive(t, sms("SM2", number(2), "hello"))
	a, b := h.placeOf(t, 1), h.placeOf(t, 2)
	_, _, err := h.desk.Merge(ctx, a, b, 0, officer)
	must(t, err)
	must(t, h.CatchUp(ctx, h.desk.Finish))
	blobs := &shelf{}
	r := h.retainer(blobs, conversations.Retention{Attachments: 30 * aDay})
	h.forward(40 * aDay)
	must(t, r.Sweep(ctx))
	if len(blobs.gone) > 0 {
		t.Errorf("%v are gone while the matter is open", blobs.gone)
	}
	h.solve(t, b)
	h.forward(40 * aDay)
	must(t, r.Sweep(ctx))
	if !slices.Equal(blobs.gone, []string{"one"}) {
		t.Errorf("%v are gone, want the file of what was merged in", blobs.gone)
	}
	h.audit(t)
}
