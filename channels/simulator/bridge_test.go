package simulator

import (
	"strings"
	"testing"
)

func TestDialConnectsAndEnds(t *testing.T) {
	w := newWorld(t, nil)
	w.gateway.twiml["/webhooks/twilio/voice"] = `<Response><Dial action="/dialled" callerId="+15005550006">
<Number url="/whisper" statusCallback="/leg" statusCallbackEvent="ringing answered completed">+966500000777</Number></Dial></Response>`
	w.gateway.twiml["/whisper"] = `<Response><Gather action="/accept" numDigits="1"><Say>Press 1 to accept</Say></Gather></Response>`
	w.gateway.twiml["/dialled"] = `<Response><Say>goodbye</Say></Response>`
	c := w.ok(w.Dial(w.ctx(), "+447700900142", ""))
	if c.Wait != WaitDial {
		t.Fatalf("%+v", c)
	}
	w.await(func() bool { return len(w.Calls()) == 2 && w.Calls()[1].Wait == WaitRinging })
	leg := w.ok(w.Answer(w.ctx(), w.Calls()[1].SID))
	if leg.Wait != WaitGather || leg.Parent != c.SID {
		t.Fatalf("whisper: %+v", leg)
	}
	w.ok(w.Press(w.ctx(), leg.SID, "1"))
	w.await(func() bool { c, _ = w.Call(c.SID); return c.Wait == WaitBridged })
	w.ok(w.Speak(w.ctx(), leg.SID, "How can I help?"))
	if c, _ = w.Call(c.SID); c.Lines[len(c.Lines)-1].Text != "How can I help?" {
		t.Errorf("not heard: %+v", c.Lines)
	}
	w.ok(w.HangUp(w.ctx(), leg.SID))
	w.await(func() bool { c, _ = w.Call(c.SID); return c.Over() })
	w.settle()
	if got := w.gateway.hooks("/dialled")[0]; got.Get("DialCallStatus") != "completed" || got.Get("DialCallSid") != leg.SID || got.Get("DialBridged") != "true" {
		t.Errorf("action: %v", got)
	}
	equal(t, "leg", w.gateway.values("/leg", "CallStatus"), []string{"ringing", "in-progress", "completed"})
	if !c.Said("goodbye") {
		t.Errorf("%+v", c)
	}
}

func TestDialRingsOutOrCallerLeaves(t *testing.T) {
	w := newWorld(t, nil)
	w.gateway.twiml["/webhooks/twilio/voice"] = `<Response><Dial action="/dialled"><Number>+12005550480</Number><Number>+12005550486</Number></Dial></Response>`
	c := w.ok(w.Dial(w.ctx(), "+447700900142", ""))
	w.await(func() bool { c, _ = w.Call(c.SID); return c.Over() })
	if got := w.gateway.values("/dialled", "DialCallStatus"); len(got) != 1 || !strings.Contains("no-answer busy", got[0]) {
		t.Errorf("action: %v", got)
	}
	w.gateway.mu.Lock()
	w.gateway.twiml["/webhooks/twilio/voice"] = `<Response><Dial>+966500000777</Dial></Response>`
	w.gateway.mu.Unlock()
	c = w.ok(w.Dial(w.ctx(), "+447700900142", ""))
	w.ok(w.HangUp(w.ctx(), c.SID))
	w.await(func() bool { calls := w.Calls(); return calls[len(calls)-1].Status == "canceled" })
	w.settle()
}

func TestQueueConnectsEitherWay(t *testing.T) {
	for _, agentFirst := range []bool{false, true} {
		w := newWorld(t, nil)
		w.gateway.twiml["/webhooks/twilio/voice"] = `<Response><Enqueue waitUrl="/hold" action="/after">desk</Enqueue></Response>`
		w.gateway.twiml["/hold"] = `<Response><Say>please hold</Say><Play>/music.mp3</Play></Response>`
		w.gateway.twiml["/ring"] = `<Response><Dial><Queue>desk</Queue></Dial></Response>`
		w.SetLine("+966500000777", Answers)
		caller := func() Call { return w.ok(w.Dial(w.ctx(), "+447700900142", "")) }
		agent := func(until string) string {
			sid := w.place(ringForm("+966500000777"))
			w.await(func() bool { c, _ := w.Call(sid); return c.Wait == until })
			return sid
		}
		var c Call
		var a string
		if agentFirst {
			a = agent(WaitQueue)
			c = caller()
		} else {
			c = caller()
			a = agent(WaitBridged)
			if got := w.gateway.hooks("/hold"); len(got) != 1 || got[0].Get("QueuePosition") != "1" {
				t.Errorf("hold: %v", got)
			}
		}
		if c, _ = w.Call(c.SID); c.Wait != WaitBridged || c.Peer != a {
			t.Fatalf("agent first %v: %+v", agentFirst, c)
		}
		w.ok(w.HangUp(w.ctx(), a))
		w.await(func() bool { c, _ = w.Call(c.SID); return c.Over() })
		equal(t, "queue result", w.gateway.values("/after", "QueueResult"), []string{"bridged"})
		w.settle()
	}
}

func TestConference(t *testing.T) {
	w := newWorld(t, nil)
	w.gateway.twiml["/webhooks/twilio/voice"] = `<Response><Dial><Conference statusCallback="/room" endConferenceOnExit="true">r1</Conference></Dial></Response>`
	w.gateway.twiml["/ring"] = `<Response><Dial action="/left"><Conference statusCallback="/room">r1</Conference></Dial></Response>`
	c := w.ok(w.Dial(w.ctx(), "+447700900142", ""))
	sid := w.place(ringForm("+12005550200"))
	w.await(func() bool { c, _ := w.Call(sid); return c.Wait == WaitConference })
	w.settle()
	w.ok(w.Speak(w.ctx(), c.SID, "hello all"))
	if other, _ := w.Call(sid); other.Lines[len(other.Lines)-1].Text != "hello all" {
		t.Errorf("not heard: %+v", other.Lines)
	}
	w.ok(w.HangUp(w.ctx(), c.SID))
	w.await(func() bool { c, _ := w.Call(sid); return c.Over() })
	w.settle()
	equal(t, "room", w.gateway.values("/room", "StatusCallbackEvent"), []string{
		"participant-join", "participant-join", "conference-start", "participant-leave", "conference-end"})
	if got := w.gateway.hooks("/room"); got[4].Get("ReasonConferenceEnded") != "participant-with-end-conference-on-exit-left" {
		t.Errorf("end: %v", got[4])
	}
	equal(t, "left", w.gateway.values("/left", "DialCallStatus"), []string{"completed"})
}
