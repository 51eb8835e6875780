package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// What an older parser made of a mail is put right from the raw file.
func TestReparse(t *testing.T) {
	t.Parallel()
	h := open(t, onRedis(redistest.Single(t).URL))
	_, err := h.mail.Send(simulator.Note{From: "aisha@customer.example", Subject: "Parcel", Text: "Where is it?\n\nOn 22 Nov 2026, at 9:00, Desk wrote:\n> We look."})
	must(t, err)
	c := h.waitFor("the mail", "channel=email", func(conversations.Conversation) bool { return true })
	h.run("", "reparse").want(0, "1 mails read, 0 say something else now")
	_, err = h.app.store.Reread(t.Context(), conversations.NewMessageID(c.ID, 1), func(m *conversations.Message) string {
		m.Text, m.Full = "W?ere is it", "W?ere is it"
		return "damaged by the test"
	})
	must(t, err)
	h.run("", "reparse", "--dry-run").want(0, ": text\n1 mails read, 1 say something else now")
	h.run("", "reparse", string(c.ID)).want(0, "1 say something else now")
	if m := h.messages(c.ID)[0]; m.Text != "Where is it?" || !strings.HasSuffix(m.Full, "> We look.") {
		t.Errorf("%q %q", m.Text, m.Full)
	}
	h.run("", "reparse", "nonsense").want(1).complains("conversation nonsense: not found")
	h.run("", "reparse", "999999").want(1).complains("conversation 999999: not found")
	h.get("/v1/conversations/" + string(c.ID) + "/history").want(http.StatusOK)
	raw := h.messages(c.ID)[0].Raw
	must(t, os.Remove(filepath.Join(h.cfg.DataDir, "blobs", raw[:2], raw)))
	h.run("", "verify").want(1, "a file of it: stat blob "+raw)
	h.run("", "reparse").want(1, "1 could not be read")
}
