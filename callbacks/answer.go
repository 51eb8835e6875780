package callbacks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Hear keeps what the provider tells of a call, and says what the call is about
// now: Over if it is not to go on. It returns when the news is durable. News of no
// attempt of ours is channels.ErrUnknownMessage.
func (d *Dialer) Hear(ctx context.Context, news channels.News) (channels.Ring, error) {
	id, n, ok := conversations.SplitAttempt(news.Attempt)
	if !ok {
		return channels.Ring{}, channels.ErrUnknownMessage
	}
	if news.SID != "" && !news.Second { // before anything else: no other attempt may take this call for its own
		if err := d.Marks.MarkCall(ctx, news.SID, news.Attempt); err != nil {
			return channels.Ring{}, err
		}
	}
	var do heard
	gen := d.generation(id)
	cb, err := d.Keeper.Keep(ctx, id, author(news), why(news), func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		var err error
		cb, do, err = hear(cb, n, news, now)
		return cb, err
	})
	switch {
	case errors.Is(err, conversations.ErrNotFound):
		return channels.Ring{}, channels.ErrUnknownMessage
	case errors.Is(err, errNothing): // it was known before
		if cb, err = d.Ledger.LoadCallback(ctx, id); err != nil {
			return channels.Ring{}, fmt.Errorf("load call-back: %w", err)
		}
	case err != nil:
		return channels.Ring{}, fmt.Errorf("keep news: %w", err)
	default:
		d.note(cb, gen)
	}
	d.follow(ctx, cb, n, do)
	return d.rings(ctx, cb, n)
}

// follow does what news asks for beside the change of the promise. Should this
// gateway die here, it is done when the promise is looked at next.
func (d *Dialer) follow(ctx context.Context, cb conversations.Callback, n int, do heard) {
	a := cb.Attempts[n-1]
	if do.hangUp && a.CallSID != "" {
		d.hangUp(ctx, cb.ID, a.CallSID)
	}
	if do.later {
		_, err := d.Keeper.Renegotiate(ctx, cb.ID, conversations.CallbackRequest{At: d.Now().Add(laterTerm), Asked: true, Why: "the customer asked by a key to be rung later"}, author(channels.News{Kind: channels.NewsKey}))
		if err != nil {
			d.Logger.Warn("promise not renegotiated", "callback", cb.ID, "error", err)
		}
	}
	if do.officer {
		d.hand(ctx, cb)
	}
	if do.never {
		d.silence(ctx, cb)
	}
	if a.Live() {
		return
	}
	d.count(ctx, cb, n)
	unrung := ""
	if !a.Rang {
		unrung = cb.Phone
	}
	if err := d.free(ctx, conversations.AttemptID(cb.ID, n), unrung); err != nil {
		d.Logger.Warn("lines are given back later", "callback", cb.ID, "error", err)
	}
}

// author is who caused a piece of news.
func author(n channels.News) conversations.Author {
	switch n.Kind {
	case channels.NewsKey, channels.NewsSpeech, channels.NewsRecorded:
		if !n.Second {
			return conversations.Author{Type: conversations.BySystem, Name: "Telephone"}
		}
	}
	return conversations.System
}

// why is a piece of news in words for an officer.
func why(n channels.News) string {
	who := "the first telephone"
	if n.Second {
		who = "the second telephone"
	}
	ended := strings.ReplaceAll(string(n.Status), "_", " ")
	switch n.Kind {
	case channels.NewsRinging:
		return who + " rings"
	case channels.NewsAnswered:
		return who + " was picked up"
	case channels.NewsKey:
		return "key " + n.Digits + " was pressed on " + who
	case channels.NewsSpeech:
		return "somebody spoke on " + who
	case channels.NewsMachine:
		return "an answering machine was heard"
	case channels.NewsJoined:
		return fmt.Sprintf("both telephones: %s, %d s", ended, n.Seconds)
	case channels.NewsRecorded:
		return fmt.Sprintf("a message of %d s was left", n.Seconds)
	case channels.NewsDisposing:
		return "the officer said what came of it"
	case channels.NewsEnded:
		return fmt.Sprintf("%s: %s, %d s", who, ended, n.Seconds)
	case channels.NewsUnknown:
		return fmt.Sprintf("the provider reports of %s what is not known here: %q", who, n.Word)
	}
	return string(n.Kind)
}
