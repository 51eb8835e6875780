package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/routing/training"
)

// trainCmd makes a model from labelled messages.
type trainCmd struct {
	Data    []string `help:"Folders of labelled messages (*.jsonl) to learn from beside the built-in ones." placeholder:"DIR" type:"existingdir"`
	Out     string   `help:"File to write the model to." placeholder:"FILE" required:""`
	Builtin bool     `help:"Make the model that is built into the binary (go generate ./routing)." hidden:""`
}

// Run implements the command.
func (c *trainCmd) Run(e *env) error {
	examples, err := routing.ReadExamples(training.Files)
	if err != nil {
		return err
	}
	prefix := now().Format(time.DateOnly) + "-"
	if c.Builtin {
		prefix = "builtin-"
	}
	for _, dir := range c.Data {
		more, err := routing.ReadExamples(os.DirFS(dir))
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		examples = append(examples, more...)
	}
	fmt.Fprintf(e.stderr, "learning from %d messages\n", len(examples))
	m := routing.Learn(examples, prefix)
	if err := m.Report.Write(e.stdout); err != nil {
		return err
	}
	if err := writeModel(c.Out, m); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "\nmodel %s written to %s\n", m.Name, c.Out)
	return nil
}

// writeModel puts the file in place whole or not at all.
func writeModel(path string, m *routing.Model) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".model-*")
	if err != nil {
		return err
	}
	err = errors.Join(f.Chmod(0o644), m.Write(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
