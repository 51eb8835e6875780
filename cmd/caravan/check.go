package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caravan-desk/caravan/channels/email"
	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/templates"
)

// checkCmd reaches every dependency.
type checkCmd struct {
	withConfig
}

// reachTerm is how long one dependency may take to answer.
const reachTerm = 10 * time.Second

// Run implements the command.
func (c *checkCmd) Run(e *env) error {
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	wrong := 0
	say := func(what string, err error) {
		if err != nil {
			wrong++
			fmt.Fprintf(e.stdout, "FAIL  %s: %v\n", what, err)
			return
		}
		fmt.Fprintf(e.stdout, "ok    %s\n", what)
	}
	library, missing := loadTemplates(cfg.Templates)
	var find func(name string) (templates.Template, error)
	if missing == nil {
		find = library.Get
	}
	_, _, err = loadDesks(cfg, find)
	say("desks and rules", err)
	say("templates", missing)
	checkStore(e, cfg, say)
	if cfg.Twilio.Enabled() {
		say("twilio credentials", checkTwilio(e.ctx, cfg))
	} else {
		fmt.Fprintln(e.stdout, "off   twilio: no account is configured (twilio.account_sid)")
	}
	for _, f := range cfg.Feeds {
		say(fmt.Sprintf("feed %s: events of %ss to %s/webhooks/events/%s", f.Name, f.Kind, cfg.HTTP.PublicURL, f.Name), nil)
	}
	if len(cfg.Email) == 0 {
		fmt.Fprintln(e.stdout, "off   email: no mailbox is configured (email)")
	}
	checkMail(e.ctx, cfg, say)
	if wrong > 0 {
		return fmt.Errorf("%d of the above must be mended", wrong)
	}
	return nil
}

// checkStore reaches Redis and reads its durability settings.
func checkStore(e *env, cfg config.Config, say func(string, error)) {
	s, err := openStore(e.ctx, cfg, true, e.log)
	say("redis", err)
	if err != nil {
		return
	}
	defer s.close(context.WithoutCancel(e.ctx))
	for _, w := range s.Durability(e.ctx) {
		say("redis durability", w)
	}
}

func checkTwilio(ctx context.Context, cfg config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, reachTerm)
	defer cancel()
	client, err := twilio.NewClient(twilio.Config{
		AccountSID: cfg.Twilio.AccountSID, AuthToken: cfg.Twilio.AuthToken.Reveal(), BaseURL: cfg.Twilio.APIBaseURL, Now: now,
	})
	if err != nil {
		return err
	}
	return client.Check(ctx)
}

// checkMail signs in to every mail server, as the gateway would.
func checkMail(ctx context.Context, cfg config.Config, say func(string, error)) {
	within := func(check func(ctx context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, reachTerm)
		defer cancel()
		err := check(ctx)
		switch {
		case errors.Is(err, email.ErrSignIn):
			return fmt.Errorf("%w: check the user name and the password or token", err)
		case err != nil:
			return fmt.Errorf("%w: check the address, and that this machine may reach it", err)
		}
		return nil
	}
	for _, box := range cfg.Email {
		m := mailConfig(box)
		if errs := m.Validate(); len(errs) > 0 {
			say("email "+m.Name, errors.Join(errs...))
			continue
		}
		if m.IMAP != nil {
			say("email "+m.Name+": imap", within(func(ctx context.Context) error { return email.CheckIMAP(ctx, *m.IMAP, nil) }))
		}
		if m.SMTP != nil {
			say("email "+m.Name+": smtp", within(func(ctx context.Context) error { return email.CheckSMTP(ctx, *m.SMTP, nil) }))
		}
	}
}
