package simulator

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
)

// queue is where <Enqueue> leaves callers for <Dial><Queue>.
type queue struct {
	sid     string
	callers []*call
	agents  []*call // who came when nobody was waiting
}

// noun is what a Dial dials; a bare number is a Number.
func noun(v verb) verb {
	for _, child := range v.children {
		switch child.name {
		case "Number", "Client", "Sip", "WhatsApp", "Queue", "Conference":
			return child
		}
	}
	return verb{name: "Number", attrs: map[string]string{}, text: v.text}
}

// dial starts a Dial; it reports whether the leg now waits.
func (s *Simulator) dial(ctx context.Context, c *call, v verb) bool {
	switch n := noun(v); n.name {
	case "Conference":
		s.joinConference(ctx, c, v, n)
	case "Queue":
		s.takeFromQueue(c, v, n.text)
	default:
		s.waitFor(c, WaitDial, v)
		s.ringLegs(c, v)
	}
	return true
}

// ringLegs calls every number of a Dial at once; the first to answer gets the call.
func (s *Simulator) ringLegs(c *call, v verb) {
	targets := slices.DeleteFunc(slices.Clone(v.children), func(n verb) bool { return n.text == "" })
	if len(targets) == 0 {
		targets = []verb{noun(v)}
	}
	timeout := time.Duration(atoi(v.attrs["timeout"], 30)) * time.Second
	for _, n := range targets {
		s.mu.Lock()
		leg := s.newCall(v.attr("callerId", c.From), n.text, "outbound-dial")
		leg.Parent, leg.owner, leg.doc = c.SID, c, c.doc
		leg.request = url.Values{}
		setIf(leg.request, "Url", n.attrs["url"])
		setIf(leg.request, "Method", n.attrs["method"])
		setIf(leg.request, "MachineDetection", n.attrs["machineDetection"])
		if target := n.attrs["amdStatusCallback"]; target != "" {
			leg.request.Set("AsyncAmd", "true")
			leg.request.Set("AsyncAmdStatusCallback", resolve(c.doc, target))
			setIf(leg.request, "AsyncAmdStatusCallbackMethod", n.attrs["amdStatusCallbackMethod"])
		}
		if target := n.attrs["statusCallback"]; target != "" {
			leg.watch = watchers(resolve(c.doc, target), n.attrs["statusCallbackMethod"], []string{n.attrs["statusCallbackEvent"]})
		}
		c.legs = append(c.legs, leg)
		s.mu.Unlock()
		s.event(c, "calling %s", n.text)
		s.spawn(func(ctx context.Context) { s.ring(ctx, leg, timeout) })
	}
}

// legAnswered plays the whisper, if the number has one, and connects.
func (s *Simulator) legAnswered(ctx context.Context, leg *call) error {
	if target := leg.request.Get("Url"); target != "" {
		s.fetch(ctx, leg, target, leg.request.Get("Method"), nil)
		return s.play(ctx, leg)
	}
	s.connect(ctx, leg)
	return nil
}

// connect joins an answered leg to the call that dialled it, unless that is gone
// or another leg was quicker.
func (s *Simulator) connect(ctx context.Context, leg *call) {
	s.mu.Lock()
	owner := leg.owner
	free := owner.Wait == WaitDial && !owner.Over()
	var losers []*call
	if free {
		s.join(owner, leg)
		for _, other := range owner.legs {
			if other != leg && !other.Over() {
				losers = append(losers, other)
			}
		}
	}
	s.mu.Unlock()
	if !free {
		s.end(ctx, leg, "completed")
	}
	for _, other := range losers {
		s.later(other, func(ctx context.Context, c *call) error { s.end(ctx, c, "canceled"); return nil })
	}
}

// join lets two legs talk. The caller holds mu.
func (s *Simulator) join(a, b *call) {
	now := s.now()
	a.Wait, b.Wait = WaitBridged, WaitBridged
	a.Peer, b.Peer = b.SID, a.SID
	for _, c := range [...]*call{a, b} {
		c.Lines = append(c.Lines, Line{Who: "event", Text: "connected", At: now})
	}
	s.touch()
}

// legEnded goes on with a Dial none of whose legs was answered.
func (s *Simulator) legEnded(ctx context.Context, owner, leg *call) error {
	s.mu.Lock()
	waiting := owner.Wait == WaitDial && !owner.Over()
	for _, other := range owner.legs {
		if other.owner == owner && !other.Over() {
			waiting = false
		}
	}
	status := leg.Status
	s.mu.Unlock()
	if !waiting {
		return nil
	}
	s.event(owner, "no connection: %s", status)
	s.action(ctx, owner, owner.at, true, url.Values{"DialCallSid": {leg.SID}, "DialCallStatus": {status}, "DialBridged": {"false"}})
	return s.play(ctx, owner)
}

