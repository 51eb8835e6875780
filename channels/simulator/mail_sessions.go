package simulator

import (
	"crypto/subtle"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// imapSession is a session of the in-memory server whose UIDVALIDITY changes with
// each start: the UIDs begin again too, and a client must be able to tell.
type imapSession struct {
	*imapmemserver.UserSession // nil before Login
	mail                       *Mail
}

func (s *imapSession) Close() error {
	if s.UserSession == nil {
		return nil
	}
	return s.UserSession.Close()
}

func (s *imapSession) Login(username, password string) error {
	account, ok := s.mail.account(username, password)
	if !ok {
		return imapserver.ErrAuthFailed
	}
	s.UserSession = imapmemserver.NewUserSession(s.mail.users[strings.ToLower(account.Address)])
	return nil
}

func (s *imapSession) Select(mailbox string, options *imap.SelectOptions) (*imap.SelectData, error) {
	data, err := s.UserSession.Select(mailbox, options)
	if err == nil {
		data.UIDValidity += s.mail.epoch
	}
	return data, err
}

func (s *imapSession) Status(mailbox string, options *imap.StatusOptions) (*imap.StatusData, error) {
	data, err := s.UserSession.Status(mailbox, options)
	if err == nil && options.UIDValidity {
		data.UIDValidity += s.mail.epoch
	}
	return data, err
}

func (s *imapSession) Append(mailbox string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	data, err := s.UserSession.Append(mailbox, r, options)
	if err == nil {
		data.UIDValidity += s.mail.epoch
	}
	return data, err
}

// idleLook is how often a session in IDLE is looked after.
const idleLook = 100 * time.Millisecond

// Idle ends and begins again: the library's server tells only of what comes while
// it runs, and what came just before it began would wait for the next mail.
func (s *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		round := make(chan struct{})
		go func() {
			defer close(round)
			select {
			case <-stop:
			case <-time.After(idleLook):
			}
		}()
		if err := s.UserSession.Idle(w, round); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		default:
		}
		if err := s.UserSession.Poll(w, true); err != nil {
			return err
		}
	}
}

// account finds whom the credentials belong to.
func (m *Mail) account(username, password string) (Account, bool) {
	for _, a := range m.accounts {
		if a.Username == username && subtle.ConstantTimeCompare([]byte(a.Password), []byte(password)) == 1 {
			return a, true
		}
	}
	return Account{}, false
}

// smtpSession takes submissions from the company.
type smtpSession struct {
	mail *Mail
	conn *smtp.Conn
	user Account
	from string
	to   []string
}

var (
	errNobody = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox"}
	errBusy   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Try again later"}
)

func (s *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (s *smtpSession) Auth(mech string) (sasl.Server, error) {
	check := func(username, password string) error {
		a, ok := s.mail.account(username, password)
		if !ok {
			return smtp.ErrAuthFailed
		}
		s.user = a
		return nil
	}
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, username, password string) error { return check(username, password) }), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.user.Address == "" {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	local, _, _ := strings.Cut(strings.ToLower(to), "@")
	switch {
	case local == "nobody":
		return errNobody
	case local == "busy", s.mail.hit(func(f *MailFaults) *Chance { return &f.RefuseRcpt }):
		return errBusy
	}
	s.to = append(s.to, to)
	return nil
}

func (s *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.mail.hit(func(f *MailFaults) *Chance { return &f.RefuseData }) {
		return errBusy
	}
	if err := s.mail.submitted(s.from, s.to, raw); err != nil {
		return err
	}
	if s.mail.hit(func(f *MailFaults) *Chance { return &f.KillAfterData }) {
		return s.conn.Conn().Close()
	}
	return nil
}

func (s *smtpSession) Reset() { s.from, s.to = "", nil }

func (s *smtpSession) Logout() error { return nil }

// loginServer is AUTH LOGIN: user name, then password, each asked for.
type loginServer struct {
	check    func(username, password string) error
	step     int
	username string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if l.step == 0 && response == nil {
		return []byte("Username:"), false, nil
	}
	l.step++
	if l.step == 1 {
		l.username = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.username, string(response))
}
