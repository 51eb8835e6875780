package blobs

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// A pack is one file with many small blobs in it, written once and named when it is
// whole and on the disk. Integers are little-endian:
//
//	16 bytes  packMagic
//	 8 bytes  how many blobs there are
//	48 bytes  for each: SHA-256, place in the file, length, 1 if it was deleted
//	…         the blobs
//	…         zeros to the end of a block, in a pack that was written directly
//
// A deleted blob's bytes are zeros. A pack without blobs that live is removed.
const (
	packMagic = "caravan pack 01\n"
	packHead  = 24
	packEntry = 48
	maxInPack = 1 << 20 // more is a file gone wrong
)

type digest [sha256.Size]byte

// entry is a blob's line in the table of its pack.
type entry struct {
	sum    digest
	at     int64  // bytes from the start of the file
	length uint32 // bytes
	gone   bool
}

// table is the beginning of a pack.
type table struct {
	changed time.Time // the file, last
	entries []entry
}

func (e entry) append(b []byte) []byte {
	b = append(b, e.sum[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(e.at))
	b = binary.LittleEndian.AppendUint32(b, e.length)
	if e.gone {
		return binary.LittleEndian.AppendUint32(b, 1)
	}
	return binary.LittleEndian.AppendUint32(b, 0)
}

// packBlock is what a pack that is written directly is a multiple of, in place, length
// and memory: the largest that disks ask for (open(2), O_DIRECT).
const packBlock = 4096

// packBuffers are the pieces that packs are written in. The runtime puts so large a
// slice on a page of its own; if it did not, the system would refuse a direct write.
var packBuffers = sync.Pool{New: func() any { return new([1 << 20]byte) }}

// writePack fills a file, which is then to be flushed and named. block is packBlock, or
// 1 for a file that takes any length.
func writePack(w io.Writer, block int, order []digest, data map[digest][]byte) error {
	p := packWriter{w: w, buf: packBuffers.Get().(*[1 << 20]byte)}
	defer packBuffers.Put(p.buf)
	head := append(make([]byte, 0, packHead+packEntry*len(order)), packMagic...)
	head = binary.LittleEndian.AppendUint64(head, uint64(len(order)))
	at := int64(cap(head))
	for _, sum := range order {
		head = entry{sum: sum, at: at, length: uint32(len(data[sum]))}.append(head)
		at += int64(len(data[sum]))
	}
	p.add(head)
	for _, sum := range order {
		p.add(data[sum])
	}
	if odd := p.n % block; odd > 0 {
		p.add(make([]byte, block-odd))
	}
	p.flush()
	return p.err
}

// packWriter writes whole buffers, and the last one as it is.
type packWriter struct {
	w   io.Writer
	buf *[1 << 20]byte
	n   int
	err error // the first
}

func (p *packWriter) add(b []byte) {
	for len(b) > 0 {
		n := copy(p.buf[p.n:], b)
		if p.n, b = p.n+n, b[n:]; p.n == len(p.buf) {
			p.flush()
		}
	}
}

func (p *packWriter) flush() {
	if p.n > 0 && p.err == nil {
		_, p.err = p.w.Write(p.buf[:p.n])
	}
	p.n = 0
}

// errNoPack is what a file that is no pack, or not a whole one, comes to.
var errNoPack = errors.New("not a whole pack of blobs")

// readTable reads the beginning of a pack.
func readTable(f *os.File) (t table, err error) {
	about, err := f.Stat()
	if err != nil {
		return t, err
	}
	var head [packHead]byte
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return t, fmt.Errorf("%w: %w", errNoPack, err)
	}
	n := binary.LittleEndian.Uint64(head[16:])
	if string(head[:16]) != packMagic || n > maxInPack {
		return t, errNoPack
	}
	t.changed = about.ModTime()
	raw := make([]byte, n*packEntry)
	if _, err := f.ReadAt(raw, packHead); err != nil {
		return t, fmt.Errorf("%w: %w", errNoPack, err)
	}
	t.entries = make([]entry, n)
	for i := range t.entries {
		b, e := raw[i*packEntry:], &t.entries[i]
		copy(e.sum[:], b)
		e.at, e.length = int64(binary.LittleEndian.Uint64(b[32:])), binary.LittleEndian.Uint32(b[40:])
		e.gone = binary.LittleEndian.Uint32(b[44:]) != 0
		if e.at < packHead || e.at > about.Size()-int64(e.length) {
			return t, errNoPack
		}
	}
	return t, nil
}

// find is the place of a blob that lives in the table, or -1.
func (t table) find(sum digest) int {
	for i := range t.entries {
		if t.entries[i].sum == sum && !t.entries[i].gone {
			return i
		}
	}
	return -1
}

// live is how many blobs of the pack are not deleted.
func (t table) live() (n int) {
	for _, e := range t.entries {
		if !e.gone {
			n++
		}
	}
	return n
}

// strike deletes a blob from an open pack: its bytes first, then its line, so that a
// crash in between leaves what can be deleted again.
func strike(f *os.File, t table, i int) error {
	e := &t.entries[i]
	if _, err := f.WriteAt(make([]byte, e.length), e.at); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	e.gone = true
	if _, err := f.WriteAt(e.append(nil), int64(packHead+i*packEntry)); err != nil {
		return err
	}
	return f.Sync()
}
