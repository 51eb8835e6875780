package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/inbox"
)

// demoCmd runs everything on one machine.
type demoCmd struct {
	Listen string `default:"127.0.0.1:8080" help:"Where the officers' page listens."`
	Play   string `default:"127.0.0.1:8081" help:"Where the customers' page listens: a pretend phone and mailbox."`
	Data   string `help:"Keep the data in this folder; default: a temporary one." type:"path" placeholder:"DIR"`
}

// The demo's own credentials; they open nothing but the demo.
const (
	demoAccount  = "ACdec0de00000000000000000000000000"
	demoSecret   = "demo-auth-token"
	demoPassword = "caravan-demo"
)

// demoOfficers work at the demo's company.
var demoOfficers = []conversations.Officer{
	{Email: "aisha@caravan.example", Name: "Aisha Rahman", Phone: "+966500000901", Role: conversations.RoleOfficer, Skills: []string{"trace", "booking", "triage"}, Languages: []string{"en", "ar", "ms"}, Capacity: 20},
	{Email: "farid@caravan.example", Name: "Farid Osman", Phone: "+60123000902", Role: conversations.RoleOfficer, Skills: []string{"trace"}, Languages: []string{"ms", "en"}, Capacity: 10},
	{Email: "layla@caravan.example", Name: "Layla Hassan", Phone: "+966500000903", Role: conversations.RoleOfficer, Skills: []string{"booking"}, Languages: []string{"ar", "en"}, Capacity: 10},
	{Email: "omar@caravan.example", Name: "Omar Siddiq", Role: conversations.RoleSupervisor, Skills: []string{}, Languages: []string{"ar", "en"}, Capacity: 0},
}

// colleagues are the officers' telephones, to be played beside the customers'.
func colleagues() (out []simulator.Person) {
	for _, o := range demoOfficers {
		if o.Phone == "" {
			continue
		}
		id, _, _ := strings.Cut(o.Email, "@")
		out = append(out, simulator.Person{
			ID: id, Name: o.Name, Language: o.Languages[0], Phone: o.Phone, About: "An officer: this telephone rings when a customer is to be called back", Samples: []simulator.Sample{},
		})
	}
	return out
}

// world is the demo's stand-ins.
type world struct {
	sim    *simulator.Simulator
	mail   *simulator.Mail
	server *http.Server
	socket net.Listener
}

// Run implements the command.
func (c *demoCmd) Run(e *env) error {
	if c.Data == "" {
		dir, err := os.MkdirTemp("", "caravan-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.Data = dir
	}
	w, err := c.world(e)
	if err != nil {
		return err
	}
	a, err := newApp(e.ctx, c.config(w), e.log)
	if err != nil {
		return errors.Join(err, w.close())
	}
	w.sim.SetGateway(a.cfg.HTTP.PublicURL, "")
	w.approve(a.library.List())
	if err := hire(e.ctx, a.store); err != nil {
		return errors.Join(err, a.close(), w.close())
	}
	fmt.Fprintf(e.stdout, `
  Officers    http://%s
              sign in as %s with the password %s
              or as %s, a supervisor, with the same
  Customers   http://%s
              a pretend phone and mailbox: write by WhatsApp, SMS or mail, or ring

  Stop with Ctrl-C.

`, a.socket.Addr(), demoOfficers[0].Email, demoPassword, demoOfficers[len(demoOfficers)-1].Email, w.socket.Addr())
	return errors.Join(a.run(e.ctx), w.close())
}

// world starts the stand-in Twilio, mail server and customers' page.
func (c *demoCmd) world(e *env) (*world, error) {
	mail, err := simulator.NewMail(simulator.MailConfig{Now: now, Logger: e.log})
	if err != nil {
		return nil, fmt.Errorf("stand-in mail server: %w", err)
	}
	w := &world{mail: mail}
	if w.socket, err = net.Listen("tcp", c.Play); err != nil {
		return nil, errors.Join(fmt.Errorf("--play: %w", err), mail.Close())
	}
	w.sim, err = simulator.New(simulator.Config{
		AccountSID: demoAccount, AuthToken: demoSecret, BaseURL: "http://" + w.socket.Addr().String(),
		Mail: mail, People: append(simulator.SamplePeople(), colleagues()...), Pace: simulator.DemoPace(), ManualRead: true, Now: now, Logger: e.log,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("stand-in Twilio: %w", err), mail.Close(), w.socket.Close())
	}
	w.server = &http.Server{Handler: w.sim.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := w.server.Serve(w.socket); err != nil && !errors.Is(err, http.ErrServerClosed) {
			e.log.Error("customers' page", "error", err)
		}
	}()
	return w, nil
}

// config is what a person would write for the stand-ins.
func (c *demoCmd) config(w *world) config.Config {
	cfg := config.Default()
	cfg.HTTP.Listen, cfg.DataDir = c.Listen, c.Data
	cfg.Callbacks.QuietHours = config.QuietNone // whoever plays, plays now
	numbers := w.sim.Numbers()
	cfg.Twilio = config.Twilio{
		AccountSID: demoAccount, AuthToken: demoSecret, APIBaseURL: "http://" + w.socket.Addr().String(),
		SMSFrom: numbers.SMS, WhatsAppFrom: numbers.WhatsApp, VoiceFrom: numbers.Voice,
	}
	box := w.mail.Accounts()[0]
	cfg.Email = []config.Mailbox{{
		Name: "support", Address: box.Address,
		IMAP: &config.IMAP{URL: w.mail.IMAPURL(), Username: box.Username, Password: config.Secret(box.Password), Mailbox: "INBOX", StartTLS: "none"},
		SMTP: &config.SMTP{URL: w.mail.SMTPURL(), Username: box.Username, Password: config.Secret(box.Password), StartTLS: "none"},
	}}
	return cfg
}

// hire adds the demo's officers, once.
func hire(ctx context.Context, s *keep) error {
	hash, err := inbox.HashPassword(demoPassword)
	if err != nil {
		return err
	}
	for _, o := range demoOfficers {
		if _, err := s.OfficerByEmail(ctx, o.Email); err == nil {
			continue
		}
		o.Password, o.Availability = hash, conversations.Available
		if _, err := s.SaveOfficer(ctx, o); err != nil {
			return fmt.Errorf("add officer: %w", err)
		}
	}
	return nil
}

func (w *world) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return errors.Join(w.server.Shutdown(ctx), w.sim.Close(), w.mail.Close())
}
