package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/callbacks"
	"github.com/caravan-desk/caravan/callbacks/quiet"
	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/channels/twilio/webhooks"
	"github.com/caravan-desk/caravan/channels/voice"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

// dialer switches on the calls that we make, if there is a number to make them from.
func (a *app) dialer(client *twilio.Client, hooks webhooks.Config) error {
	from := a.cfg.Twilio.VoiceFrom
	if from == "" {
		a.log.Info("call-backs are off: twilio.voice_from is not configured")
		return nil
	}
	calls := &voice.Calls{Client: client, From: from, PublicURL: a.cfg.HTTP.PublicURL, Languages: voice.NewMenu().Languages, Of: a.store.CallOf}
	d := &callbacks.Dialer{
		Ledger: a.store, Keeper: a.desk, Lines: a.store, Marks: a.store, Officers: a.store, Pacer: a.store, Watcher: a.store,
		Caller: calls, Consents: a.desk, Teller: &missed{desk: a.desk, store: a.store, library: a.library, zone: a.cfg.Timezone},
		Gate: mayRing(a.store), Partitions: a.store.Partitions(), PerSecond: a.cfg.Callbacks.CallsPerSecond, AtOnce: a.cfg.Callbacks.Concurrency,
		Gateway: a.store.Consumer(), Now: now, Logger: a.log,
	}
	if a.cfg.Callbacks.QuietHours != config.QuietNone {
		d.Window, d.Limits = allowed(a.quiet, a.store), func(number string) (day, week int) { return a.quiet.Limits(quiet.Person{Phone: number}) }
	}
	d.Missed = owed(a.store)
	webhooks.Calls{Config: hooks, Voice: calls, Callbacks: d}.Register(a.http)
	a.engines, a.rings = append(a.engines, engine{"dialer", d.Run}), true
	return nil
}

// owed finds an open promise in the latest conversation of a number.
func owed(store *keep) callbacks.Missed {
	return func(ctx context.Context, number string) (conversations.Callback, bool, error) {
		place, err := store.Find(ctx, []channels.Handle{{Kind: channels.HandlePhone, Value: number}})
		if err != nil || place.Conversation == "" {
			return conversations.Callback{}, false, err
		}
		c, err := store.Load(ctx, place.Conversation)
		if err != nil || c.Promises == 0 {
			return conversations.Callback{}, false, err
		}
		for n := c.Issued; n > 0; n-- {
			cb, err := store.LoadCallback(ctx, c.CallbackID(n))
			if err == nil && cb.Status.Open() && cb.Phone == number && cb.Spoken == nil {
				return cb, true, nil
			}
		}
		return conversations.Callback{}, false, nil
	}
}

// mayRing refuses who has opted out of calls, unless he has asked for this one since, or of
// anything since it was promised. News is told to nobody who has opted out of calls or SMS.
func mayRing(store *keep) callbacks.Gate {
	return func(ctx context.Context, cb conversations.Callback, c conversations.Conversation) error {
		keys := []string{(channels.Handle{Kind: channels.HandlePhone, Value: cb.Phone}).Key()}
		for _, h := range c.Contact.Handles {
			keys = append(keys, h.Key())
		}
		for _, key := range keys {
			ledger, err := store.Consent(ctx, key)
			if err != nil {
				return fmt.Errorf("load consent: %w", err)
			}
			for _, k := range []channels.Kind{channels.Voice, channels.SMS, channels.WhatsApp, channels.Email} {
				last, ok := ledger.Last(k, conversations.Service)
				if ok && last.State == conversations.OptedOut && (last.At.After(cb.RequestedAt) || unasked(cb, k)) {
					return fmt.Errorf("%w: %s", conversations.ErrOptedOut, last.Why)
				}
			}
		}
		return nil
	}
}

// unasked reports whether a word against channel k stands against a call that comes after it.
func unasked(cb conversations.Callback, k channels.Kind) bool {
	return k == channels.Voice && !cb.Asked || k == channels.SMS && cb.Spoken != nil
}

