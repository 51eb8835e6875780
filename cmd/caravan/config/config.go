// Package config reads the gateway's configuration: a YAML file, over it the
// environment (CARAVAN_ and the key's path in capitals joined by _, list entries by
// their index: CARAVAN_EMAIL_0_IMAP_PASSWORD), and any secret also from a file
// (CARAVAN_TWILIO_AUTH_TOKEN_FILE, or auth_token_file in YAML). Load reports every
// fault at once, each with its line or variable. To add a key, add a field here with
// its default in Default and its rule in check.go; example.yaml shows all of them.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"strings"
	"time"
)

// Config is everything an operator can set.
type Config struct {
	HTTP       HTTP           `yaml:"http"`
	DataDir    string         `yaml:"data_dir"` // attachments, raw mail, embedded store
	Redis      Redis          `yaml:"redis"`
	AdminToken Secret         `yaml:"admin_token"` // bearer token with the role admin; empty: none
	Timezone   *time.Location `yaml:"timezone"`    // the desk's own
	Twilio     Twilio         `yaml:"twilio"`
	Email      []Mailbox      `yaml:"email"`
	Callbacks  Callbacks      `yaml:"callbacks"`
	Limits     Limits         `yaml:"limits"`
	Bulk       Bulk           `yaml:"bulk"`
	Feedback   Feedback       `yaml:"feedback"`
	Retention  Retention      `yaml:"retention"`
	Reports    Reports        `yaml:"reports"`
	Speech     Speech         `yaml:"speech"`
	Feeds      []Feed         `yaml:"feeds"`
	Desks      []string       `yaml:"desks"`     // folders of desk definitions; empty: the built-in ones
	Templates  []string       `yaml:"templates"` // folders laid over the built-in templates
}

// Redis is the store.
type Redis struct {
	URL  Secret        `yaml:"url"`  // empty: embedded. It may hold a password
	Term time.Duration `yaml:"term"` // how long a command is tried before the store counts as away
}

// Twilio is the account for SMS, WhatsApp and calls.
type Twilio struct {
	AccountSID          string        `yaml:"account_sid"`
	AuthToken           Secret        `yaml:"auth_token"`
	APIBaseURL          string        `yaml:"api_base_url"`            // without a slash at its end
	SMSFrom             string        `yaml:"sms_from"`                // E.164, as the two below
	SMSPool             []string      `yaml:"sms_pool"`                // numbers among which the customers are spread, where none of ours was written to
	SMSPerSecond        float64       `yaml:"sms_segments_per_second"` // of each number; 0: no limit
	WhatsAppFrom        string        `yaml:"whatsapp_from"`
	VoiceFrom           string        `yaml:"voice_from"`
	MessagingServiceSID string        `yaml:"messaging_service_sid"`
	Reconcile           time.Duration `yaml:"reconcile"` // between two comparisons of Twilio's list with ours; 0: none
}

// Enabled reports whether Twilio is configured at all.
func (t Twilio) Enabled() bool { return t.AccountSID != "" }

// Mailbox is one address of ours. Mail comes in by IMAP, Receive or both, and goes out
// by SMTP; what is nil is not done.
type Mailbox struct {
	Name        string   `yaml:"name"`
	Address     string   `yaml:"address"`
	DisplayName string   `yaml:"display_name"` // beside the address in From
	PlusAddress bool     `yaml:"plus_address"` // replies go to name+token@domain
	AuthServID  string   `yaml:"authserv_id"`  // whose Authentication-Results headers are believed (RFC 8601); "-": the server does not name itself
	VerifyDKIM  bool     `yaml:"verify_dkim"`  // check signatures here where no such header tells
	IMAP        *IMAP    `yaml:"imap"`
	Receive     *Receive `yaml:"receive"`
	SMTP        *SMTP    `yaml:"smtp"`
}

