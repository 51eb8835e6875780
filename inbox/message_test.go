package inbox

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

func TestReply(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.WhatsApp, "+966501234567", "وين شحنتي؟")
	path := "/v1/conversations/" + string(id) + "/messages"
	g := h.post(path, `{"kind":"reply","text":"في الطريق"}`).status(202)
	g.is("queued", "status").is("whatsapp", "channel").is("out", "direction").is("OFFICER", "author", "name").is("[]", "attachments").is(nil, "error")
	if g.Header.Get("ETag") != `"2"` {
		t.Errorf("ETag %s", g.Header.Get("ETag"))
	}
	h.post(path, `{"kind":"note","text":"rang the station"}`).status(202).is("note", "kind").is("sent", "status")
	list := h.get(path+"?limit=2").status(200).is("in", "items", 0, "direction").is("2", "next_cursor")
	h.get(path+"?limit=2&cursor="+list.at("next_cursor").(string)).status(200).is("note", "items", 0, "kind").is(nil, "next_cursor")
	h.get("/v1/conversations/99/messages").problem(404, "not-found")
}

func TestReplyRefuses(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.WhatsApp, "+966501234567", "hello")
	path := "/v1/conversations/" + string(id) + "/messages"
	for body, word := range map[string]string{
		`{"kind":"reply"}`:                                               "body.text",
		`{"kind":"reply","text":"  "}`:                                   "body.text",
		`{"kind":"shout","text":"x"}`:                                    "body.kind",
		`{"text":"x"}`:                                                   "required property kind",
		`{"kind":"reply","text":"x","channel":"pigeon"}`:                 "body.channel",
		`{"kind":"reply","text":"x","channel":"voice"}`:                  "body.channel",
		`{"kind":"reply","text":"x","colour":"red"}`:                     "body.colour",
		`{"kind":"reply","text":"x","template":"acknowledgement"}`:       "exclude each other",
		`{"kind":"note","template":"acknowledgement"}`:                   "body.template",
		`{"kind":"reply","template":"nope"}`:                             "body.template",
		`{"kind":"reply","template":"acknowledgement"}`:                  "body.variables.reference",
		`{"kind":"reply","text":"x","attachments":["nope"]}`:             "body.attachments[0]",
		`{"kind":"reply","text":"x","attachments":["../etc"]}`:           "body.attachments[0]",
		`{"kind":"reply","text":"x","attachments":["f.!"]}`:              "body.attachments[0]",
		`{"kind":"reply","text":"x","attachments":[7]}`:                  "body.attachments[0]",
		`{"kind":"reply","text":"` + strings.Repeat("x", 100_001) + `"}`: "body.text",
	} {
		h.post(path, body).problem(422, "invalid", word)
	}
	h.post(path, `{"kind":"reply","text":"x","channel":"email"}`).problem(422, "no-route")
	h.store.refuse = conversations.ErrOptedOut
	h.post(path, `{"kind":"reply","text":"x"}`).problem(422, "opted-out")
	h.clock.forward(conversations.Window)
	g := h.post(path, `{"kind":"reply","text":"late"}`).problem(422, "window-closed").is("acknowledgement", "templates", 0, "name")
	if n := len(g.at("templates").([]any)); n != 1 {
		t.Errorf("%d templates fit", n)
	}
	h.post(path, `{"kind":"note","text":"notes need no window"}`).status(202)
}

func TestAClosedWindowOffersWhatTheCustomerReads(t *testing.T) {
	front := func(sid string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("---\nwhatsapp:\n  sid: " + sid + "\n---\n")}
	}
	const id = "HXaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	l, err := templates.Load(fstest.MapFS{ // by name: booking_confirmation, csat, opt_in_confirmed, trace_opened
		"booking_confirmation/template.md": front("{ar: " + id + "}"), "csat/template.md": front("{en: " + id + "}"),
		"opt_in_confirmed/template.md": front("{ar: " + id + ", en: " + id + "}"), "trace_opened/template.md": front("{ar: " + id + "}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(d *Deps) { d.Templates = l })
	asked := h.came(channels.WhatsApp, "+966501234567", "hello")
	h.store.convs[asked].Language = "ar"
	conv := "/v1/conversations/" + string(asked)
	h.clock.forward(2 * conversations.Window)
	g := h.post(conv+"/messages", `{"kind":"reply","text":"late"}`).problem(422, "window-closed")
	for i, want := range []string{"opt_in_confirmed", "trace_opened", "booking_confirmation", "csat"} {
		g.is(want, "templates", i, "name")
	}
}

