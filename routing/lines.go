package routing

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Lines reads messages as JSON Lines (contract, section 6) and writes what was
// understood of each, in the same order. Empty lines are passed over. The first line
// that is not such an object ends it with an error naming the line; answers to the lines
// before it have been written.
func (c *Classifier) Lines(ctx context.Context, r io.Reader, w io.Writer, now time.Time, tz *time.Location) (err error) {
	in, out := bufio.NewReaderSize(r, 1<<16), bufio.NewWriterSize(w, 1<<16)
	defer func() { err = errors.Join(err, out.Flush()) }()
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, readErr := in.ReadBytes('\n')
		if readErr != nil && readErr != io.EOF {
			return fmt.Errorf("read line %d: %w", n, readErr)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := classifyLine(c, line, answers, now, tz); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		if readErr == io.EOF {
			return nil
		}
	}
}

func classifyLine(c *Classifier, line []byte, answers *json.Encoder, now time.Time, tz *time.Location) error {
	var m struct {
		ID      string        `json:"id"`
		Channel channels.Kind `json:"channel"`
		Subject string        `json:"subject"`
		Text    *string       `json:"text"`
		From    string        `json:"from"`
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return fmt.Errorf("not a message in JSON: %w", err)
	}
	if m.Text == nil {
		return errors.New(`no "text"`)
	}
	u := c.Classify(Text{ID: m.ID, Channel: m.Channel, Subject: m.Subject, Body: *m.Text, From: m.From}, now, tz)
	if err := answers.Encode(struct {
		ID string `json:"id"`
		Understanding
	}{m.ID, u}); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}
