package main

import (
	"testing"
	"time"
)

// A provider counts mails in a minute, wherever it begins.
func TestMailPaceHoldsInEveryMinute(t *testing.T) {
	for perMinute := 1; perMinute <= 600; perMinute++ {
		p := mailPace(perMinute)
		most := p.Burst + int((time.Minute-1)/p.Gap) // all that was saved up, and one each gap
		if most > perMinute || most < perMinute-1 {
			t.Errorf("%d a minute: up to %d go, at %+v", perMinute, most, p)
		}
	}
	if p := mailPace(0); p.Gap != 0 {
		t.Errorf("no limit is %+v", p)
	}
}
