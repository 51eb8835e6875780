package blobs

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
)

// All gives the keys of all blobs, in no order that matters, until one fails.
func (f *Folder) All(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		stopped := false
		err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case d.IsDir() && d.Name() == incoming:
				return fs.SkipDir
			case d.IsDir():
				return nil
			}
			if _, err := parseKey(d.Name()); err == nil && !yield(d.Name(), nil) {
				stopped = true
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", fmt.Errorf("list blobs: %w", err))
			return
		}
		if stopped {
			return
		}
		f.packs.all(func(key string, err error) bool {
			switch {
			case err == nil && ctx.Err() != nil:
				err = ctx.Err()
			case err == nil:
				if _, also := os.Stat(f.path(key)); also == nil {
					return true // as a file, too
				}
				return yield(key, nil)
			}
			yield("", fmt.Errorf("list blobs: %w", err))
			return false
		})
	}
}

// all gives the keys of what lives in packs, each once, until one fails.
func (p *packs) all(yield func(key string, err error) bool) {
	if err := p.refresh(); err != nil {
		yield("", err)
		return
	}
	p.mu.RLock()
	names, wrong := slices.Clone(p.names), p.wrong
	p.mu.RUnlock()
	for _, name := range names {
		t, err := p.table(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			yield("", fmt.Errorf("pack %s: %w", name, err))
			return
		}
		for _, e := range t.entries {
			if !e.gone && p.home(e.sum) == name && !yield(hex.EncodeToString(e.sum[:]), nil) {
				return
			}
		}
	}
	if wrong != nil {
		yield("", wrong)
	}
}

// home is the first pack that a blob lives in.
func (p *packs) home(sum digest) (name string) {
	if names := p.candidates(sum); len(names) == 1 {
		return names[0]
	}
	_ = p.visit(sum, false, func(f *os.File, _ table, _ int) (bool, error) {
		name = filepath.Base(f.Name())
		return true, nil
	})
	return name
}
