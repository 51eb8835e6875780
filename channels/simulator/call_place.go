package simulator

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Behaviour is how a person's telephone meets a call.
type Behaviour string

const (
	Manual    Behaviour = ""          // rings until Answer, Decline, NoAnswer or Voicemail, or the call's Timeout
	Answers   Behaviour = "answers"   // a human picks up
	Busy      Behaviour = "busy"      //
	NoAnswer  Behaviour = "no-answer" // rings out at once
	Voicemail Behaviour = "voicemail" // a machine picks up
	Fails     Behaviour = "failed"    // the number does not exist
)

// magicLines behave by themselves: the last digits are the SIP response.
var magicLines = map[string]Behaviour{
	"+12005550200": Answers, "+12005550486": Busy, "+12005550480": NoAnswer, "+12005550600": Voicemail, "+12005550404": Fails,
}

var magicCallTo = map[string]int{"+15005550001": 21217, "+15005550002": 21214, "+15005550003": 21215, "+15005550004": 21216}

// SetLine decides how number meets calls from now on.
func (s *Simulator) SetLine(number string, b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines[number] = b
}

// line returns number's behaviour; the caller must not hold mu.
func (s *Simulator) behaviour(number string) Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.lines[number]; ok {
		return b
	}
	return magicLines[number]
}

// Dial makes a customer call the company (to may be empty: the voice number) and
// plays the call until it first waits. A withheld caller is from "anonymous".
func (s *Simulator) Dial(ctx context.Context, from, to string) (Call, error) {
	s.mu.Lock()
	fill(&to, s.cfg.Numbers.Voice)
	if to != s.cfg.Numbers.Voice && to != s.cfg.Numbers.SMS {
		s.mu.Unlock()
		return Call{}, fmt.Errorf("dial: %w", ErrNotOurs)
	}
	c := s.newCall(from, to, "inbound")
	c.Status = "ringing"
	hooks := s.webhooks()
	c.watch = reporter{url: hooks.VoiceStatus, method: http.MethodPost, events: []string{"completed"}}
	s.mu.Unlock()
	return s.step(ctx, c.SID, func(ctx context.Context, c *call) error {
		s.fetch(ctx, c, hooks.Voice, http.MethodPost, nil)
		s.mu.Lock()
		rejected := len(c.verbs) > 0 && c.verbs[0].name == "Reject"
		s.mu.Unlock()
		if !rejected {
			s.pickUp(c)
		}
		return s.play(ctx, c)
	})
}

// pickUp marks the leg answered.
func (s *Simulator) pickUp(c *call) {
	s.update(func() {
		if !c.Over() && c.Answered.IsZero() {
			c.Status, c.Answered, c.Wait = "in-progress", s.now(), WaitNothing
		}
	})
}

// ring lets an outgoing leg's telephone ring and, if its line is automatic, be answered or not.
func (s *Simulator) ring(ctx context.Context, c *call, timeout time.Duration) {
	live := false
	_, _ = s.step(ctx, c.SID, func(ctx context.Context, c *call) error { // the leg exists: newCall made it
		if s.look(c).Over() {
			return nil
		}
		s.notify(ctx, c, "initiated")
		s.update(func() {
			if live = !c.Over(); live {
				c.Status, c.Wait, c.since = "ringing", WaitRinging, s.now()
			}
		})
		if live {
			s.notify(ctx, c, "ringing")
		}
		return nil
	})
	b := s.behaviour(s.look(c).To)
	if b == Manual {
		s.awaitPickUp(ctx, c, timeout)
		return
	}
	if live && pause(ctx, s.cfg.Pace.Ring) {
		_, _ = s.meet(ctx, c.SID, b) // refused only if the leg ended meanwhile
	}
}

// awaitPickUp gives a person timeout to do something about a ringing telephone.
func (s *Simulator) awaitPickUp(ctx context.Context, c *call, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	s.mu.Lock()
	s.pending-- // a ringing telephone is no work under way: Idle need not wait for it
	s.touch()
	s.mu.Unlock()
	err := s.Await(ctx, func() bool { return s.look(c).Wait != WaitRinging })
	s.update(func() { s.pending++ })
	if err != nil && s.ctx.Err() == nil {
		_, _ = s.meet(s.ctx, c.SID, NoAnswer) // refused only if somebody was quicker
	}
}

