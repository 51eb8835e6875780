package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (m *mock) list(r *http.Request) (int, any) {
	q := r.URL.Query()
	found := where(m.conversations, func(c obj) bool {
		who := q.Get("assignee")
		mine := c["assignee"] != nil && c["assignee"].(obj)["id"] == m.officer["id"]
		return in(q.Get("status"), c["status"]) && in(q.Get("desk"), c["desk"]) &&
			(who == "" || who == "none" && c["assignee"] == nil || who == "me" && mine) &&
			(q.Get("overdue") == "" || due(c).Before(time.Now())) &&
			(q.Get("contact") == "" || c["contact"].(obj)["id"] == q.Get("contact"))
	})
	slices.SortStableFunc(found, func(a, b obj) int {
		if q.Get("sort") == "due" {
			return due(a).Compare(due(b))
		}
		return strings.Compare(b["updated_at"].(string), a["updated_at"].(string))
	})
	limit, from := 50, 0
	if n, err := strconv.Atoi(q.Get("limit")); err == nil {
		limit = n
	}
	if n, err := strconv.Atoi(q.Get("cursor")); err == nil {
		from = n
	}
	rest := found[min(from, len(found)):]
	if len(rest) <= limit {
		return list(rest...)
	}
	return 200, obj{"items": rest[:limit], "next_cursor": strconv.Itoa(from + limit)}
}

// due is the next clock, or the end of time.
func due(c obj) time.Time {
	next := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, k := range c["clocks"].([]obj) {
		at, err := time.Parse(time.RFC3339, k["due_at"].(string))
		if err == nil && k["state"] != "paused" && k["state"] != "met" && at.Before(next) {
			next = at
		}
	}
	return next
}

func (m *mock) find(id string) obj {
	for _, c := range m.conversations {
		if c["id"] == id {
			return c
		}
	}
	return nil
}

func (m *mock) one(r *http.Request) (int, any) {
	if c := m.find(r.PathValue("id")); c != nil {
		return 200, c
	}
	return 404, problem("not-found", 404, "no such conversation")
}

func stale(r *http.Request, c obj) bool {
	want := r.Header.Get("If-Match")
	return want != "" && want != fmt.Sprintf("%q", strconv.Itoa(c["version"].(int)))
}

func (m *mock) patch(r *http.Request) (int, any) {
	c := m.find(r.PathValue("id"))
	if stale(r, c) {
		p := problem("stale", 409, "it changed")
		p["present"] = c
		return 409, p
	}
	changes := obj{}
	b := body(r)
	if b["read"] == true {
		c["unread"] = 0
		delete(b, "read")
	}
	for k, v := range b {
		if k == "assignee" && v != nil {
			v = obj{"id": v, "name": m.officer["name"]}
		}
		changes[k] = obj{"from": c[k], "to": v}
		c[k] = v
	}
	m.touch(c, obj{"type": "conversation.changed", "by": m.by(), "changes": changes})
	return 200, c
}

func (m *mock) by() obj {
	return obj{"type": "officer", "id": m.officer["id"], "name": m.officer["name"]}
}

// touch makes a new version and tells the feed.
func (m *mock) touch(c, event obj) {
	c["version"] = c["version"].(int) + 1
	c["updated_at"] = time.Now().UTC().Format(time.RFC3339Nano)
	event["id"] = strconv.Itoa(len(m.events) + 1)
	event["conversation"], event["version"], event["at"] = c["id"], c["version"], c["updated_at"]
	id := c["id"].(string)
	m.history[id] = append(m.history[id], event)
	m.events = append(m.events, event)
	close(m.wake)
	m.wake = make(chan struct{})
}

