package simulator

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Chance is when a fault happens: surely on the Next occasions, afterwards with
// the probability Odds (0 to 1).
type Chance struct {
	Next int     `json:"next,omitempty"`
	Odds float64 `json:"odds,omitempty"`
}

// Faults is everything that can be made to go wrong. The zero value is a good day.
// The same Seed and the same order of occasions give the same faults.
type Faults struct {
	Seed uint64 `json:"seed,omitempty"`

	Refuse      Chance        `json:"refuse,omitzero"`       // REST answers 503 and accepts nothing
	Throttle    Chance        `json:"throttle,omitzero"`     // REST answers 429 (20429) and accepts nothing
	DropAnswer  Chance        `json:"drop_answer,omitzero"`  // REST accepts, then the connection dies without an answer
	AnswerDelay time.Duration `json:"answer_delay,omitzero"` // before every REST answer, in nanoseconds
	WindowLate  bool          `json:"window_late,omitempty"` // 63016 comes as a status callback after a 201, not as a 400
	MediaLate   Chance        `json:"media_late,omitzero"`   // a medium or recording answers 404 although it exists

	PostDelay    time.Duration `json:"post_delay,omitzero"`    // before every webhook and callback, in nanoseconds
	Drop         Chance        `json:"drop,omitzero"`          // a webhook or callback is never posted
	Duplicate    Chance        `json:"duplicate,omitzero"`     // it is posted twice
	Reorder      Chance        `json:"reorder,omitzero"`       // a callback is posted after the one that follows it
	BadSignature Chance        `json:"bad_signature,omitzero"` // it is signed with another token
	LateRead     time.Duration `json:"late_read,omitzero"`     // added before `read`, in nanoseconds
}

// SetFaults replaces the faults; it takes effect with the next occasion.
func (s *Simulator) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = newFaultSource(f)
}

// Faults returns what is set, with Next counted down.
func (s *Simulator) Faults() Faults {
	f := s.faultSource()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.Faults
}

func (s *Simulator) faultSource() *faultSource {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// faultSource draws from Faults.
type faultSource struct {
	mu  sync.Mutex
	rnd *rand.Rand
	Faults
}

func newFaultSource(f Faults) *faultSource {
	return &faultSource{Faults: f, rnd: rand.New(rand.NewPCG(f.Seed, 0x9e3779b97f4a7c15))} //nolint:gosec // reproducible on purpose
}

// hit reports whether the fault picked from f happens now.
func (f *faultSource) hit(pick func(*Faults) *Chance) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return draw(pick(&f.Faults), f.rnd)
}

func draw(c *Chance, rnd *rand.Rand) bool {
	if c.Next > 0 {
		c.Next--
		return true
	}
	return c.Odds > 0 && rnd.Float64() < c.Odds
}

func refuse(f *Faults) *Chance       { return &f.Refuse }
func throttle(f *Faults) *Chance     { return &f.Throttle }
func dropAnswer(f *Faults) *Chance   { return &f.DropAnswer }
func mediaLate(f *Faults) *Chance    { return &f.MediaLate }
func drop(f *Faults) *Chance         { return &f.Drop }
func duplicate(f *Faults) *Chance    { return &f.Duplicate }
func reorder(f *Faults) *Chance      { return &f.Reorder }
func badSignature(f *Faults) *Chance { return &f.BadSignature }
