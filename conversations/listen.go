package conversations

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Recordings is the store's list of messages with recordings to be transcribed.
type Recordings interface {
	// WantHeard has a message listened to at an instant; zero: no more.
	WantHeard(ctx context.Context, id MessageID, at time.Time) error
	// Unheard takes up to n messages for the duration d: others find them again after that.
	Unheard(ctx context.Context, partition, n int, d time.Duration) (ids []MessageID, next time.Time, err error)
	LoadMessage(ctx context.Context, id MessageID) (Message, error)
	Amender
}

// Listening has customers' recordings transcribed, and understood as if they had written
// them. It is never in the way: a call, its recording and its conversation are kept before,
// and stay as they are if nobody can transcribe them.
type Listening struct {
	Recordings  Recordings
	Understand  func(ctx context.Context, m Message, said string) error // Intake.Heard
	Transcriber channels.Transcriber
	Blobs       channels.Blobs
	Watcher     Watcher
	Partitions  int
	AtOnce      int // recordings transcribed by this gateway at once
	Now         func() time.Time
	Logger      *slog.Logger

	slots chan struct{}
}

const (
	listenHold   = 5 * time.Minute // one message's recordings, before another may try
	listenPause  = 15 * time.Second
	listenMost   = time.Hour
	listenGiveUp = 24 * time.Hour
)

// Run listens until ctx is done.
func (l *Listening) Run(ctx context.Context) error {
	l.slots = make(chan struct{}, max(1, l.AtOnce))
	r := Rounds{Partitions: l.Partitions, Watcher: l.Watcher, On: []EventType{EventMedia}, Take: l.take, Now: l.Now}
	return r.Run(ctx)
}

func (l *Listening) take(ctx context.Context, p int) (int, time.Time, error) {
	ids, next, err := l.Recordings.Unheard(ctx, p, 1, listenHold)
	for _, id := range ids {
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			return 0, next, ctx.Err()
		}
		err := l.hear(ctx, id)
		<-l.slots
		if err != nil && ctx.Err() == nil {
			l.Logger.Warn("recording not transcribed", "message", id, "error", err)
		}
	}
	return len(ids), next, err
}

// spoken reports whether a message of a customer has recordings nobody has listened to.
func (m *Message) spoken() bool {
	for i := range m.Attachments {
		if m.Direction == In && m.Attachments[i].unheard() {
			return true
		}
	}
	return false
}

func (a *Attachment) unheard() bool {
	return strings.HasPrefix(a.ContentType, "audio/") && a.Transcript == ""
}

// hear has one message's recordings transcribed, and puts it off where that cannot be.
func (l *Listening) hear(ctx context.Context, id MessageID) error {
	m, err := l.Recordings.LoadMessage(ctx, id)
	if errors.Is(err, ErrNotFound) || err == nil && !m.spoken() {
		return l.Recordings.WantHeard(ctx, id, time.Time{})
	}
	if err != nil {
		return err
	}
	said, failed := map[string]string{}, error(nil)
	for _, a := range m.Attachments {
		if !a.unheard() {
			continue
		}
		words, err := l.transcribe(ctx, a, m)
		switch {
		case errors.Is(err, channels.ErrUnreadable):
			l.Logger.Info("recording cannot be transcribed", "message", id, "error", err)
		case err != nil:
			failed = err
		case words != "":
			said[a.ID] = words
		}
	}
	if len(said) > 0 {
		if err := l.keep(ctx, m, said); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	var again time.Time
	if age := l.Now().Sub(m.CreatedAt); failed != nil && age < listenGiveUp {
		again = l.Now().Add(min(listenMost, max(listenPause, age)))
	}
	return errors.Join(failed, l.Recordings.WantHeard(ctx, id, again))
}

func (l *Listening) transcribe(ctx context.Context, a Attachment, m Message) (string, error) {
	if a.ID == "" {
		return "", errors.New("it is still being fetched")
	}
	recording, err := l.Blobs.Get(ctx, a.ID)
	if err != nil {
		return "", fmt.Errorf("read recording: %w", err)
	}
	defer recording.Close()
	language := m.Language
	if m.Hints != nil && m.Hints.Language != "" {
		language = m.Hints.Language
	}
	if language != "en" && language != "ar" && language != "ms" {
		language = ""
	}
	return l.Transcriber.Transcribe(ctx, recording, a.ContentType, language)
}

// keep has what was said understood, and then puts it beside the recordings: should this
// gateway die between the two, it is transcribed once more, and understood once.
func (l *Listening) keep(ctx context.Context, m Message, said map[string]string) error {
	var all []string
	for _, a := range m.Attachments {
		if words := said[a.ID]; words != "" {
			all = append(all, words)
		}
	}
	if err := l.Understand(ctx, m, strings.Join(all, "\n")); err != nil {
		return fmt.Errorf("understand what was said: %w", err)
	}
	return l.Recordings.Amend(ctx, m.ID, func(m *Message) (changed bool) {
		for i := range m.Attachments {
			if a := &m.Attachments[i]; a.Transcript == "" && said[a.ID] != "" {
				a.Transcript, changed = said[a.ID], true
			}
		}
		return changed
	})
}

// Heard understands what is said in a message's recordings as if it had been written. It
// changes the conversation once, however often it is told.
func (t *Intake) Heard(ctx context.Context, m Message, said string) error {
	for range attempts {
		err := t.heard(ctx, m, said)
		var dup *DuplicateError
		if errors.As(err, &dup) || errors.Is(err, ErrNotFound) {
			return nil
		}
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
	return fmt.Errorf("heard: %w after %d attempts", ErrStale, attempts)
}

func (t *Intake) heard(ctx context.Context, m Message, said string) error {
	c, err := t.Arrivals.Known(ctx, m.Conversation)
	if err != nil {
		return err
	}
	if c.Erased {
		return ErrNotFound
	}
	now := t.Now()
	m.Text = said
	ch := Change{Before: c, After: *c, Claim: "heard\x00" + string(m.ID), Events: []Event{{
		Type: EventMedia, Message: m.ID, At: now, By: System, Why: "what was said was transcribed",
	}}}
	ch.After.Version++
	ch.After.UpdatedAt = now
	if _, seq, ok := m.ID.Split(); ok && seq == c.Messages {
		ch.After.Preview = preview(&m)
	}
	if t.Read != nil {
		t.Read(&ch, m, now)
	}
	if err := t.recall(ctx, &ch, m.Author, now); err != nil {
		return err
	}
	t.Clocks.wind(&ch)
	_, err = t.Arrivals.Commit(ctx, ch)
	return err
}
