package inbox

import (
	"encoding/json"
	"fmt"
	"net"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/valyala/fasthttp"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestListConversations(t *testing.T) {
	h := newHouse(t)
	h.get("/v1/conversations").status(200).is("[]", "items").is(nil, "next_cursor")
	for i := range 5 {
		h.came(channels.SMS, fmt.Sprintf("+6012345678%d", i), "hello")
	}
	h.came(channels.WhatsApp, "+966501234567", "<b>&</b>")
	h.patch("/v1/conversations/1001", `{"assignee":"me","tags":["vip"],"priority":"urgent","status":"pending"}`).status(200)
	for query, want := range map[string]int{
		"": 6, "?assignee=me": 1, "?assignee=none": 5, "?assignee=o2": 0, "?channel=whatsapp": 1, "?priority=urgent": 1, "?tag=vip": 1,
		"?status=pending": 1, "?status=new,pending": 6, "?status=new&status=pending": 6, "?status=closed&status=pending": 1, "?status=closed,": 0, "?overdue=true": 0, "?overdue=false": 6, "?desk=trace": 0, "?desk=triage": 6,
		"?limit=2": 2, "?limit=200&sort=due": 6, "?unknown=1": 6,
	} {
		if n := len(h.get("/v1/conversations" + query).status(200).items()); n != want {
			t.Errorf("%s: %d conversations, want %d", query, n, want)
		}
	}
	seen := map[any]bool{}
	for cursor := ""; ; {
		g := h.get("/v1/conversations?limit=4&cursor=" + cursor).status(200)
		for i := range g.items() {
			seen[g.at("items", i, "id")] = true
		}
		if g.at("next_cursor") == nil {
			break
		}
		cursor = g.at("next_cursor").(string)
	}
	if len(seen) != 6 {
		t.Errorf("pages show %d conversations", len(seen))
	}
	for query, place := range map[string]string{
		"limit=0": "query.limit", "limit=201": "query.limit", "limit=x": "query.limit", "status=nope": "query.status", "status=new,nope": "query.status",
		"channel=fax": "query.channel", "priority=asap": "query.priority", "sort=updated": "query.sort", "overdue=maybe": "query.overdue", "cursor=x": "query.cursor",
		"desk=tracing": "query.desk", "category=claims": "query.category",
	} {
		h.get("/v1/conversations?"+query).problem(422, "invalid", place)
	}
	g := h.get("/v1/conversations?limit=x&sort=y").problem(422, "invalid")
	if n := len(g.at("errors").([]any)); n != 2 {
		t.Errorf("%d faults are told of", n)
	}
}

// Kept rows show what a fresh rendering would, at any time and for any size of the cache.
func TestRowsShowThePresent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := newRowCache(rapid.IntRange(2, 8).Draw(t, "size"))
		var all []*conversations.Conversation
		for i := range rapid.IntRange(1, 10).Draw(t, "conversations") {
			c := &conversations.Conversation{ID: conversations.NewID(uint64(i + 1)), CreatedAt: noon, UpdatedAt: noon}
			for range rapid.IntRange(0, 3).Draw(t, "clocks") {
				c.Clocks = append(c.Clocks, conversations.Clock{
					DueAt: noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "due")) * time.Minute),
					State: rapid.SampledFrom([]conversations.ClockState{conversations.Running, conversations.Paused, conversations.Met}).Draw(t, "state"),
				})
			}
			all = append(all, c)
		}
		now := noon
		for range rapid.IntRange(1, 12).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "pause")) * time.Second)
			if err := rows.each(all, now, func(i int, row []byte) {
				fresh, err := newRow(all[i], now)
				if err != nil || string(fresh.body) != string(row) || !json.Valid(row) {
					t.Fatalf("at %v: %s, want %s (%v)", now, row, fresh.body, err)
				}
			}); err != nil {
				t.Fatal(err)
			}
			if len(rows.young)+len(rows.old) > 2*rows.size {
				t.Fatalf("%d and %d rows are kept", len(rows.young), len(rows.old))
			}
		}
	})
}

// BenchmarkList is GET /v1/conversations with 50 items from 8 clients over
// loopback; the store in memory stands in for Redis.
func BenchmarkList(b *testing.B) {
	h := newHouse(b)
	h.api.Now = time.Now
	for i := range 50 {
		id := h.came(channels.WhatsApp, fmt.Sprintf("+9665012345%02d", i), "where is my parcel 1086396430?")
		h.store.convs[id].Clocks = []conversations.Clock{{Name: "first_response", DueAt: time.Now().Add(time.Hour), State: conversations.Running}}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = h.app.Listener(l) }()
	url := "http://" + l.Addr().String() + "/v1/conversations"
	client := &fasthttp.Client{MaxConnsPerHost: 8}
	defer client.CloseIdleConnections()
	b.SetParallelism(4) // times two cores
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		req.SetRequestURI(url)
		req.Header.Set("Authorization", "Bearer "+officerToken)
		for pb.Next() {
			if err := client.Do(req, resp); err != nil || resp.StatusCode() != 200 {
				b.Error(err, resp.StatusCode())
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
