package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

const (
	// submitTimeout is how long the server may take to answer the final dot. RFC
	// 5321 §4.5.3.2.6 allows it ten minutes; an officer waits, and an answer that
	// comes later is looked up.
	submitTimeout = 2 * time.Minute
	// maxMailSize is the most bytes of attachments in one mail: beyond it most
	// servers refuse, after base64.
	maxMailSize = 25 << 20
)

// Sender puts messages on the wire by SMTP submission (RFC 6409). It is a
// channels.Sender, and a channels.Finder where it can look into a Sent folder.
// Fill in the exported fields; Close it in the end.
type Sender struct {
	Config Config
	Signer *Signer
	Blobs  channels.Blobs
	Now    func() time.Time
	TLS    *tls.Config // nil: the system's roots

	once sync.Once
	pool *pool

	mu    sync.Mutex
	state State
}

var (
	_ channels.Sender = (*Sender)(nil)
	_ channels.Finder = (*Sender)(nil)
)

// Send hands one message to the submission server. The provider ID is the
// Message-ID. Errors are *channels.SendError.
func (s *Sender) Send(ctx context.Context, m channels.Outbound) (string, error) {
	if s.Config.SMTP == nil {
		return "", permanent("", errors.New("this mailbox has no smtp server"))
	}
	l, err := s.letter(ctx, m)
	if err != nil {
		return "", err
	}
	draft := drafts.Get().(*bytes.Buffer)
	defer func() {
		if draft.Cap() <= maxDraft {
			draft.Reset()
			drafts.Put(draft)
		}
	}()
	compose(l, draft)
	raw := draft.Bytes()
	if d := s.Config.SMTP.DKIM; d != nil {
		if raw, err = d.sign(raw, s.Config.Address); err != nil {
			return "", temporary("", err) // ours to mend; the mail is well
		}
	}
	s.start()
	if err := s.submit(ctx, envelope{from: s.Config.Address, to: m.To.Value, id: s.Signer.Token(m.MessageID)}, raw); err != nil {
		return "", err
	}
	return l.id(), nil
}

// drafts are buffers for mails on their way, each no larger than maxDraft.
var drafts = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const maxDraft = 1 << 20 // bytes

// Close ends the idle connections.
func (s *Sender) Close() error {
	if s.Config.SMTP != nil {
		s.start()
		s.pool.close()
	}
	return nil
}

func (s *Sender) start() {
	s.once.Do(func() { s.pool = newPool(*s.Config.SMTP, s.TLS) })
}

// letter gathers what a mail is made of. What can never be sent is refused here.
func (s *Sender) letter(ctx context.Context, m channels.Outbound) (letter, error) {
	if a, err := mail.ParseAddress(m.To.Value); err != nil || a.Address != m.To.Value {
		return letter{}, permanent("5.1.3", fmt.Errorf("%s is not a mail address", m.To))
	}
	l := letter{
		Outbound: m, Signer: s.Signer, Plus: s.Config.PlusAddress, Date: s.Now(),
		From: s.from(),
	}
	total := 0
	for _, a := range m.Attachments {
		b, err := s.file(ctx, a)
		if err != nil {
			return letter{}, err
		}
		if total += len(b); total > maxMailSize {
			return letter{}, permanent("5.3.4", fmt.Errorf("attachments of more than %d bytes", maxMailSize))
		}
		l.Files = append(l.Files, b)
	}
	return l, nil
}

// from is who our mail is from.
func (s *Sender) from() mail.Address {
	return mail.Address{Name: s.Config.DisplayName, Address: s.Config.Address}
}

func (s *Sender) file(ctx context.Context, a channels.Attachment) ([]byte, error) {
	if a.Blob == "" {
		return nil, permanent("", fmt.Errorf("attachment %q is not in the blob store", baseName(a.Name)))
	}
	r, err := s.Blobs.Get(ctx, a.Blob)
	if err != nil {
		return nil, temporary("", fmt.Errorf("open attachment: %w", err))
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxMailSize+1))
	if err != nil {
		return nil, temporary("", fmt.Errorf("read attachment: %w", err))
	}
	return b, nil
}

// submit hands a mail over. A connection that has been idle may be dead, which
// shows at its first command: then a fresh one is tried.
func (s *Sender) submit(ctx context.Context, e envelope, raw []byte) error {
	for {
		c, err := s.pool.get(ctx)
		if err != nil {
			s.note(err)
			return unreached(err)
		}
		stale, err := c.transact(ctx, e, raw)
		s.pool.put(c, err == nil || c.dirty)
		if stale && ctx.Err() == nil {
			continue
		}
		s.note(nil)
		return err
	}
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}
