package simulator

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Errors of the customer's actions on a call.
var (
	ErrNoCall  = errors.New("no such call")
	ErrNotNow  = errors.New("the call is not waiting for that")
	ErrNotOurs = errors.New("not one of the company's numbers")
)

const maxFetches = 100 // of one call: redirect loops are cut off

func hasWord(list, word string) bool { return slices.Contains(strings.Fields(list), word) }

// play runs the leg's document until it waits for somebody or ends. The caller holds c.run.
func (s *Simulator) play(ctx context.Context, c *call) error {
	for {
		s.mu.Lock()
		over, jump := c.Over(), c.jump
		parked := jump == nil && c.Wait != WaitNothing
		c.jump = nil
		var next *verb
		if jump == nil && !parked && len(c.verbs) > 0 {
			next = &c.verbs[0]
			c.verbs = c.verbs[1:]
		}
		s.mu.Unlock()
		switch {
		case over || parked || ctx.Err() != nil:
			return ctx.Err()
		case jump != nil:
			s.follow(ctx, c, jump)
		case next == nil && c.owner != nil:
			s.connect(ctx, c) // the whisper is over
		case next == nil:
			s.end(ctx, c, "completed")
		default:
			if s.perform(ctx, c, *next) {
				return nil
			}
		}
	}
}

// perform does one verb and reports whether the leg now waits.
func (s *Simulator) perform(ctx context.Context, c *call, v verb) (waits bool) {
	switch v.name {
	case "Say", "Play", "Pause":
		s.speak(c, v)
	case "Gather":
		for _, child := range v.children {
			s.speak(c, child)
		}
		s.waitFor(c, WaitGather, v)
		if c.machine {
			return s.silence(ctx, c)
		}
		return true
	case "Record":
		s.waitFor(c, WaitRecord, v)
		if c.machine {
			return s.silence(ctx, c)
		}
		return true
	case "Redirect":
		s.fetch(ctx, c, v.text, v.attr("method", http.MethodPost), nil)
	case "Hangup":
		s.end(ctx, c, "completed")
	case "Reject":
		s.end(ctx, c, map[string]string{"busy": "busy"}[v.attr("reason", "rejected")])
	case "Dial":
		return s.dial(ctx, c, v)
	case "Enqueue":
		return s.enqueue(ctx, c, v)
	case "Start", "Stop":
		s.event(c, "%s %s", strings.ToLower(v.name), childNames(v))
	default:
		s.alert(12200, c.SID, c.doc, "verb %s is not allowed here", v.name)
		s.event(c, "an application error has occurred")
		s.end(ctx, c, "failed")
	}
	return false
}

func childNames(v verb) string {
	names := make([]string, len(v.children))
	for i, child := range v.children {
		names[i] = child.name
	}
	return strings.ToLower(strings.Join(names, " "))
}

// speak makes a Say or Play heard.
func (s *Simulator) speak(c *call, v verb) {
	switch v.name {
	case "Say":
		if v.attrs["voice"] == "" && strings.HasPrefix(v.attrs["language"], "ms") {
			s.alert(13520, c.SID, c.doc, "say: no default voice speaks %s", v.attrs["language"])
		}
		s.say(c, Line{Who: "company", Text: v.text, Language: v.attrs["language"], Voice: v.attrs["voice"]})
	case "Play":
		s.say(c, Line{Who: "company", Text: "♪ " + v.attr("digits", v.text)})
	}
}

// follow leaves everything for where REST sent the call.
func (s *Simulator) follow(ctx context.Context, c *call, j *jump) {
	s.leaveAll(ctx, c, "redirected")
	s.update(func() { c.Wait, c.verbs = WaitNothing, nil })
	switch {
	case j.status != "":
		s.end(ctx, c, j.status)
	case j.url != "":
		s.fetch(ctx, c, j.url, j.method, nil)
	default:
		s.load(ctx, c, []byte(j.twiml))
	}
}

