package simulator

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"
)

// Inbound is what a customer writes. The zero value of every field but From is fine.
type Inbound struct {
	WhatsApp bool   `json:"whatsapp"`           // else SMS
	From     string `json:"from"`               // E.164; a WhatsApp user without a number: the BSUID (SA.1x…)
	To       string `json:"to,omitempty"`       // E.164; empty: the company's number of the channel
	BSUID    string `json:"bsuid,omitempty"`    // sent beside a number
	Name     string `json:"name,omitempty"`     // WhatsApp profile name
	Text     string `json:"text,omitempty"`     //
	SID      string `json:"sid,omitempty"`      // to choose one; empty: a new one
	ReplyTo  string `json:"reply_to,omitempty"` // SID of the message quoted

	Media     []Media           `json:"media,omitempty"`
	Location  *Location         `json:"location,omitempty"`
	Button    *Choice           `json:"button,omitempty"` // quick-reply button pressed
	List      *Choice           `json:"list,omitempty"`   // list entry chosen
	Forwarded bool              `json:"forwarded,omitempty"`
	Extra     map[string]string `json:"extra,omitempty"` // any further parameter: Referral…, OptOutType, new ones
}

// Choice is a button or list entry: what is shown and what is sent.
type Choice struct {
	Text    string `json:"text"`
	Payload string `json:"payload"`
}

func (in Inbound) channel() string {
	if in.WhatsApp {
		return "whatsapp"
	}
	return "sms"
}

// Write sends a customer's message to the gateway and returns how its webhook was
// taken. The message is on Twilio's books whatever the gateway says, and Twilio
// does not repeat a refused webhook (see Redeliver).
func (s *Simulator) Write(ctx context.Context, in Inbound) (Delivery, error) {
	if in.From == "" {
		return Delivery{}, errors.New("write: From is empty")
	}
	m, h := s.takeInbound(in)
	if s.faultSource().hit(drop) {
		return Delivery{Kind: h.kind, SID: m.SID, URL: h.url, Error: "dropped by a fault"}, nil
	}
	twice := s.faultSource().hit(duplicate)
	d := s.deliver(ctx, h)
	if twice {
		d = s.deliver(ctx, h)
	}
	return d, nil
}

// takeInbound books a customer's message: ledger, media, service window, consent.
func (s *Simulator) takeInbound(in Inbound) (*Message, hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	number, target := s.cfg.Numbers.SMS, s.webhooks().SMS
	if in.WhatsApp {
		number, target = s.cfg.Numbers.WhatsApp, s.webhooks().WhatsApp
	}
	fill(&in.To, number)
	if in.SID == "" {
		in.SID = NewSID("SM")
		if len(in.Media) > 0 {
			in.SID = NewSID("MM")
		}
	}
	links := make([]string, len(in.Media))
	for i := range in.Media {
		in.Media[i] = s.keepMedia(in.SID, in.Media[i])
		links[i] = s.cfg.BaseURL + s.path("/Messages/", in.SID, "/Media/", in.Media[i].SID)
	}
	f := in.Form(s.cfg.AccountSID, in.SID, in.To, links)
	h := hook{kind: in.channel(), sid: in.SID, url: target, form: f, token: NewSID("")}
	m := &Message{SID: in.SID, From: f.Get("From"), To: f.Get("To"), Body: in.body(), Direction: DirInbound,
		Status: "received", Media: in.Media, Location: in.Location, hook: h}
	s.add(m)
	if in.WhatsApp {
		s.lastHeard[pair{m.To, m.From}] = s.now()
		if in.BSUID != "" {
			s.lastHeard[pair{m.To, "whatsapp:" + in.BSUID}] = s.now()
		}
	} else {
		s.heedConsent(pair{m.To, m.From}, in.Text)
	}
	s.touch()
	return m, h
}

// heedConsent applies Twilio's default opt-out words: the whole body, any case.
// https://help.twilio.com/articles/223134027. The caller holds mu.
func (s *Simulator) heedConsent(p pair, text string) {
	switch strings.ToUpper(strings.TrimSpace(text)) {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT":
		s.optedOut[p] = true
	case "START", "YES", "UNSTOP":
		delete(s.optedOut, p)
	}
}

// Redeliver posts an inbound message's webhook again, exactly as the first time:
// what an operator's replay or a retry override does.
func (s *Simulator) Redeliver(ctx context.Context, sid string) (Delivery, error) {
	s.mu.Lock()
	m := s.bySID[sid]
	s.mu.Unlock()
	if m == nil || m.Direction != DirInbound {
		return Delivery{}, fmt.Errorf("redeliver %s: no such inbound message", sid)
	}
	return s.deliver(ctx, m.hook), nil
}

// deliver posts an inbound webhook, falls back, and sends what was answered.
func (s *Simulator) deliver(ctx context.Context, h hook) Delivery {
	a, d, err := s.post(ctx, h)
	if err != nil {
		if back, ok := s.fallback(h); ok {
			a, d, err = s.post(ctx, back)
		}
	}
	if err == nil {
		s.update(func() {
			if m := s.bySID[h.sid]; m != nil {
				m.Taken = true
			}
		})
		s.replyFrom(h, a)
	}
	return d
}

// fallback is the same hook for the fallback address, with what went wrong.
func (s *Simulator) fallback(h hook) (hook, bool) {
	s.mu.Lock()
	target := s.webhooks().Fallback
	s.mu.Unlock()
	if target == "" {
		return hook{}, false
	}
	back := h
	back.form = url.Values{"ErrorCode": {"11200"}, "ErrorUrl": {h.url}}
	for k, v := range h.form {
		back.form[k] = v
	}
	back.url, back.event = target, "fallback"
	return back, true
}

// replyFrom turns <Message> verbs, or a plain text answer, into messages to the customer.
func (s *Simulator) replyFrom(h hook, a answer) {
	var replies []string
	kind, _, _ := mime.ParseMediaType(a.contentType)
	switch {
	case len(strings.TrimSpace(string(a.body))) == 0:
		return
	case kind == "text/plain":
		replies = []string{string(a.body)}
	case kind != "" && !strings.HasSuffix(kind, "/xml"):
		s.alert(12300, h.sid, h.url, "content type %s", kind)
		return
	default:
		doc, err := parseTwiML(a.body)
		if err != nil {
			s.alert(12100, h.sid, h.url, "%v", err)
			return
		}
		replies = doc.messages()
	}
	for _, body := range replies {
		m := &Message{SID: NewSID("SM"), From: h.form.Get("To"), To: h.form.Get("From"), Body: body,
			Direction: DirOutboundReply, Status: "queued"}
		s.update(func() { s.add(m) })
		s.spawn(func(ctx context.Context) { s.progress(ctx, m, fate{}) })
	}
}
