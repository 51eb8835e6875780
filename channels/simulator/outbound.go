package simulator

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const serviceWindow = 24 * time.Hour // https://www.twilio.com/docs/whatsapp/key-concepts#customer-service-window

// restError is Twilio's error document in the making.
type restError struct {
	code   int
	status int // HTTP; 0 means 400
}

// fate is what becomes of an accepted message. The zero value is delivery.
type fate struct {
	end  string // last status instead of delivered (and read)
	code int
}

// magicTo are the refused recipients of Twilio's test credentials.
// https://www.twilio.com/docs/iam/test-credentials
var magicTo = map[string]int{"+15005550001": 21211, "+15005550002": 21612, "+15005550003": 21408, "+15005550004": 21610, "+15005550009": 21614}

var magicFrom = map[string]int{"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}

// magicFate are recipients whose messages are accepted and then end otherwise.
var magicFate = map[string]fate{
	"+12005550500": {"failed", 30008}, "+12005550503": {"undelivered", 30003},
	"+12005550100": {"queued", 0}, "+12005550102": {"sending", 0}, "+12005550308": {"sent", 0},
}

// accept checks Messages.json parameters in Twilio's order and books the message.
func (s *Simulator) accept(f url.Values) (*Message, fate, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &Message{SID: NewSID("SM"), To: f.Get("To"), From: f.Get("From"), Body: f.Get("Body"), Service: f.Get("MessagingServiceSid"),
		ContentSID: f.Get("ContentSid"), Callback: f.Get("StatusCallback"), Direction: DirOutboundAPI, Status: "queued", mediaSource: f["MediaUrl"]}
	if code := s.checkEnds(m); code != 0 {
		return nil, fate{}, &restError{code: code}
	}
	if code := s.checkContent(m, f); code != 0 {
		return nil, fate{}, &restError{code: code}
	}
	var end fate
	phone := strings.TrimPrefix(m.To, "whatsapp:")
	if e, ok := magicFate[phone]; ok {
		end = e
	}
	if code := s.checkConsent(m); code == 63016 && s.faults.WindowLate {
		end = fate{"undelivered", code}
	} else if code != 0 {
		return nil, fate{}, &restError{code: code}
	}
	if len(m.mediaSource) > 0 {
		m.SID = "MM" + m.SID[2:]
	}
	if code := s.schedule(m, f); code != 0 {
		return nil, fate{}, &restError{code: code}
	}
	s.add(m)
	s.touch()
	return m, end, nil
}

// checkEnds returns the error code of a bad To or From. The caller holds mu.
func (s *Simulator) checkEnds(m *Message) int {
	if m.To == "" {
		return 21604
	}
	whatsapp := strings.HasPrefix(m.To, "whatsapp:")
	if m.From == "" && validSID("MG", m.Service) {
		m.From = s.cfg.Numbers.SMS
		if whatsapp {
			m.From = "whatsapp:" + s.cfg.Numbers.WhatsApp
		}
	}
	if m.From == "" {
		return 21603
	}
	if code := magicFrom[m.From]; code != 0 {
		return code
	}
	if !validAddress(m.To) {
		return 21211
	}
	if code := magicTo[strings.TrimPrefix(m.To, "whatsapp:")]; code != 0 {
		return code
	}
	switch {
	case m.From == m.To:
		return 21266
	case whatsapp && m.From != "whatsapp:"+s.cfg.Numbers.WhatsApp:
		return 63007
	case !whatsapp && m.From != s.cfg.Numbers.SMS && m.From != "+15005550006":
		return 21606
	}
	return 0
}

// checkContent returns the error code of a bad body, and renders a template. The caller holds mu.
func (s *Simulator) checkContent(m *Message, f url.Values) int {
	switch {
	case m.Callback != "" && !s.ours(m.Callback):
		return 21609
	case m.ContentSID != "":
		template, ok := s.cfg.Content[m.ContentSID]
		if !ok {
			return 21655
		}
		if template.approval() != "approved" {
			return 63041
		}
		var code int
		m.Body, code = template.render(f.Get("ContentVariables"))
		return code
	case m.Body == "" && len(m.mediaSource) == 0:
		return 21602
	case len([]rune(m.Body)) > 1600:
		return 21617
	case len(m.mediaSource) > 10:
		return 21623
	}
	for _, source := range m.mediaSource {
		if !s.ours(source) {
			return 21620
		}
	}
	return 0
}

// checkConsent returns 21610 after a STOP by SMS, and 63016 for free text outside
// the WhatsApp service window. The caller holds mu.
func (s *Simulator) checkConsent(m *Message) int {
	p := pair{m.From, m.To}
	if !m.WhatsApp() {
		if s.optedOut[p] {
			return 21610
		}
		return 0
	}
	heard, ok := s.lastHeard[p]
	if m.ContentSID == "" && (!ok || s.now().Sub(heard) >= serviceWindow) {
		return 63016
	}
	return 0
}

// schedule reads SendAt. https://www.twilio.com/docs/messaging/features/message-scheduling
func (s *Simulator) schedule(m *Message, f url.Values) int {
	if f.Get("SendAt") == "" {
		return 0
	}
	at, err := time.Parse(time.RFC3339, f.Get("SendAt"))
	if err != nil || at.Before(s.now().Add(15*time.Minute)) || at.After(s.now().AddDate(0, 0, 35)) {
		return 35111
	}
	if m.Service == "" || f.Get("ScheduleType") != "fixed" {
		return 35114
	}
	m.Due, m.Status = at, "scheduled"
	return 0
}

var placeholder = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// render fills the template; every variable must be there and be one plain line.
func (c Content) render(variables string) (string, int) {
	values := map[string]string{}
	if variables != "" {
		if err := json.Unmarshal([]byte(variables), &values); err != nil {
			return "", 21656
		}
	}
	used, code := map[string]bool{}, 0
	text := placeholder.ReplaceAllStringFunc(c.Body, func(slot string) string {
		name := placeholder.FindStringSubmatch(slot)[1]
		used[name] = true
		value, ok := values[name]
		switch {
		case !ok:
			code = 63028
		case strings.TrimSpace(value) == "" || strings.ContainsAny(value, "\n\t") || strings.Contains(value, "    "):
			code = 21656
		}
		return value
	})
	if code == 0 && len(used) != len(values) {
		code = 63028
	}
	return text, code
}

// progress takes an accepted message to its end, telling the gateway at each step.
func (s *Simulator) progress(ctx context.Context, m *Message, end fate) {
	if !m.Due.IsZero() && (!pause(ctx, m.Due.Sub(s.now())) || !s.advance(ctx, m, "queued", 0, false)) {
		return
	}
	if m.Due.IsZero() {
		s.announce(ctx, m, "queued", false)
	}
	if end.end == "queued" || !pause(ctx, s.cfg.Pace.Sent) {
		return
	}
	if code := s.fetchMedia(ctx, m); code != 0 {
		end = fate{"failed", code}
	}
	if end.end == "failed" || end.end == "sending" {
		s.advance(ctx, m, end.end, end.code, true)
		return
	}
	if !s.advance(ctx, m, "sent", 0, end.end == "sent") || end.end == "sent" || !pause(ctx, s.cfg.Pace.Delivered) {
		return
	}
	if end.end == "undelivered" {
		s.advance(ctx, m, end.end, end.code, true)
		return
	}
	reads := m.WhatsApp() && !s.cfg.ManualRead
	if !s.advance(ctx, m, "delivered", 0, !reads) || !reads {
		return
	}
	if pause(ctx, s.cfg.Pace.Read+s.Faults().LateRead) {
		s.advance(ctx, m, "read", 0, true)
	}
}

// advance moves m one status on and tells the gateway; false if m was canceled.
func (s *Simulator) advance(ctx context.Context, m *Message, status string, code int, last bool) bool {
	s.mu.Lock()
	if m.Status == "canceled" || m.Status == "read" {
		s.mu.Unlock()
		return false
	}
	s.move(m, status, code)
	s.touch()
	s.mu.Unlock()
	s.announce(ctx, m, status, last)
	return true
}

func (s *Simulator) announce(ctx context.Context, m *Message, status string, last bool) {
	s.mu.Lock()
	h := hook{kind: "message-status", sid: m.SID, event: status, url: m.Callback, form: s.statusForm(m, status)}
	s.mu.Unlock()
	m.line.emit(ctx, s, h, last)
}

// spawnRead announces a message that MarkRead has just moved.
func (s *Simulator) spawnRead(m *Message) {
	s.spawn(func(ctx context.Context) {
		if pause(ctx, s.Faults().LateRead) {
			s.mu.Lock()
			h := hook{kind: "message-status", sid: m.SID, event: "read", url: m.Callback, form: s.statusForm(m, "read")}
			s.mu.Unlock()
			new(callbacks).emit(ctx, s, h, true)
		}
	})
}
