package email

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Config is one entry of `email:` in the configuration file.
type Config struct {
	Name        string   `yaml:"name"`
	Address     string   `yaml:"address"`
	DisplayName string   `yaml:"display_name"` // beside the address in From
	PlusAddress bool     `yaml:"plus_address"` // replies go to address+token@domain; the domain must deliver sub-addresses
	IMAP        *IMAP    `yaml:"imap"`
	Receive     *Receive `yaml:"receive"`
	SMTP        *SMTP    `yaml:"smtp"`
}

// IMAP is a mailbox to read, and where sent mail may be looked up.
type IMAP struct {
	URL      string        `yaml:"url"` // imaps://host:993 or imap://host:143
	Username string        `yaml:"username"`
	Password string        `yaml:"password"`
	OAuth2   *OAuth2       `yaml:"oauth2"`   // instead of the password
	Mailbox  string        `yaml:"mailbox"`  // INBOX if empty
	Sent     string        `yaml:"sent"`     // folder of sent mail; found by its \Sent mark if empty
	StartTLS string        `yaml:"starttls"` // for imap://: required, opportunistic, none
	Poll     time.Duration `yaml:"poll"`     // between looks where the server has no IDLE; 1m if zero
	After    string        `yaml:"after"`    // of a kept mail: leave (if empty), flag, flag:NAME, move:FOLDER
}

// Receive is an SMTP or LMTP listener for a mail server to deliver to.
type Receive struct {
	Listen   string `yaml:"listen"`
	Protocol string `yaml:"protocol"` // smtp or lmtp
	MaxSize  int64  `yaml:"max_size"` // bytes of one mail; 64 MiB if zero

	Certificate string `yaml:"certificate"` // PEM file; offers STARTTLS
	PrivateKey  string `yaml:"private_key"` // PEM file beside it
	Username    string `yaml:"username"`    // if set, a peer has to sign in, under TLS
	Password    string `yaml:"password"`
}

// SMTP is a submission server.
type SMTP struct {
	URL         string  `yaml:"url"` // smtp://host:587 or smtps://host:465
	Username    string  `yaml:"username"`
	Password    string  `yaml:"password"`
	OAuth2      *OAuth2 `yaml:"oauth2"`      // instead of the password
	StartTLS    string  `yaml:"starttls"`    // for smtp://: required, opportunistic, none
	Connections int     `yaml:"connections"` // at most so many at once; 2 if zero
	DKIM        *DKIM   `yaml:"dkim"`        // nil: the submission server signs, or nobody does
}

// Values of StartTLS. Empty is opportunistic, except that a password is never
// sent in the clear to another machine; "none" says that this is wanted.
const (
	TLSRequired      = "required"
	TLSOpportunistic = "opportunistic"
	TLSNone          = "none"
)

// Validate names every fault, by the key it is under.
func (c Config) Validate() []error {
	var errs []error
	fail := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if strings.TrimSpace(c.Name) == "" {
		fail("name", "missing")
	} else if strings.ContainsAny(c.Name, "/{} \t\r\n") {
		fail("name", "may not hold blanks, braces or slashes")
	}
	if a, err := mail.ParseAddress(c.Address); err != nil || a.Address != c.Address {
		fail("address", "%q is not a mail address", c.Address)
	}
	if strings.ContainsAny(c.DisplayName, "\r\n") {
		fail("display_name", "must be one line")
	}
	if c.IMAP == nil && c.Receive == nil && c.SMTP == nil {
		fail("imap", "one of imap, receive and smtp is needed")
	}
	if c.IMAP != nil {
		c.IMAP.validate(fail)
	}
	if c.Receive != nil {
		c.Receive.validate(fail)
	}
	if c.SMTP != nil {
		c.SMTP.validate(c.Address, fail)
	}
	return errs
}

func (c IMAP) validate(fail func(key, format string, args ...any)) {
	checkURL("imap", c.URL, c.StartTLS, []string{"imap", "imaps"}, fail)
	if c.Username == "" {
		fail("imap.username", "missing")
	}
	if c.Poll < 0 {
		fail("imap.poll", "must not be negative")
	}
	if _, err := parseAfter(c.After); err != nil {
		fail("imap.after", "%v", err)
	}
}

func (c Receive) validate(fail func(key, format string, args ...any)) {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		fail("receive.listen", "%q is not host:port", c.Listen)
	}
	if !slices.Contains([]string{"", "smtp", "lmtp"}, c.Protocol) {
		fail("receive.protocol", "%q is neither smtp nor lmtp", c.Protocol)
	}
	if c.MaxSize < 0 {
		fail("receive.max_size", "must not be negative")
	}
	if (c.Certificate == "") != (c.PrivateKey == "") {
		fail("receive.private_key", "certificate and private_key need each other")
	}
	if c.Username != "" && c.Certificate == "" {
		fail("receive.certificate", "missing: without TLS nobody can sign in")
	}
}

func (c SMTP) validate(address string, fail func(key, format string, args ...any)) {
	checkURL("smtp", c.URL, c.StartTLS, []string{"smtp", "smtps"}, fail)
	if c.Username == "" && c.Password != "" {
		fail("smtp.username", "missing beside a password")
	}
	if c.Connections < 0 {
		fail("smtp.connections", "must not be negative")
	}
	if c.DKIM != nil {
		if _, err := c.DKIM.signingOptions(address); err != nil {
			fail("smtp.dkim", "%v", err)
		}
	}
}

func checkURL(key, raw, startTLS string, schemes []string, fail func(key, format string, args ...any)) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme):
		fail(key+".url", "%q is not %s://host:port", redact(raw), strings.Join(schemes, ":// or "))
	case u.User != nil:
		fail(key+".url", "user name and password have keys of their own")
	case u.Path != "" && u.Path != "/":
		fail(key+".url", "has a path")
	}
	if !slices.Contains([]string{"", TLSRequired, TLSOpportunistic, TLSNone}, startTLS) {
		fail(key+".starttls", "%q is none of required, opportunistic, none", startTLS)
	}
}

// redact hides what may be a password in a URL that is shown.
func redact(raw string) string {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		return "…" + raw[i:]
	}
	return raw
}
