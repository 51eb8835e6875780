package inbox

import (
	"context"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// reported keeps matters in a map.
type reported map[string]conversations.Matter

func (r reported) Report(_ context.Context, ref conversations.Reference, report conversations.Report, facts map[string]any) (conversations.Matter, bool, error) {
	m, ok := r[ref.Key()]
	if !ok {
		m.Reference = ref
	}
	m, known := conversations.Learn(m, report, facts, noon)
	r[ref.Key()] = m
	return m, known, nil
}

func (r reported) Matter(_ context.Context, ref conversations.Reference) (conversations.Matter, error) {
	m, ok := r[ref.Key()]
	if !ok {
		return m, conversations.ErrNotFound
	}
	return m, nil
}

func TestShipmentEvents(t *testing.T) {
	h := newHouse(t)
	h.came(channels.SMS, "+60123456789", "1086396430?")
	at := func(awb string) string { return "/v1/shipments/" + awb + "/events" }
	h.post(at("108%20639%206430"), `{"id":"E2","code":"OK","status":"Delivered","at":"2026-11-21T11:00:00+03:00","location":"Klang","detail":"Signed"}`).
		status(202).is("1086396430", "reference").is("awb", "kind").is("Delivered", "status").is("2026-11-21T08:00:00Z", "at").is(false, "events", 0, "late")
	h.post(at("1086396430"), `{"id":"E1","code":"PU","at":"2026-11-20T08:00:00Z"}`).status(202).is("Delivered", "status").is("E1", "events", 0, "id").is(true, "events", 0, "late")
	h.get("/v1/shipments/1086396430").status(200).is("E2", "events", 1, "id").is("Klang", "location")
	h.get("/v1/shipments/99").problem(404, "not-found")
	for body, where := range map[string]string{
		`{"status":"Delivered"}`:                                                      "body",
		`{"id":"E3"}`:                                                                 "body.status",
		`{"id":"","status":"x"}`:                                                      "body.id",
		`{"id":"E3","status":"x","at":"yesterday"}`:                                   "body.at",
		`{"id":"E3","status":"x","colour":1}`:                                         "body.colour",
		`{"id":"E3","status":"x","facts":{}}`:                                         "body.facts",
		`{"id":"E3","status":"x","customer":{"age":7}}`:                               "body.customer.age",
		`{"id":"E3","status":"x","customer":{"phone":7}}`:                             "body.customer.phone",
		`{"id":"E3","status":"x","customer":{"phone":"0501234567","email":"nobody"}}`: "body.customer.email",
	} {
		h.post(at("1086396430"), body).problem(422, "invalid", where)
	}
	h.post(at("%3Cb%3E"), `{"id":"E3","status":"x"}`).problem(422, "invalid", "path.awb")
	h.do(ask{"POST", at("1086396430"), `{"id":"E9","status":"x"}`, map[string]string{}}).problem(401, "unauthorized")
}

func TestBookingEvents(t *testing.T) {
	h := newHouse(t)
	h.post("/v1/bookings/umr-2291/events", map[string]any{
		"id": "B1", "status": "confirmed", "customer": map[string]any{"name": "Aisyah", "phone": "+60 12-345 6789", "language": "MS"},
		"facts": map[string]any{"departure": "2026-12-12", "travellers": 4},
	}).status(202).is("UMR-2291", "reference").is("booking", "kind").is(4, "facts", "travellers").is("2026-11-21T12:00:00Z", "at").is("departure", "events", 0, "changed", 0)
	kept := h.api.Matters.(reported)["booking:UMR-2291"].Reports[0]
	if kept.Customer == nil || kept.Customer.Phone != "+60123456789" || kept.Customer.Language != "ms" {
		t.Errorf("customer kept as %+v", kept.Customer)
	}
	h.get("/v1/bookings/UMR-2291").status(200).is("confirmed", "status")
	h.get("/v1/bookings/UMR-1").problem(404, "not-found")
	h.post("/v1/bookings/UMR-2291/events", `{"id":"B2","status":"x","location":"here"}`).problem(422, "invalid", "body.location")
}
