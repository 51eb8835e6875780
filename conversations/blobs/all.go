package blobs

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
)

// All gives the keys of all blobs, in no order that matters, until one fails.
func (f *Folder) All(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case d.IsDir() && d.Name() == incoming:
				return fs.SkipDir
			case d.IsDir() || checkKey(d.Name()) != nil:
				return nil
			case !yield(d.Name(), nil):
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", fmt.Errorf("list blobs: %w", err))
		}
	}
}
