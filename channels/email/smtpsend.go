package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"

	"github.com/caravan-desk/caravan/channels"
)

// envelope is what the server is told beside the mail itself.
type envelope struct {
	from, to string
	id       string // comes back in a delivery status notification (RFC 3461 §4.4)
}

// transact sends one mail. stale: the connection was dead before the server
// had seen anything of it, so that another may be tried.
func (c *smtpConn) transact(ctx context.Context, e envelope, raw []byte) (stale bool, err error) {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer stop()
	if max := c.maxSize(); max > 0 && len(raw) > max {
		return false, permanent("5.3.4", fmt.Errorf("a mail of %d bytes; the smtp server takes %d", len(raw), max))
	}
	commands, err := c.commands(e, len(raw))
	if err != nil {
		return false, err
	}
	if stale, err = c.begin(commands); err != nil {
		return stale, err
	}
	if err := c.body(raw); err != nil {
		return false, err
	}
	c.sent++
	return false, nil
}

// maxSize is the most bytes of a mail that the server takes (RFC 1870), or 0.
func (c *smtpConn) maxSize() (n int) {
	_, _ = fmt.Sscan(c.ext["SIZE"], &n)
	return n
}

// command is a line to be said, and what it is about.
type command struct {
	line, what string
	expect     int
}

// commands are those of one transaction. Notifications are asked for where the
// server can (RFC 3461): of failure and delay, with our ID on them.
func (c *smtpConn) commands(e envelope, size int) ([]command, error) {
	mail, rcpt := "MAIL FROM:<"+e.from+">", "RCPT TO:<"+e.to+">"
	if strings.ContainsAny(e.from+e.to, "\r\n") {
		return nil, permanent("5.1.3", errors.New("an address of more than one line"))
	}
	if c.offers("SIZE") {
		mail += fmt.Sprintf(" SIZE=%d", size)
	}
	if !ascii(e.from) || !ascii(e.to) {
		if !c.offers("SMTPUTF8") {
			return nil, permanent("5.6.7", errors.New("the smtp server takes no addresses in this script"))
		}
		mail += " SMTPUTF8"
	}
	if c.offers("DSN") {
		mail += " RET=HDRS ENVID=" + xtext(e.id)
		rcpt += " NOTIFY=FAILURE,DELAY"
		if ascii(e.to) {
			rcpt += " ORCPT=rfc822;" + xtext(e.to)
		}
	}
	all := []command{{mail, "sender", 250}, {rcpt, "recipient", 250}, {"DATA", "data", 354}}
	if c.dirty {
		all = append([]command{{"RSET", "reset", 250}}, all...)
	}
	return all, nil
}

// xtext encodes a parameter (RFC 3461 §4).
func xtext(s string) string {
	var b strings.Builder
	for _, ch := range []byte(s) {
		if ch > ' ' && ch < 0x7f && ch != '+' && ch != '=' {
			b.WriteByte(ch)
		} else {
			fmt.Fprintf(&b, "+%02X", ch)
		}
	}
	return b.String()
}

// begin says the commands, all at once where the server can take that (RFC
// 2920), and returns when the mail may be sent.
func (c *smtpConn) begin(all []command) (stale bool, err error) {
	group := len(all)
	if !c.offers("PIPELINING") {
		group = 1
	}
	first := true
	for len(all) > 0 {
		var lines bytes.Buffer
		for _, cmd := range all[:group] {
			lines.WriteString(cmd.line + "\r\n")
		}
		if err := c.write(lines.Bytes(), smtpTimeout); err != nil {
			return first && c.sent > 0, temporary("", fmt.Errorf("send %s: %w", all[0].what, err))
		}
		for i, cmd := range all[:group] {
			_, err := c.answer(cmd.expect, smtpTimeout)
			if err != nil {
				e := answered(err)
				stale = first && c.sent > 0 && (e == nil || e.Code == 421)
				c.dirty = e != nil && e.Code != 421 && c.settle(all[i+1:group])
				return stale, refused(cmd.what, err)
			}
			first = false
		}
		all = all[group:]
	}
	c.dirty = false
	return false, nil
}

// settle reads the answers to what was said behind a command that was refused.
// true: the connection can be used for another mail. It cannot where the server
// wants the mail all the same.
func (c *smtpConn) settle(said []command) bool {
	for _, cmd := range said {
		_, err := c.answer(cmd.expect, smtpTimeout)
		if e := answered(err); err == nil && cmd.expect == 354 || err != nil && (e == nil || e.Code == 421) {
			return false
		}
	}
	return true
}

// body sends the mail and waits for the server's word on it. From the last
// bytes on the server may have it whatever we hear.
func (c *smtpConn) body(raw []byte) error {
	stuffed := dotted(raw)
	for len(stuffed) > writeAtOnce {
		if err := c.write(stuffed[:writeAtOnce], smtpTimeout); err != nil {
			return temporary("", fmt.Errorf("send mail: %w", err))
		}
		stuffed = stuffed[writeAtOnce:]
	}
	err := c.write(stuffed, smtpTimeout)
	if err == nil {
		_, err = c.answer(250, submitTimeout)
	}
	if err == nil {
		return nil
	}
	if e := answered(err); e != nil {
		c.dirty = e.Code != 421
		return refused("mail", err)
	}
	return &channels.SendError{Failure: channels.AnswerLost, Err: fmt.Errorf("await the answer to a mail: %w", err)}
}

// dotted is a mail, of CRLF lines, ready for the wire: dots at the beginning of
// a line doubled, and the lone one at its end (RFC 5321 §4.5.2). Where there is nothing
// to double it is raw itself, and the end goes into what room there is behind it.
func dotted(raw []byte) []byte {
	if bytes.HasSuffix(raw, []byte("\r\n")) && !bytes.HasPrefix(raw, []byte(".")) && !bytes.Contains(raw, []byte("\r\n.")) {
		return append(raw, ".\r\n"...)
	}
	out := make([]byte, 0, len(raw)+len(raw)/64+8)
	done := 0
	if bytes.HasPrefix(raw, []byte(".")) {
		out = append(out, '.')
	}
	for {
		next := bytes.Index(raw[done:], []byte("\r\n."))
		if next < 0 {
			break
		}
		out = append(append(out, raw[done:done+next+2]...), '.')
		done += next + 2
	}
	out = append(out, raw[done:]...)
	if !bytes.HasSuffix(out, []byte("\r\n")) {
		out = append(out, "\r\n"...)
	}
	return append(out, ".\r\n"...)
}

// answered is the server's own error in err, or nil if it said nothing.
func answered(err error) *smtp.SMTPError {
	var e *smtp.SMTPError
	if errors.As(err, &e) {
		return e
	}
	return nil
}
