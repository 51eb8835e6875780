// Package blobs keeps attachments and raw mail as files, outside Redis. A Folder is
// content-addressed: a blob's key is the SHA-256 of its bytes, so the same file sent
// twice is kept once and a key never changes its meaning. Once Put has returned, the
// bytes are on the disk. Any number of gateways may share one folder. What comes by
// itself is a file; what comes in a crowd (PutAll) lies in packs, many blobs in one file.
package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

var (
	// ErrNotFound is returned for a key that names no blob.
	ErrNotFound = fmt.Errorf("blob not found: %w", fs.ErrNotExist)
	// ErrBadKey is returned for a key that no blob can have.
	ErrBadKey = fmt.Errorf("bad blob key: %w", fs.ErrNotExist)
)

// incoming is where blobs are written before their key is known.
const incoming = "incoming"

// Folder is a blob store in a directory: KEY lies in KE/KEY. One level of folders
// is enough: making one for nearly every blob would cost more than the blob.
type Folder struct {
	dir   string
	made  sync.Map // folders that are there: "ke"
	packs *packs
}

var _ channels.Blobs = (*Folder)(nil)

// abandoned is how old a file is that nobody writes any more.
const abandoned = time.Hour

// Open opens the store in dir, making it if need be. What gateways were putting when
// they died is removed.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(filepath.Join(dir, incoming), 0o700); err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	p, err := openPacks(dir)
	if err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	f := &Folder{dir: dir, packs: p}
	_, err = f.Sweep(time.Now().Add(-abandoned))
	return f, err
}

// Stat is what is known of a blob without reading it.
type Stat struct {
	Size     int64     // bytes
	Modified time.Time // when it was last put
}

// Put keeps what r holds and returns its key and size in bytes. It returns when the
// bytes, and the file's name, are on the disk. If ctx ends, nothing is kept.
func (f *Folder) Put(ctx context.Context, r io.Reader) (key string, size int64, err error) {
	temp, err := os.CreateTemp(filepath.Join(f.dir, incoming), "*")
	if err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(temp, sum), reader{ctx, r})
	if err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	if err := temp.Sync(); err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	key = hex.EncodeToString(sum.Sum(nil))
	if err := f.name(temp.Name(), key); err != nil {
		return "", 0, fmt.Errorf("put blob %s: %w", key, err)
	}
	return key, size, nil
}

// name moves a finished file to its place. One that is there already is replaced, so
// that what was damaged is whole again.
func (f *Folder) name(temp, key string) error {
	target := f.path(key)
	made, err := f.makeRoom(key)
	if err == nil && made {
		err = syncDir(f.dir)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(temp, target); err != nil {
		return err
	}
	return syncDir(filepath.Dir(target))
}

// makeRoom makes the folder that a key belongs in, unless it is known to be there.
func (f *Folder) makeRoom(key string) (made bool, err error) {
	if _, known := f.made.Load(key[:2]); known {
		return false, nil
	}
	err = os.Mkdir(filepath.Join(f.dir, key[:2]), 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return false, err
	}
	f.made.Store(key[:2], true)
	return err == nil, nil
}

// Get opens a blob; the caller closes it. ErrNotFound, ErrBadKey.
func (f *Folder) Get(_ context.Context, key string) (io.ReadCloser, error) {
	sum, err := parseKey(key)
	if err != nil {
		return nil, fmt.Errorf("get blob: %w", err)
	}
	file, err := os.Open(f.path(key))
	if err == nil {
		return file, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		var p packed
		if p, err = f.packs.get(sum); err == nil {
			return io.NopCloser(bytes.NewReader(p.data)), nil
		}
	}
	return nil, fmt.Errorf("get blob %s: %w", key, err)
}

// Stat describes a blob. ErrNotFound, ErrBadKey.
func (f *Folder) Stat(_ context.Context, key string) (Stat, error) {
	sum, err := parseKey(key)
	if err != nil {
		return Stat{}, fmt.Errorf("stat blob: %w", err)
	}
	about, err := os.Stat(f.path(key))
	if err == nil {
		return Stat{Size: about.Size(), Modified: about.ModTime()}, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		var p packed
		if p, err = f.packs.get(sum); err == nil {
			return Stat{Size: int64(len(p.data)), Modified: p.changed}, nil
		}
	}
	return Stat{}, fmt.Errorf("stat blob %s: %w", key, err)
}

// Delete removes a blob for good; one that is not there is no error. The caller knows
// that no message refers to it any more: a key may be shared by many. ErrBadKey.
func (f *Folder) Delete(_ context.Context, key string) error {
	sum, err := parseKey(key)
	if err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	target := f.path(key)
	err = os.Remove(target)
	switch {
	case err == nil:
		err = syncDir(filepath.Dir(target))
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err = errors.Join(err, f.packs.remove(sum)); err != nil {
		return fmt.Errorf("delete blob %s: %w", key, err)
	}
	return nil
}

// Sweep removes what was being put when a gateway died: files older than the given
// time. It returns how many there were.
func (f *Folder) Sweep(before time.Time) (removed int, err error) {
	entries, err := os.ReadDir(filepath.Join(f.dir, incoming))
	if err != nil {
		return 0, fmt.Errorf("sweep blob folder: %w", err)
	}
	for _, entry := range entries {
		about, err := entry.Info()
		if err != nil || !about.ModTime().Before(before) {
			continue
		}
		if err := os.Remove(filepath.Join(f.dir, incoming, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("sweep blob folder: %w", err)
		}
		removed++
	}
	return removed, nil
}

func (f *Folder) path(key string) string { return filepath.Join(f.dir, key[:2], key) }

// parseKey lets only lower-case hexadecimal SHA-256 through, so that no key can name
// a file outside the folder.
func parseKey(key string) (sum digest, err error) {
	if len(key) != 2*sha256.Size {
		return sum, ErrBadKey
	}
	for _, c := range []byte(key) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return sum, ErrBadKey
		}
	}
	_, err = hex.Decode(sum[:], []byte(key))
	return sum, err
}

// syncDir puts a folder's names on the disk; without it a new file may lose its name
// in a power cut (fsync(2)).
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// reader stops reading when the context ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