func (m *mock) post(r *http.Request) (int, any) {
	c, b, key := m.find(r.PathValue("id")), body(r), r.Header.Get("Idempotency-Key")
	if had := m.done[key]; had != nil {
		return 202, had
	}
	if stale(r, c) {
		return 409, problem("stale", 409, "written against an old version")
	}
	until, _ := c["whatsapp_window_until"].(string)
	if b["kind"] == "reply" && b["template"] == nil && b["channel"] == "whatsapp" && until < time.Now().UTC().Format(time.RFC3339) {
		p := problem("window-closed", 422, "the WhatsApp window is closed: only an approved template may be sent")
		p["templates"] = []string{"shipment_status_update"}
		return 422, p
	}
	text, _ := b["text"].(string)
	if b["template"] != nil {
		text = fmt.Sprintf("(%v)", b["template"])
	}
	id := c["id"].(string)
	msg := obj{"id": fmt.Sprintf("%s-%d", id, len(m.messages[id])+1), "conversation": id, "kind": "message", "direction": "out", "channel": b["channel"],
		"author": m.by(), "text": text, "template": b["template"], "attachments": []obj{}, "status": "queued", "created_at": time.Now().UTC().Format(time.RFC3339Nano)}
	event := "message.queued"
	if b["kind"] == "note" {
		msg["kind"], msg["status"], event = "note", "sent", "message.noted"
	}
	m.messages[id] = append(m.messages[id], msg)
	m.posted++
	m.touch(c, obj{"type": event, "by": m.by(), "message": msg["id"]})
	sent := obj{}
	for k, v := range msg {
		sent[k] = v
	}
	m.done[key] = sent
	return 202, sent
}

func (m *mock) promise(r *http.Request) (int, any) {
	b, c, now := body(r), m.find(r.PathValue("id")), time.Now().UTC()
	cb := obj{"id": fmt.Sprintf("%s-cb%d", c["id"], len(m.callbacks)+1), "conversation": c["id"], "version": 1, "phone": b["phone"], "status": "scheduled", "attempts": []obj{},
		"requested_at": now.Format(time.RFC3339), "not_before": now.Format(time.RFC3339), "due_at": now.Add(24 * time.Hour).Format(time.RFC3339), "note": b["note"], "owner": m.by()}
	m.callbacks = append(m.callbacks, cb)
	m.touch(c, obj{"type": "callback.changed", "by": m.by()})
	return 201, cb
}

func (m *mock) search(r *http.Request) (int, any) {
	q := strings.ToLower(r.FormValue("q"))
	var hits []obj
	for _, c := range m.conversations {
		said := []obj{}
		for _, msg := range m.messages[c["id"].(string)] {
			if text, _ := msg["text"].(string); strings.Contains(strings.ToLower(text), q) {
				said = append(said, msg)
			}
		}
		if text, err := json.Marshal(c); err == nil && (len(said) > 0 || strings.Contains(strings.ToLower(string(text)), q)) {
			hits = append(hits, obj{"id": c["id"], "conversation": c, "messages": said, "where": []string{"message"}})
		}
	}
	return list(hits...)
}

func preview(r *http.Request) (int, any) {
	v, _ := body(r)["variables"].(obj)
	if v["awb"] == nil {
		p := problem("invalid", 422, "the template cannot be rendered")
		p["errors"] = []obj{{"message": "missing variable: awb", "location": "body.variables"}}
		return 422, p
	}
	return 200, obj{"text": fmt.Sprintf("Dear %v, your shipment %v has left customs.", v["name"], v["awb"]), "segments": 1, "warnings": []string{}}
}

func attach(r *http.Request) (int, any) {
	f, head, err := r.FormFile("file")
	if err != nil {
		return 422, problem("invalid", 422, err.Error())
	}
	_ = f.Close() // nothing was written
	return 201, obj{"id": "att-" + head.Filename, "name": head.Filename, "content_type": head.Header.Get("Content-Type"), "size": head.Size}
}

// feed is GET /v1/events.
func (m *mock) feed(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	at, down := len(m.events), m.down
	m.mu.Unlock()
	if down {
		answer(w, 503, problem("unavailable", 503, "away"))
		return
	}
	if last, err := strconv.Atoi(r.Header.Get("Last-Event-ID")); err == nil {
		at = last
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": hello\n\n")
	for {
		m.mu.Lock()
		fresh, wake, down := m.events[at:], m.wake, m.down
		m.mu.Unlock()
		for _, e := range fresh {
			line, err := json.Marshal(e)
			if err != nil {
				return
			}
			fmt.Fprintf(w, "id: %v\nevent: %v\ndata: %s\n\n", e["id"], e["type"], line)
			at++
		}
		w.(http.Flusher).Flush()
		if down {
			return
		}
		select {
		case <-wake:
		case <-r.Context().Done():
			return
		}
	}
}
