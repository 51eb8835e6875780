package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/inbox"
)

// officerCmd manages officers.
type officerCmd struct {
	Add officerAddCmd `cmd:"" help:"Add an officer, or change the one with that address."`
}

// officerAddCmd adds an officer.
type officerAddCmd struct {
	withConfig
	Email         string   `arg:"" help:"Address to sign in with."`
	Name          string   `required:"" help:"Name, as colleagues and customers see it."`
	Role          string   `required:"" enum:"officer,supervisor,admin" help:"officer, supervisor or admin."`
	Skills        []string `default:"trace,booking,triage" help:"Desks, or desk/category, that the officer works on."`
	Languages     []string `default:"en" help:"en, ar, ms."`
	Capacity      int      `default:"20" help:"Conversations at once."`
	PasswordStdin bool     `help:"Read the password from standard input."`
}

// Run implements the command.
func (c *officerAddCmd) Run(e *env) error {
	if !strings.Contains(c.Email, "@") {
		return fmt.Errorf("%q is not a mail address", c.Email)
	}
	hash := ""
	if c.PasswordStdin {
		line, err := bufio.NewReader(e.stdin).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return errors.Join(errors.New("no password on standard input"), err)
		}
		if hash, err = inbox.HashPassword(line); err != nil {
			return err
		}
	}
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		o, err := s.OfficerByEmail(ctx, c.Email)
		if err != nil && !errors.Is(err, conversations.ErrNotFound) {
			return err
		}
		o.Email, o.Name, o.Role = c.Email, c.Name, conversations.Role(c.Role)
		if o.ID == "" {
			o.Skills, o.Languages, o.Capacity, o.Availability = c.Skills, c.Languages, c.Capacity, conversations.Available
		}
		if hash != "" {
			o.Password = hash
		}
		if o, err = s.SaveOfficer(ctx, o); err != nil {
			return err
		}
		fmt.Fprintln(e.stdout, o.ID)
		return nil
	})
}

// tokenCmd manages bearer tokens.
type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Print a new bearer token; it is shown only once."`
}

// tokenCreateCmd makes a bearer token.
type tokenCreateCmd struct {
	withConfig
	Officer string `required:"" help:"The officer's address."`
	Name    string `required:"" help:"What the token is for."`
}

// Run implements the command.
func (c *tokenCreateCmd) Run(e *env) error {
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		o, err := s.OfficerByEmail(ctx, c.Officer)
		if errors.Is(err, conversations.ErrNotFound) {
			return fmt.Errorf("no officer signs in as %s: add him with 'caravan officer add'", c.Officer)
		}
		if err != nil {
			return err
		}
		secret, hash := inbox.NewSecret()
		if err := s.SaveToken(ctx, hash, conversations.Token{Officer: o.ID, Name: c.Name, CreatedAt: now()}); err != nil {
			return err
		}
		fmt.Fprintln(e.stdout, secret)
		return nil
	})
}

// withStore runs a command on the store. The embedded store is started for it if
// no gateway runs on it, and else shared with that gateway.
func (w withConfig) withStore(e *env, do func(context.Context, *keep) error) error {
	cfg, err := w.load(e)
	if err != nil {
		return err
	}
	s, err := openStore(e.ctx, cfg, true, e.log)
	if err != nil {
		return err
	}
	err = do(e.ctx, s)
	return errors.Join(err, s.close(context.WithoutCancel(e.ctx)))
}
