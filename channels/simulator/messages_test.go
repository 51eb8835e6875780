package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

func TestMessageReachesItsEnd(t *testing.T) {
	w := newWorld(t, nil)
	customer(t, w, Inbound{WhatsApp: true, From: "+966500000142"})
	for _, c := range []struct {
		form url.Values
		want []string
	}{
		{sms("+966500000142", "hello"), []string{"queued", "sent", "delivered"}},
		{whatsApp("+966500000142", "hello"), []string{"queued", "sent", "delivered", "read"}},
		{sms("+12005550500", "x"), []string{"queued", "failed"}},
		{sms("+12005550503", "x"), []string{"queued", "sent", "undelivered"}},
		{sms("+12005550308", "x"), []string{"queued", "sent"}},
		{sms("+12005550102", "x"), []string{"queued", "sending"}},
		{sms("+12005550100", "x"), []string{"queued"}},
	} {
		path := "/status/" + c.form.Get("To") + c.form.Get("From")[:1]
		c.form.Set("StatusCallback", testPublic+path)
		sid := w.send(c.form)
		w.settle()
		m, _ := w.Message(sid)
		equal(t, c.form.Get("To"), m.History, c.want)
		equal(t, c.form.Get("To")+" callbacks", w.gateway.values(path, "MessageStatus"), c.want)
	}
	if w.gateway.forged != 0 || len(w.Alerts()) != 0 {
		t.Errorf("forged %d, alerts %v", w.gateway.forged, w.Alerts())
	}
}

// customer sends a customer's message that must be taken.
func customer(t *testing.T, w *world, in Inbound) Delivery {
	t.Helper()
	d, err := w.Write(w.ctx(), in)
	if err != nil || !d.OK() {
		t.Fatalf("write: %+v %v", d, err)
	}
	return d
}

func TestRefusals(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Content = map[string]Content{"HX1": {Body: "Salam {{1}}, UMR {{2}}"}}
	})
	customer(t, w, Inbound{From: "+447700900142", Text: " stop "})
	with := func(f url.Values, k, v string) url.Values { f.Set(k, v); return f }
	for name, c := range map[string]struct {
		form url.Values
		code float64
	}{
		"no To":             {url.Values{"Body": {"x"}, "From": {"+15005550006"}}, 21604},
		"bad To":            {sms("0500", "x"), 21211},
		"magic To":          {sms("+15005550009", "x"), 21614},
		"magic From":        {with(sms("+966500000142", "x"), "From", "+15005550001"), 21212},
		"no From":           {with(sms("+966500000142", "x"), "From", ""), 21603},
		"foreign From":      {with(sms("+966500000142", "x"), "From", "+15551234567"), 21606},
		"no body":           {sms("+966500000142", ""), 21602},
		"stopped":           {sms("+447700900142", "x"), 21610},
		"no window":         {whatsApp("+966500000142", "x"), 63016},
		"unknown content":   {with(whatsApp("+966500000142", ""), "ContentSid", "HX2"), 21655},
		"missing variable":  {with(with(whatsApp("+966500000142", ""), "ContentSid", "HX1"), "ContentVariables", `{"1":"A"}`), 63028},
		"too many":          {with(with(whatsApp("+966500000142", ""), "ContentSid", "HX1"), "ContentVariables", `{"1":"A","2":"B","3":"C"}`), 63028},
		"line break":        {with(with(whatsApp("+966500000142", ""), "ContentSid", "HX1"), "ContentVariables", `{"1":"A\nB","2":"B"}`), 21656},
		"callback to world": {with(sms("+966500000142", "x"), "StatusCallback", "https://elsewhere.example/x"), 21609},
		"media of world":    {with(sms("+966500000142", "x"), "MediaUrl", "https://elsewhere.example/x"), 21620},
	} {
		t.Run(name, func(t *testing.T) {
			status, doc := w.do("POST", "/Messages.json", c.form)
			if status != 400 || doc["code"] != c.code || doc["status"] != 400.0 || doc["message"] == "" {
				t.Errorf("got %d %v, want %v", status, doc, c.code)
			}
		})
	}
	if w.Accepted("", "") != 0 {
		t.Error("something refused was kept")
	}
	customer(t, w, Inbound{From: "+447700900142", Text: "START"})
	w.send(sms("+447700900142", "back"))
}

func TestTemplateOpensNoWindowAndIsRendered(t *testing.T) {
	w := newWorld(t, nil)
	w.AddContent("HX1", Content{Body: "Salam {{1}}"})
	form := whatsApp("SA.n00r", "")
	form.Set("ContentSid", "HX1")
	form.Set("ContentVariables", `{"1":"Noor"}`)
	w.send(form)
	if w.Accepted("whatsapp:SA.n00r", "Salam Noor") != 1 {
		t.Error("template not rendered in the ledger")
	}
	if status, _ := w.do("POST", "/Messages.json", whatsApp("SA.n00r", "x")); status != 400 {
		t.Error("a template opened the window")
	}
}