// unreached is the template for a promise that could not be kept.
const unreached = "callback_unreached"

// missed tells a customer in writing that he could not be reached, and puts the
// conversation before a supervisor.
type missed struct {
	desk    *conversations.Desk
	store   *keep
	library *templates.Shelf
	zone    *time.Location
}

// Missed implements callbacks.Teller.
func (m *missed) Missed(ctx context.Context, cb conversations.Callback) error {
	c, err := m.store.Load(ctx, cb.Conversation)
	if err != nil {
		return err
	}
	if c.Erased {
		return nil
	}
	if cb.Spoken != nil {
		return m.untold(ctx, cb, c)
	}
	if err := m.escalate(ctx, cb, c); err != nil {
		return err
	}
	for _, k := range []channels.Kind{"", channels.SMS, channels.WhatsApp, channels.Email} {
		err := m.write(ctx, cb, c, k)
		if err == nil {
			return nil
		}
		if errors.Is(err, channels.ErrUnavailable) {
			return err
		}
	}
	return nil // there is no way to write to him: the supervisor sees it
}

// write sends the template on a channel; empty is the one the customer used last.
func (m *missed) write(ctx context.Context, cb conversations.Callback, c conversations.Conversation, k channels.Kind) error {
	route, ok := c.ReplyRoute(k)
	if !ok {
		return conversations.ErrNoRoute
	}
	vars := map[string]any{"tried_at": cb.Attempts[len(cb.Attempts)-1].At}
	if c.Contact.Name != "" {
		vars["name"] = c.Contact.Name
	}
	if reference := c.FirstReference(); reference != "" {
		vars["reference"] = reference
	}
	r, err := m.library.Render(unreached, c.ReplyLanguage(), route.Channel, vars, templates.Options{Now: now(), Timezone: m.zone})
	if err != nil {
		return err
	}
	_, _, err = m.desk.Reply(ctx, c.ID, conversations.Draft{
		Channel: route.Channel, Text: r.Text, HTML: r.HTML, Subject: r.Subject, Content: r.Content, Language: r.Language,
		Template: r.Template, Op: "unreached " + string(cb.ID), Lane: conversations.LaneAck, Auto: true,
	}, conversations.System)
	return err
}

// untold writes to who could not be told by telephone, if he has a way to be written to, and
// lets the history say so.
func (m *missed) untold(ctx context.Context, cb conversations.Callback, c conversations.Conversation) error {
	e := cb.Spoken.Else
	if e == nil {
		return nil
	}
	_, _, err := m.desk.Reply(ctx, c.ID, conversations.Draft{
		Channel: e.Channel, Text: e.Text, HTML: e.HTML, Subject: e.Subject, Content: e.Content, Language: e.Language,
		Template: e.Template, Op: "untold " + string(cb.ID), Lane: conversations.LaneUpdate, Auto: true,
	}, conversations.System)
	if errors.Is(err, channels.ErrUnavailable) {
		return err
	}
	return nil // he may not be written to: an officer sees that he was not reached
}

// brokenTag marks a conversation whose promise was broken, for supervisors to look at.
const brokenTag = "broken_promise"

func (m *missed) escalate(ctx context.Context, cb conversations.Callback, c conversations.Conversation) error {
	priority := conversations.High
	if c.Priority.Rank() < priority.Rank() {
		priority = c.Priority
	}
	tags := append(slices.Clone(c.Tags), brokenTag)
	slices.Sort(tags)
	tags = slices.Compact(tags)
	p := conversations.Patch{Priority: &priority, Tags: &tags, Why: fmt.Sprintf("call-back %s was broken after %d rings: a supervisor looks at it", cb.ID, callbacks.Rings(cb))}
	if c.Status == conversations.Pending || c.Status == conversations.OnHold {
		open := conversations.Open
		p.Status = &open
	}
	_, err := m.desk.Patch(ctx, c.ID, p, conversations.System)
	return err
}