// IMAP is a mailbox to read.
type IMAP struct {
	URL         string        `yaml:"url"` // imaps://host:993 or imap://host:143
	Username    string        `yaml:"username"`
	Password    Secret        `yaml:"password"`
	OAuth2      *OAuth2       `yaml:"oauth2"` // instead of the password
	Mailbox     string        `yaml:"mailbox"`
	Sent        string        `yaml:"sent"`         // folder of sent mail; empty: found by its mark
	StartTLS    string        `yaml:"starttls"`     // required, opportunistic, none; empty: as SMTP.StartTLS
	Poll        time.Duration `yaml:"poll"`         // between looks where the server has no IDLE; 0: the adapter's own
	SilentAfter time.Duration `yaml:"silent_after"` // so long without any mail is an alarm; 0: a day
	After       string        `yaml:"after"`        // of a kept mail: leave (if empty), flag, flag:NAME, move:FOLDER
}

// Receive is a listener to which a mail server delivers.
type Receive struct {
	Listen   string `yaml:"listen"`
	Protocol string `yaml:"protocol"` // smtp or lmtp
	MaxSize  int64  `yaml:"max_size"` // bytes of one mail; 0: the adapter's own

	Certificate string `yaml:"certificate"` // PEM file; offers STARTTLS
	PrivateKey  string `yaml:"private_key"` // PEM file beside it
	Username    string `yaml:"username"`    // set: peers have to sign in, under TLS
	Password    Secret `yaml:"password"`
}

// SMTP is a submission server.
type SMTP struct {
	URL         string  `yaml:"url"` // smtp://host:587 or smtps://host:465
	Username    string  `yaml:"username"`
	Password    Secret  `yaml:"password"`
	OAuth2      *OAuth2 `yaml:"oauth2"`      // instead of the password
	StartTLS    string  `yaml:"starttls"`    // required, opportunistic, none; empty: opportunistic, and no password in the clear
	Connections int     `yaml:"connections"` // at most so many at once; 0: the adapter's own
	PerMinute   int     `yaml:"per_minute"`  // mails from this mailbox; 0: no limit. Microsoft 365 allows 30
	DKIM        *DKIM   `yaml:"dkim"`        // nil: the submission server signs
}

// DKIM signs outgoing mail (RFC 6376).
type DKIM struct {
	Domain     string `yaml:"domain"` // empty: that of the address
	Selector   string `yaml:"selector"`
	PrivateKey Secret `yaml:"private_key"` // PEM, PKCS #8 or PKCS #1
}

// OAuth2 gets access tokens with a refresh token (RFC 6749 section 6) or, without one, with
// the client's own credentials (section 4.4).
type OAuth2 struct {
	TokenURL     string   `yaml:"token_url"`
	ClientID     string   `yaml:"client_id"`
	ClientSecret Secret   `yaml:"client_secret"`
	RefreshToken Secret   `yaml:"refresh_token"`
	Scopes       []string `yaml:"scopes"`
}

// Callbacks bound the dialer.
type Callbacks struct {
	QuietHours     string  `yaml:"quiet_hours"` // by_country, or none: dials at any hour
	CallsPerSecond float64 `yaml:"calls_per_second"`
	Concurrency    int     `yaml:"concurrency"` // calls at once
	SpokenNews     bool    `yaml:"spoken_news"` // who has no channel for messages is told news by telephone
	Moon           string  `yaml:"moon"`        // Hijri months that began late or early, in days: "1447-10 +1, 1447-12 -1"
}

// Limits bound what machines send to one person in any 24 hours, over all channels; 0: no limit.
type Limits struct {
	UpdatesPerDay int `yaml:"updates_per_day"`
	BulkPerDay    int `yaml:"bulk_per_day"`
}

// Bulk is about one text to many.
type Bulk struct {
	PerSecond float64 `yaml:"per_second"` // messages queued by all gateways together; 0: no limit
	Currency  string  `yaml:"currency"`
	Prices    []Price `yaml:"prices"`
}

// Price is what one SMS segment, or one message on another channel, costs.
type Price struct {
	Channel string  `yaml:"channel"`
	Prefix  string  `yaml:"prefix"` // of the number, such as +966; empty: all others
	Price   float64 `yaml:"price"`
}

// Feedback says which customers are asked how it was, and when.
type Feedback struct {
	CSAT      bool          `yaml:"csat"` // once an officer has solved his matter
	CSATAfter time.Duration `yaml:"csat_after"`
	NPS       bool          `yaml:"nps"` // once his tour is over
	NPSAfter  time.Duration `yaml:"nps_after"`
}

