package redisstore_test

import (
	"slices"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// callInPieces: whatever is told of a call, doubled and in any order, makes one message, one
// promise, and each recording once.
func callInPieces(t *testing.T, h *house) {
	h.stop()
	piece := func(c channels.Call, wish *channels.CallbackWish, files ...channels.Attachment) channels.Inbound {
		return channels.Inbound{Channel: channels.Voice, Account: "+60312345678", ProviderID: "CA1", Form: channels.FormCall, From: phone(number(1)),
			Call: &c, Text: c.String(), Desk: "trace", Language: "ms", Callback: wish, Attachments: files}
	}
	pieces := []channels.Inbound{
		piece(channels.Call{Notes: []string{"Waited for an officer."}, Path: []string{"Malay", "trace", "officer"}}, nil),
		piece(channels.Call{Done: []string{"Spoke to an officer for 63 s."}, Path: []string{"Malay", "trace", "officer", "talked"}}, nil,
			channels.Attachment{URL: "https://provider/RE1", Name: "call.mp3"}),
		piece(channels.Call{Done: []string{"Asked to be called back."}, Path: []string{"Malay", "trace"}}, &channels.CallbackWish{}),
		piece(channels.Call{Notes: []string{"Rang off in the menu."}, Seconds: 90}, nil),
	}
	for _, i := range []int{0, 3, 2, 2, 1, 1, 0, 3} {
		h.receive(t, pieces[i])
	}
	c := h.only(t)
	if c.Messages != 1 {
		t.Fatalf("%d messages", c.Messages)
	}
	message := func() conversations.Message {
		m, err := h.LoadMessage(t.Context(), conversations.NewMessageID(c.ID, 1))
		must(t, err)
		return m
	}
	m := message()
	want := "Asked to be called back. Spoke to an officer for 63 s. Path: Malay, trace, officer, talked. It lasted 90 s."
	if m.Text != want || m.Kind != conversations.KindCall || m.Call.Seconds != 90 || len(m.Attachments) != 1 {
		t.Errorf("kept %q with %v", m.Text, m.Attachments)
	}
	if c.Promises != 1 {
		t.Errorf("%d promises", c.Promises)
	}
	// A recording that comes while another is being copied is not lost.
	before := slices.Clone(m.Attachments)
	h.receive(t, piece(channels.Call{Done: []string{"Left a voice message of 5 s."}}, nil, channels.Attachment{URL: "https://provider/RE2", Name: "voice-message.mp3"}))
	before[0].ID, before[0].URL = "b1", ""
	must(t, h.Attach(t.Context(), m.ID, before, time.Time{}))
	m = message()
	if len(m.Attachments) != 2 || m.Attachments[0].ID != "b1" || m.Attachments[1].URL == "" {
		t.Errorf("attachments %+v", m.Attachments)
	}
	ids, _, err := h.Unfetched(t.Context(), int(c.ID.Number()%uint64(h.Partitions())), 9, time.Minute)
	must(t, err)
	if !slices.Contains(ids, m.ID) {
		t.Errorf("to be fetched: %v", ids)
	}
}
