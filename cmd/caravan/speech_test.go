package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
)

// TestVoiceMessageIsTranscribed leaves a voice message while the service that transcribes takes
// its time: it is kept and shown all the same. Then what was said stands beside the recording,
// and is understood: the parcel's number, and when to call.
func TestVoiceMessageIsTranscribed(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	answer := make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, _, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		if n, _ := io.Copy(io.Discard, f); n == 0 || r.FormValue("language") != "ms" || r.FormValue("model") != "whisper-1" {
			t.Errorf("asked with %d bytes, %v", n, r.MultipartForm.Value)
		}
		asked.Add(1)
		<-answer
		fmt.Fprint(w, `{"text":"Parcel saya satu, nombor 1086396430, belum sampai. Tolong call saya esok pukul tiga petang."}`)
	}))
	t.Cleanup(service.Close)
	h := open(t, func(c *config.Config) { c.Speech.URL = service.URL })
	call := h.dial("+60123334411", "3", "1", "1") // Malay, trace, a message
	_, err := h.sim.Speak(t.Context(), call.SID, "…")
	must(t, err)
	c := h.waitFor("the call", "channel=voice", func(c conversations.Conversation) bool { return c.Desk == "trace" })
	eventually(t, "the service is asked", func() error { return wrong(asked.Load() == 1, "asked %d times", asked.Load()) })
	if m := h.messages(c.ID)[0]; len(m.Attachments) != 1 || m.Attachments[0].Transcript != "" || len(c.References) != 0 {
		t.Errorf("before: %+v, %v", m.Attachments, c.References)
	}
	close(answer)
	c = h.waitFor("what was said is understood", "reference=1086396430", func(conversations.Conversation) bool { return true })
	cb := h.promised()
	zone, err := time.LoadLocation("Asia/Kuala_Lumpur")
	must(t, err)
	if at := cb.NotBefore.In(zone); at.Hour() != 15 || cb.Conversation != c.ID {
		t.Errorf("promised for %s", at)
	}
	eventually(t, "it stands beside the recording", func() error {
		m := h.messages(c.ID)[0]
		return wrong(strings.Contains(m.Attachments[0].Transcript, "belum sampai"), "%+v", m.Attachments)
	})
	if c = h.conversation(c.ID); !strings.HasPrefix(c.Preview, "Parcel saya") {
		t.Errorf("preview %q", c.Preview)
	}
	h.sound()
}
