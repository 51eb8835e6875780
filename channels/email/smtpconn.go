package email

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	maxAnswer   = 64 << 10 // bytes of one answer; more is a server gone wrong
	writeAtOnce = 64 << 10 // bytes of a mail that have a deadline of their own
)

// smtpConn is a connection to the submission server. It speaks SMTP itself
// rather than by go-smtp's client, which waits for each answer before the next
// command and starts TLS on a fresh connection only. Errors of the server's own
// making are *smtp.SMTPError.
type smtpConn struct {
	conn   net.Conn // TLS, where that is on
	raw    net.Conn
	bound  *io.LimitedReader
	r      *textproto.Reader
	ext    map[string]string // what the server offers (RFC 5321 §4.1.1.1)
	secure bool
	dirty  bool        // a transaction is open that came to nothing
	sent   int         // mails accepted on it
	idle   *time.Timer // closes it, while it waits in the pool
}

// openSMTP dials, and takes the greeting and what is offered.
func openSMTP(ctx context.Context, addr string, tlsConfig *tls.Config, implicit bool) (*smtpConn, error) {
	raw, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	c := &smtpConn{raw: raw}
	c.use(raw)
	if implicit {
		err = c.secureBy(ctx, tlsConfig)
	}
	if err == nil {
		err = c.greet()
	}
	if err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("greet: %w", err)
	}
	return c, nil
}

// use speaks over conn from now on.
func (c *smtpConn) use(conn net.Conn) {
	c.conn = conn
	c.bound = &io.LimitedReader{R: conn}
	c.r = textproto.NewReader(bufio.NewReader(c.bound))
}

func (c *smtpConn) secureBy(ctx context.Context, tlsConfig *tls.Config) error {
	t := tls.Client(c.raw, tlsConfig)
	ctx, cancel := context.WithTimeout(ctx, smtpTimeout)
	defer cancel()
	if err := t.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("tls: %w", err)
	}
	c.secure = true
	c.use(t)
	return nil
}

func (c *smtpConn) greet() error {
	if _, err := c.answer(220, smtpTimeout); err != nil {
		return err
	}
	return c.hello()
}

// hello learns what the server offers. A server that knows no EHLO offers nothing.
func (c *smtpConn) hello() error {
	c.ext = map[string]string{}
	name := helloName(c.raw)
	text, err := c.command(250, "EHLO "+name)
	if e := answered(err); e != nil && (e.Code == 500 || e.Code == 502) {
		_, err = c.command(250, "HELO "+name)
		return err
	}
	if err != nil {
		return err
	}
	_, offers, _ := strings.Cut(text, "\n")
	for line := range strings.SplitSeq(offers, "\n") {
		keyword, params, _ := strings.Cut(strings.TrimSpace(line), " ")
		c.ext[strings.ToUpper(keyword)] = params
	}
	return nil
}

func (c *smtpConn) offers(extension string) bool {
	_, ok := c.ext[extension]
	return ok
}

// startTLS secures the connection (RFC 3207). What the server said before that
// counts for nothing, and a word that came in the clear behind its consent is
// not the server's.
func (c *smtpConn) startTLS(ctx context.Context, tlsConfig *tls.Config) error {
	if _, err := c.command(220, "STARTTLS"); err != nil {
		return err
	}
	if c.r.R.Buffered() > 0 {
		return errors.New("tls: unasked words in the clear")
	}
	if err := c.secureBy(ctx, tlsConfig); err != nil {
		return err
	}
	return c.hello()
}

// auth signs in (RFC 4954).
func (c *smtpConn) auth(client sasl.Client) error {
	mech, first, err := client.Start()
	if err != nil {
		return err
	}
	line := "AUTH " + mech
	if first != nil {
		line += " " + initialResponse(first)
	}
	for range 8 {
		text, err := c.command(0, line)
		if err != nil {
			return err
		}
		if text == "" || text[0] != '3' {
			return nil
		}
		challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text[1:]))
		if err != nil {
			challenge = nil // AUTH LOGIN of some servers is not encoded
		}
		response, err := client.Next(challenge)
		if err != nil {
			_, _ = c.command(501, "*")
			return err
		}
		line = base64.StdEncoding.EncodeToString(response)
	}
	return errors.New("the server asks without end")
}

func initialResponse(b []byte) string {
	if len(b) == 0 {
		return "="
	}
	return base64.StdEncoding.EncodeToString(b)
}

// command says one line and returns the answer's text. With expect 0, for
// AUTH, 334 and 235 are fine and the text of 334 is led by a '3'.
func (c *smtpConn) command(expect int, line string) (string, error) {
	if err := c.write([]byte(line+"\r\n"), smtpTimeout); err != nil {
		return "", err
	}
	return c.answer(expect, smtpTimeout)
}

func (c *smtpConn) write(b []byte, d time.Duration) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(d)); err != nil {
		return err
	}
	_, err := c.conn.Write(b)
	return err
}

// answer reads one, of one or more lines (RFC 5321 §4.2).
func (c *smtpConn) answer(expect int, d time.Duration) (string, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		return "", err
	}
	c.bound.N = maxAnswer
	code, text, err := c.r.ReadResponse(0)
	switch {
	case err != nil:
		return "", err
	case expect == 0 && code == 334:
		return "3" + text, nil
	case expect == 0 && code == 235:
		return "", nil
	case code == expect || expect == 250 && code == 251:
		return text, nil
	}
	return "", smtpError(code, text)
}

// smtpError splits the enhanced code (RFC 2034) off an answer.
func smtpError(code int, text string) *smtp.SMTPError {
	e := &smtp.SMTPError{Code: code, Message: text}
	first, rest, _ := strings.Cut(text, " ")
	parts := strings.Split(first, ".")
	if len(parts) != 3 {
		return e
	}
	var x smtp.EnhancedCode
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n > 999 {
			return e
		}
		x[i] = n
	}
	e.EnhancedCode, e.Message = x, strings.ReplaceAll(rest, "\n"+first+" ", "\n")
	return e
}

// end closes a connection, politely if the server still listens.
func (c *smtpConn) end(polite bool) {
	if polite && c.write([]byte("QUIT\r\n"), releaseTimeout) == nil {
		_, _ = c.answer(221, releaseTimeout)
	}
	_ = c.raw.Close()
}