func TestWindowClosesAfterADay(t *testing.T) {
	w := newWorld(t, nil)
	customer(t, w, Inbound{WhatsApp: true, From: "+966500000142", BSUID: "SA.f1"})
	w.clock.add(24*time.Hour - time.Second)
	w.send(whatsApp("+966500000142", "in time"))
	w.send(whatsApp("SA.f1", "by user ID"))
	w.clock.add(time.Second)
	if status, doc := w.do("POST", "/Messages.json", whatsApp("+966500000142", "late")); status != 400 || doc["code"] != 63016.0 {
		t.Errorf("late: %d %v", status, doc)
	}
	w.settle()
	w.SetFaults(Faults{WindowLate: true})
	sid := w.send(whatsApp("+966500000142", "late"))
	w.settle()
	m, _ := w.Message(sid)
	if m.Status != "undelivered" || m.ErrorCode != 63016 {
		t.Errorf("late by callback: %+v", m)
	}
	hooks := w.gateway.hooks("/status/m1")
	if got := hooks[len(hooks)-1]; got.Get("ErrorCode") != "63016" || got.Get("EventType") != "UNDELIVERED" {
		t.Errorf("callback: %v", got)
	}
}

func TestOutboundMediaIsFetched(t *testing.T) {
	w := newWorld(t, nil)
	files := http.FileServerFS(pageFiles)
	w.gateway.server.Config.Handler = files
	form := sms("+447700900142", "see")
	form["MediaUrl"] = []string{testPublic + "/page/style.css"}
	sid := w.send(form)
	missing := sms("+447700900142", "see not")
	missing["MediaUrl"] = []string{testPublic + "/nothing"}
	lost := w.send(missing)
	w.settle()
	if m, _ := w.Message(sid); len(m.Media) != 1 || m.Status != "delivered" || m.SID[:2] != "MM" {
		t.Errorf("with media: %+v", m)
	}
	if m, _ := w.Message(lost); m.Status != "failed" || m.ErrorCode != 63019 {
		t.Errorf("media missing: %+v", m)
	}
}

func TestListFindsWhatWasAccepted(t *testing.T) {
	w := newWorld(t, nil)
	for range 3 {
		w.send(sms("+447700900142", "early"))
	}
	w.settle()
	w.clock.add(time.Hour)
	w.send(sms("+447700900142", "late"))
	w.send(sms("+60123000142", "other"))
	w.settle()
	bodies := func(query string) []string {
		status, doc := w.do("GET", "/Messages.json?"+query, nil)
		if status != 200 {
			t.Fatalf("%s: %d", query, status)
		}
		var list []string
		for _, m := range doc["messages"].([]any) {
			list = append(list, m.(map[string]any)["body"].(string))
		}
		return list
	}
	equal(t, "by To", bodies("To=%2B60123000142"), []string{"other"})
	equal(t, "since", bodies("To=%2B447700900142&DateSent%3E=2026-11-21T09:30:00Z"), []string{"late"})
	equal(t, "until", bodies("DateSent%3C=2026-11-21T09:30:00Z"), []string{"early", "early", "early"})
	equal(t, "on a day", bodies("DateSent=2026-11-20"), nil)
	equal(t, "page", bodies("PageSize=2&Page=1"), []string{"early", "early"})
	if _, doc := w.do("GET", "/Messages.json?PageSize=2", nil); doc["next_page_uri"] == nil || doc["previous_page_uri"] != nil {
		t.Errorf("frame: %v", doc)
	}
}

func TestChangeMessage(t *testing.T) {
	w := newWorld(t, nil)
	sid := w.send(sms("+447700900142", "secret"))
	w.settle()
	if _, doc := w.do("POST", "/Messages/"+sid+".json", url.Values{"Body": {""}}); doc["body"] != "" {
		t.Errorf("not redacted: %v", doc)
	}
	later := sms("+447700900142", "later")
	later.Set("SendAt", w.clock.Now().Add(time.Hour).Format(time.RFC3339))
	later.Set("ScheduleType", "fixed")
	later.Set("MessagingServiceSid", "MG"+testAccount[2:])
	planned := w.send(later)
	if _, doc := w.do("POST", "/Messages/"+planned+".json", url.Values{"Status": {"canceled"}}); doc["status"] != "canceled" {
		t.Errorf("not canceled: %v", doc)
	}
	if status, _ := w.do("DELETE", "/Messages/"+sid+".json", nil); status != 204 {
		t.Errorf("delete: %d", status)
	}
	if status, doc := w.do("GET", "/Messages/"+sid+".json", nil); status != 404 || doc["code"] != 20404.0 {
		t.Errorf("deleted: %d %v", status, doc)
	}
}

func TestReadByHand(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ManualRead = true })
	customer(t, w, Inbound{WhatsApp: true, From: "+966500000142"})
	sid := w.send(whatsApp("+966500000142", "hello"))
	w.settle()
	if m, _ := w.Message(sid); m.Status != "delivered" {
		t.Fatalf("read by itself: %v", m.History)
	}
	w.MarkRead("whatsapp:+966500000142")
	w.MarkRead("whatsapp:+966500000142")
	w.settle()
	got := w.gateway.values("/status/m1", "MessageStatus")
	if got[len(got)-1] != "read" || len(slices.DeleteFunc(got, func(s string) bool { return s != "read" })) != 1 {
		t.Errorf("callbacks: %v", got)
	}
}
