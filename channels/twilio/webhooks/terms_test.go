package webhooks

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Requests of the same second share a context, each has its whole term, and none gets one
// that has ended.
func TestTerms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all terms
		now := time.Now()
		first, again := all.begin(now), all.begin(now.Add(shareTerm-1))
		if again != first {
			t.Error("another context within the same second")
		}
		if end, _ := first.Deadline(); end.Sub(now.Add(shareTerm-1)) < keepTimeout {
			t.Errorf("who shares it last has until %v", end)
		}
		second := all.begin(now.Add(shareTerm))
		if second == first {
			t.Error("the same context a second later")
		}
		for _, c := range []context.Context{first, second} {
			<-c.Done()
		}
		stopped := all.begin(now.Add(shareTerm)) // a clock that stands still
		if stopped.Err() != nil {
			t.Error("a context that has ended is lent")
		}
		<-stopped.Done()
	})
}
