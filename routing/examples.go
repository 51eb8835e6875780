package routing

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/caravan-desk/caravan/channels"
)

// Example is one labelled message: what somebody wrote and how a person understood it.
type Example struct {
	ID       string        `json:"id"`
	Scenario string        `json:"scenario"` // messages about the same situation; they are never split between training and test
	Channel  channels.Kind `json:"channel"`
	Subject  string        `json:"subject,omitempty"`
	Text     string        `json:"text"`
	Want     Want          `json:"want"`
}

// Want is the right answer to an Example. An empty field is not known: an officer's
// correction tells the desk and nothing of the language.
type Want struct {
	Language   string      `json:"language,omitempty"`
	Desk       string      `json:"desk,omitempty"`
	Category   string      `json:"category,omitempty"`
	Priority   string      `json:"priority,omitempty"`
	References []Reference `json:"references,omitempty"`
	Callback   *bool       `json:"callback,omitempty"`
}

// ReadExamples reads every *.jsonl of a folder, in the order of the files' names. All
// faults are reported together, each as file:line.
func ReadExamples(folder fs.FS) (out []Example, err error) {
	names, err := fs.Glob(folder, "*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("list examples: %w", err)
	}
	var faults []error
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			faults = append(faults, fmt.Errorf("read examples: %w", err))
			continue
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 1<<22)
		for n := 1; lines.Scan(); n++ {
			if len(bytes.TrimSpace(lines.Bytes())) == 0 {
				continue
			}
			e, err := readExample(lines.Bytes())
			if err != nil {
				faults = append(faults, fmt.Errorf("%s:%d: %w", name, n, err))
				continue
			}
			out = append(out, e)
		}
		faults = append(faults, lines.Err())
	}
	return out, errors.Join(faults...)
}

func readExample(line []byte) (e Example, err error) {
	strict := json.NewDecoder(bytes.NewReader(line))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&e); err != nil {
		return e, fmt.Errorf("not an example: %w", err)
	}
	if e.Scenario == "" {
		e.Scenario = e.ID
	}
	return e, e.check()
}

func (e Example) check() error {
	w := e.Want
	if e.ID == "" {
		return errors.New("no id")
	}
	if _, ok := w.label(); !ok && (w.Desk != "" || w.Category != "") {
		return fmt.Errorf("%s: no category %q on a desk %q", e.ID, w.Category, w.Desk)
	}
	if w.Priority != "" && !slices.Contains(priorityLanes[:], w.Priority) {
		return fmt.Errorf("%s: no priority %q", e.ID, w.Priority)
	}
	if w.Language != "" && w.Language != mixed && !slices.Contains(languages[:], w.Language) {
		return fmt.Errorf("%s: no language %q", e.ID, w.Language)
	}
	for _, r := range w.References {
		if r.Kind != AWB && r.Kind != Booking || r.Value == "" {
			return fmt.Errorf("%s: not a reference: %+v", e.ID, r)
		}
	}
	return nil
}

// label is the index of the wanted desk and category.
func (w Want) label() (int, bool) {
	i := slices.Index(labels, label{w.Desk, w.Category})
	return i, i >= 0
}
