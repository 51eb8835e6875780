package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const shown = 200 // messages and letters a thread shows at most

// bubble is a message as its owner's telephone shows it.
type bubble struct {
	SID      string    `json:"sid"`
	Mine     bool      `json:"mine"`
	Text     string    `json:"text"`
	Status   string    `json:"status"`
	Taken    bool      `json:"taken"` // mine: the gateway has it
	Error    string    `json:"error,omitempty"`
	Media    []Media   `json:"media,omitempty"`
	Location *Location `json:"location,omitempty"`
	At       time.Time `json:"at"`
}

// view is all that the page shows of one person.
type view struct {
	Person   string   `json:"person"`
	SMS      []bubble `json:"sms"`
	WhatsApp []bubble `json:"whatsapp"`
	Letters  []Letter `json:"letters"`
	Call     *Call    `json:"call"`  // the live one
	Calls    []Call   `json:"calls"` // past ones, newest first
	Alerts   int      `json:"alerts"`

	Others map[string]glance `json:"others"` // everybody, by ID
}

// glance is what one sees of a person without picking up the telephone.
type glance struct {
	Arrived int  `json:"arrived"` // messages and letters from the company
	Ringing bool `json:"ringing"`
}

// glance counts what p got. The caller holds mu.
func (s *Simulator) glance(p Person) (g glance) {
	for _, m := range s.messages {
		if m.Direction != DirInbound && !m.underWay() && p.has(m.To) {
			g.Arrived++
		}
	}
	for _, c := range s.calls {
		g.Ringing = g.Ringing || c.Wait == WaitRinging && c.To == p.Phone
	}
	if m := s.cfg.Mail; m != nil && p.Email != "" {
		for _, l := range m.Mailbox(p.Email) {
			if !l.Sent {
				g.Arrived++
			}
		}
	}
	return g
}

func (s *Simulator) mailServer() *Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg.Mail
}

// view collects what p has on the telephone and in the mailbox.
func (s *Simulator) view(p Person) view {
	v := view{Person: p.ID, SMS: []bubble{}, WhatsApp: []bubble{}, Letters: []Letter{}, Calls: []Call{}, Others: map[string]glance{}}
	s.mu.Lock()
	v.Alerts = len(s.alerts)
	for _, o := range s.cfg.People {
		v.Others[o.ID] = s.glance(o)
	}
	for _, m := range s.messages {
		theirs := m.To
		if m.Direction == DirInbound {
			theirs = m.From
		}
		switch {
		case !p.has(theirs) || m.underWay():
		case theirs == p.Phone:
			v.SMS = append(v.SMS, m.bubble())
		default:
			v.WhatsApp = append(v.WhatsApp, m.bubble())
		}
	}
	for i := len(s.calls) - 1; i >= 0 && len(v.Calls) < 20; i-- {
		c := s.calls[i]
		mine := p.Phone != "" && (c.Direction == "inbound" && c.From == p.Phone || c.Direction != "inbound" && c.To == p.Phone)
		switch {
		case !mine:
		case c.Over():
			v.Calls = append(v.Calls, c.snapshot())
		case c.Status != "queued" && v.Call == nil:
			live := c.snapshot()
			v.Call = &live
		}
	}
	m := s.cfg.Mail
	s.mu.Unlock()
	if m != nil && p.Email != "" {
		v.Letters = last(m.Mailbox(p.Email))
	}
	v.SMS, v.WhatsApp = last(v.SMS), last(v.WhatsApp)
	return v
}

// underWay reports whether a message of the company's has not left Twilio yet.
func (m *Message) underWay() bool {
	switch m.Status {
	case "queued", "scheduled", "sending", "canceled":
		return true
	}
	return false
}

func (m *Message) bubble() bubble {
	b := bubble{SID: m.SID, Mine: m.Direction == DirInbound, Text: m.Body, Status: m.Status, Taken: m.Taken, Media: m.Media, Location: m.Location, At: m.Created}
	if m.ErrorCode != 0 {
		b.Error = fmt.Sprintf("%d: %s", m.ErrorCode, errorText(m.ErrorCode))
	}
	return b
}

func last[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list[max(0, len(list)-shown):]
}

// playWorld is what does not change: who can be played, and whom they can reach.
func (s *Simulator) playWorld(w http.ResponseWriter, _ *http.Request) {
	mailbox := ""
	if m := s.mailServer(); m != nil {
		mailbox = m.Accounts()[0].Address
	}
	writeJSON(w, http.StatusOK, map[string]any{"people": s.cfg.People, "numbers": s.cfg.Numbers, "mailbox": mailbox})
}

func (s *Simulator) playState(w http.ResponseWriter, r *http.Request) {
	p, ok := s.person(r.URL.Query().Get("person"))
	if !ok {
		reply(w, 0, nil, errNobodyThere)
		return
	}
	writeJSON(w, http.StatusOK, s.view(p))
}

// playEvents streams the person's view at every change, as Server-Sent Events.
func (s *Simulator) playEvents(w http.ResponseWriter, r *http.Request) {
	p, ok := s.person(r.URL.Query().Get("person"))
	if !ok {
		reply(w, 0, nil, errNobodyThere)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		state, err := json.Marshal(s.view(p))
		if err == nil {
			_, err = fmt.Fprintf(w, "data: %s\n\n", state)
		}
		if err != nil || out.Flush() != nil || !pause(r.Context(), playBreak) {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		}
	}
}