// Answer picks up a ringing leg and plays it until it first waits.
func (s *Simulator) Answer(ctx context.Context, sid string) (Call, error) {
	return s.meet(ctx, sid, Answers)
}

// Decline meets a ringing leg with the red button.
func (s *Simulator) Decline(ctx context.Context, sid string) (Call, error) {
	return s.meet(ctx, sid, Busy)
}

// LetRing lets a ringing leg ring out.
func (s *Simulator) LetRing(ctx context.Context, sid string) (Call, error) {
	return s.meet(ctx, sid, NoAnswer)
}

// Machine lets a voicemail answer a ringing leg.
func (s *Simulator) Machine(ctx context.Context, sid string) (Call, error) {
	return s.meet(ctx, sid, Voicemail)
}

// meet applies b to a ringing leg.
func (s *Simulator) meet(ctx context.Context, sid string, b Behaviour) (Call, error) {
	return s.step(ctx, sid, func(ctx context.Context, c *call) error {
		if s.look(c).Wait != WaitRinging {
			return fmt.Errorf("call %s: %w", sid, ErrNotNow)
		}
		switch b {
		case Answers, Voicemail:
			c.machine = b == Voicemail
			s.pickUp(c)
			return s.answered(ctx, c)
		case Busy, NoAnswer, Fails:
			s.end(ctx, c, string(b))
			return nil
		}
		return fmt.Errorf("call %s: unknown behaviour %q", sid, b)
	})
}

// answered goes on after an outgoing leg was picked up.
func (s *Simulator) answered(ctx context.Context, c *call) error {
	async := c.request.Get("AsyncAmd") == "true"
	detected := map[bool]string{true: "machine_start", false: "human"}[c.machine]
	if c.machine && c.request.Get("MachineDetection") == "DetectMessageEnd" {
		detected = "machine_end_beep"
	}
	if c.request.Get("MachineDetection") != "" && !async {
		s.update(func() { c.AnsweredBy = detected })
	}
	s.notify(ctx, c, "answered")
	if async && c.request.Get("AsyncAmdStatusCallback") != "" {
		new(callbacks).emit(ctx, s, hook{kind: "amd", sid: c.SID, event: detected,
			url: c.request.Get("AsyncAmdStatusCallback"), method: c.request.Get("AsyncAmdStatusCallbackMethod"),
			form: url.Values{"CallSid": {c.SID}, "AccountSid": {s.cfg.AccountSID}, "AnsweredBy": {detected}, "MachineDetectionDuration": {"2100"}}}, true)
	}
	if c.owner != nil {
		return s.legAnswered(ctx, c)
	}
	if target := c.request.Get("Url"); target != "" {
		s.fetch(ctx, c, target, c.request.Get("Method"), nil)
	} else {
		s.load(ctx, c, []byte(c.request.Get("Twiml")))
	}
	return s.play(ctx, c)
}

// sipCode is the network's word for how a leg ended.
var sipCode = map[string]string{"completed": "200", "busy": "486", "no-answer": "480", "canceled": "487", "failed": "404"}

// notify posts a call progress event to whoever asked for it. The caller holds c.run.
// https://www.twilio.com/docs/voice/api/call-resource#statuscallbackevent
func (s *Simulator) notify(ctx context.Context, c *call, event string) {
	if c.watch.url == "" || !slices.Contains(c.watch.events, event) {
		return
	}
	f, now := s.form(c), s.look(c)
	f.Set("Timestamp", rfc2822(s.now()))
	f.Set("SequenceNumber", itoa(c.seq))
	f.Set("CallbackSource", "call-progress-events")
	c.seq++
	switch event {
	case "initiated", "ringing":
		f.Set("CallStatus", event)
	case "completed":
		f.Set("CallDuration", itoa(now.Seconds()))
		f.Set("Duration", itoa((now.Seconds()+59)/60))
		setIf(f, "SipResponseCode", sipCode[now.Status])
	}
	c.report.emit(ctx, s, hook{kind: "call-status", sid: c.SID, event: f.Get("CallStatus"),
		url: c.watch.url, method: c.watch.method, form: f}, event == "completed")
}

// watchers reads StatusCallback… from a form or, in lower camel case, from TwiML attributes.
func watchers(target, method string, events []string) reporter {
	var all []string
	for _, e := range events {
		all = append(all, strings.Fields(e)...)
	}
	if len(all) == 0 {
		all = []string{"completed"}
	}
	return reporter{url: target, method: method, events: all}
}
