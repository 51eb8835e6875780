package redisstore_test

import (
	"encoding/base64"
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

func cursors(t *testing.T, h *house) {
	ctx := t.Context()
	h.populate(t, 10)
	list := func(cursor string) (string, error) {
		page, err := h.List(ctx, conversations.Query{Limit: 3, Now: h.now(), Cursor: cursor})
		return page.Next, err
	}
	first, err := list("")
	must(t, err)
	h.forward(14 * time.Minute)
	second, err := list(first)
	must(t, err)
	h.forward(14 * time.Minute)
	if _, err := list(second); err != nil {
		t.Errorf("a cursor of 14 minutes: %v", err)
	}
	h.forward(2 * time.Minute)
	for _, cursor := range []string{second, "x", "!", "e30", "eyJpIjoiYSIsInIiOltbOTksMV1dfQ"} {
		if _, err := list(cursor); !errors.Is(err, conversations.ErrCursor) {
			t.Errorf("cursor %q: %v, want refused", cursor, err)
		}
	}
}

// A cursor goes on with the list it came from, and with no other.
func strangeCursors(t *testing.T, h *house) {
	ctx := t.Context()
	h.populate(t, 10)
	page, err := h.List(ctx, conversations.Query{Limit: 3, Now: h.now(), Sort: conversations.ByCreatedOldest})
	must(t, err)
	for _, q := range []conversations.Query{
		{Sort: conversations.ByUpdated}, {Sort: conversations.ByDue}, {}, {Sort: conversations.ByCreatedOldest, Desk: "trace"},
		{Sort: conversations.ByCreatedOldest, Overdue: true}, {Sort: conversations.ByCreatedOldest, Status: []conversations.Status{conversations.New}},
	} {
		q.Limit, q.Now, q.Cursor = 3, h.now(), page.Next
		if _, err := h.List(ctx, q); !errors.Is(err, conversations.ErrCursor) {
			t.Errorf("%+v with a cursor of another list: %v", q, err)
		}
	}
	if _, err := h.List(ctx, conversations.Query{Limit: 2, Now: h.now(), Sort: conversations.ByCreatedOldest, Cursor: page.Next}); err != nil {
		t.Errorf("another length of page: %v", err)
	}
	if _, err := h.Callbacks(ctx, conversations.CallbackQuery{Limit: 3, Cursor: page.Next}); !errors.Is(err, conversations.ErrCursor) {
		t.Errorf("call-backs with a cursor of conversations: %v", err)
	}
	for _, text := range []string{"", "parcel"} {
		_, err := h.Search(ctx, conversations.SearchQuery{Text: text, Limit: 3, Cursor: page.Next})
		if !errors.Is(err, conversations.ErrCursor) {
			t.Errorf("search for %q with a cursor of conversations: %v", text, err)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(page.Next)
	must(t, err)
	forged := regexp.MustCompile(`"r":.*`).ReplaceAll(raw, []byte(`"r":[[0,134217728]]}`))
	q := conversations.Query{Limit: 3, Now: h.now(), Sort: conversations.ByCreatedOldest, Cursor: base64.RawURLEncoding.EncodeToString(forged)}
	if _, err := h.List(ctx, q); !errors.Is(err, conversations.ErrCursor) {
		t.Errorf("a cursor with a place far beyond all: %v", err)
	}
}
