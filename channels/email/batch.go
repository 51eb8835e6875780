package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/caravan-desk/caravan/channels"
)

const (
	batchMails = 256     // at most so many mails are kept together
	batchBytes = 4 << 20 // or about so many bytes
	putsAtOnce = 16      // where the blob store keeps one blob at a time
)

// BatchPutter is what a blob store may also be: it keeps many small blobs for
// little more than the price of one. keys are in the order of the data. On an
// error nothing is promised of any of them.
type BatchPutter interface {
	PutAll(ctx context.Context, data [][]byte) (keys []string, err error)
}

// letterIn is one mail of a batch on its way.
type letterIn struct {
	uid      imap.UID
	raw      []byte
	received time.Time

	arrival Arrival
	mail    Mail
}

// batch is a run of mails, in the order of their UIDs, which take their steps
// together: a disk writes many files in one go. Its steps may be repeated.
type batch struct {
	mails []letterIn
	size  int
	raws  []string // keys of what is kept already, empty for what is not
	files []string

	slab *[slabSize]byte // the mails of a large batch; nil: each has its own memory
	used int
}

const (
	slabSize  = batchBytes + smallMail // a full batch
	slabAfter = 256 << 10              // a batch of fewer bytes is not worth a slab
)

// slabs are used again, batch after batch: else a mailbox that is read from its start
// keeps the collector as busy as the parser.
var slabs = sync.Pool{New: func() any { return new([slabSize]byte) }}

// room is memory for a mail of the batch, until release.
func (b *batch) room(n int) []byte {
	if b.slab == nil && b.size >= slabAfter {
		b.slab = slabs.Get().(*[slabSize]byte)
	}
	if b.slab == nil || n > slabSize-b.used {
		return make([]byte, n)
	}
	b.used += n
	return b.slab[b.used-n : b.used : b.used]
}

// release lets go of the batch's memory: all of its mails are kept, and nothing that
// was made of them shares their bytes any more.
func (b *batch) release() {
	b.mails = nil
	if b.slab != nil {
		slabs.Put(b.slab)
		b.slab = nil
	}
}

func (b *batch) add(l letterIn) {
	b.mails = append(b.mails, l)
	b.size += len(l.raw)
}

func (b *batch) full() bool { return len(b.mails) >= batchMails || b.size >= batchBytes }

// keepRaw puts the original bytes into the store.
func (b *batch) keepRaw(ctx context.Context, k *Intake) error {
	data := make([][]byte, len(b.mails))
	for i := range b.mails {
		data[i] = b.mails[i].raw
	}
	if b.raws == nil {
		b.raws = make([]string, len(data))
	}
	if err := putAll(ctx, k.Blobs, data, b.raws); err != nil {
		return fmt.Errorf("keep raw mail: %w", err)
	}
	for i := range b.mails {
		l := &b.mails[i]
		l.arrival = k.arrival(l.received)
		l.arrival.Raw = b.raws[i]
	}
	return nil
}

// parse reads the mails on all cores.
func (b *batch) parse(k *Intake) {
	next := make(chan *letterIn, len(b.mails))
	for i := range b.mails {
		next <- &b.mails[i]
	}
	close(next)
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(b.mails)) {
		readers.Go(func() {
			for l := range next {
				n := k.parsed(int64(len(l.raw)), &l.arrival)
				l.mail = k.parse(l.raw[:n])
				l.arrival.SHA256 = nameless(l.mail, l.raw)
			}
		})
	}
	readers.Wait()
}

// nameless is the name of a mail that has none of its own: the SHA-256 of it.
func nameless(m Mail, raw []byte) string {
	if m.MessageID != "" {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// keepFiles puts the attachments into the store.
func (b *batch) keepFiles(ctx context.Context, k *Intake) error {
	var data [][]byte
	for i := range b.mails {
		for _, f := range b.mails[i].mail.Attachments {
			data = append(data, f.Data)
		}
	}
	if b.files == nil {
		b.files = make([]string, len(data))
	}
	if err := putAll(ctx, k.Blobs, data, b.files); err != nil {
		return fmt.Errorf("keep attachments: %w", err)
	}
	keys := b.files
	for i := range b.mails {
		n := len(b.mails[i].mail.Attachments)
		b.mails[i].arrival.Files, keys = keys[:n:n], keys[n:]
	}
	return nil
}

// putAll keeps the blobs that have no key yet.
func putAll(ctx context.Context, blobs channels.Blobs, data [][]byte, keys []string) error {
	next := make(chan int, len(data))
	var left [][]byte
	for i := range data {
		if keys[i] == "" {
			next <- i
			left = append(left, data[i])
		}
	}
	close(next)
	if many, ok := blobs.(BatchPutter); ok && len(left) > 1 {
		got, err := many.PutAll(ctx, left)
		if err == nil && len(got) != len(left) {
			err = errors.New("the blob store lost count")
		}
		for _, key := range got {
			if err == nil {
				keys[<-next] = key
			}
		}
		return err
	}
	errs := make([]error, min(putsAtOnce, len(left)))
	var writers sync.WaitGroup
	for w := range errs {
		writers.Go(func() {
			for i := range next {
				if keys[i], _, errs[w] = blobs.Put(ctx, bytes.NewReader(data[i])); errs[w] != nil {
					keys[i] = ""
					return
				}
			}
		})
	}
	writers.Wait()
	return errors.Join(errs...)
}
