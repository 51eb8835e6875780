package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// PutAll keeps many small blobs, and returns their keys in order. When it returns
// without an error all of them are on the disk, as after Put; it waits for the
// disk twice, however many they are.
func (f *Folder) PutAll(ctx context.Context, data [][]byte) ([]string, error) {
	keys, temps := make([]string, len(data)), make([]string, len(data))
	defer func() {
		for _, t := range temps {
			if t != "" {
				os.Remove(t)
			}
		}
	}()
	err := each(len(data), func(i int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		sum := sha256.Sum256(data[i])
		keys[i] = hex.EncodeToString(sum[:])
		temp, err := f.write(data[i])
		if err != nil {
			return fmt.Errorf("put blobs: %w", err)
		}
		temps[i] = temp
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := f.flush(); err != nil { // not possible here: one by one
		for i, b := range data {
			if keys[i], _, err = f.Put(ctx, bytes.NewReader(b)); err != nil {
				return nil, err
			}
		}
		return keys, nil
	}
	err = each(len(data), func(i int) error {
		_, err := f.makeRoom(keys[i])
		if err == nil {
			err = os.Rename(temps[i], f.path(keys[i]))
		}
		if err != nil {
			return fmt.Errorf("put blob %s: %w", keys[i], err)
		}
		temps[i] = ""
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := f.flush(); err != nil {
		return nil, fmt.Errorf("put blobs: %w", err)
	}
	return keys, nil
}

// atOnce is how many files are written at the same time: a file system has
// locks of its own, and more would only wait for them.
const atOnce = 4

// each calls do for 0 … n−1, some at a time; the first error ends it.
func each(n int, do func(i int) error) error {
	var next atomic.Int64
	errs := make([]error, min(atOnce, n))
	var workers sync.WaitGroup
	for w := range errs {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if errs[w] = do(i); errs[w] != nil {
					next.Store(int64(n))
					return
				}
			}
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}

// write makes a temporary file with the bytes in it, not yet flushed. Its name is
// of this process alone, and a file that a dead one left is written over.
func (f *Folder) write(b []byte) (string, error) {
	name := filepath.Join(f.dir, incoming, fmt.Sprintf("%s-%d", f.own, f.temp.Add(1)))
	temp, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	_, err = temp.Write(b)
	if cerr := temp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(name)
		return "", err
	}
	return name, nil
}
