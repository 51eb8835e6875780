package inbox

import (
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestMergeSplitUndo(t *testing.T) {
	h := newHouse(t)
	a := h.arrived("+966500000001", "first")
	b := h.arrived("+966500000002", "second")
	merged := h.post("/v1/conversations/"+string(a.ID)+"/merge", map[string]any{"into": b.ID}).status(200)
	merged.is(string(b.ID), "id")
	event := merged.at("event").(string)
	if n := len(h.get("/v1/conversations/" + string(b.ID) + "/messages").status(200).at("items").([]any)); n != 2 {
		t.Errorf("%d messages after the merge", n)
	}
	h.get("/v1/conversations/"+string(a.ID)).status(200).is(string(b.ID), "merged_into")
	h.post("/v1/conversations/"+string(a.ID)+"/messages", map[string]any{"kind": "reply", "text": "late"}).problem(409, "merged")
	h.post("/v1/undo/"+event, nil).status(200).is(string(a.ID), "conversation", "id")
	h.post("/v1/undo/"+event, nil).problem(409, "undone")
	h.post("/v1/undo/nothing", nil).problem(404, "not-found")
	h.post("/v1/conversations/"+string(a.ID)+"/merge", map[string]any{"into": a.ID}).problem(422, "invalid", "into")
	h.post("/v1/conversations/"+string(a.ID)+"/merge", map[string]any{"into": "9999999"}).problem(422, "invalid", "into")
	h.do(ask{"POST", "/v1/conversations/" + string(a.ID) + "/merge", map[string]any{"into": b.ID}, map[string]string{
		"Authorization": "Bearer " + officerToken, "If-Match": `"99"`}}).problem(409, "stale")

	h.arrived("+966500000002", "third")
	split := h.post("/v1/conversations/"+string(b.ID)+"/split", map[string]any{"messages": []string{string(b.ID) + "-2"}}).status(201)
	of := split.at("id").(string)
	h.get("/v1/conversations/"+of+"/messages").status(200).is("third", "items", 0, "text")
	h.post("/v1/conversations/"+string(b.ID)+"/split", map[string]any{"messages": []string{"1-1"}}).problem(422, "invalid", "messages")
	h.post("/v1/undo/"+split.at("event").(string), nil).status(200)
	if n := len(h.get("/v1/conversations/" + string(b.ID) + "/messages").status(200).at("items").([]any)); n != 2 {
		t.Errorf("%d messages after undoing the split", n)
	}
}

func TestSearch(t *testing.T) {
	h := newHouse(t)
	c := h.arrived("+966500000001", "held in customs")
	found := h.get("/v1/search?q=customs").status(200)
	found.is(string(c.ID), "items", 0, "id").is("held in customs", "items", 0, "messages", 0, "text")
	h.get("/v1/search").problem(422, "invalid", "q")
	h.get("/v1/search?q=%20").problem(422, "invalid", "q")
	h.get("/v1/search?q=x&limit=0").problem(422, "invalid", "limit")
	h.get("/v1/search?q=x&cursor=zzz").problem(422, "invalid", "cursor")
}

func TestContacts(t *testing.T) {
	h := newHouse(t)
	a := h.arrived("+966500000001", "first")
	b := h.arrived("+966500000002", "second")
	ka, kb := "/v1/contacts/"+string(a.Contact.ID), "/v1/contacts/"+string(b.Contact.ID)
	if n := len(h.get("/v1/contacts").status(200).at("items").([]any)); n != 2 {
		t.Errorf("%d contacts", n)
	}
	h.do(ask{"PATCH", ka, map[string]any{"name": "Amina"}, as(officerToken)}).status(200).is("Amina", "name")
	h.get("/v1/conversations/"+string(a.ID)).status(200).is("Amina", "contact", "name")
	stale := as(officerToken)
	stale["If-Match"] = `"1"`
	h.do(ask{"PATCH", ka, map[string]any{"name": "Nobody"}, stale}).problem(409, "stale")
	h.do(ask{"PATCH", ka, map[string]any{"handles": []any{}}, as(officerToken)}).problem(422, "invalid", "handles")
	h.do(ask{"PATCH", ka, map[string]any{"nonsense": 1}, as(officerToken)}).problem(422, "invalid", "nonsense")
	h.get("/v1/contacts?q=Amina").status(200).is(string(a.Contact.ID), "items", 0, "id")

	merged := h.post(ka+"/merge", map[string]any{"into": b.Contact.ID}).status(200).is(string(b.Contact.ID), "id")
	h.get("/v1/conversations/"+string(a.ID)).status(200).is(string(b.Contact.ID), "contact", "id")
	h.post("/v1/undo/"+merged.at("event").(string), nil).status(200).is(string(a.Contact.ID), "contact", "id")
	h.get("/v1/conversations/"+string(a.ID)).status(200).is(string(a.Contact.ID), "contact", "id")

	h.get(ka+"/export").problem(403, "forbidden")
	h.do(ask{"GET", ka + "/export", nil, as(supervisorToken)}).status(200).is("first", "conversations", 0, "messages", 0, "text")
	h.do(ask{"DELETE", ka, nil, as(officerToken)}).problem(403, "forbidden")
	cert := h.do(ask{"DELETE", ka, nil, as(supervisorToken)}).status(200).is(string(a.Contact.ID), "contact")
	if strings.Contains(cert.text, "Amina") || strings.Contains(cert.text, "+966") {
		t.Errorf("the certificate names the person: %s", cert.text)
	}
	h.get(ka).problem(404, "not-found")
	h.get("/v1/conversations/"+string(a.ID)).problem(404, "not-found")
	h.get("/v1/conversations/"+string(a.ID)+"/messages").problem(404, "not-found")
	h.do(ask{"DELETE", ka, nil, as(supervisorToken)}).problem(404, "not-found")
	h.get(kb).status(200)
	h.get("/v1/contacts/zzz").problem(404, "not-found")
}

func TestAuditTrail(t *testing.T) {
	h := newHouse(t)
	c := h.arrived("+966500000001", "first")
	h.get("/v1/audit").problem(403, "forbidden")
	h.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{"kind": "note", "text": "remember"}).status(202)
	h.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{"kind": "note"}).problem(422, "invalid")
	list := h.do(ask{"GET", "/v1/audit", nil, as(supervisorToken)}).status(200)
	list.is("reply", "items", 0, "action").is("o1", "items", 0, "by", "id").is("/v1/conversations/"+string(c.ID)+"/messages", "items", 0, "target")
	if n := len(list.at("items").([]any)); n != 2 { // the note, and what was forbidden
		t.Errorf("%d entries: %s", n, list.text)
	}
	h.do(ask{"GET", "/v1/audit?action=none", nil, as(supervisorToken)}).status(200)
}

// arrived lets a customer write by SMS, and returns the conversation.
func (h *house) arrived(from, text string) conversations.Conversation {
	h.Helper()
	c, err := h.store.Load(h.Context(), h.came(channels.SMS, from, text))
	if err != nil {
		h.Fatal(err)
	}
	return c
}
