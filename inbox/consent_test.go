package inbox

import (
	"net/http"
	"testing"

	"github.com/caravan-desk/caravan/channels"
)

func TestConsentsAreReadAndRecorded(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.WhatsApp, "+60123456789", "Tolong berhenti. Terima kasih")
	contact := string(h.store.convs[id].Contact.ID)
	path := "/v1/contacts/" + contact + "/consents"

	h.get(path).status(http.StatusOK).is("out", "items", 0, "entries", 0, "state").
		is(false, "items", 0, "present", 2, "allowed").is("whatsapp", "items", 0, "present", 2, "channel")
	reply := ask{method: "POST", path: "/v1/conversations/" + string(id) + "/messages", header: as(officerToken), body: map[string]any{"kind": "reply", "text": "Hello"}}
	h.do(reply).problem(422, "opted-out")
	allow := ask{method: "POST", path: path, header: as(officerToken), body: map[string]any{
		"address": "+60123456789", "channel": "whatsapp", "purpose": "service", "state": "in", "why": "asked for it by phone"}}
	if got := h.do(allow); got.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", got.StatusCode, got.text)
	}
	if got := h.do(reply); got.StatusCode != http.StatusAccepted {
		t.Errorf("a reply after he allowed it: %d %s", got.StatusCode, got.text)
	}
	allow.body = map[string]any{"address": "+999999999", "channel": "sms", "purpose": "service", "state": "in", "why": "no such address"}
	if got := h.do(allow); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an address that is not his: %d", got.StatusCode)
	}
	if got := h.do(ask{method: "GET", path: "/v1/contacts/k9/consents", header: as(officerToken)}); got.StatusCode != http.StatusNotFound {
		t.Errorf("nobody's ledger: %d", got.StatusCode)
	}
}

// Who asks something after he said stop wants an answer; on SMS the provider takes only START.
func TestWhoWritesAgainMayBeAnswered(t *testing.T) {
	h := newHouse(t)
	for k, want := range map[channels.Kind]int{channels.WhatsApp: http.StatusAccepted, channels.SMS: http.StatusUnprocessableEntity} {
		from := map[channels.Kind]string{channels.WhatsApp: "+966501111111", channels.SMS: "+966502222222"}[k]
		id := h.came(k, from, "STOP")
		h.clock.forward(1e9)
		h.came(k, from, "Where is my parcel?")
		got := h.do(ask{method: "POST", path: "/v1/conversations/" + string(id) + "/messages", header: as(officerToken), body: map[string]any{"kind": "reply", "text": "Hello"}})
		if got.StatusCode != want {
			t.Errorf("%s: %d, want %d: %s", k, got.StatusCode, want, got.text)
		}
	}
}
