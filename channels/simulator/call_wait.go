package simulator

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Press presses keys on a leg that gathers them (0-9 * # in order) and plays on.
// Keys are kept until the gather has enough, its finishing key comes, or Silence.
func (s *Simulator) Press(ctx context.Context, sid, keys string) (Call, error) {
	return s.step(ctx, sid, func(ctx context.Context, c *call) error {
		state := s.look(c)
		s.say(c, Line{Who: "customer", Text: "⌨ " + keys})
		switch {
		case state.Wait == WaitRecord:
			return s.recorded(ctx, c, "", keys)
		case state.Wait != WaitGather || !hasWord(c.at.attr("input", "dtmf"), "dtmf"):
			return fmt.Errorf("press %q: %w", keys, ErrNotNow)
		}
		finish, given := c.at.attrs["finishOnKey"]
		if !given {
			finish = "#"
		}
		pressed, want := state.Keys, atoi(c.at.attrs["numDigits"], 0)
		for _, key := range keys {
			if strings.ContainsRune(finish, key) {
				return s.gathered(ctx, c, pressed, string(key))
			}
			if pressed += string(key); len(pressed) == want {
				return s.gathered(ctx, c, pressed, "")
			}
		}
		s.update(func() { c.Keys = pressed })
		return nil
	})
}

// gathered posts the keys of a Gather; none means silence.
func (s *Simulator) gathered(ctx context.Context, c *call, digits, finish string) error {
	if digits == "" {
		s.silence(ctx, c)
		return s.play(ctx, c)
	}
	outcome := url.Values{"Digits": {digits}}
	setIf(outcome, "FinishedOnKey", finish)
	s.action(ctx, c, c.at, false, outcome)
	return s.play(ctx, c)
}

// Silence lets the time of a Gather or Record run out.
func (s *Simulator) Silence(ctx context.Context, sid string) (Call, error) {
	return s.step(ctx, sid, func(ctx context.Context, c *call) error {
		state := s.look(c)
		switch state.Wait {
		case WaitGather:
			return s.gathered(ctx, c, state.Keys, "")
		case WaitRecord:
			s.silence(ctx, c)
			return s.play(ctx, c)
		}
		return fmt.Errorf("silence: %w", ErrNotNow)
	})
}

// silence leaves a Gather or Record that heard nothing. It reports whether the leg still waits.
func (s *Simulator) silence(ctx context.Context, c *call) (waits bool) {
	if c.at.name == "Gather" && c.at.attrs["actionOnEmptyResult"] == "true" {
		s.action(ctx, c, c.at, false, url.Values{"Digits": {""}})
		return false
	}
	s.update(func() { c.Wait = WaitNothing })
	return false
}

// Speak says text: it is the speech of a Gather, the recording of a Record (ended
// with #), or talk to whoever is on the other end.
func (s *Simulator) Speak(ctx context.Context, sid, text string) (Call, error) {
	return s.step(ctx, sid, func(ctx context.Context, c *call) error {
		state := s.look(c)
		switch {
		case state.Wait == WaitRecord:
			s.say(c, Line{Who: "customer", Text: text})
			return s.recorded(ctx, c, text, "#")
		case state.Wait == WaitGather && state.Speech:
			s.say(c, Line{Who: "customer", Text: text})
			s.action(ctx, c, c.at, false, url.Values{"SpeechResult": {text}, "Confidence": {"0.92"},
				"Language": {c.at.attr("language", "en-US")}})
			return s.play(ctx, c)
		case state.Wait == WaitBridged || state.Wait == WaitConference:
			s.talk(c, text)
			return nil
		}
		return fmt.Errorf("speak: %w", ErrNotNow)
	})
}

// SpeakAndHangUp records text and rings off: the action hears Digits=hangup and
// its answer is not followed.
func (s *Simulator) SpeakAndHangUp(ctx context.Context, sid, text string) (Call, error) {
	return s.step(ctx, sid, func(ctx context.Context, c *call) error {
		if s.look(c).Wait != WaitRecord {
			return fmt.Errorf("speak and hang up: %w", ErrNotNow)
		}
		s.say(c, Line{Who: "customer", Text: text})
		outcome := s.keepRecording(ctx, c, text)
		outcome.Set("Digits", "hangup")
		form := s.form(c)
		for k, v := range outcome {
			form[k] = v
		}
		form.Set("CallStatus", "completed")
		_, _, _ = s.post(ctx, hook{kind: "voice", sid: c.SID, event: "hangup", url: resolve(c.doc, c.at.attr("action", c.doc)),
			method: c.at.attr("method", http.MethodPost), form: form, token: NewSID("")}) // failure is in Alerts
		s.end(ctx, c, "completed")
		return nil
	})
}

// HangUp rings off, or declines a call that still rings.
func (s *Simulator) HangUp(ctx context.Context, sid string) (Call, error) {
	return s.step(ctx, sid, func(ctx context.Context, c *call) error {
		state := s.look(c)
		switch {
		case state.Over():
			return fmt.Errorf("hang up: %w", ErrNotNow)
		case state.Wait == WaitRinging:
			s.end(ctx, c, "busy")
		default:
			s.event(c, "hung up")
			s.end(ctx, c, "completed")
		}
		return nil
	})
}

// talk lets everybody on the same line hear what c says.
func (s *Simulator) talk(c *call, text string) {
	s.update(func() {
		now := s.now()
		c.Lines = append(c.Lines, Line{Who: "customer", Text: text, At: now})
		heard := []*call{s.callBySID[c.Peer]}
		if c.room != nil {
			heard = append(heard, c.room.members...)
		}
		for _, other := range heard {
			if other != nil && other != c {
				other.Lines = append(other.Lines, Line{Who: "other", Text: text, At: now})
			}
		}
	})
}
