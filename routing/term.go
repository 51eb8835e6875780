package routing

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/caravan-desk/caravan/conversations"
)

// Duration is a time.Duration that files write as 30m, 2h or 3d.
type Duration time.Duration

// UnmarshalYAML implements yaml.BytesUnmarshaler.
func (d *Duration) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return errors.New("want a duration such as 30m, 2h or 3d")
	}
	v, err := duration24(s)
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

// duration24 is time.ParseDuration with "d" for 24 hours.
func duration24(s string) (time.Duration, error) {
	days, isDays := strings.CutSuffix(s, "d")
	if isDays {
		s = days + "h"
	}
	d, err := time.ParseDuration(s)
	if isDays {
		d *= 24
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a duration such as 30m, 2h or 3d", s)
	}
	return d, nil
}

// Target is how long a clock gives, for all priorities or for some: either a duration
// (`2h`, `90m`, `3d`) or a map from priority to duration in which `normal` must stand
// and serves the ones left out.
type Target map[string]time.Duration

// UnmarshalYAML reads either form.
func (t *Target) UnmarshalYAML(b []byte) error {
	var one string
	if err := yaml.Unmarshal(b, &one); err == nil {
		d, err := duration24(one)
		*t = Target{Normal: d}
		return err
	}
	var many map[string]Duration
	if err := yaml.Unmarshal(b, &many); err != nil {
		return fmt.Errorf("want a duration, or durations by priority: %s", oneLine(err))
	}
	*t = Target{}
	for p, d := range many {
		(*t)[p] = time.Duration(d)
	}
	return nil
}

// oneLine is the message of a YAML error without its excerpt.
func oneLine(err error) string {
	var at yaml.Error
	if errors.As(err, &at) {
		return at.GetMessage()
	}
	return err.Error()
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

// UnmarshalYAML reads the whole form or the short one.
func (t *Term) UnmarshalYAML(b []byte) error {
	type whole Term
	var w whole
	if long := yaml.UnmarshalWithOptions(b, &w, yaml.Strict()); long == nil && w.Within != nil {
		*t = Term(w)
		return nil
	} else if keys := map[string]any{}; yaml.Unmarshal(b, &keys) == nil && keys["within"] != nil {
		return errors.New(oneLine(long))
	}
	*t = Term{}
	return t.Within.UnmarshalYAML(b)
}

// within is the time at a priority.
func (t Term) within(priority string) time.Duration {
	if w, ok := t.Within[priority]; ok {
		return w
	}
	return t.Within[Normal]
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
