package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/routing"
)

// modelCmd manages the models that understand messages.
type modelCmd struct {
	List modelListCmd `cmd:"" help:"List the models and what was measured of each; * is in use."`
	Use  modelUseCmd  `cmd:"" help:"Understand messages with another model; a running gateway takes it within seconds."`
}

type modelListCmd struct{ withConfig }

// Run implements the command.
func (c *modelListCmd) Run(e *env) error {
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	shelf := shelfOf(cfg)
	names, err := shelf.names()
	if err != nil {
		return err
	}
	used, err := shelf.inUse()
	if err != nil {
		return err
	}
	for _, name := range names {
		m, err := shelf.read(name)
		if err != nil {
			fmt.Fprintf(e.stdout, "  %-22s %v\n", name, err)
			continue
		}
		mark := " "
		if name == used {
			mark = "*"
		}
		all := m.Report.All
		fmt.Fprintf(e.stdout, "%s %-22s %-24s desk %.3f, category %.3f (F1 %.3f), priority %.3f, of %d messages\n",
			mark, name, m.Name, all.Desk, all.Category, all.CategoryF1, all.Priority, all.Messages)
	}
	return nil
}

type modelUseCmd struct {
	withConfig
	Name string `arg:"" help:"A name from the list, or builtin."`
}

// Run implements the command.
func (c *modelUseCmd) Run(e *env) error {
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	shelf := shelfOf(cfg)
	if _, err := shelf.read(c.Name); err != nil {
		return err
	}
	if err := shelf.use(c.Name); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s is in use; a running gateway takes it within seconds\n", c.Name)
	return nil
}

const (
	modelExt     = ".model"
	builtinModel = "builtin"
)

// shelf is the folder in data_dir that keeps every model that was trained here, and a
// file that names the one in use.
type shelf struct{ dir string }

func shelfOf(cfg config.Config) shelf { return shelf{filepath.Join(cfg.DataDir, "models")} }

// names lists the models, the built-in one first.
func (s shelf) names() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(s.dir, "*"+modelExt))
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	out := []string{builtinModel}
	for _, f := range files {
		out = append(out, strings.TrimSuffix(filepath.Base(f), modelExt))
	}
	return out, nil
}

// read reads one model.
func (s shelf) read(name string) (*routing.Model, error) {
	if name == builtinModel {
		return routing.BuiltinModel(), nil
	}
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("no model is called %s; there are: %s", name, strings.Join(names, ", "))
	}
	return readModel(filepath.Join(s.dir, name+modelExt))
}

// inUse is the name of the model in use.
func (s shelf) inUse() (string, error) {
	name, err := os.ReadFile(filepath.Join(s.dir, "current"))
	if errors.Is(err, fs.ErrNotExist) {
		return builtinModel, nil
	}
	if err != nil {
		return "", fmt.Errorf("which model is in use: %w", err)
	}
	return strings.TrimSpace(string(name)), nil
}

// use names the model to be used.
func (s shelf) use(name string) error {
	return replaceFile(filepath.Join(s.dir, "current"), func(f *os.File) error {
		_, err := f.WriteString(name + "\n")
		return err
	})
}

// classifier understands with the model in use.
func (s shelf) classifier() (*routing.Classifier, error) {
	name, err := s.inUse()
	if err != nil {
		return nil, err
	}
	m, err := s.read(name)
	if err != nil {
		return nil, fmt.Errorf("the model in use: %w. 'caravan model use builtin' goes back to the built-in one", err)
	}
	return routing.NewClassifier().With(m), nil
}

// lookEvery is how soon a running gateway sees that another model was chosen.
const lookEvery = 2 * time.Second

// models gives the classifier the model that is chosen while the gateway runs. One that
// cannot be read is told of once, and the one before stays.
func (a *app) models(ctx context.Context) error {
	shelf, used := shelfOf(a.cfg), ""
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			used = a.choose(shelf, used)
		}
	}
}

// choose looks whether another model than the one used was chosen, and returns which is seen to be.
func (a *app) choose(shelf shelf, used string) string {
	name, err := shelf.inUse()
	if err != nil || name == used {
		return used // a folder that cannot be read now may be in a moment
	}
	m, err := shelf.read(name)
	if err != nil {
		a.log.Error("the chosen model cannot be read: the one before stays", "model", name, "error", err)
		return name
	}
	if m.Name == a.classifier.Model().Name {
		return name
	}
	a.classifier.Use(m)
	a.log.Info("messages are understood with another model", "model", m.Name)
	return name
}

func readModel(path string) (*routing.Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return routing.ReadModel(f)
}

func writeModel(path string, m *routing.Model) error {
	return replaceFile(path, func(f *os.File) error { return m.Write(f) })
}

// replaceFile puts a file in place whole or not at all, and makes its folder.
func replaceFile(path string, write func(*os.File) error) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	err = errors.Join(f.Chmod(0o644), write(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
