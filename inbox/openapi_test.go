package inbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// contract lists the routes of CONTRACT section 4 that are built.
const contract = `
GET /v1/me
POST DELETE /v1/session
GET POST /v1/conversations
GET PATCH /v1/conversations/{id}
GET POST /v1/conversations/{id}/messages
GET /v1/conversations/{id}/clocks
POST /v1/conversations/{id}/clocks/{clock}/acknowledge
POST /v1/conversations/{id}/callbacks
GET /v1/conversations/{id}/history
GET /v1/callbacks
GET PATCH DELETE /v1/callbacks/{id}
GET POST /v1/contacts/{id}/consents
GET POST /v1/reconciliation
POST /v1/segments
GET POST /v1/bulk
POST /v1/bulk/preview
GET /v1/bulk/{id}
POST /v1/bulk/{id}/{action}
GET /v1/bulk/{id}/recipients
POST /v1/conversations/{id}/merge
POST /v1/conversations/{id}/split
POST /v1/undo/{event}
GET /v1/contacts
GET PATCH DELETE /v1/contacts/{id}
POST /v1/contacts/{id}/merge
GET /v1/contacts/{id}/export
GET /v1/search
GET /v1/audit
GET /v1/events
GET POST /v1/officers
PATCH /v1/officers/{id}
GET /v1/templates
GET /v1/templates/{name}
POST /v1/templates/{name}/preview
POST /v1/templates/reload
POST /v1/shipments/{awb}/events
GET /v1/shipments/{awb}
POST /v1/bookings/{ref}/events
GET /v1/bookings/{ref}
POST /webhooks/events/{feed}
GET /webhooks/twilio/media/{blob}
POST /webhooks/twilio/sms
POST /webhooks/twilio/whatsapp
POST /webhooks/twilio/status/{message}
POST /webhooks/twilio/voice
POST /webhooks/twilio/voice/{step}
POST /webhooks/twilio/voice/calls/{attempt}/{step}
POST /v1/attachments
GET /v1/attachments/{id}
GET /v1/desks
POST /v1/desks/reload
GET /v1/rounds
GET /v1/rounds/{id}
GET /v1/rounds/{id}/items
POST /v1/rounds/{id}/items/{conversation}
GET /v1/reports
GET /v1/reports/{name}
GET /v1/reports/{name}/items
GET /healthz
GET /readyz
GET /metrics
GET /openapi.json
`

func metrics(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "caravan_up 1") }

func TestDocumentListsTheContract(t *testing.T) {
	h := newHouse(t, func(d *Deps) { d.Metrics = http.HandlerFunc(metrics) })
	g := h.do(ask{"GET", "/openapi.json", nil, map[string]string{}}).status(200)
	if v := fmt.Sprint(g.at("openapi")); !strings.HasPrefix(v, "3.1") {
		t.Errorf("openapi %s", v)
	}
	doc, schemas := h.document()
	listed := 0
	for line := range strings.Lines(strings.TrimSpace(contract)) {
		words := strings.Fields(line)
		path := words[len(words)-1]
		for _, method := range words[:len(words)-1] {
			ops, _ := doc["paths"].(map[string]any)[path].(map[string]any)
			if ops[strings.ToLower(method)] == nil {
				t.Errorf("%s %s is not in the document", method, path)
			}
			listed++
		}
	}
	for path, ops := range doc["paths"].(map[string]any) {
		listed -= len(ops.(map[string]any))
		for method, op := range ops.(map[string]any) {
			if op.(map[string]any)["responses"].(map[string]any)["default"] == nil {
				t.Errorf("%s %s tells of no problem", method, path)
			}
		}
	}
	if listed != 0 {
		t.Errorf("the document and the contract differ by %d routes", -listed)
	}
	for name := range doc["components"].(map[string]any)["schemas"].(map[string]any) {
		if _, err := schemas.Compile("api.json#/components/schemas/" + name); err != nil {
			t.Error(err)
		}
	}
	if g := h.do(ask{"GET", "/metrics", nil, map[string]string{}}).status(200); !strings.Contains(g.text, "caravan_up 1") {
		t.Errorf("metrics %s", g.text)
	}
}

func TestHealth(t *testing.T) {
	var missing error
	h := newHouse(t, func(d *Deps) {
		d.Checks = []Check{{"mailbox support", func(context.Context) error { return missing }}}
	})
	none := map[string]string{}
	h.do(ask{"GET", "/healthz", nil, none}).status(200).is("ok", "status")
	h.do(ask{"GET", "/readyz", nil, none}).status(200).is("ready", "status")
	missing = errors.New("no connection since noon")
	h.do(ask{"GET", "/readyz", nil, none}).problem(503, "unavailable", "mailbox support", "since noon")
	h.store.down = errors.New("redis does not answer")
	h.do(ask{"GET", "/readyz", nil, none}).problem(503, "unavailable", "store", "redis does not answer", "mailbox support")
	h.do(ask{"GET", "/healthz", nil, none}).status(200)
	h.do(ask{"GET", "/metrics", nil, none}).problem(404, "not-found")
}

// HEAD is GET without the body; what cannot be read cannot be asked for either.
func TestHead(t *testing.T) {
	h := newHouse(t)
	base := h.serve()
	for path, status := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/openapi.json": 200, "/v1/me": 200, "/v1/conversations": 200, "/v1/desks": 200,
		"/v1/conversations/999999": 404, "/v1/undo/x": 405, "/v1/conversations?limit=x": 422, "/nowhere": 404,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+officerToken)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || len(body) > 0 || resp.StatusCode != status || !strings.Contains(resp.Header.Get("Content-Type"), "json") {
			t.Errorf("HEAD %s: %d %v %q (%v), want %d", path, resp.StatusCode, resp.Header, body, err, status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestFibersOwnErrors(t *testing.T) {
	h := newHouse(t)
	h.get("/v1/shipments").problem(404, "not-found")
	h.get("/somewhere").problem(404, "not-found")
	h.do(ask{method: "PUT", path: "/v1/conversations"}).problem(405, "method-not-allowed")
	h.do(ask{method: "DELETE", path: "/v1/me"}).problem(405, "method-not-allowed")
	h.get("/docs").problem(404, "not-found")
	g := h.get("/v1/me").status(200)
	if g.Header.Get("Link") != "" || g.at("$schema") != nil {
		t.Errorf("$schema or Link: %v %s", g.Header, g.text)
	}
}

// What is too large is refused before it is read.
func TestTooLarge(t *testing.T) {
	h := newHouse(t)
	base := h.serve()
	for request, status := range map[string]int{
		fmt.Sprintf("POST /v1/attachments HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", BodyLimit+1):  413,
		"GET /v1/conversations?cursor=" + strings.Repeat("x", headerLimit) + " HTTP/1.1\r\nHost: x\r\n\r\n": 431,
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, request)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		conn.Close()
		if resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(body), "-large") {
			t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
		}
	}
}

func TestPanic(t *testing.T) {
	h := newHouse(t, func(d *Deps) { d.Desks, d.Templates = nil, nil })
	h.get("/v1/templates").problem(500, "internal")
	if log := h.log.String(); !strings.Contains(log, "template.go") || strings.Count(log, "request failed") != 1 {
		t.Errorf("log %s", log)
	}
}
