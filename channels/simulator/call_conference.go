package simulator

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// conference is a room that <Dial><Conference> legs meet in.
type conference struct {
	sid, name string
	members   []*call
	started   bool
	watch     reporter
	seq       int
}

// joinConference enters the room and tells whoever the first member named.
// https://www.twilio.com/docs/voice/twiml/conference
func (s *Simulator) joinConference(ctx context.Context, c *call, v, n verb) {
	s.waitFor(c, WaitConference, v)
	s.mu.Lock()
	room := s.conferences[n.text]
	if room == nil {
		room = &conference{sid: NewSID("CF"), name: n.text}
		s.conferences[n.text] = room
	}
	if target := n.attrs["statusCallback"]; target != "" && room.watch.url == "" {
		room.watch = watchers(resolve(c.doc, target), n.attrs["statusCallbackMethod"],
			[]string{n.attr("statusCallbackEvent", "start end join leave")})
	}
	room.members, c.room = append(room.members, c), room
	starts := !room.started && len(room.members) > 1 && slices.ContainsFunc(room.members, func(m *call) bool {
		return noun(m.at).attr("startConferenceOnEnter", "true") == "true"
	})
	room.started = room.started || starts
	s.mu.Unlock()
	s.event(c, "in conference %s", n.text)
	s.conferenceEvent(ctx, room, c, "join", "")
	if starts {
		s.conferenceEvent(ctx, room, c, "start", "")
	}
}

// leaveConference leaves the room; the last one, or one with endConferenceOnExit, ends it.
func (s *Simulator) leaveConference(ctx context.Context, c *call, _ string) {
	s.mu.Lock()
	room := c.room
	if room == nil {
		s.mu.Unlock()
		return
	}
	c.room = nil
	room.members = slices.DeleteFunc(room.members, func(m *call) bool { return m == c })
	ends := noun(c.at).attrs["endConferenceOnExit"] == "true"
	rest := slices.Clone(room.members)
	over := ends || len(rest) == 0
	if over && s.conferences[room.name] == room {
		delete(s.conferences, room.name)
		room.members = nil
		for _, m := range rest {
			m.room = nil
		}
	}
	s.touch()
	s.mu.Unlock()
	s.conferenceEvent(ctx, room, c, "leave", "")
	if !over {
		return
	}
	reason := "last-participant-left"
	if ends {
		reason = "participant-with-end-conference-on-exit-left"
	}
	s.conferenceEvent(ctx, room, c, "end", reason)
	for _, m := range rest {
		s.later(m, func(ctx context.Context, m *call) error {
			s.action(ctx, m, m.at, true, url.Values{"DialCallStatus": {"completed"}})
			return s.play(ctx, m)
		})
	}
}

// conferenceEvent posts one event to the room's callback.
func (s *Simulator) conferenceEvent(ctx context.Context, room *conference, c *call, event, reason string) {
	if room.watch.url == "" || !slices.Contains(room.watch.events, event) {
		return
	}
	name := "conference-" + event
	if event == "join" || event == "leave" {
		name = "participant-" + event
	}
	n := noun(c.at)
	s.mu.Lock()
	room.seq++
	f := url.Values{"AccountSid": {s.cfg.AccountSID}, "CallSid": {c.SID}, "ConferenceSid": {room.sid}, "FriendlyName": {room.name},
		"StatusCallbackEvent": {name}, "SequenceNumber": {itoa(room.seq)}, "Timestamp": {rfc2822(s.now())},
		"Muted": {n.attr("muted", "false")}, "Hold": {"false"}, "Coaching": {"false"},
		"EndConferenceOnExit": {n.attr("endConferenceOnExit", "false")}, "StartConferenceOnEnter": {n.attr("startConferenceOnEnter", "true")}}
	s.mu.Unlock()
	if reason != "" {
		f.Set("ReasonConferenceEnded", reason)
		if strings.HasPrefix(reason, "participant") {
			f.Set("CallSidEndingConference", c.SID)
		}
	}
	new(callbacks).emit(ctx, s, hook{kind: "conference-status", sid: room.sid, event: name,
		url: room.watch.url, method: room.watch.method, form: f}, true)
}
