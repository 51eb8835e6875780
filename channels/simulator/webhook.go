package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	webhookTimeout = 15 * time.Second // Twilio's own, for the whole exchange
	twimlLimit     = 64 << 10         // bytes; longer TwiML is refused by Twilio too
)

// Delivery is one webhook or callback as it was posted.
type Delivery struct {
	Kind   string    `json:"kind"` // sms, whatsapp, voice, twiml, message-status, call-status, recording-status, …
	SID    string    `json:"sid"`  // of the message, call, recording or conference it is about
	Event  string    `json:"event,omitempty"`
	URL    string    `json:"url"`
	Status int       `json:"status"`          // HTTP status of the answer; 0 if there was none
	Error  string    `json:"error,omitempty"` // why there was none
	At     time.Time `json:"at"`
}

// OK reports whether the gateway took it.
func (d Delivery) OK() bool { return d.Status >= 200 && d.Status < 300 }

// Alert is an entry of Twilio's debugger: the gateway did something wrong.
type Alert struct {
	Code int    `json:"code"`
	SID  string `json:"sid"`
	URL  string `json:"url"`
	Text string `json:"text"`
}

// Deliveries returns every webhook and callback posted, in order.
func (s *Simulator) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posts)
}

// Alerts returns what Twilio's debugger would show.
func (s *Simulator) Alerts() []Alert {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.alerts)
}

func (s *Simulator) alert(code int, sid, target, format string, args ...any) {
	a := Alert{Code: code, SID: sid, URL: target, Text: fmt.Sprintf(format, args...)}
	s.log.Warn("simulator alert", "code", code, "sid", sid, "url", target, "text", a.Text)
	s.update(func() { s.alerts = append(s.alerts, a) })
}

// hook is a request to the gateway, not yet signed.
type hook struct {
	kind, sid, event string
	method           string // empty means POST
	url              string
	form             url.Values
	token            string // I-Twilio-Idempotency-Token: the same on every repetition
}

// answer is what the gateway said.
type answer struct {
	contentType string
	body        []byte
}

// post signs and sends one hook and keeps the Delivery. A status outside 2xx is
// an error (and an alert 11200).
func (s *Simulator) post(ctx context.Context, h hook) (answer, Delivery, error) {
	pause(ctx, s.Faults().PostDelay)
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	d := Delivery{Kind: h.kind, SID: h.sid, Event: h.event, URL: h.url, At: s.now()}
	a, err := s.exchange(ctx, h, &d)
	if err != nil {
		d.Error = err.Error()
	}
	s.update(func() { s.posts = append(s.posts, d) })
	if err != nil {
		s.alert(11200, h.sid, h.url, "%s: %v", h.kind, err)
	}
	return a, d, err
}

func (s *Simulator) exchange(ctx context.Context, h hook, d *Delivery) (answer, error) {
	req, err := s.request(ctx, h)
	if err != nil {
		return answer{}, err
	}
	res, err := s.client.Do(req)
	if err != nil {
		var quoted *url.Error
		if errors.As(err, &quoted) {
			err = quoted.Err // the address of a GET carries the customer's number
		}
		return answer{}, fmt.Errorf("reach gateway: %w", err)
	}
	defer res.Body.Close()
	d.Status = res.StatusCode
	body, err := io.ReadAll(io.LimitReader(res.Body, twimlLimit+1))
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return answer{}, fmt.Errorf("gateway answered %d", res.StatusCode)
	}
	if len(body) > twimlLimit {
		return answer{}, fmt.Errorf("answer over %d bytes", twimlLimit)
	}
	return answer{contentType: res.Header.Get("Content-Type"), body: body}, nil
}

// request signs h over its public address and points it at the gateway's real one.
func (s *Simulator) request(ctx context.Context, h hook) (*http.Request, error) {
	s.mu.Lock()
	gateway, dial, token, allowed := s.cfg.GatewayURL, s.cfg.GatewayDial, s.cfg.AuthToken, s.ours(h.url)
	s.mu.Unlock()
	if !allowed {
		return nil, fmt.Errorf("address is not the gateway's")
	}
	if s.faultSource().hit(badSignature) {
		token = "forged"
	}
	if !strings.HasPrefix(h.url, gateway) || gateway == "" {
		dial = ""
	}
	var (
		req *http.Request
		err error
	)
	if strings.EqualFold(h.method, http.MethodGet) {
		req, err = signedGet(h, dial, token)
	} else {
		req, err = Presign(h.url, dial, h.form, token).Request()
	}
	if err != nil {
		return nil, fmt.Errorf("build request: %w", err)
	}
	req.Header.Set("I-Twilio-Idempotency-Token", h.token)
	req.Header.Set("Accept", "*/*")
	return req.WithContext(ctx), nil
}

// signedGet moves the parameters into the address, where the signature covers them.
func signedGet(h hook, dial, token string) (*http.Request, error) {
	target, _, _ := strings.Cut(h.url, "#")
	sep := "?"
	if strings.Contains(target, "?") {
		sep = "&"
	}
	signed := Presign(target+sep+h.form.Encode(), dial, nil, token)
	req, err := http.NewRequest(http.MethodGet, signed.URL, nil)
	if err != nil {
		return nil, err
	}
	req.Host = signed.Host
	req.Header.Set("X-Twilio-Signature", signed.Signature)
	return req, nil
}

// callbacks posts the status callbacks of one message or call in order, as far
// as the faults let it. The zero value is ready.
type callbacks struct{ held *hook }

// emit posts h; last says that nothing follows it, so that it cannot be overtaken.
func (c *callbacks) emit(ctx context.Context, s *Simulator, h hook, last bool) {
	if h.url == "" {
		return
	}
	h.token = NewSID("")
	f := s.faultSource()
	switch {
	case f.hit(drop):
	case !last && c.held == nil && f.hit(reorder):
		c.held = &h
		return
	default:
		s.postTwiceIf(ctx, h, f.hit(duplicate))
	}
	if c.held != nil {
		held := *c.held
		c.held = nil
		s.postTwiceIf(ctx, held, f.hit(duplicate))
	}
}

// postTwiceIf posts a callback whose answer does not matter.
func (s *Simulator) postTwiceIf(ctx context.Context, h hook, twice bool) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-s.slots }()
	_, _, _ = s.post(ctx, h) // failure is in Deliveries and Alerts
	if twice {
		_, _, _ = s.post(ctx, h)
	}
}

func newClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConns: 128, MaxIdleConnsPerHost: 128, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
