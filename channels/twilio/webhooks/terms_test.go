package webhooks

import (
	"testing"
	"testing/synctest"
	"time"
)

// Requests of the same second share a context, each has its whole term, and none gets one
// that has ended.
func TestTerms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all terms
		first := all.begin(time.Now())
		time.Sleep(shareTerm - 1)
		if again := all.begin(time.Now()); again != first {
			t.Error("another context within the same second")
		}
		if end, _ := first.Deadline(); time.Until(end) < keepTimeout {
			t.Errorf("the last to share it has %v", time.Until(end))
		}
		time.Sleep(1)
		second := all.begin(time.Now())
		if second == first {
			t.Error("the same context a second later")
		}
		time.Sleep(keepTimeout + shareTerm + 1)
		if first.Err() == nil || second.Err() == nil {
			t.Error("a context does not end")
		}
		if stopped := all.begin(time.Now().Add(-keepTimeout - shareTerm)); stopped.Err() != nil { // a clock that was set back
			t.Error("a context that has ended is lent")
		}
		time.Sleep(keepTimeout + shareTerm + 1) // its timer is the last
	})
}
