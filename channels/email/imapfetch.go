package email

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// errStore marks failures on our side of the intake.
var errStore = errors.New("store")

// fetch streams the mails one by one: at most one is in memory.
func (s *session) fetch(ctx context.Context, uids []imap.UID, kept map[imap.UID]bool) error {
	cmd := s.c.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{
		UID: true, InternalDate: true, RFC822Size: true,
		BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	})
	place := 0
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		uid, err := s.message(ctx, msg)
		if err != nil {
			_ = s.c.quiet.Close()
			_ = cmd.Close()
			return err
		}
		if uid == 0 {
			continue // a flag change that happened to arrive now
		}
		kept[uid] = true
		for place < len(uids) && kept[uids[place]] {
			place++
		}
		if place > 0 {
			if err := s.advance(ctx, uids[place-1]); err != nil {
				_ = s.c.quiet.Close()
				_ = cmd.Close()
				return err
			}
		}
	}
	if err := cmd.Close(); err != nil {
		return fmt.Errorf("fetch mail: %w", err)
	}
	return nil
}

// message keeps one mail and returns its UID, or zero if it had no body.
func (s *session) message(ctx context.Context, msg *imapclient.FetchMessageData) (uid imap.UID, err error) {
	var received time.Time
	var buffered []byte
	var taken bool
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = item.UID
		case imapclient.FetchItemDataInternalDate:
			received = item.Time
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				return 0, errors.New("fetch mail: the server has no body for it")
			}
			if buffered, err = s.body(ctx, item.Literal, received); err != nil {
				return 0, err
			}
			taken = true
		}
	}
	if !taken || uid == 0 {
		return 0, nil
	}
	if buffered != nil {
		err = s.m.insist(ctx, "keep mail", func() error {
			return s.m.Intake.Take(ctx, bytes.NewReader(buffered), received)
		})
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errStore, err)
		}
	}
	s.m.update(func(st *State) { st.LastMailAt = s.m.Intake.Now() })
	return uid, nil
}

// body reads a literal into memory, or straight into the store if it is too
// large for that; then a failure means a new connection.
func (s *session) body(ctx context.Context, literal imap.LiteralReader, received time.Time) ([]byte, error) {
	lit := &literalBody{r: literal, left: literal.Size()}
	most := int64(cmp.Or(s.m.Intake.MaxParse, DefaultMaxParse))
	if lit.left <= most {
		b := bytes.NewBuffer(make([]byte, 0, lit.left+bytes.MinRead))
		if _, err := b.ReadFrom(lit); err != nil {
			s.abandon(lit)
			return nil, fmt.Errorf("fetch mail: %w", err)
		}
		return b.Bytes(), nil
	}
	if err := s.m.Intake.Take(ctx, lit, received); err != nil {
		broken := lit.ended && lit.left > 0
		s.abandon(lit)
		if broken {
			return nil, fmt.Errorf("fetch mail: %w", err)
		}
		s.m.failed("keep mail", err)
		return nil, fmt.Errorf("%w: %w", errStore, err)
	}
	return nil, nil
}

// abandon ends the connection in the middle of a literal. go-imap's decoder
// goes on reading as soon as the literal has failed, and would race with its
// own clean-up, so it has to be gone first.
func (s *session) abandon(lit *literalBody) {
	_ = s.c.quiet.Close()
	if !lit.ended {
		_, _ = io.Copy(io.Discard, lit)
	}
	if lit.left > 0 {
		<-s.c.Closed()
	}
}

// literalBody fails where its literal is too short: go-imap ends one without an
// error when the connection breaks.
type literalBody struct {
	r     io.Reader
	left  int64
	ended bool
}

func (l *literalBody) Read(b []byte) (int, error) {
	if l.ended {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := l.r.Read(b)
	l.left -= int64(n)
	l.ended = err != nil
	if err == io.EOF && l.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
