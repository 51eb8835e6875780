package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
)

// A file that was kept for its time cannot be downloaded any more; what is late,
// verify tells.
func TestFilesGoInTheirTime(t *testing.T) {
	t.Parallel()
	terms := config.Retention{Attachments: 30 * 24 * time.Hour}
	h := open(t, func(c *config.Config) { c.Retention = terms })
	h.write(simulator.Inbound{
		WhatsApp: true, From: "+966502223399", Text: "The box came broken, see the picture",
		Media: []simulator.Media{{Name: "box.png", ContentType: "image/png", Content: png}},
	})
	c := h.waitFor("the conversation", "channel=whatsapp", func(c conversations.Conversation) bool { return c.Category != "" })
	a, _ := h.attachment(c.ID)
	h.solve(c.ID)

	var said strings.Builder
	ahead := now().Add(31 * 24 * time.Hour)
	for at, want := range map[time.Time]int{ahead: 0, ahead.Add(lateBy): 1} {
		late, err := verifyRetention(t.Context(), &said, h.app.store.Store, terms, at)
		if must(t, err); late != want {
			t.Errorf("%d are late at %v, want %d", late, at, want)
		}
	}
	if !strings.Contains(said.String(), "the attachments of 1 ended conversations") {
		t.Errorf("verify says %q", said.String())
	}
	r := h.app.retention()
	r.Now = func() time.Time { return ahead }
	must(t, r.Sweep(t.Context()))
	h.get("/v1/attachments/" + a.ID).want(http.StatusNotFound)
	if got := h.messages(c.ID)[0].Attachments[0]; !got.Removed || got.ID != "" || got.Size != int64(len(png)) {
		t.Errorf("what is shown of it: %+v", got)
	}
	if late, err := verifyRetention(t.Context(), &said, h.app.store.Store, terms, ahead.Add(lateBy)); late != 0 || err != nil {
		t.Errorf("%d are late after the sweep (%v)", late, err)
	}
	h.sound()
}
