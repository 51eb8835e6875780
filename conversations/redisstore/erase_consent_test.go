package redisstore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// staysSilent: an erased person's opt-outs outlive him, and nothing else of his ledger does.
func staysSilent(t *testing.T, h *house) {
	ctx := t.Context()
	erase := func(n int) conversations.Certificate {
		t.Helper()
		place, err := h.Find(ctx, []channels.Handle{phone(number(n))})
		must(t, err)
		cert, err := h.person.Erase(ctx, place.Contact, officer)
		must(t, err)
		return cert
	}
	write := func(n int) error {
		_, _, err := h.desk.Open(ctx, conversations.Opening{To: phone(number(n)), Channel: channels.SMS, Draft: conversations.Draft{Text: "good day"}}, officer)
		return err
	}
	h.receive(t, sms("SM1", number(1), "where is my parcel?"))
	h.receive(t, sms("SM2", number(1), "STOP"))
	h.receive(t, sms("SM3", number(2), "where is my parcel?"))
	if cert := erase(1); cert.OptOuts != 1 {
		t.Errorf("certificate %+v", cert)
	}
	if cert := erase(2); cert.OptOuts != 0 {
		t.Errorf("certificate of who forbade nothing: %+v", cert)
	}
	if err := write(1); !errors.Is(err, conversations.ErrOptedOut) {
		t.Errorf("to who was erased after STOP: %v", err)
	}
	must(t, write(2))
	for key, says := range h.dump(t) {
		if strings.Contains(key, ":consent:") && strings.Contains(says, strings.TrimPrefix(number(1), "+")) {
			t.Errorf("%s still names the address", key)
		}
	}
	l, err := h.Consent(ctx, number(1))
	must(t, err)
	for _, e := range l.Entries {
		if e.Message != "" || e.By != conversations.System || e.State != conversations.OptedOut {
			t.Errorf("still known: %+v", e)
		}
	}
	// He comes back by himself: his own word counts again, and so does a second erasure.
	h.receive(t, sms("SM4", number(1), "START"))
	must(t, write(1))
	if cert := erase(1); cert.OptOuts != 1 { // offers stay forbidden
		t.Errorf("certificate after START: %+v", cert)
	}
	if err := write(1); err != nil {
		t.Errorf("to who was erased after START: %v", err)
	}
	h.audit(t)
}
