package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/inbox"
	"github.com/caravan-desk/caravan/routing"
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
	Skills        []string `help:"Desks, or desk/category with or without a level (trace/claim:3), that the officer works on; a new one on every desk." placeholder:"SKILL"`
	Languages     []string `help:"en, ar, ms; a new one speaks en." placeholder:"LANGUAGE"`
	Capacity      *int     `help:"Conversations at once; a new one 20." placeholder:"N"`
	PasswordStdin bool     `help:"Read the password from standard input."`
}

const (
	capacityByDefault = 20
	shortestPassword  = 8
)

// Validate says what no officer can be.
func (c *officerAddCmd) Validate() error {
	var faults []error
	address, ok := conversations.EmailAddress(strings.ToLower(c.Email))
	if !ok {
		faults = append(faults, fmt.Errorf("%q is not a mail address", c.Email))
	}
	c.Email, c.Name = address, strings.TrimSpace(c.Name)
	if c.Name == "" {
		faults = append(faults, errors.New("--name is empty"))
	}
	for _, s := range c.Skills {
		if _, err := routing.ParseSkill(s); err != nil {
			faults = append(faults, fmt.Errorf("--skills: %w", err))
		}
	}
	for _, l := range c.Languages {
		if len(l) < 2 || len(l) > 35 {
			faults = append(faults, fmt.Errorf("--languages: %q is none", l))
		}
	}
	if n := c.Capacity; n != nil && (*n < 0 || *n > 1000) {
		faults = append(faults, fmt.Errorf("--capacity: %d is not from 0 to 1000", *n))
	}
	return errors.Join(faults...)
}

// fill sets what was given, and of a new officer the rest.
func (c *officerAddCmd) fill(o *conversations.Officer, desks routing.Desks) error {
	for _, s := range c.Skills {
		skill, _ := routing.ParseSkill(s)
		if d, ok := desks.Find(skill.Desk); !ok || skill.Category != "" && !d.Has(skill.Category) {
			return fmt.Errorf("--skills: there is no %s here", s)
		}
	}
	if o.ID == "" {
		o.Languages, o.Capacity, o.Availability = []string{"en"}, capacityByDefault, conversations.Available
		for _, d := range desks {
			o.Skills = append(o.Skills, d.Name)
		}
	}
	if len(c.Skills) > 0 {
		o.Skills = c.Skills
	}
	if len(c.Languages) > 0 {
		o.Languages = c.Languages
	}
	if c.Capacity != nil {
		o.Capacity = *c.Capacity
	}
	o.Email, o.Name, o.Role = c.Email, c.Name, conversations.Role(c.Role)
	return nil
}

// Run implements the command.
func (c *officerAddCmd) Run(e *env) error {
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	desks, _, err := loadDesks(cfg, nil)
	if err != nil {
		return err
	}
	hash := ""
	if c.PasswordStdin {
		line, err := bufio.NewReader(e.stdin).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return errors.Join(errors.New("no password on standard input"), err)
		}
		if len(line) < shortestPassword {
			return fmt.Errorf("the password has less than %d characters", shortestPassword)
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
		if err := c.fill(&o, desks); err != nil {
			return err
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

// Validate wants a name.
func (c *tokenCreateCmd) Validate() error {
	if c.Name = strings.TrimSpace(c.Name); c.Name == "" {
		return errors.New("--name is empty")
	}
	return nil
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
