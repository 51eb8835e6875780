package inbox

import (
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestSegmentsAreCounted(t *testing.T) {
	h := newHouse(t, func(d *Deps) {
		d.Segments = func(text string) SegmentsView {
			return SegmentsView{Encoding: "UCS-2", Segments: len(text), Forcing: &ForcingView{"’", 3}, Plain: &PlainView{"plain", 1}}
		}
	})
	h.post("/v1/segments", map[string]any{"text": "four"}).status(200).is(float64(4), "segments").is("’", "forcing", "character").is("plain", "plain", "text")
	newHouse(t).post("/v1/segments", map[string]any{"text": "four"}).problem(422, "invalid")
}

func TestWhatIsTooLongForAChatIsRefusedBefore(t *testing.T) {
	h := newHouse(t)
	for _, k := range []channels.Kind{channels.SMS, channels.WhatsApp} {
		id := h.came(k, map[channels.Kind]string{channels.SMS: "+966501111111", channels.WhatsApp: "+966502222222"}[k], "hello")
		path := "/v1/conversations/" + string(id) + "/messages"
		h.post(path, map[string]any{"kind": "reply", "text": strings.Repeat("ع", 1600)}).status(202)
		h.post(path, map[string]any{"kind": "reply", "text": strings.Repeat("ع", 1601)}).problem(422, "invalid", "1601", "1600")
		h.post(path, map[string]any{"kind": "note", "text": strings.Repeat("ع", 1601)}).status(202)
	}
}

func TestErrorsAreToldInTheOfficersLanguage(t *testing.T) {
	h := newHouse(t, func(d *Deps) {
		d.Explain = func(code string) map[string]string {
			return map[string]string{"ms": "telefon dimatikan (" + code + ")"}
		}
	})
	id := h.came(channels.SMS, "+966501111111", "hello")
	h.store.messages[id][0].Error = &conversations.MessageError{Code: "30003", Text: "the phone is switched off"}
	h.get("/v1/conversations/"+string(id)+"/messages").is("telefon dimatikan (30003)", "items", 0, "error", "texts", "ms")
	if h.store.messages[id][0].Error.Texts != nil {
		t.Error("the stored message was changed")
	}
}
