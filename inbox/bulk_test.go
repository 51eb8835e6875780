package inbox

import (
	"context"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/outbox/bulk"
)

// ordered is an engine that only remembers what it was asked for.
type ordered struct{ last bulk.Order }

func (o *ordered) Plan(_ context.Context, order bulk.Order) (bulk.Estimate, error) {
	o.last = order
	return bulk.Estimate{
		Recipients: len(order.Recipients), States: map[conversations.RowState]int{}, Why: map[string]int{}, Languages: map[string]int{},
		Channels: map[channels.Kind]bulk.ChannelEstimate{}, Samples: []bulk.Sample{},
	}, nil
}

func (o *ordered) Create(_ context.Context, order bulk.Order) (conversations.Bulk, error) {
	o.last = order
	return conversations.Bulk{ID: "b1", Version: 1, Status: conversations.BulkRunning, Purpose: conversations.Service, By: order.Bulk.By}, nil
}

func (o *ordered) Move(_ context.Context, id conversations.BulkID, to conversations.BulkStatus) (conversations.Bulk, error) {
	if id != "b1" {
		return conversations.Bulk{}, conversations.ErrNotFound
	}
	return conversations.Bulk{ID: id, Status: to}, nil
}

func TestBulkIsOrderedBySupervisors(t *testing.T) {
	engine := &ordered{}
	h := newHouse(t, func(d *Deps) { d.Bulk = engine })
	person := func(channel, address string) map[string]any {
		return map[string]any{"channel": channel, "address": address, "group": "family 1"}
	}
	order := map[string]any{"name": "SV 843", "text": "  late  ", "recipients": []any{person("sms", "+966 50 123 4567"), person("email", "a@example.com")}}
	h.do(ask{"POST", "/v1/bulk", order, as(officerToken)}).problem(403, "forbidden")
	h.do(ask{"POST", "/v1/bulk/b1/pause", nil, as(officerToken)}).problem(403, "forbidden")
	h.do(ask{"POST", "/v1/bulk/preview", order, as(supervisorToken)}).status(200).is(float64(2), "recipients")
	h.do(ask{"POST", "/v1/bulk", order, as(supervisorToken, "Idempotency-Key", "k")}).status(201).is("running", "status").is("o2", "by", "id")
	if o := engine.last; o.Op == "" || o.Bulk.Text != "late" || o.Recipients[0].To.Value != "+966501234567" || o.Recipients[1].Group != "family 1" {
		t.Errorf("ordered %+v", o)
	}
	h.do(ask{"POST", "/v1/bulk/b1/resume", nil, as(supervisorToken)}).status(200).is("running", "status")
	h.do(ask{"POST", "/v1/bulk/b2/cancel", nil, as(supervisorToken)}).problem(404, "not-found")
	h.do(ask{"POST", "/v1/bulk/b1/explode", nil, as(supervisorToken)}).problem(422, "invalid")
	for name, bad := range map[string]map[string]any{
		"recipients[1].address": {"name": "x", "text": "y", "recipients": []any{person("sms", "+966501234567"), person("sms", "a@example.com")}},
		"filter is needed":      {"name": "x", "text": "y"},
		"not both":              {"name": "x", "text": "y", "recipients": []any{person("sms", "+966501234567")}, "filter": map[string]any{"tag": "a"}},
		"no desk":               {"name": "x", "text": "y", "desk": "nowhere", "filter": map[string]any{"tag": "a"}},
	} {
		h.do(ask{"POST", "/v1/bulk", bad, as(supervisorToken)}).problem(422, "invalid", name)
	}
	newHouse(t).do(ask{"POST", "/v1/bulk", order, as(supervisorToken)}).problem(404, "not-found")
}

func TestBulkLedgerIsPaged(t *testing.T) {
	h := newHouse(t)
	id := h.came("sms", "+966501111111", "hello")
	rows := conversations.Enroll(make([]conversations.BulkRow, 0, 5))
	for i := range 5 {
		r := conversations.BulkRow{N: i, State: conversations.RowQueued, Message: conversations.NewMessageID(id, 1)}
		if i == 3 {
			r.State, r.Message, r.Why = conversations.RowSkipped, "", "asked to stop"
		}
		rows = append(rows, r)
	}
	b := conversations.Bulk{ID: "b1", Version: 1, Status: conversations.BulkRunning, Purpose: conversations.Service, Total: 5, CreatedAt: noon, UpdatedAt: noon}
	h.store.bulks, h.store.rows = map[conversations.BulkID]conversations.Bulk{"b1": b}, map[conversations.BulkID][]conversations.BulkRow{"b1": rows}
	h.get("/v1/bulk").status(200).is("b1", "items", 0, "id")
	h.get("/v1/bulk/b1").status(200).is(float64(5), "total")
	h.get("/v1/bulk/b9").problem(404, "not-found")
	h.get("/v1/bulk/b9/recipients").problem(404, "not-found")
	g := h.get("/v1/bulk/b1/recipients?limit=2").status(200).is("received", "items", 0, "status").is("2", "next_cursor")
	if len(g.items()) != 2 {
		t.Errorf("%d rows", len(g.items()))
	}
	g = h.get("/v1/bulk/b1/recipients?state=skipped").status(200).is("asked to stop", "items", 0, "why").is(nil, "next_cursor")
	if len(g.items()) != 1 {
		t.Errorf("%d rows", len(g.items()))
	}
	h.get("/v1/bulk/b1/recipients?cursor=x").problem(422, "invalid")
}
