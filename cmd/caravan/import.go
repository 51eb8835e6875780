package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations/blobs"
	"github.com/caravan-desk/caravan/conversations/redisstore"
)

// importCmd takes in what export wrote.
type importCmd struct {
	withConfig
	Dir   string `arg:"" type:"existingdir" help:"A folder that 'caravan export' wrote."`
	Again bool   `help:"Go on with an import that was interrupted: the store need not be empty."`
}

// Run implements the command.
func (c *importCmd) Run(e *env) error {
	m, err := c.manifest()
	if err == nil {
		err = c.whole(m)
	}
	if err != nil {
		return err
	}
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		if err := s.Empty(ctx); err != nil && !(c.Again && errors.Is(err, redisstore.ErrNotEmpty)) {
			return err
		}
		cfg, err := c.load(e)
		if err != nil {
			return err
		}
		files, err := c.files(ctx, cfg, m)
		if err != nil {
			return err
		}
		total, done := 0, 0
		for _, n := range m.Keys {
			total += n
		}
		show := progress(e, "keys")
		for _, name := range slices.Sorted(maps.Keys(m.Keys)) {
			n, err := c.file(ctx, s, name, func() {
				if done++; show != nil && (done%1000 == 0 || done == total) {
					show(done, total)
				}
			})
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if n != m.Keys[name] {
				return fmt.Errorf("%s: has %d keys, the manifest says %d", name, n, m.Keys[name])
			}
		}
		fmt.Fprintf(e.stdout, "imported %d keys and %d files\n", done, files)
		return nil
	})
}

// whole checks that the files are the ones that were exported, before anything is taken in.
func (c *importCmd) whole(m manifest) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(m.Keys)) {
		f, err := os.Open(c.path(name))
		if err != nil {
			faults = append(faults, err)
			continue
		}
		sum := sha256.New()
		_, err = io.Copy(sum, f)
		if err = errors.Join(err, f.Close()); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		} else if hex.EncodeToString(sum.Sum(nil)) != m.Sums[name] {
			faults = append(faults, fmt.Errorf("%s is not the file that was exported: its sum is not the manifest's", f.Name()))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("the export is damaged, and nothing was taken in:\n%w", err)
	}
	return nil
}

// files copies the attachments and raw mails.
func (c *importCmd) files(ctx context.Context, cfg config.Config, m manifest) (int, error) {
	src, err := blobs.Open(filepath.Join(c.Dir, filesFolder))
	if err != nil {
		return 0, err
	}
	dst, err := blobs.Open(filepath.Join(cfg.DataDir, "blobs"))
	if err != nil {
		return 0, err
	}
	n, err := copyBlobs(ctx, src, dst)
	if err == nil && n != m.Files {
		err = fmt.Errorf("%d files, the manifest says %d", n, m.Files)
	}
	if err != nil {
		return n, fmt.Errorf("the export is damaged, and no conversation was taken in: %w", err)
	}
	return n, nil
}

// path is a file of the export.
func (c *importCmd) path(name string) string {
	return filepath.Join(c.Dir, filepath.Base(name)+".jsonl")
}

func (c *importCmd) manifest() (m manifest, err error) {
	raw, err := os.ReadFile(filepath.Join(c.Dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s has no %s: it is no export, or one that was cut short", c.Dir, manifestName)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestName, err)
	}
	if m.Format != exportFormat {
		return m, fmt.Errorf("%s: format %d; this is for format %d", manifestName, m.Format, exportFormat)
	}
	return m, nil
}

// file imports one file, and counts its keys.
func (c *importCmd) file(ctx context.Context, s *keep, name string, one func()) (n int, err error) {
	f, err := os.Open(c.path(name))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	dec := json.NewDecoder(bufio.NewReaderSize(f, 1<<16))
	for dec.More() {
		var x redisstore.Exported
		if err := dec.Decode(&x); err != nil {
			return n, fmt.Errorf("line %d: %w", n+1, err)
		}
		if err := s.Import(ctx, x); err != nil {
			return n, fmt.Errorf("line %d: %w", n+1, err)
		}
		n++
		one()
	}
	return n, nil
}
