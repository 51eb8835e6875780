package simulator

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestRESTFaults(t *testing.T) {
	w := newWorld(t, nil)
	form := sms("+447700900142", "x")
	try := func(f Faults) (int, map[string]any) {
		w.SetFaults(f)
		return w.do("POST", "/Messages.json", form)
	}
	if status, doc := try(Faults{Refuse: Chance{Next: 1}}); status != 503 || doc["code"] != 20503.0 {
		t.Errorf("refuse: %d %v", status, doc)
	}
	if status, doc := try(Faults{Throttle: Chance{Odds: 1}}); status != 429 || doc["code"] != 20429.0 {
		t.Errorf("throttle: %d %v", status, doc)
	}
	if w.Accepted("", "") != 0 {
		t.Error("something refused was kept")
	}
	if status, _ := try(Faults{DropAnswer: Chance{Next: 1}}); status != 0 {
		t.Errorf("drop: %d", status)
	}
	if w.Accepted("+447700900142", "x") != 1 {
		t.Error("the message whose answer was lost is not on the books")
	}
	if status, _ := try(Faults{AnswerDelay: time.Microsecond}); status != 201 || w.Accepted("+447700900142", "x") != 2 {
		t.Errorf("delay: %d", status)
	}
	if f := w.Faults(); f.DropAnswer.Next != 0 {
		t.Errorf("not counted down: %+v", f)
	}
}

func TestRESTWantsCredentials(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct{ account, user, password string }{
		{testAccount, "", ""}, {testAccount, testAccount, "wrong"}, {"ACother", testAccount, testToken},
	} {
		req, _ := http.NewRequest("GET", w.rest.URL+"/2010-04-01/Accounts/"+c.account+"/Messages.json", nil)
		req.SetBasicAuth(c.user, c.password)
		res, err := w.rest.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != 401 {
			t.Errorf("%+v: %d", c, res.StatusCode)
		}
	}
	if status, doc := w.do("GET", ".json", nil); status != 200 || doc["status"] != "active" {
		t.Errorf("account: %d %v", status, doc)
	}
	if status, doc := w.do("GET", "/Nothing.json", nil); status != 404 || doc["code"] != 20404.0 {
		t.Errorf("unknown: %d %v", status, doc)
	}
}

func TestCallbackFaults(t *testing.T) {
	for name, c := range map[string]struct {
		faults Faults
		want   []string
	}{
		"drop":      {Faults{Drop: Chance{Next: 2}}, []string{"delivered", "read"}},
		"duplicate": {Faults{Duplicate: Chance{Next: 1}}, []string{"queued", "queued", "sent", "delivered", "read"}},
		"reorder":   {Faults{Reorder: Chance{Odds: 1}}, []string{"sent", "queued", "read", "delivered"}},
		"delay":     {Faults{PostDelay: time.Microsecond}, []string{"queued", "sent", "delivered", "read"}},
		"late read": {Faults{LateRead: time.Microsecond}, []string{"queued", "sent", "delivered", "read"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			customer(t, w, Inbound{WhatsApp: true, From: "+966500000142"})
			w.SetFaults(c.faults)
			sid := w.send(whatsApp("+966500000142", "x"))
			w.settle()
			equal(t, "callbacks", w.gateway.values("/status/m1", "MessageStatus"), c.want)
			if m, _ := w.Message(sid); m.Status != "read" {
				t.Errorf("the truth changed: %v", m.History)
			}
		})
	}
}

func TestInboundFaults(t *testing.T) {
	w := newWorld(t, nil)
	w.SetFaults(Faults{BadSignature: Chance{Next: 1}})
	if d, _ := w.Write(w.ctx(), Inbound{From: "+447700900142"}); d.Status != 403 || w.gateway.forged != 1 {
		t.Errorf("bad signature: %+v", d)
	}
	w.SetFaults(Faults{Drop: Chance{Next: 1}})
	if d, _ := w.Write(w.ctx(), Inbound{From: "+447700900142", Text: "lost"}); d.Status != 0 || len(w.Messages()) != 2 {
		t.Errorf("drop: %+v", d)
	}
	w.SetFaults(Faults{Duplicate: Chance{Next: 1}})
	customer(t, w, Inbound{From: "+447700900142", Text: "twice"})
	w.gateway.mu.Lock()
	defer w.gateway.mu.Unlock()
	if n := len(w.gateway.seen); n != 2 || w.gateway.seen[0].key != w.gateway.seen[1].key ||
		w.gateway.seen[0].form.Get("MessageSid") != w.gateway.seen[1].form.Get("MessageSid") {
		t.Errorf("duplicate: %v", w.gateway.seen)
	}
}

func TestSameSeedSameFaults(t *testing.T) {
	run := func(seed uint64) []bool {
		f := newFaultSource(Faults{Seed: seed, Drop: Chance{Odds: 0.5}})
		hits := make([]bool, 64)
		for i := range hits {
			hits[i] = f.hit(drop)
		}
		return hits
	}
	if !slices.Equal(run(1), run(1)) || slices.Equal(run(1), run(2)) {
		t.Error("faults do not follow the seed")
	}
}
