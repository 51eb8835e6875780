package templates

import (
	"sync"
	"sync/atomic"

	"github.com/caravan-desk/caravan/channels"
)

// Shelf is a Library that can be exchanged while it is in use: Reload reads the files
// anew, and Approve puts in what the provider has approved. A set with a fault is
// refused whole, and the one before stays. Readers never wait.
type Shelf struct {
	load  func() (*Library, error)
	shown atomic.Pointer[Library]

	mu       sync.Mutex // of those who exchange
	files    *Library
	approved []Approved
}

// NewShelf loads the first set.
func NewShelf(load func() (*Library, error)) (*Shelf, error) {
	s := &Shelf{load: load}
	return s, s.Reload()
}

// Reload reads the files anew. A *LoadError names their faults; then nothing changes.
func (s *Shelf) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.load()
	if err != nil {
		return err
	}
	s.files = l
	shown, _ := l.With(s.approved)
	s.shown.Store(shown)
	return nil
}

// Approve puts in what the provider has approved, in place of what it had before. The
// problems are in plain words, for the operator.
func (s *Shelf) Approve(approved []Approved) (problems []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown, problems := s.files.With(approved)
	s.approved = approved
	s.shown.Store(shown)
	return problems
}

// List is Library.List of the present set, and so on.
func (s *Shelf) List() []Template { return s.shown.Load().List() }

// Get is Library.Get.
func (s *Shelf) Get(name string) (Template, error) { return s.shown.Load().Get(name) }

// Samples is Library.Samples.
func (s *Shelf) Samples(name, language string) map[string]any {
	return s.shown.Load().Samples(name, language)
}

// Render is Library.Render.
func (s *Shelf) Render(name, language string, channel channels.Kind, vars map[string]any, opts Options) (Rendered, error) {
	return s.shown.Load().Render(name, language, channel, vars, opts)
}