// fetch asks the gateway what to do next, and replaces the leg's document. On
// failure the fallback is asked; without one the call fails, as with Twilio.
func (s *Simulator) fetch(ctx context.Context, c *call, ref, method string, extra url.Values) {
	s.mu.Lock()
	c.Wait = WaitNothing
	c.fetches++
	tooMany, base := c.fetches > maxFetches, c.doc
	s.mu.Unlock()
	if tooMany {
		s.alert(11215, c.SID, ref, "over %d documents in one call", maxFetches)
		s.end(ctx, c, "failed")
		return
	}
	form := s.form(c)
	for k, v := range extra {
		form[k] = v
	}
	h := hook{kind: "voice", sid: c.SID, url: resolve(base, ref), method: method, form: form, token: NewSID("")}
	a, _, err := s.post(ctx, h)
	if err != nil {
		if back, ok := s.fallback(h); ok {
			h = back
			a, _, err = s.post(ctx, back)
		}
	}
	s.update(func() { c.doc = h.url })
	if err != nil {
		s.event(c, "an application error has occurred")
		s.end(ctx, c, "failed")
		return
	}
	s.served(c, h, a.body)
	s.load(ctx, c, a.body)
}

// served notes a document that the gateway answered with, and complains where Twilio would.
func (s *Simulator) served(c *call, h hook, body []byte) {
	step := Step{At: s.now(), Path: h.url, TwiML: string(body), Said: map[string]string{}, Faults: grammarFaults(body)}
	if u, err := url.Parse(h.url); err == nil {
		step.Path = u.RequestURI()
	}
	for _, key := range []string{"Digits", "SpeechResult", "RecordingDuration", "DialCallStatus", "DialCallDuration", "CallStatus"} {
		if v := h.form.Get(key); v != "" {
			step.Said[key] = v
		}
	}
	s.update(func() { c.Steps = append(c.Steps, step) })
	for _, f := range step.Faults {
		if strings.Contains(f, "attribute") || strings.Contains(f, " of ") { // of the rest playing the document complains
			s.alert(12200, c.SID, h.url, "%s", f)
		}
	}
}

// load makes body the leg's document.
func (s *Simulator) load(ctx context.Context, c *call, body []byte) {
	doc, err := parseTwiML(body)
	if err != nil {
		s.alert(12100, c.SID, c.doc, "%v", err)
		s.event(c, "an application error has occurred")
		s.end(ctx, c, "failed")
		return
	}
	s.update(func() { c.verbs = doc.children })
}

// resolve makes ref absolute against the document it stands in.
func resolve(base, ref string) string {
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	r, err := b.Parse(ref)
	if err != nil {
		return ref
	}
	return r.String()
}

// action posts a verb's outcome to its action (by default the document itself);
// with no action given and optional set, the next verb follows instead.
func (s *Simulator) action(ctx context.Context, c *call, v verb, optional bool, extra url.Values) {
	if v.attrs["action"] == "" && optional {
		s.update(func() { c.Wait = WaitNothing })
		return
	}
	s.fetch(ctx, c, v.attr("action", c.doc), v.attr("method", http.MethodPost), extra)
}

// end finishes the leg: everything that hangs on it is let go, and everybody who
// asked is told. An empty status means the caller was rejected.
func (s *Simulator) end(ctx context.Context, c *call, status string) {
	s.mu.Lock()
	if c.Over() {
		s.mu.Unlock()
		return
	}
	if status == "" {
		status = "failed"
	}
	if status == "completed" && c.Answered.IsZero() {
		status = "canceled"
	}
	c.Status, c.Ended, c.Wait, c.verbs = status, s.now(), WaitNothing, nil
	s.touch()
	s.mu.Unlock()
	s.leaveAll(ctx, c, "hangup")
	s.notify(ctx, c, "completed")
	if c.owner != nil {
		s.later(c.owner, func(ctx context.Context, owner *call) error { return s.legEnded(ctx, owner, c) })
	}
}
