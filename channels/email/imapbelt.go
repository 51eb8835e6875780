package email

import (
	"context"
	"fmt"
	"sync"

	"github.com/emersion/go-imap/v2"
)

// belt takes batches of mails through their steps while the next ones are
// being fetched: raw bytes kept, parsed, attachments kept, handed on. Each step
// takes one batch after the other, so the order of mails that know of each
// other is never lost: an answer must not overtake what it answers (see chains).
type belt struct {
	s    *session
	ctx  context.Context
	uids []imap.UID        // what is being fetched, ascending
	kept map[imap.UID]bool // what of it is kept; not to be touched before finish returns

	next    *batch
	raws    chan *batch // nil: not started
	workers sync.WaitGroup
	place   int // uids before it are kept

	mu  sync.Mutex
	err error // the first; everything after it is let go
}

func (s *session) newBelt(ctx context.Context, uids []imap.UID, kept map[imap.UID]bool) *belt {
	return &belt{s: s, ctx: ctx, uids: uids, kept: kept, next: &batch{}}
}

// add puts a mail onto the belt. It waits while the belt is full, and fails if
// something before it did.
func (l *belt) add(m letterIn) error {
	l.next.add(m)
	if l.next.full() {
		l.send()
	}
	return l.failure()
}

func (l *belt) send() {
	if l.raws == nil {
		l.start()
	}
	l.raws <- l.next
	l.next = &batch{}
}

// start sets the steps going. Each goes on to take what it is given after a
// failure, so that nobody waits for it.
func (l *belt) start() {
	l.raws = make(chan *batch)
	safe, parsed, ready := make(chan *batch), make(chan *batch), make(chan *batch)
	k := l.s.m.Intake
	l.step(l.raws, safe, func(b *batch) error {
		return l.insist(func() error { return b.keepRaw(l.ctx, k) })
	})
	l.step(safe, parsed, func(b *batch) error {
		b.parse(k)
		return nil
	})
	l.step(parsed, ready, func(b *batch) error {
		return l.insist(func() error { return b.keepFiles(l.ctx, k) })
	})
	l.step(ready, nil, l.deliver)
}

func (l *belt) step(from <-chan *batch, to chan<- *batch, do func(*batch) error) {
	l.workers.Go(func() {
		if to != nil {
			defer close(to)
		}
		for b := range from {
			if l.failure() != nil {
				continue
			}
			if err := do(b); err != nil {
				l.fail(err)
			} else if to != nil {
				to <- b
			}
		}
	})
}

// insist repeats what the store refuses until it has done it, or nobody waits any more.
func (l *belt) insist(f func() error) error {
	if err := l.s.m.insist(l.ctx, "keep mail", f); err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	return nil
}

// deliverAtOnce is how many mails of a batch are on their way to the receiver
// at the same time.
const deliverAtOnce = 32

// deliver hands a batch on, each chain of it in order, and moves the cursor
// behind what is kept without a gap.
func (l *belt) deliver(b *batch) error {
	k := l.s.m.Intake
	next := make(chan []*letterIn)
	var workers sync.WaitGroup
	all := chains(b.mails)
	for range min(deliverAtOnce, len(all)) {
		workers.Go(func() {
			for chain := range next {
				for _, letter := range chain {
					if l.failure() != nil {
						break
					}
					in := ToInbound(letter.mail, letter.arrival)
					if err := l.insist(func() error { return k.deliver(l.ctx, in) }); err != nil {
						l.fail(err)
						break
					}
					l.s.m.kept()
					l.mark(letter.uid)
				}
			}
		})
	}
	for _, chain := range all {
		next <- chain
	}
	close(next)
	workers.Wait()
	if err := l.failure(); err != nil {
		return err
	}
	b.release()
	return l.s.advance(l.ctx, l.s.reached)
}

// mark notes that a mail is kept.
func (l *belt) mark(uid imap.UID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept[uid] = true
	for l.place < len(l.uids) && l.kept[l.uids[l.place]] {
		l.s.reached = max(l.s.reached, l.uids[l.place])
		l.place++
	}
}

// passed notes that a mail was kept beside the belt, which is empty.
func (l *belt) passed(uid imap.UID) error {
	if uid != 0 {
		l.mark(uid)
	}
	return l.s.advance(l.ctx, l.s.reached)
}

// finish returns when everything that was added is kept, or nothing more will be.
func (l *belt) finish() error {
	if len(l.next.mails) > 0 {
		l.send()
	}
	if l.raws != nil {
		close(l.raws)
		l.workers.Wait()
		l.raws = nil
	}
	return l.failure()
}

func (l *belt) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}

func (l *belt) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
