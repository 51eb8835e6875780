package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/caravan-desk/caravan/callbacks"
	"github.com/caravan-desk/caravan/callbacks/quiet"
	"github.com/caravan-desk/caravan/callbacks/reception"
	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/speech"
	"github.com/caravan-desk/caravan/channels/voice"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/news"
)

// flow is the way of incoming calls through the menu, with the house behind it.
func (a *app) flow() (*voice.Flow, error) {
	var desks []voice.Desk
	for _, d := range a.desks.OnPhone() {
		desks = append(desks, voice.Desk{Name: d.Name, Press: d.Phone.Press})
	}
	f, err := voice.NewFlow(a.cfg.HTTP.PublicURL, a.cfg.Twilio.AuthToken.Reveal(), voice.NewMenu(desks...))
	if err != nil {
		return nil, fmt.Errorf("voice: %w", err)
	}
	a.intake.Calls = a.store
	f.Now = now
	f.Guide = guide{&reception.Reception{
		People: a.store, Lines: a.store, Officers: a.store, News: a.news, Desks: a.desks, Timezone: a.cfg.Timezone, Now: now, Logger: a.log,
	}}
	return f, nil
}

// guide lets the voice adapter ask the reception.
type guide struct{ r *reception.Reception }

// Caller implements voice.Guide.
func (g guide) Caller(ctx context.Context, from channels.Handle) voice.Caller {
	return voice.Caller{Language: g.r.Language(ctx, from)}
}

// Status implements voice.Guide.
func (g guide) Status(ctx context.Context, number, language string, from channels.Handle) voice.Status {
	reference, text := g.r.Status(ctx, number, language, from)
	return voice.Status{Reference: reference, Text: text}
}

// Line implements voice.Guide.
func (g guide) Line(ctx context.Context, p voice.Place) voice.Line {
	if p.Gone {
		g.r.Leave(ctx, p.Desk, p.Call)
		return voice.Line{}
	}
	w := g.r.Line(ctx, reception.Waiter{Call: p.Call, Desk: p.Desk, Language: p.Language, From: p.From, Since: p.Since})
	return voice.Line{Open: w.Open, Opens: w.Opens, Phones: w.Phones, Ahead: w.Ahead, Wait: w.Wait}
}

// Taken implements voice.Guide.
func (g guide) Taken(ctx context.Context, call, phone string) { g.r.Taken(ctx, call, phone) }

// Over implements voice.Guide.
func (g guide) Over(ctx context.Context, call string) { g.r.Over(ctx, call) }

// When implements voice.Guide.
func (g guide) When(ctx context.Context, words, language string, from channels.Handle) (voice.Wish, bool) {
	notBefore, until, said, ok := g.r.When(words, language, from)
	return voice.Wish{NotBefore: notBefore, Until: until, Said: said}, ok
}

// stillness are the rules by which nobody is rung or spoken to at the wrong hour.
func stillness(cfg config.Callbacks) (*quiet.Rules, error) {
	moon, err := quiet.ParseMoon(cfg.Moon)
	if err != nil {
		return nil, fmt.Errorf("callbacks.moon: %w", err)
	}
	r, err := quiet.New(moon, nil)
	if err != nil {
		return nil, fmt.Errorf("callbacks: %w", err)
	}
	r.AnyHour = cfg.QuietHours == config.QuietNone
	return r, nil
}

// allowed says when a promise may be kept: not at night where the customer is, nor at
// prayer, wherever his tour has taken him. Who named a time himself has asked for it.
func allowed(r *quiet.Rules, matters news.Matters) callbacks.Window {
	return func(ctx context.Context, cb conversations.Callback, c conversations.Conversation, at time.Time) (time.Time, string) {
		w := quiet.Wish{NotBefore: cb.NotBefore, Until: cb.DueAt, Named: cb.NotBefore.After(cb.RequestedAt)}
		answer := r.Next(quiet.Person{Phone: cb.Phone, Stays: stays(ctx, matters, c)}, w, at)
		if !answer.OK {
			return at.Add(24 * time.Hour), answer.Why()
		}
		return answer.At, answer.Why()
	}
}

// stays are where the customer is on the tours that he has booked.
func stays(ctx context.Context, matters news.Matters, c conversations.Conversation) (out []quiet.Stay) {
	for _, ref := range c.References {
		if ref.Kind != conversations.KindBooking {
			continue
		}
		m, err := matters.LoadMatter(ctx, conversations.Reference{Kind: ref.Kind, Value: ref.Value})
		if err != nil {
			continue // without his itinerary he is taken to be at home
		}
		facts := make(map[string]any, len(m.Facts))
		for name, f := range m.Facts {
			facts[name] = f.Value
		}
		out = append(out, quiet.Itinerary(facts)...)
	}
	return out
}

// listen has recordings transcribed, if somebody is configured who does.
func (a *app) listen(media *conversations.Media) {
	s := a.cfg.Speech
	if s.URL == "" {
		return
	}
	media.Recordings = a.store
	l := &conversations.Listening{
		Recordings: a.store, Understand: a.intake.Heard, Blobs: a.blobs, Watcher: a.store, Partitions: a.store.Partitions(), AtOnce: s.AtOnce, Now: now, Logger: a.log,
		Transcriber: &speech.Client{URL: s.URL, Token: s.Token.Reveal(), Model: s.Model, HTTP: &http.Client{}},
	}
	a.engines = append(a.engines, engine{"transcription", l.Run})
}
