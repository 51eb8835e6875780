package conversations

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// shelf is a store with one message, and a service that answers as told.
type shelf struct {
	m          Message
	missing    bool
	again      *time.Time
	understood []string
	answer     func(contentType, language string) (string, error)
}

func (s *shelf) WantHeard(_ context.Context, _ MessageID, at time.Time) error {
	s.again = &at
	return nil
}

func (s *shelf) Unheard(context.Context, int, int, time.Duration) ([]MessageID, time.Time, error) {
	return nil, time.Time{}, nil
}

func (s *shelf) LoadMessage(context.Context, MessageID) (Message, error) {
	if s.missing {
		return Message{}, ErrNotFound
	}
	return s.m, nil
}

func (s *shelf) Amend(_ context.Context, _ MessageID, change func(*Message) bool) error {
	change(&s.m)
	return nil
}

func (s *shelf) Transcribe(_ context.Context, r io.Reader, contentType, language string) (string, error) {
	if _, err := io.ReadAll(r); err != nil {
		return "", err
	}
	return s.answer(contentType, language)
}

func (s *shelf) Put(context.Context, io.Reader) (string, int64, error) { return "", 0, nil }

func (s *shelf) Get(_ context.Context, key string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader([]byte(key))), nil
}

func TestListening(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	says := func(text string, err error) func(string, string) (string, error) {
		return func(string, string) (string, error) { return text, err }
	}
	away := errors.New("the service is away")
	recording := Attachment{ID: "b1", ContentType: "audio/mpeg"}
	for name, c := range map[string]struct {
		files   []Attachment
		answer  func(string, string) (string, error)
		age     time.Duration
		refuses error
		missing bool

		transcript string
		understood int
		wait       time.Duration // 0: nobody listens again
	}{
		"what is said":               {files: []Attachment{recording}, answer: says("hello", nil), transcript: "hello", understood: 1},
		"nothing is said":            {files: []Attachment{recording}, answer: says("", nil)},
		"the service is away":        {files: []Attachment{recording}, answer: says("", away), wait: 15 * time.Second},
		"and has been for long":      {files: []Attachment{recording}, answer: says("", away), age: 3 * time.Hour, wait: time.Hour},
		"and for too long":           {files: []Attachment{recording}, answer: says("", away), age: 25 * time.Hour},
		"no recording at all":        {files: []Attachment{{ID: "b2", ContentType: "image/png"}}, answer: says("x", nil)},
		"it is unreadable":           {files: []Attachment{recording}, answer: says("", channels.ErrUnreadable)},
		"still being fetched":        {files: []Attachment{{URL: "https://provider/1", ContentType: "audio/ogg"}}, answer: says("x", nil), wait: 15 * time.Second},
		"heard before":               {files: []Attachment{{ID: "b1", ContentType: "audio/ogg", Transcript: "hello"}}, answer: says("x", nil), transcript: "hello"},
		"the store is away meantime": {files: []Attachment{recording}, answer: says("hello", nil), refuses: channels.ErrUnavailable, wait: 15 * time.Second, understood: 1},
		"erased meanwhile":           {missing: true, answer: says("x", nil)},
	} {
		s := &shelf{m: Message{ID: "7-1", Direction: In, Attachments: c.files, CreatedAt: now.Add(-c.age), Hints: &Hints{Language: "ms"}}, answer: c.answer, missing: c.missing}
		l := &Listening{Recordings: s, Transcriber: s, Blobs: s, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
			Understand: func(_ context.Context, _ Message, said string) error {
				s.understood = append(s.understood, said)
				return c.refuses
			}}
		_ = l.hear(t.Context(), "7-1")
		transcript := ""
		for _, a := range s.m.Attachments {
			transcript += a.Transcript
		}
		wait := time.Duration(0)
		if s.again == nil {
			t.Errorf("%s: it is not said when to listen again", name)
		} else if !s.again.IsZero() {
			wait = s.again.Sub(now)
		}
		if transcript != c.transcript || len(s.understood) != c.understood || wait != c.wait {
			t.Errorf("%s: %q, understood %d times, again after %s", name, transcript, len(s.understood), wait)
		}
	}
}
