package email

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestAlarm: a mailbox that cannot be read, and one that is read and brings nothing, are
// found out; one that another gateway reads, or that was read a moment ago, is left alone.
func TestAlarm(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	m := &Mailbox{Intake: &Intake{Account: "support", Now: func() time.Time { return now }}, Log: slog.New(slog.DiscardHandler)}
	step := func(after time.Duration, do func(), want string) {
		t.Helper()
		now = now.Add(after)
		if do != nil {
			do()
		}
		if got := m.State().Alarm(now, 6*time.Hour); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: alarm %q, want %q", now.Format("15:04"), got, want)
		}
	}
	away := func() { m.failed(StatusUnreachable, "read mailbox", errors.New("no route")) }
	begin := func() { m.begin() }
	step(0, begin, "")
	step(14*time.Minute, away, "")
	step(time.Minute, func() { m.status(StatusConnecting); away() }, "could not be read since 2026-11-22T09:00")
	step(0, m.reading, "")
	step(5*time.Hour, m.kept, "")
	step(6*time.Hour-time.Second, m.reading, "")
	step(time.Second, nil, "no mail has come since 2026-11-22T14:15")
	step(0, m.kept, "")
	step(time.Minute, away, "")
	step(15*time.Minute, away, "could not be read")
	step(0, m.standby, "")
	step(0, func() { m.failed(StatusRefused, "read mailbox", ErrSignIn) }, "refuses the sign-in")
}