func TestReplyWithTemplate(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.WhatsApp, "+966501234567", "hello")
	path := "/v1/conversations/" + string(id)
	h.patch(path, `{"references":[{"kind":"awb","value":"1086396430"}]}`).status(200)
	h.clock.forward(2 * conversations.Window)
	g := h.post(path+"/messages", `{"kind":"reply","template":"acknowledgement","language":"ar","variables":{"reply_by":"2026-11-24T15:00:00Z"}}`).status(202)
	g.is("acknowledgement", "template").is("ar", "language").is("whatsapp", "channel")
	for _, known := range []string{"1086396430", "Aisyah"} {
		if text := fmt.Sprint(g.at("text")); !strings.Contains(text, known) {
			t.Errorf("%s is not in %s", known, text)
		}
	}
	m, err := h.store.LoadMessage(t.Context(), conversations.MessageID(g.at("id").(string)))
	if err != nil || m.Send.Content == nil || !strings.Contains(m.Send.Content.Variables["1"], "1086396430") {
		t.Errorf("content %+v, %v", m.Send.Content, err)
	}
	h.post(path+"/messages", `{"kind":"reply","template":"acknowledgement","language":"ar","variables":{"reply_by":"soon","colour":"red"}}`).
		problem(422, "invalid", "body.variables.reply_by", "body.variables.colour")
}

func TestAttachments(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.WhatsApp, "+966501234567", "hello")
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, _ := w.CreateFormFile("file", `C:\docs\فاتورة 1.pdf`)
	part.Write([]byte("%PDF-1.4 invoice"))
	w.Close()
	g := h.post("/v1/attachments", form.String(), "Content-Type", w.FormDataContentType()).status(201)
	g.is("فاتورة 1.pdf", "name").is("application/pdf", "content_type").is(16, "size")
	file := h.get("/v1/attachments/" + g.at("id").(string)).status(200)
	if file.text != "%PDF-1.4 invoice" || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment; filename*=utf-8''") {
		t.Errorf("%q, %v", file.text, file.Header)
	}
	m := h.post("/v1/conversations/"+string(id)+"/messages", map[string]any{"kind": "reply", "attachments": []any{g.at("id")}}).status(202)
	m.is("فاتورة 1.pdf", "attachments", 0, "name").is(16, "attachments", 0, "size").is("application/pdf", "attachments", 0, "content_type")
	h.get("/v1/attachments/" + m.at("attachments", 0, "id").(string)).status(200)
	h.post("/v1/conversations/"+string(id)+"/messages", map[string]any{"kind": "note", "text": "see", "attachments": []any{
		map[string]any{"id": g.at("id"), "name": "better.pdf", "content_type": "application/pdf", "size": 1}}}).status(202).
		is("better.pdf", "attachments", 0, "name").is(16, "attachments", 0, "size")

	raw := h.post("/v1/attachments?name=page.html", "<html><script>alert(1)</script>", "Content-Type", "text/html").status(201)
	page := h.get("/v1/attachments/" + raw.at("id").(string)).status(200)
	if !strings.HasPrefix(page.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(page.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a page is shown: %v", page.Header)
	}
	h.post("/v1/attachments", "%PDF-", "Content-Type", "application/pdf", "Content-Disposition", `attachment; filename="visa.pdf"`).status(201).is("visa.pdf", "name")
	png := h.post("/v1/attachments?name=a.png", "\x89PNG\r\n\x1a\nrest", "Content-Type", "image/png").status(201)
	if shown := h.get("/v1/attachments/" + png.at("id").(string)); !strings.HasPrefix(shown.Header.Get("Content-Disposition"), "inline") {
		t.Errorf("a picture is not shown: %v", shown.Header)
	}
	h.post("/v1/attachments", "", "Content-Type", "image/png").problem(422, "invalid", "empty")
	h.post("/v1/attachments", "--x\r\n", "Content-Type", "multipart/form-data").problem(400, "malformed")
	h.get("/v1/attachments/nope").problem(404, "not-found")
	h.get("/v1/attachments/..%2f..%2fetc%2fpasswd").problem(404, "not-found")
}

