package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/caravan-desk/caravan/conversations/blobs"
	"github.com/caravan-desk/caravan/conversations/redisstore"
)

// exportCmd writes everything into a folder.
type exportCmd struct {
	withConfig
	Dir string `arg:"" type:"path" help:"A new or empty folder."`
}

// manifest is written last: a folder without one is no whole export.
type manifest struct {
	Format     int               `json:"format"`
	Caravan    string            `json:"caravan"`
	ExportedAt time.Time         `json:"exported_at"`
	Keys       map[string]int    `json:"keys"`  // by file
	Sums       map[string]string `json:"sums"`  // SHA-256 of each, in hexadecimal
	Files      int               `json:"files"` // attachments and raw mails, which are named by their own
	AtWork     bool              `json:"at_work"`
}

const (
	exportFormat = 2
	manifestName = "manifest.json"
	filesFolder  = "files"
)

// Run implements the command.
func (c *exportCmd) Run(e *env) error {
	if entries, err := os.ReadDir(c.Dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty", c.Dir)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		m := manifest{Format: exportFormat, Caravan: version, ExportedAt: now(), Keys: map[string]int{}}
		out := &lines{dir: c.Dir, files: map[string]*lineFile{}}
		var err error
		m.AtWork, err = s.Export(ctx, func(file string, x redisstore.Exported) error {
			m.Keys[file]++
			return out.write(file, x)
		}, progress(e, "keys"))
		m.Sums = out.sums()
		if err = errors.Join(err, out.close()); err != nil {
			return err
		}
		cfg, err := c.load(e)
		if err != nil {
			return err
		}
		if m.Files, err = exportFiles(ctx, filepath.Join(cfg.DataDir, "blobs"), filepath.Join(c.Dir, filesFolder)); err != nil {
			return err
		}
		raw, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.Dir, manifestName), append(raw, '\n'), 0o600); err != nil {
			return err
		}
		if m.AtWork {
			fmt.Fprintln(e.stderr, "caravan: the store was at work meanwhile; for a copy of one moment, stop the gateways first")
		}
		keys := 0
		for _, n := range m.Keys {
			keys += n
		}
		fmt.Fprintf(e.stdout, "exported %d keys and %d files\n", keys, m.Files)
		return nil
	})
}

// lines writes JSON Lines into several files.
type lines struct {
	dir   string
	files map[string]*lineFile
}

type lineFile struct {
	file *os.File
	buf  *bufio.Writer
	sum  hash.Hash // of what went into buf
}

func (l *lines) write(name string, v any) error {
	f := l.files[name]
	if f == nil {
		file, err := os.OpenFile(filepath.Join(l.dir, name+".jsonl"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		f = &lineFile{file, bufio.NewWriterSize(file, 1<<16), sha256.New()}
		l.files[name] = f
	}
	enc := json.NewEncoder(io.MultiWriter(f.buf, f.sum))
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// sums are of all that was written, by file.
func (l *lines) sums() map[string]string {
	out := map[string]string{}
	for name, f := range l.files {
		out[name] = hex.EncodeToString(f.sum.Sum(nil))
	}
	return out
}

func (l *lines) close() error {
	var errs []error
	for _, f := range l.files {
		errs = append(errs, f.buf.Flush(), f.file.Sync(), f.file.Close())
	}
	return errors.Join(errs...)
}

// exportFiles copies all blobs.
func exportFiles(ctx context.Context, from, to string) (n int, err error) {
	src, err := blobs.Open(from)
	if err != nil {
		return 0, err
	}
	dst, err := blobs.Open(to)
	if err != nil {
		return 0, err
	}
	return copyBlobs(ctx, src, dst)
}

// copyBlobs copies every blob; what arrives is what its name says, or it is an error.
func copyBlobs(ctx context.Context, src, dst *blobs.Folder) (n int, err error) {
	for key, err := range src.All(ctx) {
		if err != nil {
			return n, err
		}
		if err := copyBlob(ctx, src, dst, key); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func copyBlob(ctx context.Context, src, dst *blobs.Folder, key string) error {
	r, err := src.Get(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close()
	got, _, err := dst.Put(ctx, io.Reader(r))
	if err == nil && got != key {
		err = fmt.Errorf("file %s is damaged: its bytes have the name %s", key, got)
	}
	return err
}
