package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/caravan-desk/caravan/routing"
)

// classifyCmd says what messages are about.
type classifyCmd struct {
	File     string `arg:"" optional:"" default:"-" help:"JSON Lines; - is standard input."`
	Now      string `help:"The instant that words like 'tomorrow' count from (RFC 3339); default: now." placeholder:"RFC3339"`
	Timezone string `default:"Asia/Riyadh" help:"Time zone that clock times are meant in." placeholder:"ZONE"`
	Model    string `help:"Understand with this model file instead of the built-in one." placeholder:"FILE" type:"existingfile"`

	at   time.Time
	zone *time.Location
}

// Validate reads the instant and the zone.
func (c *classifyCmd) Validate() (err error) {
	c.at = now()
	if c.Now != "" {
		if c.at, err = time.Parse(time.RFC3339, c.Now); err != nil {
			return fmt.Errorf("--now: %q is not an instant such as 2026-03-01T09:00:00Z", c.Now)
		}
	}
	c.zone, err = zone(c.Timezone)
	return err
}

// zone is the time zone of a --timezone.
func zone(name string) (*time.Location, error) {
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("--timezone: %q is not a time zone such as Asia/Riyadh", name)
	}
	return z, nil
}

// Run implements the command.
func (c *classifyCmd) Run(e *env) error {
	classifier := routing.NewClassifier()
	if c.Model != "" {
		m, err := readModel(c.Model)
		if err != nil {
			return err
		}
		classifier = classifier.With(m)
	}
	var in io.Reader = e.stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	return classifier.Lines(e.ctx, in, e.stdout, c.at, c.zone)
}
