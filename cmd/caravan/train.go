package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/routing/training"
)

// trainCmd makes a model from labelled messages and from what officers corrected.
type trainCmd struct {
	withConfig
	Data        []string `help:"Folders of labelled messages (*.jsonl) to learn from too." placeholder:"DIR" type:"existingdir"`
	Out         string   `help:"Write the model to this file and leave the gateway's own as it is." placeholder:"FILE"`
	Corrections bool     `help:"Learn from what officers corrected." default:"true" negatable:""`
	Base        string   `help:"Labelled messages to start from instead of the built-in ones." placeholder:"DIR" type:"existingdir" hidden:""`
	Builtin     bool     `help:"Make the model of the binary itself (go generate ./routing)." hidden:""`
}

// Run implements the command.
func (c *trainCmd) Run(e *env) error {
	base := fs.FS(training.Files)
	if c.Base != "" {
		base = os.DirFS(c.Base)
	}
	own, err := routing.ReadExamples(base)
	if err != nil {
		return err
	}
	if c.Builtin {
		m, _ := routing.Learn(own, nil, "builtin-")
		return c.keep(e, m, c.Out)
	}
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	more, err := c.more(e)
	if err != nil {
		return err
	}
	if len(more) == 0 {
		fmt.Fprintln(e.stdout, "nothing new to learn from: no officer corrected anything, and no --data was given")
		return nil
	}
	fmt.Fprintf(e.stderr, "learning from %d messages of ours and %d of yours\n", len(own), len(more))
	before, yoursBefore := routing.Without(own, more)
	m, yours := routing.Learn(own, more, now().UTC().Format(time.DateOnly)+"-")
	fmt.Fprintf(e.stdout, "Messages of scenarios not trained on, understood right:\n%-22s %-26s %s\n", "", "without yours", "with yours")
	for _, row := range []struct {
		name          string
		before, after routing.Measure
	}{{"yours", yoursBefore.All, yours.All}, {"ours", before.All, m.Report.All}} {
		fmt.Fprintf(e.stdout, "%-6s %6d messages desk %.3f, category %.3f  desk %.3f, category %.3f\n", row.name, row.after.Messages,
			row.before.Desk, row.before.Category, row.after.Desk, row.after.Category)
	}
	if worse := m.Report.Worse(before); worse != "" {
		return fmt.Errorf("the new model is worse at our messages and is not kept: %s. Look for wrong labels among yours", worse)
	}
	fmt.Fprintln(e.stdout)
	if c.Out != "" {
		return c.keep(e, m, c.Out)
	}
	return c.install(e, m, cfg)
}

// more are the messages to learn from beside our own.
func (c *trainCmd) more(e *env) (out []routing.Example, err error) {
	for _, dir := range c.Data {
		labelled, err := routing.ReadExamples(os.DirFS(dir))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		if len(labelled) == 0 {
			return nil, fmt.Errorf("%s holds no labelled messages (*.jsonl)", dir)
		}
		out = append(out, labelled...)
	}
	if c.Corrections {
		err = c.withStore(e, func(ctx context.Context, s *keep) error {
			corrected, err := routing.Corrections(ctx, s, now())
			out = append(out, corrected...)
			return err
		})
	}
	return out, err
}

func (c *trainCmd) keep(e *env, m *routing.Model, path string) error {
	if err := m.Report.Write(e.stdout); err != nil {
		return err
	}
	if err := writeModel(path, m); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "\nmodel %s written to %s\n", m.Name, path)
	return nil
}

// install puts the model on the gateway's shelf and makes it the one in use.
func (c *trainCmd) install(e *env, m *routing.Model, cfg config.Config) error {
	shelf := shelfOf(cfg)
	if err := c.keep(e, m, filepath.Join(shelf.dir, m.Name+modelExt)); err != nil {
		return err
	}
	was, err := shelf.inUse()
	if err != nil {
		return err
	}
	if err := shelf.use(m.Name); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "in use, by a running gateway within seconds; back with 'caravan model use %s'\n", was)
	return nil
}
