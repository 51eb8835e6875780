package email

import (
	"fmt"
	"time"
)

const (
	// awayTerm is how long a mailbox may be out of reach before somebody has to look.
	awayTerm = 15 * time.Minute
	// DefaultSilence is how long a mailbox that is read may bring nothing before somebody has to look.
	DefaultSilence = 24 * time.Hour
)

// Alarm says what is wrong with a mailbox for so long that somebody has to look; empty if
// nothing is. silence is how long it may bring no mail (0: DefaultSilence): a forwarding
// rule or an MX record that is gone looks, from here, like a quiet day. It is pure.
func (s State) Alarm(now time.Time, silence time.Duration) string {
	if silence <= 0 {
		silence = DefaultSilence
	}
	last := s.Begun
	if s.LastMailAt.After(last) {
		last = s.LastMailAt
	}
	read := s.Begun
	if s.ReadAt.After(read) {
		read = s.ReadAt
	}
	since := func(what string, t time.Time) string {
		return fmt.Sprintf("%s since %s", what, t.UTC().Format(time.RFC3339))
	}
	switch s.Status {
	case StatusRefused:
		return since("the server refuses the sign-in: nothing was read", read)
	case StatusUnreachable, StatusConnecting:
		if now.Sub(read) >= awayTerm {
			return since("it could not be read", read)
		}
	case StatusReading:
		if now.Sub(last) >= silence {
			return since("no mail has come", last)
		}
	}
	return ""
}
