package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/email"
	"github.com/caravan-desk/caravan/channels/sms"
	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/channels/twilio/webhooks"
	"github.com/caravan-desk/caravan/channels/whatsapp"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/outbox"
	"github.com/caravan-desk/caravan/templates"
)

// twilio switches on SMS, WhatsApp and voice, if an account is configured.
func (a *app) twilio() error {
	t := a.cfg.Twilio
	if !t.Enabled() {
		a.log.Info("twilio is off: no account is configured")
		return nil
	}
	if err := a.hush(); err != nil {
		return err
	}
	client, err := twilio.NewClient(twilio.Config{AccountSID: t.AccountSID, AuthToken: t.AuthToken.Reveal(), BaseURL: t.APIBaseURL, Now: now})
	if err != nil {
		return fmt.Errorf("twilio: %w", err)
	}
	validator, err := twilio.NewValidator(a.cfg.HTTP.PublicURL, t.AuthToken.Reveal())
	if err != nil {
		return fmt.Errorf("http.public_url: %w", err)
	}
	flow, err := a.flow()
	if err != nil {
		return err
	}
	hooks := webhooks.Config{
		Validator: validator, Account: t.AccountSID, Receiver: a.intake, Receipts: a.intake, Flow: flow, Logger: a.log, Now: now,
	}
	if err := a.dialer(client, hooks); err != nil { // before the menu: who rings back is led past it
		return err
	}
	webhooks.Register(a.http, hooks)
	media := &webhooks.Media{PublicURL: a.cfg.HTTP.PublicURL, Secret: a.store.Secret(), Blobs: a.blobs, Now: now}
	media.Register(a.http)
	messages := twilio.Messages{
		Client: client, ServiceSID: t.MessagingServiceSID, PublicURL: a.cfg.HTTP.PublicURL, MediaURL: media.URL, Claimed: a.store.Claims,
	}
	if t.SMSFrom != "" || t.MessagingServiceSID != "" || len(t.SMSPool) > 0 {
		m := messages
		m.From = t.SMSFrom
		a.senders[channels.SMS] = smsSender{&sms.Sender{Messages: m, Pool: t.SMSPool}, t.SMSPerSecond}
	}
	if t.WhatsAppFrom != "" {
		m := messages
		m.From, m.ServiceSID = t.WhatsAppFrom, ""
		a.senders[channels.WhatsApp] = &whatsapp.Sender{Messages: m}
		a.contents(client)
	}
	a.fetcher = client
	a.reconcile(client)
	return nil
}

// email switches on the mailboxes.
func (a *app) email() error {
	if len(a.cfg.Email) == 0 {
		a.log.Info("email is off: no mailbox is configured")
		return nil
	}
	signer := email.NewSigner(a.store.Secret())
	senders := mailSenders{}
	states := mailStates{}
	defer func() { a.meters.registry.MustRegister(states) }()
	for _, m := range a.cfg.Email {
		cfg := mailConfig(m)
		if errs := cfg.Validate(); len(errs) > 0 {
			return fmt.Errorf("email %s: %w", cfg.Name, errors.Join(errs...))
		}
		intake := &email.Intake{
			Account: cfg.Name, Address: cfg.Address, Receiver: a.intake, Blobs: a.blobs, Signer: signer, Now: now, AuthServID: m.AuthServID,
		}
		if m.VerifyDKIM {
			intake.LookupTXT = net.LookupTXT
		}
		if cfg.IMAP != nil {
			box := &email.Mailbox{
				IMAP: *cfg.IMAP, Intake: intake, Log: a.log, Holder: consumer(a.cfg),
				Cursor: redisstore.Mailboxes{Store: a.store.Store}, Lease: redisstore.Mailboxes{Store: a.store.Store},
			}
			a.engines = append(a.engines, engine{"mailbox " + cfg.Name, box.Run})
			states = append(states, mailState{cfg.Name, "imap", box.State, m.IMAP.SilentAfter})
		}
		if cfg.Receive != nil {
			server := &email.Server{Receive: *cfg.Receive, Intake: intake, Log: a.log}
			if _, err := server.Listen(); err != nil {
				return fmt.Errorf("email %s: receive: %w", cfg.Name, err)
			}
			a.engines = append(a.engines, engine{"mail server " + cfg.Name, server.Run})
		}
		if cfg.SMTP != nil {
			s := &email.Sender{Config: cfg, Signer: signer, Blobs: a.blobs, Now: now}
			senders = append(senders, mailSender{cfg.Name, s, mailPace(m.SMTP.PerMinute)})
			states = append(states, mailState{cfg.Name, "smtp", s.State, 0})
			a.closers = append(a.closers, s.Close)
		}
	}
	a.engines = append(a.engines, engine{"mailbox alarms", func(ctx context.Context) error { return states.watch(ctx, a.log) }})
	if len(senders) > 0 {
		a.senders[channels.Email] = senders
	}
	return nil
}

