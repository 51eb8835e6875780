package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
)

// impatient lets a receipt of a booking's first news take a second.
func impatient(t *testing.T) option {
	dir := filepath.Join(t.TempDir(), "booking_received")
	must(t, os.MkdirAll(dir, 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "template.md"), []byte("---\nfallback: {after: 1s}\n---\n"), 0o600))
	return func(c *config.Config) { c.Templates = []string{filepath.Dir(dir)} }
}

// Only a missing receipt starts the next channel: at once if it failed, after the term
// if nobody knows, and never if the customer has it.
func TestNextChannelOnEvidence(t *testing.T) {
	t.Parallel()
	h := open(t, impatient(t))
	for i, c := range []struct {
		phone string // the stand-in's numbers: what becomes of a message to them
		ways  []channels.Kind
	}{
		{"+12005550503", []channels.Kind{channels.SMS, channels.Email}}, // undelivered
		{"+12005550308", []channels.Kind{channels.SMS, channels.Email}}, // sent, and nothing more is heard
		{"+966501230001", []channels.Kind{channels.SMS}},                // delivered
	} {
		ref := fmt.Sprint("UMR-30", i)
		h.post("/v1/bookings/"+ref+"/events", map[string]any{
			"id": "B1", "status": "received", "customer": map[string]any{"phone": c.phone, "email": fmt.Sprintf("c%d@customer.example", i)},
		}).want(http.StatusAccepted)
		conv := h.waitFor("it is opened", "reference="+ref, func(conversations.Conversation) bool { return true })
		told := h.told(conv.ID, len(c.ways))
		for j, k := range c.ways {
			if told[j].Channel != k {
				t.Errorf("%s: way %d is %s, want %s", c.phone, j, told[j].Channel, k)
			}
		}
		if last := told[len(told)-1]; last.Channel == channels.Email {
			h.status(last, "sent")
		} else {
			h.status(last, "delivered")
		}
	}
	eventually(t, "nothing is left to look at", func() error {
		for p := range h.app.store.Partitions() {
			if ids, next, err := h.app.store.Unproved(t.Context(), p, 9, 0); err != nil || len(ids) > 0 || !next.IsZero() {
				return fmt.Errorf("%v until %v, %w", ids, next, err)
			}
		}
		return nil
	})
	h.sound()
}
