package inbox

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/caravan-desk/caravan/channels"
)

func TestIdempotencyKey(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	path := "/v1/conversations/" + string(id) + "/messages"
	first := h.post(path, `{"kind":"reply","text":"once"}`, "Idempotency-Key", "k1").status(202)
	again := h.post(path, `{"kind":"reply","text":"once"}`, "Idempotency-Key", "k1").status(202)
	if first.text != again.text || again.Header.Get("Idempotency-Replayed") != "true" || again.Header.Get("ETag") != first.Header.Get("ETag") {
		t.Errorf("%s\n%s\n%v", first.text, again.text, again.Header)
	}
	if n := len(h.store.messages[id]); n != 2 {
		t.Errorf("%d messages", n)
	}
	h.post(path, `{"kind":"reply","text":"twice"}`, "Idempotency-Key", "k1").problem(422, "idempotency-mismatch")
	h.do(ask{"POST", path, `{"kind":"reply","text":"once"}`, as(supervisorToken, "Idempotency-Key", "k1")}).status(202) // another officer's
	h.post(path, `{"kind":"reply","text":"long"}`, "Idempotency-Key", strings.Repeat("k", 256)).problem(422, "invalid", "Idempotency-Key")

	open := `{"to":{"channel":"sms","address":"+60199999999"},"text":"hi"}`
	a := h.post("/v1/conversations", open, "Idempotency-Key", "k1").status(201)
	b := h.post("/v1/conversations", open, "Idempotency-Key", "k1").status(201)
	if a.at("id") != b.at("id") || a.Header.Get("Location") != b.Header.Get("Location") {
		t.Errorf("two conversations: %v, %v", a.at("id"), b.at("id"))
	}
}

func TestIdempotencyKeyIsFreeAfterARefusal(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	path := "/v1/conversations/" + string(id) + "/messages"
	h.post(path, `{"kind":"reply","text":""}`, "Idempotency-Key", "k").problem(422, "invalid")
	h.post(path, `{"kind":"reply","text":"now"}`, "Idempotency-Key", "k").status(202)
}

func TestIdempotencyKeyInFlight(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	path := "/v1/conversations/" + string(id) + "/messages"
	h.store.keys[hexSum([]byte("o1\x00k\x00"+path))] = nil // another gateway is at it
	g := h.post(path, `{"kind":"reply","text":"x"}`, "Idempotency-Key", "k").problem(409, "in-flight")
	if g.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %s", g.Header.Get("Retry-After"))
	}
}

func TestIdempotencyKeyTogether(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	path := "/v1/conversations/" + string(id) + "/messages"
	h.get("/v1/me").status(200)
	var wg sync.WaitGroup
	statuses := make([]int, 16)
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = h.post(path, `{"kind":"reply","text":"once"}`, "Idempotency-Key", "k").StatusCode
		})
	}
	wg.Wait()
	for _, s := range statuses {
		if s != 202 && s != 409 {
			t.Errorf("statuses %v", statuses)
		}
	}
	if n := len(h.store.messages[id]); n != 2 {
		t.Errorf("%d messages, statuses %v", n, statuses)
	}
}

// The answer was lost between the commit and the saving of it: the message's own claim holds.
func TestIdempotencyKeyOutlivesItsAnswer(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	path := "/v1/conversations/" + string(id) + "/messages"
	first := h.post(path, `{"kind":"reply","text":"once"}`, "Idempotency-Key", "k").status(202)
	h.post("/v1/conversations/"+string(id)+"/callbacks", `{}`, "Idempotency-Key", "k").status(201) // another path's
	clear(h.store.keys)
	h.post(path, `{"kind":"reply","text":"once"}`, "Idempotency-Key", "k").status(202).is(first.at("id"), "id")
}

func TestIdempotentUpload(t *testing.T) {
	h := newHouse(t)
	form := func(boundary string) *got {
		body := fmt.Sprintf("--%[1]s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nwords\r\n--%[1]s--\r\n", boundary)
		return h.post("/v1/attachments", body, "Content-Type", "multipart/form-data; boundary="+boundary, "Idempotency-Key", "k")
	}
	a, b := form("aaaa").status(201), form("bbbb").status(201)
	if a.at("id") != b.at("id") || b.Header.Get("Idempotency-Replayed") == "" {
		t.Errorf("%s, %s", a.text, b.text)
	}
}
