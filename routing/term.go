package routing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Duration is a time.Duration that files write as 30m, 2h or 3d.
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := duration24(string(text))
	*d = Duration(v)
	return err
}

// MarshalJSON writes it as a file would.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// String is the duration in words of a file: days where there are whole ones.
func (d Duration) String() string {
	v := time.Duration(d)
	if v > 0 && v%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", v/(24*time.Hour))
	}
	s := v.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if cut, ok := strings.CutSuffix(s, zero); ok {
			s = cut + zero[:1]
		}
	}
	return s
}

// longestTerm is what a file may give; the calendars' search for the end of a term has a limit too.
const longestTerm = 366 * 24 * time.Hour

// duration24 is time.ParseDuration with "d" for 24 hours, from nothing to a year.
func duration24(s string) (time.Duration, error) {
	days, isDays := strings.CutSuffix(s, "d")
	text := s
	if isDays {
		text = days + "h"
	}
	d, err := time.ParseDuration(text)
	if isDays && d <= longestTerm {
		d *= 24
	}
	switch {
	case err != nil || d < 0:
		return 0, fmt.Errorf("%q is not a duration such as 30m, 2h or 3d", s)
	case d > longestTerm:
		return 0, fmt.Errorf("%q is longer than a year", s)
	}
	return d, nil
}

// Target is how long a clock gives, for all priorities or for some: either a duration
// (`2h`, `90m`, `3d`) or a map from priority to duration in which `normal` must stand
// and serves the ones left out.
type Target map[string]Duration

// UnmarshalText reads the duration for all priorities.
func (t *Target) UnmarshalText(text []byte) error {
	var one Duration
	err := one.UnmarshalText(text)
	*t = Target{Normal: one}
	return err
}

// Term is one clock of a desk. A file may give only the Target in its place.
type Term struct {
	Within     Target    `yaml:"within"`
	Calendar   string    `yaml:"calendar"`   // the desk's if empty
	Pauses     *[]string `yaml:"pauses"`     // in whose time it stands still; if left out, resolution in everybody's, and the others in nobody's
	Starts     string    `yaml:"starts"`     // a clock of the desk's own: created, or a status that begins it and whose end stops it
	Categories []string  `yaml:"categories"` // a clock of the desk's own: which have it; all if empty
	Warn       *Duration `yaml:"warn"`       // the desk's if left out
	Escalation []Rung    `yaml:"escalation"` // the desk's if left out
}

// Created starts a clock with the conversation.
const Created = "created"

// Short implements sheet.Short.
func (t *Term) Short() any { return &t.Within }

// within is the time at a priority.
func (t Term) within(priority string) time.Duration {
	if w, ok := t.Within[priority]; ok {
		return time.Duration(w)
	}
	return time.Duration(t.Within[Normal])
}

// PausesOf is in whose time the clock of that name stands still.
func (t Term) PausesOf(clock string) []string {
	switch {
	case t.Pauses != nil:
		return *t.Pauses
	case clock == Resolution:
		return conversations.Waits
	}
	return nil
}

// covers reports whether a category has the clock.
func (t Term) covers(category string) bool {
	return len(t.Categories) == 0 || slices.Contains(t.Categories, category)
}
