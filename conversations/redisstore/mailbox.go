package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Mailboxes keeps mailbox cursors and who holds which mailbox.
type Mailboxes struct{ Store *Store }

// Load returns how far a mailbox has been read; zeros if it never was.
func (m Mailboxes) Load(ctx context.Context, mailbox string) (uidValidity, uid uint32, err error) {
	raw, ok, err := get[string](ctx, m.Store, redis.NewStringCmd(ctx, "get", keyCursor(mailbox)))
	if err != nil || !ok {
		return 0, 0, err
	}
	if _, err := fmt.Sscanf(raw, "%d %d", &uidValidity, &uid); err != nil {
		return 0, 0, fmt.Errorf("cursor of mailbox: %w", err)
	}
	return uidValidity, uid, nil
}

// Save remembers how far a mailbox has been read.
func (m Mailboxes) Save(ctx context.Context, mailbox string, uidValidity, uid uint32) error {
	_, err := m.Store.write(ctx, "set", keyCursor(mailbox), fmt.Sprintf("%d %d", uidValidity, uid))
	return err
}

// SaveAs is Save by the holder of the mailbox; held is false, and nothing is
// saved, if he is not that any more.
func (m Mailboxes) SaveAs(ctx context.Context, mailbox, holder string, uidValidity, uid uint32) (held bool, err error) {
	t := newTx(keyBoardLog)
	t.check("value", keyHolder(mailbox), holder, "")
	t.do("SET", keyCursor(mailbox), fmt.Sprintf("%d %d", uidValidity, uid))
	err = m.Store.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		return false, nil
	}
	return err == nil, err
}

// Acquire makes holder the only one for ttl, or keeps him so. False: another is.
func (m Mailboxes) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	k := keyHolder(name)
	for _, was := range []string{holder, ""} {
		t := newTx(keyBoardLog)
		t.check("value", k, was, "")
		t.do("SET", k, holder, "PX", term(ttl))
		err := m.Store.commit(ctx, t)
		var no *refusal
		if err == nil || !errors.As(err, &no) {
			return err == nil, err
		}
		if no.have == holder { // our own writing, whose answer was lost
			return true, nil
		}
	}
	return false, nil
}

// Release lets go of what holder holds.
func (m Mailboxes) Release(ctx context.Context, name, holder string) error {
	t := newTx(keyBoardLog)
	t.check("value", keyHolder(name), holder, "")
	t.do("DEL", keyHolder(name))
	err := m.Store.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		return nil
	}
	return err
}
