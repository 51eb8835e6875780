package inbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

func TestReports(t *testing.T) {
	h := newHouse(t)
	for i := range 3 {
		h.came(channels.SMS, fmt.Sprintf("+6012345678%d", i), "hello")
	}
	h.came(channels.WhatsApp, "+966501234567", "أين شحنتي")
	h.clock.forward(30 * time.Minute)
	h.do(ask{"POST", "/v1/conversations/1001/messages", `{"kind":"reply","text":"on its way"}`, as(officerToken)}).status(202)
	h.patch("/v1/conversations/1001", `{"status":"solved","assignee":"me"}`).status(200)
	h.clock.forward(time.Minute)

	names := h.get("/v1/reports").status(200)
	if len(names.items()) < 10 {
		t.Errorf("%d reports", len(names.items()))
	}
	for i := range names.items() {
		for _, by := range []string{"", "?group_by=desk", "?group_by=officer", "?group_by=day"} {
			h.get(fmt.Sprintf("/v1/reports/%s%s", names.at("items", i, "name"), by)).status(200)
		}
	}
	h.get("/v1/reports/volume").status(200).is(4, "total", "values", 0, "value").is(1, "total", "values", 1, "value").is("[]", "rows")
	rows := h.get("/v1/reports/volume?group_by=channel").status(200)
	rows.is("sms", "rows", 0, "group").is(3, "rows", 0, "values", 0, "value").is("whatsapp", "rows", 1, "group").is(1, "rows", 1, "values", 0, "value")
	h.get("/v1/reports/first_response?group_by=officer").status(200).is("o1", "rows", 0, "group").is("OFFICER", "rows", 0, "title").is(30, "rows", 0, "values", 1, "value")

	if n := len(h.get("/v1/reports/volume/items?metric=opened&group_by=channel&group=sms").status(200).items()); n != 3 {
		t.Errorf("%d behind the figure, want 3", n)
	}
	h.get("/v1/reports/volume/items?metric=solved").status(200).is("1001", "items", 0, "conversation").is("o1", "items", 0, "officer")

	sheet := h.do(ask{"GET", "/v1/reports/volume?group_by=channel", "", as(officerToken, "Accept", "text/csv")}).status(200)
	if want := "group,opened (conversations),opened n,solved (conversations),"; !strings.HasPrefix(sheet.text, want) || !strings.Contains(sheet.text, "\nsms,3,3,") || !strings.Contains(sheet.text, "\ntotal,4,4,") {
		t.Errorf("got %s", sheet.text)
	}
	day := noon.Format(time.DateOnly)
	h.get("/v1/reports/volume?from="+day+"&to="+day).status(200).is(4, "total", "values", 0, "value")
	h.get("/v1/reports/volume?to="+noon.AddDate(0, 0, -1).Format(time.DateOnly)).status(200).is(0, "total", "values", 0, "value")
	h.get("/v1/reports/volume?desk=trace").status(200).is(0, "total", "values", 0, "value")
	for query, place := range map[string]string{
		"from=yesterday": "query.from", "to=13": "query.to", "group_by=shoe": "query.group_by", "from=2026-01-02&to=2026-01-01": "query.from", "from=2001-01-01": "query.from",
	} {
		h.get("/v1/reports/volume?"+query).problem(422, "invalid").is(place, "errors", 0, "location")
	}
	h.get("/v1/reports/volume/items?metric=none").problem(422, "invalid").is("query.metric", "errors", 0, "location")
	h.get("/v1/reports/nothing").problem(404, "not-found")
}