func mailConfig(m config.Mailbox) email.Config {
	c := email.Config{Name: m.Name, Address: m.Address, DisplayName: m.DisplayName, PlusAddress: m.PlusAddress}
	if m.IMAP != nil {
		c.IMAP = &email.IMAP{
			URL: m.IMAP.URL, Username: m.IMAP.Username, Password: m.IMAP.Password.Reveal(), Mailbox: m.IMAP.Mailbox,
			Sent: m.IMAP.Sent, StartTLS: m.IMAP.StartTLS, Poll: m.IMAP.Poll, OAuth2: tokens(m.IMAP.OAuth2), After: m.IMAP.After,
		}
	}
	if r := m.Receive; r != nil {
		c.Receive = &email.Receive{
			Listen: r.Listen, Protocol: r.Protocol, MaxSize: r.MaxSize,
			Certificate: r.Certificate, PrivateKey: r.PrivateKey, Username: r.Username, Password: r.Password.Reveal(),
		}
	}
	if m.SMTP != nil {
		c.SMTP = &email.SMTP{
			URL: m.SMTP.URL, Username: m.SMTP.Username, Password: m.SMTP.Password.Reveal(),
			StartTLS: m.SMTP.StartTLS, Connections: m.SMTP.Connections, OAuth2: tokens(m.SMTP.OAuth2),
		}
		if d := m.SMTP.DKIM; d != nil {
			c.SMTP.DKIM = &email.DKIM{Domain: d.Domain, Selector: d.Selector, PrivateKey: d.PrivateKey.Reveal()}
		}
	}
	return c
}

func tokens(o *config.OAuth2) *email.OAuth2 {
	if o == nil {
		return nil
	}
	return &email.OAuth2{
		TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(),
		RefreshToken: o.RefreshToken.Reveal(), Scopes: o.Scopes,
	}
}

// mailSender is one mailbox's way out.
type mailSender struct {
	name   string
	sender *email.Sender
	pace   outbox.Pace
}

// mailSenders chooses by Outbound.Account; the first serves what names none.
type mailSenders []mailSender

func (m mailSenders) pick(account string) mailSender {
	for _, s := range m {
		if s.name == account {
			return s
		}
	}
	return m[0]
}

// Pace implements outbox.Paced.
func (m mailSenders) Pace(account string) (string, outbox.Pace) {
	s := m.pick(account)
	return s.name, s.pace
}

// mailPace lets a sixth of a minute's mails go at once, and never more than
// the whole number in any minute.
func mailPace(perMinute int) outbox.Pace {
	if perMinute == 0 {
		return outbox.Pace{}
	}
	burst := max(1, perMinute/6)
	return outbox.Pace{Burst: burst, Gap: time.Minute / time.Duration(max(1, perMinute-burst))}
}

// Send implements channels.Sender.
func (m mailSenders) Send(ctx context.Context, out channels.Outbound) (string, error) {
	return m.pick(out.Account).sender.Send(ctx, out)
}

// Find implements channels.Finder.
func (m mailSenders) Find(ctx context.Context, out channels.Outbound) (string, bool, error) {
	return m.pick(out.Account).sender.Find(ctx, out)
}

func loadTemplates(folders []string) (*templates.Library, error) {
	var layers []fs.FS
	for _, f := range folders {
		layers = append(layers, templates.Dir(f))
	}
	library, err := templates.Load(layers...)
	if err != nil {
		return nil, fmt.Errorf("templates:\n%w", err)
	}
	return library, nil
}
