package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/caravan-desk/caravan/channels/email"
)

// mailCmd works on raw mails.
type mailCmd struct {
	Parse mailParseCmd `cmd:"" help:"Print what the email adapter makes of raw messages, one JSON line each."`
}

// mailParseCmd parses mails.
type mailParseCmd struct {
	Files []string `arg:"" name:"file" help:"Raw messages (RFC 5322)."`
}

// Run implements the command.
func (c *mailParseCmd) Run(e *env) error {
	out := json.NewEncoder(e.stdout)
	out.SetEscapeHTML(false)
	var unread []error
	for _, name := range c.Files {
		raw, err := os.ReadFile(name)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		if err := out.Encode(email.Document{File: name, Mail: email.Parse(raw, email.Options{})}); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return errors.Join(unread...)
}
