package blobs

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	packFolder = "packs"
	packSuffix = ".pack"
)

// packs finds blobs in the packs of a folder. It remembers which pack a blob is in
// by the first eight bytes of its key, 12 bytes a blob and the map around them; what
// is there it reads in the pack itself, which others may have changed.
type packs struct {
	dir      string      // of the packs
	incoming string      // where they are written
	removing sync.Mutex  // so that the last blob is seen to be the last
	cached   atomic.Bool // packs are written through the page cache here, whatever their size

	mu    sync.RWMutex
	names []string            // of packs that were read
	known map[string]bool     // the same, and the damaged ones
	in    map[uint64]uint32   // first bytes of a key → the pack, as a place in names
	also  map[uint64][]uint32 // further packs, where there are any
	wrong error               // the packs that could not be read
}

func openPacks(dir string) (*packs, error) {
	p := &packs{
		dir: filepath.Join(dir, packFolder), incoming: filepath.Join(dir, incoming),
		known: map[string]bool{}, in: map[uint64]uint32{}, also: map[uint64][]uint32{},
	}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, err
	}
	return p, p.refresh()
}

// refresh reads packs that are new: another gateway may have written them.
func (p *packs) refresh() error {
	files, err := os.ReadDir(p.dir)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, file := range files {
		name := file.Name()
		if p.known[name] || !strings.HasSuffix(name, packSuffix) {
			continue
		}
		t, err := p.table(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil: // the other packs are as good as ever
			p.wrong = errors.Join(p.wrong, fmt.Errorf("pack %s: %w", name, err))
			p.known[name] = true
		default:
			p.add(name, t.entries)
		}
	}
	return nil
}

// add makes a pack known; mu is held.
func (p *packs) add(name string, entries []entry) {
	if p.known[name] {
		return
	}
	p.known[name] = true
	n := uint32(len(p.names))
	p.names = append(p.names, name)
	for _, e := range entries {
		if e.gone {
			continue
		}
		short := binary.LittleEndian.Uint64(e.sum[:])
		if _, taken := p.in[short]; taken {
			p.also[short] = append(p.also[short], n)
		} else {
			p.in[short] = n
		}
	}
}

func (p *packs) table(name string) (table, error) {
	f, err := os.Open(filepath.Join(p.dir, name))
	if err != nil {
		return table{}, err
	}
	defer f.Close()
	return readTable(f)
}

// candidates are the packs that may hold a blob.
func (p *packs) candidates(sum digest) (names []string) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	short := binary.LittleEndian.Uint64(sum[:])
	n, some := p.in[short]
	if !some {
		return nil
	}
	names = append(names, p.names[n])
	for _, n := range p.also[short] {
		names = append(names, p.names[n])
	}
	return names
}

// visit calls do for each known pack that holds the blob, until it says that this is
// enough. f is open for writing where write says so.
func (p *packs) visit(sum digest, write bool, do func(f *os.File, t table, i int) (enough bool, err error)) error {
	mode := os.O_RDONLY
	if write {
		mode = os.O_RDWR
	}
	for _, name := range p.candidates(sum) {
		enough, err := func() (bool, error) {
			f, err := os.OpenFile(filepath.Join(p.dir, name), mode, 0)
			if errors.Is(err, fs.ErrNotExist) {
				return false, nil // its last blob was deleted
			}
			if err != nil {
				return false, err
			}
			defer f.Close()
			t, err := readTable(f)
			if err != nil {
				return false, err
			}
			if i := t.find(sum); i >= 0 {
				return do(f, t, i)
			}
			return false, nil
		}()
		if err != nil {
			return fmt.Errorf("pack %s: %w", name, err)
		}
		if enough {
			return nil
		}
	}
	return nil
}

// packed is a blob as its pack has it.
type packed struct {
	data    []byte
	changed time.Time
}

// read is a blob as a pack that is known has it; ErrNotFound, or what is wrong with
// the only ones there are.
func (p *packs) read(sum digest) (out packed, err error) {
	bad := ErrNotFound
	err = p.visit(sum, false, func(f *os.File, t table, i int) (bool, error) {
		data := make([]byte, t.entries[i].length)
		if _, err := f.ReadAt(data, t.entries[i].at); err != nil {
			return false, err
		}
		if sha256.Sum256(data) != sum {
			bad = errors.New("the blob is damaged in its pack")
			return false, nil
		}
		out, bad = packed{data, t.changed}, nil
		return true, nil
	})
	return out, cmp.Or(err, bad)
}

// has reports whether a blob is in a pack that is known, whole.
func (p *packs) has(sum digest) bool {
	_, err := p.read(sum)
	return err == nil
}

// get reads a blob, also from a pack that is new. ErrNotFound; an error of its own
// if the blob is damaged, or may be in a pack that cannot be read.
func (p *packs) get(sum digest) (packed, error) {
	out, err := p.read(sum)
	if !errors.Is(err, ErrNotFound) {
		return out, err
	}
	if err := p.refresh(); err != nil {
		return out, err
	}
	if out, err = p.read(sum); !errors.Is(err, ErrNotFound) {
		return out, err
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	return out, cmp.Or(p.wrong, err)
}

// remove deletes a blob from every pack it is in.
func (p *packs) remove(sum digest) error {
	p.removing.Lock()
	defer p.removing.Unlock()
	if err := p.refresh(); err != nil {
		return err
	}
	return p.visit(sum, true, func(f *os.File, t table, i int) (bool, error) {
		if err := strike(f, t, i); err != nil || t.live() > 0 {
			return false, err
		}
		if err := os.Remove(f.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		return false, syncDir(p.dir)
	})
}

// write makes a pack of the blobs, in this order.
func (p *packs) write(order []digest, data map[digest][]byte) (err error) {
	name := rand.Text() + packSuffix
	temp := filepath.Join(p.incoming, name)
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	if err = p.fill(temp, order, data); err != nil {
		return err
	}
	place := filepath.Join(p.dir, name)
	if err = os.Rename(temp, place); err != nil {
		return err
	}
	if err = syncDir(p.dir); err != nil {
		_ = os.Remove(place) // nobody was told of it
		return err
	}
	entries := make([]entry, len(order))
	for i, sum := range order {
		entries[i].sum = sum
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(name, entries)
	return nil
}

// directFrom is the least size of a pack that goes past the page cache. It is flushed
// at once and seldom read again: through the cache it would take the processor two to
// ten times as long, and push out what is read.
const directFrom = 1 << 20 // bytes

// fill writes a pack that is on the disk when it returns.
func (p *packs) fill(path string, order []digest, data map[digest][]byte) error {
	size := 0
	for _, b := range data {
		size += len(b)
	}
	if direct != 0 && size >= directFrom && !p.cached.Load() {
		err := writeFile(path, direct, packBlock, order, data)
		if !errors.Is(err, syscall.EINVAL) {
			return err
		}
		p.cached.Store(true) // not on this file system
	}
	return writeFile(path, 0, 1, order, data)
}

func writeFile(path string, mode, block int, order []digest, data map[digest][]byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|mode, 0o600)
	if err != nil {
		return err
	}
	if err = writePack(f, block, order, data); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
