package conversations

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// MediaQueue is the store's list of messages with attachments still to be fetched.
type MediaQueue interface {
	// Unfetched takes up to n messages for the duration d: others find them
	// again after that. next is when there is more to do; zero if nothing waits.
	Unfetched(ctx context.Context, partition, n int, d time.Duration) (ids []MessageID, next time.Time, err error)
	LoadMessage(ctx context.Context, id MessageID) (Message, error)
	// Attach replaces a message's attachments, and ends the wait unless again is set.
	Attach(ctx context.Context, id MessageID, attachments []Attachment, again time.Time) error
}

// Watcher tells of what this gateway commits.
type Watcher interface {
	// Watch calls wake, which must not block, with the partition of every event of a type.
	Watch(on EventType, wake func(partition int))
}

// Media copies what came with customers' messages from the provider into the
// blob store. The message is kept first; its files follow, however often the
// provider must be asked.
type Media struct {
	Queue      MediaQueue
	Watcher    Watcher
	Fetcher    channels.Fetcher
	Blobs      channels.Blobs
	Recordings Recordings // nil: nobody transcribes them
	Partitions int
	Now        func() time.Time
	Logger     *slog.Logger
}

const (
	mediaTerm   = 2 * time.Minute // one file
	mediaHold   = 5 * time.Minute // one message's files, before another may try
	mediaPause  = 15 * time.Second
	mediaMost   = time.Hour
	mediaGiveUp = 3 * 24 * time.Hour
	mediaIdle   = time.Minute
)

// Run fetches until ctx is done.
func (m *Media) Run(ctx context.Context) error {
	wakes := make([]chan struct{}, m.Partitions)
	var wg sync.WaitGroup
	for p := range wakes {
		wakes[p] = make(chan struct{}, 1)
	}
	m.Watcher.Watch(EventMedia, func(p int) {
		select {
		case wakes[p] <- struct{}{}:
		default:
		}
	})
	for p := range wakes {
		wg.Go(func() { m.loop(ctx, p, wakes[p]) })
	}
	wg.Wait()
	return ctx.Err()
}

func (m *Media) loop(ctx context.Context, p int, wake chan struct{}) {
	for ctx.Err() == nil {
		ids, next, err := m.Queue.Unfetched(ctx, p, 4, mediaHold)
		for _, id := range ids {
			if err := m.fetch(ctx, id); err != nil && ctx.Err() == nil {
				m.Logger.Warn("attachments not fetched", "message", id, "error", err)
			}
		}
		wait := mediaIdle
		if err == nil && !next.IsZero() {
			wait = min(wait, max(0, next.Sub(m.Now())))
		}
		if len(ids) > 0 && err == nil {
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// fetch copies what one message still lacks.
func (m *Media) fetch(ctx context.Context, id MessageID) error {
	msg, err := m.Queue.LoadMessage(ctx, id)
	if err != nil {
		return err
	}
	var failed error
	for i := range msg.Attachments {
		if a := &msg.Attachments[i]; a.URL != "" && a.ID == "" {
			if err := m.copy(ctx, a); err != nil {
				failed = err
			}
		}
	}
	var again time.Time
	if age := m.Now().Sub(msg.CreatedAt); failed != nil && age < mediaGiveUp {
		again = m.Now().Add(min(mediaMost, max(mediaPause, age)))
	}
	if m.Recordings != nil && msg.spoken() { // before: it looks again for what is not there yet
		if err := m.Recordings.WantHeard(ctx, id, m.Now()); err != nil {
			return err
		}
	}
	if err := m.Queue.Attach(ctx, id, msg.Attachments, again); err != nil {
		return err
	}
	return failed
}

func (m *Media) copy(ctx context.Context, a *Attachment) error {
	ctx, cancel := context.WithTimeout(ctx, mediaTerm)
	defer cancel()
	body, contentType, err := m.Fetcher.Fetch(ctx, a.URL)
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	defer body.Close()
	key, size, err := m.Blobs.Put(ctx, body)
	if err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	a.ID, a.Size, a.URL = key, size, ""
	if a.ContentType == "" {
		a.ContentType = contentType
	}
	return nil
}
