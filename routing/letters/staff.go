package letters

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

// errLater says that an errand may work later.
var errLater = errors.New("not yet")

// Officers are the staff.
type Officers interface {
	Officers(ctx context.Context) ([]conversations.Officer, error)
}

// Keys remember for a day what was done under a key.
type Keys interface {
	// Begin reserves a key for a moment; done tells that it was used before. ErrTaken: another is at it.
	Begin(ctx context.Context, key string) (saved []byte, done bool, err error)
	// Finish keeps the key, or with nil lets go of it.
	Finish(ctx context.Context, key string, answer []byte) error
}

// Staff writes to officers, outside of any conversation.
type Staff struct {
	Officers Officers
	Keys     Keys
	Library  Library
	Mail     channels.Sender
	URL      string // of the officers' page
	Company  string
	Timezone *time.Location
	Now      func() time.Time
}

// Answering are the officers of a role who may be written to; where a role has nobody, those above it.
func (s *Staff) Answering(ctx context.Context, role conversations.Role) ([]conversations.Officer, error) {
	all, err := s.Officers.Officers(ctx)
	if err != nil {
		return nil, err
	}
	for _, exactly := range []bool{true, false} {
		var out []conversations.Officer
		for _, o := range all {
			if !o.Disabled && o.Email != "" && (o.Role == role || !exactly && o.Role.AtLeast(role)) {
				out = append(out, o)
			}
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	return nil, nil
}

// Write mails a template to officers, each once under the key.
func (s *Staff) Write(ctx context.Context, key, template string, to []conversations.Officer, vars map[string]any) error {
	var faults error
	for _, o := range to {
		err := s.once(ctx, key+" "+string(o.ID), func(id string) error { return s.mail(ctx, id, template, o, vars) })
		faults = errors.Join(faults, err)
	}
	return faults
}

// once does something under a key unless it was done. A crash in the middle of it does it
// again, under the same Message-ID.
func (s *Staff) once(ctx context.Context, key string, do func(id string) error) error {
	key = "staff " + key
	_, done, err := s.Keys.Begin(ctx, key)
	switch {
	case errors.Is(err, conversations.ErrTaken):
		return errLater
	case err != nil || done:
		return err
	}
	if err := do(key); err != nil {
		return errors.Join(err, s.Keys.Finish(ctx, key, nil))
	}
	return s.Keys.Finish(ctx, key, []byte("sent"))
}

func (s *Staff) mail(ctx context.Context, id, template string, o conversations.Officer, vars map[string]any) error {
	t, err := s.Library.Get(template)
	if err != nil {
		return err
	}
	given := map[string]any{"name": o.Name}
	for _, v := range t.Variables {
		if value, ok := vars[v.Name]; ok {
			given[v.Name] = value
		}
	}
	if s.Company != "" {
		given["company"] = s.Company
	}
	language := "en"
	for _, l := range t.Languages {
		if len(o.Languages) > 0 && o.Languages[0] == l {
			language = l
		}
	}
	out, err := s.Library.Render(template, language, channels.Email, given, templates.Options{Now: s.Now(), Timezone: s.Timezone})
	if err != nil {
		return err
	}
	_, err = s.Mail.Send(ctx, channels.Outbound{
		MessageID: id, Channel: channels.Email, To: channels.Handle{Kind: channels.HandleEmail, Value: o.Email}, Name: o.Name,
		Subject: out.Subject, Text: out.Text, HTML: out.HTML, Language: out.Language, Auto: true,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errLater, err)
	}
	return nil
}

// alert tells those who answer for it that a clock has run out and nobody has acknowledged it.
func (k *Clerk) alert(ctx context.Context, c conversations.Conversation, e conversations.Errand) error {
	i := slices.IndexFunc(c.Clocks, func(clock conversations.Clock) bool { return clock.Name == e.Name })
	if i < 0 || !c.Clocks[i].Going() || c.Clocks[i].Ack != "" {
		return nil // it is done, or somebody looks after it
	}
	if k.Staff == nil || k.Staff.Mail == nil {
		return k.Desk.Notify(ctx, c.ID, alertFails(e, c.Clocks[i].DueAt, "no mailbox is configured to send from"))
	}
	to, err := k.answering(ctx, c, e.Of)
	if err != nil {
		return err
	}
	if len(to) == 0 {
		return k.Desk.Notify(ctx, c.ID, alertFails(e, c.Clocks[i].DueAt, "there is nobody who is one"))
	}
	vars := map[string]any{
		"reference": fmt.Sprint(c.Number), "desk": k.Desks.Title(c.Desk), "about": words(c.Category), "clock": words(e.Name), "due": c.Clocks[i].DueAt,
		"priority": string(c.Priority),
	}
	if c.Assignee != nil {
		vars["officer"] = c.Assignee.Name
	}
	if k.Staff.URL != "" {
		vars["link"] = k.Staff.URL + "/#/all/" + string(c.ID)
	}
	key := fmt.Sprintf("alert %s %s %d %d", c.ID, e.Name, c.Clocks[i].DueAt.UnixMilli(), e.Place)
	return k.Staff.Write(ctx, key, "clock_overdue", to, vars)
}

// answering are those whom a rung of a ladder names.
func (k *Clerk) answering(ctx context.Context, c conversations.Conversation, role string) ([]conversations.Officer, error) {
	if role != string(conversations.RoleOfficer) {
		return k.Staff.Answering(ctx, conversations.Role(role))
	}
	all, err := k.Staff.Officers.Officers(ctx)
	return slices.DeleteFunc(all, func(o conversations.Officer) bool {
		return c.Assignee == nil || o.ID != c.Assignee.ID || o.Disabled || o.Email == ""
	}), err
}

// alertFails says in the history why nobody is mailed.
func alertFails(e conversations.Errand, due time.Time, why string) func(conversations.Conversation, time.Time) conversations.Notice {
	return func(conversations.Conversation, time.Time) conversations.Notice {
		return conversations.Notice{
			Key:   fmt.Sprintf("alert\x00%s\x00%d\x00%d", e.Name, due.UnixMilli(), e.Place),
			Event: conversations.Event{Type: conversations.EventRule, Why: fmt.Sprintf("could not mail the %s about %s: %s", e.Of, words(e.Name), why)},
		}
	}
}
