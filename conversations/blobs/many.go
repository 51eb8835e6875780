package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
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
	for i, b := range data {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(b)
		keys[i] = hex.EncodeToString(sum[:])
		temp, err := write(filepath.Join(f.dir, incoming), b)
		if err != nil {
			return nil, fmt.Errorf("put blobs: %w", err)
		}
		temps[i] = temp
	}
	if err := f.flush(); err != nil { // not possible here: one by one
		for i, b := range data {
			if keys[i], _, err = f.Put(ctx, bytes.NewReader(b)); err != nil {
				return nil, err
			}
		}
		return keys, nil
	}
	for i, key := range keys {
		target := f.path(key)
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return nil, fmt.Errorf("put blob %s: %w", key, err)
		}
		if err := os.Rename(temps[i], target); err != nil {
			return nil, fmt.Errorf("put blob %s: %w", key, err)
		}
		temps[i] = ""
	}
	if err := f.flush(); err != nil {
		return nil, fmt.Errorf("put blobs: %w", err)
	}
	return keys, nil
}

// write makes a temporary file with the bytes in it, not yet flushed.
func write(dir string, b []byte) (string, error) {
	temp, err := os.CreateTemp(dir, "*")
	if err != nil {
		return "", err
	}
	_, err = temp.Write(b)
	if cerr := temp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(temp.Name())
		return "", err
	}
	return temp.Name(), nil
}
