package inbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// A promise for the last instant of the year 9999 was kept, with a due time that
// no page of promises could show.
func TestTimesOutsideTheCalendarAreRefused(t *testing.T) {
	h := newHouse(t)
	c := h.came(channels.SMS, "+60123456789", "hello")
	path := "/v1/conversations/" + string(c)
	for _, at := range []string{"9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", "2200-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00"} {
		h.post(path+"/callbacks", fmt.Sprintf(`{"at":%q}`, at)).problem(422, "invalid", "body.at")
		h.patch(path, fmt.Sprintf(`{"snoozed_until":%q}`, at)).problem(422, "invalid", "body.snoozed_until")
		h.post("/v1/shipments/1086396430/events", fmt.Sprintf(`{"id":"1","status":"Delivered","at":%q}`, at)).problem(422, "invalid", "body.at")
	}
	h.patch(path, `{"snoozed_until":"2199-12-31T23:59:59Z"}`).status(200)
	h.patch(path, `{"snoozed_until":null}`).status(200)
	h.post(path+"/callbacks", `{"at":"2199-12-31T23:59:59Z"}`).status(201)
	h.get("/v1/callbacks").status(200)
	for before, want := range map[string]int{"9999-12-31T23:59:59-01:00": 1, "2500-01-01T00:00:00Z": 1, "1970-01-01T00:00:00Z": 0, "1066-10-14T09:00:00Z": 0} {
		if n := len(h.get("/v1/callbacks?due_before=" + before).status(200).items()); n != want {
			t.Errorf("%d are due before %s, want %d", n, before, want)
		}
	}
}

// What was kept before such times were refused does not hide what else is in its list.
func TestTimesBehindTheCalendarAreShown(t *testing.T) {
	h := newHouse(t)
	c := h.came(channels.SMS, "+60123456789", "hello")
	id := h.post("/v1/conversations/"+string(c)+"/callbacks", `{}`).status(201).at("id").(string)
	old := h.store.callbacks[conversations.CallbackID(id)]
	end := time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600))
	old.NotBefore, old.DueAt, old.LookAt = end, end.Add(time.Hour), &end
	h.store.callbacks[old.ID] = old
	h.store.convs[c].Clocks = append(h.store.convs[c].Clocks, conversations.Clock{Name: "callback", DueAt: old.DueAt, State: conversations.Running})
	for _, path := range []string{"/v1/callbacks", "/v1/conversations"} {
		if n := len(h.get(path).status(200).items()); n != 1 {
			t.Errorf("%s: %d", path, n)
		}
	}
	h.get("/v1/callbacks/"+id).status(200).is("9999-12-31T23:59:59Z", "due_at").is("9999-12-31T23:59:59Z", "not_before")
	h.get("/v1/conversations/" + string(c)).status(200)
}