func TestCallbacks(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "call me")
	path := "/v1/conversations/" + string(id) + "/callbacks"
	g := h.post(path, `{"note":"after prayers"}`).status(201).is("+60123456789", "phone").is("scheduled", "status").is("[]", "attempts").is(nil, "owner")
	g.is("2026-11-22T12:00:00Z", "due_at").is("2026-11-21T12:00:00Z", "requested_at")
	one := "/v1/callbacks/" + g.at("id").(string)
	if g.Header.Get("Location") != one {
		t.Errorf("Location %s", g.Header.Get("Location"))
	}
	h.get("/v1/conversations/"+string(id)).status(200).is("callback", "clocks", 0, "name")
	h.get(one).status(200).is("after prayers", "note")
	h.post(path, `{"phone":"+966 50 123 4567","at":"2026-11-21T18:00:00+03:00"}`).status(201).is("+966501234567", "phone").is("2026-11-21T15:00:00Z", "not_before")
	if n := len(h.get("/v1/callbacks?status=scheduled&conversation=" + string(id)).status(200).items()); n != 2 {
		t.Errorf("%d promises", n)
	}
	if n := len(h.get("/v1/callbacks?due_before=2026-11-21T17:00:00Z").status(200).items()); n != 1 {
		t.Errorf("%d promises due", n)
	}
	if n := len(h.get("/v1/callbacks?status=kept").status(200).items()); n != 0 {
		t.Errorf("%d promises kept", n)
	}
	h.patch(one, `{"at":"2026-11-21T20:00:00Z","note":"evening"}`, "If-Match", `"1"`).status(200).is("2026-11-21T21:00:00Z", "due_at").is(2, "version")
	h.patch(one, `{"note":"x"}`, "If-Match", `"1"`).problem(409, "stale").is(2, "present", "version").is("evening", "present", "note")
	h.patch("/v1/conversations/"+string(id), `{"status":"solved"}`).problem(422, "promised")
	h.patch("/v1/conversations/"+string(id), `{"status":"solved","why":"he came by"}`).status(200)
	h.patch(one, `{"status":"kept"}`).problem(422, "invalid", "body.why")
	h.patch(one, `{"status":"kept","why":"rang him from my own phone"}`).status(200).is("kept", "status")
	h.patch(one, `{"note":"x"}`).problem(422, "invalid", "kept")
	h.do(ask{method: "DELETE", path: one}).problem(422, "invalid")
	two := strings.Replace(one, "-cb1", "-cb2", 1)
	h.do(ask{method: "DELETE", path: two}).status(204)
	h.do(ask{method: "DELETE", path: two}).status(204)
	h.get(two).status(200).is("canceled", "status")

	for body, word := range map[string]string{
		`{"phone":"12"}`: "body.phone", `{"at":"2026-11-20T12:00:00Z"}`: "body.at", `{"at":"noon"}`: "body.at", `{"when":1}`: "body.when",
	} {
		h.post(path, body).problem(422, "invalid", word)
	}
	h.get("/v1/callbacks/77-cb1").problem(404, "not-found")
	h.get("/v1/callbacks/x").problem(404, "not-found")
	h.get("/v1/callbacks?cursor=x").problem(422, "invalid", "query.cursor")
	for _, both := range []string{"status=scheduled,dialing", "status=scheduled&status=kept"} {
		want := 0
		for _, one := range []string{"scheduled", map[bool]string{true: "dialing", false: "kept"}[strings.Contains(both, ",")]} {
			want += len(h.get("/v1/callbacks?status=" + one).status(200).items())
		}
		if n := len(h.get("/v1/callbacks?" + both).status(200).items()); n != want {
			t.Errorf("%s: %d, want %d", both, n, want)
		}
	}
	h.get("/v1/callbacks?status=scheduled,lost").problem(422, "invalid", "query.status")
	h.get("/v1/callbacks?status=lost").problem(422, "invalid", "query.status")
	h.get("/v1/callbacks?due_before=noon").problem(422, "invalid", "query.due_before")
	h.post("/v1/conversations/77/callbacks", `{}`).problem(404, "not-found")
}

func TestShownCallbackWithoutTimes(t *testing.T) {
	cb := shownCallback(conversations.Callback{RequestedAt: noon.In(time.FixedZone("x", 3600))})
	if cb.NotBefore != noon || cb.DueAt != noon.Add(conversations.CallbackTerm) || cb.RequestedAt.Location() != time.UTC {
		t.Errorf("%+v", cb)
	}
}

// On a closed window a template that is not approved gives its place to the one it names.
func TestSubstitute(t *testing.T) {
	front := func(more string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("---\nwhatsapp:\n" + more + "\n---\n")}
	}
	l, err := templates.Load(fstest.MapFS{
		"csat/template.md":                   front("  sid: {en: HXaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}"),
		"shipment_status_update/template.md": front("  substitute: csat"),
		"trace_opened/template.md":           front("  substitute: nps"), // which is not approved
	})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(d *Deps) { d.Templates = l })
	path := "/v1/conversations/" + string(h.came(channels.WhatsApp, "+966501234567", "hello")) + "/messages"
	update := `{"kind":"reply","template":"shipment_status_update","language":"en","variables":{"reference":"1086396430","status":"delivered"}}`
	h.post(path, update).status(202).is("shipment_status_update", "template")
	h.clock.forward(2 * conversations.Window)
	h.post(path, update).status(202).is("csat", "template")
	h.post(path, `{"kind":"reply","template":"trace_opened","language":"en","variables":{"reference":"1086396430","review_by":"2026-11-30T15:00:00Z"}}`).
		problem(422, "window-closed")
	if _, err := templates.Load(fstest.MapFS{"csat/template.md": front("  substitute: nothing")}); err == nil || !strings.Contains(err.Error(), "csat/template.md:3") {
		t.Errorf("a substitute that does not exist: %v", err)
	}
}
