package email

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// store is a Receiver, Blobs, Cursor and Lease in memory, which remembers
// everything and may be switched off.
type store struct {
	mu       sync.Mutex
	changed  chan struct{}
	kept     map[string]channels.Inbound // by provider ID
	order    []string
	offered  int
	blobs    map[string][]byte
	validity uint32
	uid      uint32
	saves    []uint32
	fail     func() error
	holder   string
	patience time.Duration // of until; half a minute if zero
}

func newStore() *store {
	return &store{changed: make(chan struct{}), kept: map[string]channels.Inbound{}, blobs: map[string][]byte{}}
}

func (s *store) locked(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return err
		}
	}
	err := f()
	close(s.changed)
	s.changed = make(chan struct{})
	return err
}

func (s *store) Receive(_ context.Context, in channels.Inbound) error {
	return s.locked(func() error {
		s.offered++
		if _, dup := s.kept[in.ProviderID]; !dup {
			s.kept[in.ProviderID] = in
			s.order = append(s.order, in.ProviderID)
		}
		return nil
	})
}

func (s *store) Put(_ context.Context, r io.Reader) (string, int64, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return "", 0, err
	}
	return fmt.Sprintf("blob-%x", len(b)), int64(len(b)), s.locked(func() error {
		s.blobs[fmt.Sprintf("blob-%x", len(b))] = b
		return nil
	})
}

func (s *store) Get(_ context.Context, key string) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.blobs[key]
	if !ok {
		return nil, errors.New("no such blob")
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func (s *store) Load(context.Context, string) (uint32, uint32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.validity, s.uid, nil
}

func (s *store) Save(_ context.Context, _ string, validity, uid uint32) error {
	return s.locked(func() error {
		s.validity, s.uid, s.saves = validity, uid, append(s.saves, uid)
		return nil
	})
}

func (s *store) Acquire(_ context.Context, _, holder string, _ time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holder == "" || s.holder == holder {
		s.holder = holder
		return true, nil
	}
	return false, nil
}

func (s *store) Release(_ context.Context, _, holder string) error {
	return s.locked(func() error {
		if s.holder == holder {
			s.holder = ""
		}
		return nil
	})
}

// until waits until cond holds of the store.
func (s *store) until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.After(cmp.Or(s.patience, 30*time.Second))
	for {
		s.mu.Lock()
		ok, changed := cond(), s.changed
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			s.mu.Lock()
			defer s.mu.Unlock()
			t.Fatalf("waited in vain for %s: %d kept, %d offered, cursor %d/%d", what, len(s.kept), s.offered, s.validity, s.uid)
		}
	}
}

func (s *store) has(n int) func() bool { return func() bool { return len(s.kept) == n } }

func (s *store) at(uid uint32) func() bool { return func() bool { return s.uid == uid } }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func testIntake(s *store) *Intake {
	return &Intake{Account: "support", Address: "support@caravan.example", Receiver: s, Blobs: s, Signer: testSigner(), Now: time.Now}
}

// fencedStore is a store that looks at the lease when it saves.
type fencedStore struct {
	*store
	refused int
}

func (f *fencedStore) SaveAs(_ context.Context, _, holder string, validity, uid uint32) (held bool, err error) {
	err = f.locked(func() error {
		if held = f.holder == holder; held {
			f.validity, f.uid = validity, uid
		} else {
			f.refused++
		}
		return nil
	})
	return held, err
}

type receiverFunc func(context.Context, channels.Inbound) error

func (f receiverFunc) Receive(ctx context.Context, in channels.Inbound) error { return f(ctx, in) }
