package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

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
	raw, err := compose(l)
	if err != nil {
		return "", permanent("", err)
	}
	s.start()
	if err := s.submit(ctx, m.To.Value, raw); err != nil {
		return "", err
	}
	return l.id(), nil
}

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

// submit speaks the mail transaction. A connection that has been idle may be
// dead, which shows at its first command: then one fresh one is tried.
func (s *Sender) submit(ctx context.Context, to string, raw []byte) error {
	for {
		c, err := s.pool.get(ctx)
		if err != nil {
			return temporary(code(err), fmt.Errorf("reach smtp server: %w", err))
		}
		stale, err := c.transact(ctx, s.Config.Address, to, raw)
		s.pool.put(c, err == nil)
		if stale && ctx.Err() == nil {
			continue
		}
		return err
	}
}

// transact sends one mail over c. stale: c was dead before anything was said on it.
func (c *smtpConn) transact(ctx context.Context, from, to string, raw []byte) (stale bool, err error) {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer stop()
	opts := &smtp.MailOptions{Size: int64(len(raw)), UTF8: !ascii(from) || !ascii(to)}
	if utf8OK, _ := c.Extension("SMTPUTF8"); opts.UTF8 && !utf8OK {
		return false, permanent("5.6.7", errors.New("the smtp server takes no addresses in this script"))
	}
	if err := c.Mail(from, opts); err != nil {
		if e := answered(err); c.sent > 0 && (e == nil || e.Code == 421) {
			return true, temporary("", err)
		}
		return false, refused("sender", err)
	}
	if err := c.Rcpt(to, nil); err != nil {
		return false, refused("recipient", err)
	}
	w, err := c.Data()
	if err != nil {
		return false, refused("data", err)
	}
	if _, err := w.Write(raw); err != nil {
		return false, temporary("", fmt.Errorf("send mail: %w", err))
	}
	// From here on the server may have the mail whatever we hear.
	if _, err := w.CloseWithResponse(); err != nil {
		if answered(err) != nil {
			return false, refused("mail", err)
		}
		return false, &channels.SendError{Failure: channels.AnswerLost, Err: fmt.Errorf("await the answer to a mail: %w", err)}
	}
	c.sent++
	return false, nil
}

// answered is the server's own error in err, or nil if it said nothing.
func answered(err error) *smtp.SMTPError {
	var e *smtp.SMTPError
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// refused sorts what a server says to a mail (RFC 5321 §4.2.1). 5xx is final,
// except where it speaks of our account and not of this mail.
func refused(what string, err error) error {
	e := answered(err)
	if e == nil {
		return temporary("", fmt.Errorf("send %s: %w", what, err))
	}
	err = fmt.Errorf("the server refused the %s: %w", what, err)
	switch {
	case e.Code == 530 || e.Code == 534 || e.Code == 535 || e.Code == 538 || e.Code == 454: // RFC 4954 §6
		return temporary(code(err), err)
	case e.Code/100 == 5:
		return permanent(code(err), err)
	}
	return temporary(code(err), err)
}

// code is the server's enhanced code, else its plain one.
func code(err error) string {
	e := answered(err)
	if e == nil {
		return ""
	}
	if x := e.EnhancedCode; x[0] > 0 {
		return fmt.Sprintf("%d.%d.%d", x[0], x[1], x[2])
	}
	return fmt.Sprint(e.Code)
}

func temporary(code string, err error) error {
	return &channels.SendError{Failure: channels.Temporary, Code: code, Err: err}
}

func permanent(code string, err error) error {
	return &channels.SendError{Failure: channels.Permanent, Code: code, Err: err}
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}
