package simulator

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Directions of a message, as Twilio writes them.
const (
	DirInbound       = "inbound"
	DirOutboundAPI   = "outbound-api"
	DirOutboundReply = "outbound-reply" // made from the TwiML or the plain text that answered a webhook
)

// Message is one entry of the ledger: what a customer wrote or what Twilio accepted.
type Message struct {
	SID         string    `json:"sid"`
	From        string    `json:"from"` // as Twilio writes it: +966…, whatsapp:+966…, whatsapp:SA.…
	To          string    `json:"to"`
	Body        string    `json:"body"` // a template's, rendered
	Direction   string    `json:"direction"`
	Status      string    `json:"status"`
	History     []string  `json:"history"` // every status it went through
	ErrorCode   int       `json:"error_code,omitempty"`
	Media       []Media   `json:"media,omitempty"`
	Location    *Location `json:"location,omitempty"`
	ContentSID  string    `json:"content_sid,omitempty"`
	Service     string    `json:"messaging_service_sid,omitempty"`
	Callback    string    `json:"status_callback,omitempty"`
	Created     time.Time `json:"created"`
	Sent        time.Time `json:"sent,omitzero"`
	Updated     time.Time `json:"updated"`
	Due         time.Time `json:"due,omitzero"`    // SendAt
	Taken       bool      `json:"taken,omitempty"` // inbound: the gateway answered 2xx
	mediaSource []string
	line        *callbacks // of the goroutine that progresses it
	hook        hook       // an inbound message's webhook, for Redeliver
}

// WhatsApp reports whether the message went by WhatsApp; otherwise it is SMS.
func (m Message) WhatsApp() bool { return strings.HasPrefix(m.To, "whatsapp:") }

// Delivered reports whether it reached the customer's device.
func (m Message) Delivered() bool { return m.Status == "delivered" || m.Status == "read" }

// Messages returns the ledger, oldest first: everything the customers wrote and
// everything that was accepted, whatever the REST answer said.
func (s *Simulator) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Message, len(s.messages))
	for i, m := range s.messages {
		list[i] = m.snapshot()
	}
	return list
}

// Message returns one entry of the ledger.
func (s *Simulator) Message(sid string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.bySID[sid]; m != nil {
		return m.snapshot(), true
	}
	return Message{}, false
}

// Accepted counts the messages accepted from the gateway for to with exactly this
// body: more than one is a double send. Empty arguments match everything.
func (s *Simulator) Accepted(to, body string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, m := range s.messages {
		if m.Direction == DirOutboundAPI && (to == "" || m.To == to) && (body == "" || m.Body == body) {
			n++
		}
	}
	return n
}

func (m *Message) snapshot() Message {
	c := *m
	c.History = slices.Clone(m.History)
	c.Media = slices.Clone(m.Media)
	c.line, c.hook, c.mediaSource = nil, hook{}, nil
	return c
}

// add puts m in the ledger. The caller holds mu.
func (s *Simulator) add(m *Message) {
	m.Created, m.Updated, m.line = s.now(), s.now(), &callbacks{}
	m.History = []string{m.Status}
	s.messages = append(s.messages, m)
	s.bySID[m.SID] = m
}

// move sets m's next status; the caller holds mu.
func (s *Simulator) move(m *Message, status string, code int) {
	m.Status, m.ErrorCode, m.Updated = status, code, s.now()
	m.History = append(m.History, status)
	if m.Sent.IsZero() && status == "sent" {
		m.Sent = m.Updated
	}
}

// statusForm is the body of a message status callback. The caller holds mu.
// https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
func (s *Simulator) statusForm(m *Message, status string) url.Values {
	f := url.Values{
		"AccountSid": {s.cfg.AccountSID}, "ApiVersion": {apiVersion},
		"MessageSid": {m.SID}, "SmsSid": {m.SID},
		"MessageStatus": {status}, "SmsStatus": {status},
		"From": {m.From}, "To": {m.To},
	}
	if m.Service != "" {
		f.Set("MessagingServiceSid", m.Service)
	}
	if code := m.ErrorCode; code != 0 && (status == "failed" || status == "undelivered") {
		f.Set("ErrorCode", itoa(code))
		f.Set("ErrorMessage", errorText(code))
	}
	switch {
	case m.WhatsApp():
		f.Set("ChannelPrefix", "whatsapp")
		f.Set("ChannelInstallSid", "XE"+s.cfg.AccountSID[2:])
		f.Set("ChannelToAddress", mask(m.To))
		if status != "queued" && status != "failed" {
			f.Set("EventType", strings.ToUpper(status))
		}
	case status == "delivered" || status == "undelivered":
		f.Set("RawDlrDoneDate", m.Updated.UTC().Format("0601021504"))
	}
	return f
}

// mask hides the middle of an address as ChannelToAddress does.
func mask(to string) string {
	if len(to) < 8 {
		return to
	}
	return to[:len(to)-4] + "XXXX"
}

// MarkRead turns the ticks of every delivered WhatsApp message to the address
// theirs (whatsapp:…), as opening the chat does.
func (s *Simulator) MarkRead(theirs string) {
	s.mu.Lock()
	var seen []*Message
	for _, m := range s.messages {
		if m.Direction != DirInbound && m.To == theirs && m.Status == "delivered" && m.WhatsApp() {
			seen = append(seen, m)
			s.move(m, "read", 0)
		}
	}
	if len(seen) > 0 {
		s.touch()
	}
	s.mu.Unlock()
	for _, m := range seen {
		s.spawnRead(m)
	}
}

// Location is a place sent over WhatsApp.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Label     string  `json:"label,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// Content is a template: its text with {{1}}, {{2}}, … for variables.
type Content struct {
	Name, Language, Body string
	Status               string // how it stands with WhatsApp; empty: approved
}

// AddContent registers a template under its ContentSid (HX…), or replaces it.
func (s *Simulator) AddContent(sid string, c Content) {
	s.mu.Lock()
	defer s.mu.Unlock()
	registry := maps.Clone(s.cfg.Content)
	if registry == nil {
		registry = map[string]Content{}
	}
	registry[sid] = c
	s.cfg.Content = registry
}