// peerLeft goes on with a leg whose partner is gone: after a Dial or Enqueue with
// its action, after being dialled with the end.
func (s *Simulator) peerLeft(ctx context.Context, c *call, was Call) error {
	s.mu.Lock()
	here, since := c.Wait == WaitBridged && c.Peer == "" && !c.Over(), c.since
	s.mu.Unlock()
	if !here {
		return nil
	}
	s.event(c, "the other side left")
	switch c.at.name {
	case "Dial":
		s.action(ctx, c, c.at, true, url.Values{"DialCallSid": {was.SID}, "DialCallStatus": {"completed"},
			"DialCallDuration": {itoa(was.Seconds())}, "DialBridged": {"true"}})
	case "Enqueue":
		s.action(ctx, c, c.at, true, queueResult("bridged", s.now().Sub(since)))
	default:
		s.end(ctx, c, "completed")
		return nil
	}
	return s.play(ctx, c)
}

func queueResult(result string, waited time.Duration) url.Values {
	return url.Values{"QueueResult": {result}, "QueueTime": {itoa(int(waited.Seconds()))}}
}

// queueNamed finds or opens a queue. The caller holds mu.
func (s *Simulator) queueNamed(name string) *queue {
	q := s.queues[name]
	if q == nil {
		q = &queue{sid: NewSID("QU")}
		s.queues[name] = q
	}
	return q
}

// enqueue puts a caller in a queue, where an agent may already wait.
func (s *Simulator) enqueue(ctx context.Context, c *call, v verb) bool {
	s.waitFor(c, WaitQueue, v)
	s.mu.Lock()
	q := s.queueNamed(v.text)
	if len(q.agents) > 0 {
		agent := q.agents[0]
		q.agents = q.agents[1:]
		s.join(c, agent)
		s.mu.Unlock()
		return true
	}
	q.callers, c.line = append(q.callers, c), q
	position := len(q.callers)
	s.mu.Unlock()
	s.event(c, "number %d in the queue", position)
	if v.attrs["waitUrl"] == "" {
		return true
	}
	f := s.form(c)
	for k, value := range map[string]string{"QueueSid": q.sid, "QueuePosition": itoa(position), "QueueTime": "0",
		"AvgQueueTime": "0", "CurrentQueueSize": itoa(position)} {
		f.Set(k, value)
	}
	a, _, err := s.post(ctx, hook{kind: "voice", sid: c.SID, event: "queue", url: resolve(c.doc, v.attrs["waitUrl"]),
		method: v.attrs["waitUrlMethod"], form: f, token: NewSID("")})
	if err != nil {
		return true // the caller hears nothing, and waits
	}
	doc, err := parseTwiML(a.body)
	if err != nil {
		s.alert(12100, c.SID, v.attrs["waitUrl"], "%v", err)
	}
	for _, child := range doc.children {
		if child.name == "Leave" && s.leaveQueue(c) {
			s.action(ctx, c, v, true, queueResult("leave", 0))
			return false
		}
		s.speak(c, child)
	}
	return true
}

// takeFromQueue connects the one who dials a queue with its first caller.
func (s *Simulator) takeFromQueue(c *call, v verb, name string) {
	s.waitFor(c, WaitQueue, v)
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queueNamed(strings.TrimSpace(name))
	if len(q.callers) == 0 {
		q.agents, c.line = append(q.agents, c), q
		return
	}
	caller := q.callers[0]
	q.callers, caller.line = q.callers[1:], nil
	s.join(c, caller)
}

// leaveQueue reports whether c was still waiting in a queue.
func (s *Simulator) leaveQueue(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := c.line
	if q == nil {
		return false
	}
	mine := func(x *call) bool { return x == c }
	was := slices.ContainsFunc(q.callers, mine) || slices.ContainsFunc(q.agents, mine)
	q.callers, q.agents = slices.DeleteFunc(q.callers, mine), slices.DeleteFunc(q.agents, mine)
	c.line = nil
	return was
}

// leaveAll takes a leg out of its bridge, queue and conference, and lets go of the
// legs it has dialled. The caller holds c.run.
func (s *Simulator) leaveAll(ctx context.Context, c *call, why string) {
	s.leaveQueue(c)
	s.leaveConference(ctx, c, why)
	s.mu.Lock()
	peer := s.callBySID[c.Peer]
	c.Peer = ""
	if peer != nil {
		peer.Peer = ""
	}
	var ringing []*call
	for _, leg := range c.legs {
		if leg.owner == c && leg != peer && !leg.Over() {
			ringing = append(ringing, leg)
		}
	}
	was, owner := c.snapshot(), c.owner
	if why == "redirected" {
		c.owner = nil // it goes its own way now
	}
	s.mu.Unlock()
	if owner != nil && why == "redirected" {
		s.later(owner, func(ctx context.Context, o *call) error { return s.legEnded(ctx, o, c) })
	}
	if peer != nil {
		s.later(peer, func(ctx context.Context, p *call) error { return s.peerLeft(ctx, p, was) })
	}
	for _, leg := range ringing {
		s.later(leg, func(ctx context.Context, c *call) error { s.end(ctx, c, "canceled"); return nil })
	}
}