// Reports says when the day's figures are counted and mailed.
type Reports struct {
	Mail    bool          `yaml:"mail"`    // yesterday's to every supervisor
	MailAt  time.Duration `yaml:"mail_at"` // from midnight in the desk's time zone
	Recount time.Duration `yaml:"recount"` // from midnight: every figure's ground is counted from zero and compared
}

// Speech is who transcribes customers' recordings.
type Speech struct {
	URL    string `yaml:"url"` // takes a recording as a form and answers {"text": "…"}; empty: nobody
	Token  Secret `yaml:"token"`
	Model  string `yaml:"model"`
	AtOnce int    `yaml:"at_once"` // recordings under way from one gateway
}

// Retention says how long what ended conversations hold is kept, from their last
// change on; 0: for ever.
type Retention struct {
	Conversations time.Duration `yaml:"conversations"` // all of them but what is counted
	Attachments   time.Duration `yaml:"attachments"`
	Recordings    time.Duration `yaml:"recordings"` // of calls
	Mail          time.Duration `yaml:"mail"`       // mails as they came, byte for byte
}

// Values of Callbacks.QuietHours.
const (
	QuietByCountry = "by_country"
	QuietNone      = "none"
)

const defaultZone = "Asia/Riyadh"

// Default is the configuration of a gateway that was told nothing.
func Default() Config {
	zone, err := time.LoadLocation(defaultZone)
	if err != nil { // no time zone database on this machine: check says so if a zone is named
		zone = time.FixedZone(defaultZone, 3*60*60) // Riyadh has no summer time
	}
	return Config{
		HTTP:      HTTP{Listen: "127.0.0.1:8080"},
		DataDir:   "./caravan-data",
		Redis:     Redis{Term: 3 * time.Second},
		Timezone:  zone,
		Twilio:    Twilio{APIBaseURL: "https://api.twilio.com", Reconcile: 5 * time.Minute, SMSPerSecond: 100},
		Speech:    Speech{Model: "whisper-1", AtOnce: 2},
		Callbacks: Callbacks{QuietHours: QuietByCountry, CallsPerSecond: 1, Concurrency: 2, SpokenNews: true},
		Bulk:      Bulk{PerSecond: 50, Currency: "USD"},
		Feedback:  Feedback{NPSAfter: 48 * time.Hour},
		Reports:   Reports{MailAt: 7 * time.Hour, Recount: 2 * time.Hour},
		Limits:    Limits{UpdatesPerDay: 50, BulkPerDay: 10},
	}
}

// Load reads the file (empty: none) and the environment, given as os.Environ gives it,
// over the defaults. Its error joins all faults, one line each.
func Load(file string, env []string) (Config, error) {
	f := new(faults)
	root := &node{kind: mapping}
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return Config{}, fmt.Errorf("read configuration: %w", err)
		}
		root = parse(file, text, f)
	}
	root = overlay(root, env, f)

	c := Default()
	decode(root, reflect.ValueOf(&c).Elem(), "", f)
	complete(&c)
	check(c, f)
	if err := errors.Join(f.list()...); err != nil {
		return Config{}, err
	}
	return c, nil
}

// complete fills in what follows from other keys.
func complete(c *Config) {
	if c.HTTP.PublicURL == "" {
		host, port, err := net.SplitHostPort(c.HTTP.Listen)
		if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
			host = "127.0.0.1"
		}
		if port != "0" { // a free port is known only once it is bound
			c.HTTP.PublicURL = "http://" + net.JoinHostPort(host, port)
		}
	}
	c.HTTP.PublicURL = strings.TrimRight(c.HTTP.PublicURL, "/")
	c.Twilio.APIBaseURL = strings.TrimRight(c.Twilio.APIBaseURL, "/")
	for i := range c.Feeds {
		f := &c.Feeds[i]
		f.Tolerance = cmp.Or(f.Tolerance, DefaultTolerance)
		f.Timezone = cmp.Or(f.Timezone, c.Timezone)
	}
	for i := range c.Email {
		m := &c.Email[i]
		if m.Name == "" {
			m.Name, _, _ = strings.Cut(m.Address, "@")
		}
		if m.IMAP != nil && m.IMAP.Mailbox == "" {
			m.IMAP.Mailbox = "INBOX"
		}
		if m.Receive != nil && m.Receive.Protocol == "" {
			m.Receive.Protocol = "smtp"
		}
	}
}
