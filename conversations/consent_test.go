package conversations

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
)

// What an erasure leaves of a ledger forbids what the whole ledger did, and says nothing else.
func TestForbiddenKeepsOnlyTheNo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l Consent
		at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		for range rapid.IntRange(0, 12).Draw(t, "entries") {
			at = at.Add(time.Minute)
			l, _ = l.Add(ConsentEntry{
				Channel: rapid.SampledFrom([]channels.Kind{channels.SMS, channels.WhatsApp, channels.Email}).Draw(t, "channel"),
				Purpose: rapid.SampledFrom(Purposes).Draw(t, "purpose"),
				State:   rapid.SampledFrom([]ConsentState{OptedIn, OptedOut}).Draw(t, "state"),
				At:      at, By: Author{Type: ByCustomer, ID: "k1", Name: "Aisyah"}, Why: "wrote STOP", Message: "1-2",
			})
		}
		left := Consent{Entries: l.Forbidden()}
		for _, e := range left.Entries {
			if e.By != System || e.Message != "" || e.State != OptedOut || e.Why == "wrote STOP" {
				t.Fatalf("still says %+v", e)
			}
		}
		for _, k := range []channels.Kind{channels.SMS, channels.WhatsApp, channels.Email} {
			was, is := l.Permits(k, Service, true, time.Time{}), left.Permits(k, Service, true, time.Time{})
			if (was == nil) != (is == nil) {
				t.Fatalf("service on %s: %v before, %v after %+v", k, was, is, l.Entries)
			}
			if left.Permits(k, Marketing, true, time.Time{}) == nil {
				t.Fatalf("offers on %s are allowed by who was erased", k)
			}
		}
	})
}
