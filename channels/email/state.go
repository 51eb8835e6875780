package email

import (
	"errors"
	"time"
)

// Status says in a word how a mailbox is doing.
type Status string

const (
	StatusStopped     Status = "stopped"     // Run has not begun, or has ended
	StatusConnecting  Status = "connecting"  // on the way, or waiting for the store
	StatusReading     Status = "reading"     // everything that is there is kept
	StatusStandby     Status = "standby"     // another gateway reads it
	StatusUnreachable Status = "unreachable" // the server is away, or the connection breaks; it is tried again
	StatusIdle        Status = "idle"        // of a Sender: nothing was to be sent since the start
	StatusReady       Status = "ready"       // of a Sender: the server took the last connection
	StatusRefused     Status = "refused"     // the server refuses our password or token: somebody has to act
)

// State is how a mailbox is doing, for /metrics and the officers' page. Nothing
// in it comes from a mail.
type State struct {
	Status     Status
	Since      time.Time // of Status
	Connected  bool      // Status is StatusReading
	LastError  string    // of the last failure, kept until the next success
	ErrorAt    time.Time
	Warning    string    // what does not work while mail is read all the same
	Begun      time.Time // when Run began
	ReadAt     time.Time // when everything that was there was last known to be kept
	LastMailAt time.Time // when the last mail was kept
	Kept       uint64    // mails since the start
}

// State is a snapshot.
func (m *Mailbox) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state.Status == "" {
		m.state.Status = StatusStopped
	}
	return m.state
}

func (m *Mailbox) update(f func(*State)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.state.Status
	if before == StatusReading { // and so it was until now
		m.state.ReadAt = m.Intake.Now()
	}
	f(&m.state)
	m.state.Connected = m.state.Status == StatusReading
	if m.state.Status != before {
		m.state.Since = m.Intake.Now()
	}
}

func (m *Mailbox) status(s Status) { m.update(func(st *State) { st.Status = s }) }

// begin notes that reading begins.
func (m *Mailbox) begin() {
	m.update(func(st *State) { st.Status, st.Begun = StatusConnecting, m.Intake.Now() })
}

// reading notes that everything there is is kept.
func (m *Mailbox) reading() {
	m.update(func(st *State) { st.Status, st.LastError, st.ReadAt = StatusReading, "", m.Intake.Now() })
}

// standby notes that another gateway reads the mailbox.
func (m *Mailbox) standby() {
	m.update(func(st *State) { st.Status, st.LastError = StatusStandby, "" })
}

// kept counts a mail.
func (m *Mailbox) kept() {
	m.update(func(st *State) {
		st.LastMailAt = m.Intake.Now()
		st.Kept++
	})
}

// failed makes a failure visible; a repeated one is logged once.
func (m *Mailbox) failed(s Status, what string, err error) {
	text := what + ": " + err.Error()
	same := m.State().LastError == text
	m.update(func(st *State) { st.Status, st.LastError, st.ErrorAt = s, text, m.Intake.Now() })
	if !same {
		m.Log.Warn(what, "mailbox", m.name(), "error", err)
	}
}

// State is how the submission server is doing, as far as sending has shown.
func (s *Sender) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Status == "" {
		s.state.Status = StatusIdle
	}
	return s.state
}

// note remembers whether a connection could be had.
func (s *Sender) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.state.Status
	switch {
	case err == nil:
		s.state.Status, s.state.LastError, s.state.Connected = StatusReady, "", true
	case errors.Is(err, ErrSignIn):
		s.state.Status = StatusRefused
	default:
		s.state.Status = StatusUnreachable
	}
	if err != nil {
		s.state.LastError, s.state.ErrorAt, s.state.Connected = err.Error(), s.Now(), false
	}
	if s.state.Status != before {
		s.state.Since = s.Now()
	}
}
