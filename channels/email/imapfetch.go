package email

import (
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

// fetch takes in the mails in one stream. Small ones go onto a belt; a large
// one goes straight to the store, after all before it are kept.
func (s *session) fetch(ctx context.Context, uids []imap.UID, kept map[imap.UID]bool) (err error) {
	cmd := s.c.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{
		UID: true, InternalDate: true,
		BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	})
	l := s.newBelt(ctx, uids, kept)
	defer func() {
		if beltErr := l.finish(); beltErr != nil {
			err = beltErr
		}
		s.park(ctx)
	}()
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		m, large, err := s.message(ctx, msg, l)
		if err != nil {
			_ = s.c.quiet.Close()
			_ = cmd.Close()
			return err
		}
		switch {
		case large:
			err = l.passed(m.uid)
		case m.raw != nil && m.uid != 0:
			err = l.add(m)
		} // else a flag change that happened to arrive now
		if err != nil {
			_ = s.c.quiet.Close()
			_ = cmd.Close()
			return err
		}
	}
	if err := cmd.Close(); err != nil {
		return fmt.Errorf("fetch mail: %w", err)
	}
	return nil
}

// message reads one mail. large: it is in the store already.
func (s *session) message(ctx context.Context, msg *imapclient.FetchMessageData, l *belt) (m letterIn, large bool, err error) {
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			m.uid = item.UID
		case imapclient.FetchItemDataInternalDate:
			m.received = item.Time
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				return m, false, errors.New("fetch mail: the server has no body for it")
			}
			if large = item.Literal.Size() > smallMail; large {
				if err = l.finish(); err == nil {
					err = s.stream(ctx, item.Literal, m.received)
				}
			} else {
				m.raw, err = s.read(item.Literal, l.next)
			}
			if err != nil {
				return m, false, err
			}
		}
	}
	return m, large, nil
}

// read takes a literal into memory, where b has room for it.
func (s *session) read(literal imap.LiteralReader, b *batch) ([]byte, error) {
	lit := &literalBody{r: literal, left: literal.Size()}
	raw := b.room(int(lit.left))
	_, err := io.ReadFull(lit, raw)
	if err == nil { // go-imap waits until it was read to its end
		if _, err = lit.Read(make([]byte, 1)); err == io.EOF {
			return raw, nil
		}
	}
	s.abandon(lit)
	return nil, fmt.Errorf("fetch mail: %w", cmp.Or(err, errLongLiteral))
}

// errLongLiteral is a server that sends more than it has announced.
var errLongLiteral = errors.New("a literal is longer than it says")

// stream takes a literal into the store as it comes. Where that fails it means
// a new connection, for the server has to send it again.
func (s *session) stream(ctx context.Context, literal imap.LiteralReader, received time.Time) error {
	lit := &literalBody{r: literal, left: literal.Size()}
	if err := s.m.Intake.Take(ctx, lit, received); err != nil {
		broken := lit.ended && lit.left > 0
		s.abandon(lit)
		if broken {
			return fmt.Errorf("fetch mail: %w", err)
		}
		s.m.failed(StatusConnecting, "keep mail", err)
		return fmt.Errorf("%w: %w", errStore, err)
	}
	s.m.kept()
	return nil
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
