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
}

// Run implements the command.
func (c *classifyCmd) Run(e *env) error {
	at := now()
	if c.Now != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, c.Now); err != nil {
			return wrongUse{fmt.Errorf("--now: %w", err)}
		}
	}
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return wrongUse{fmt.Errorf("--timezone: %w", err)}
	}
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
	return classifier.Lines(e.ctx, in, e.stdout, at, zone)
}
