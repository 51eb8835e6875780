package twilio

import (
	"fmt"
	"io"
	"net/http"
	"testing"
)

func TestListContents(t *testing.T) {
	var client *Client
	client = standIn(t, func(w http.ResponseWriter, r *http.Request) {
		if user, _, _ := r.BasicAuth(); user != account || r.URL.Path != "/v1/ContentAndApprovals" {
			t.Errorf("%s asks %s", user, r.URL)
		}
		if r.URL.Query().Get("Page") == "1" {
			io.WriteString(w, `{"contents":[{"sid":"HX2","friendly_name":"mine","language":"en","types":{"twilio/media":{"media":["x"]}},"approval_requests":{"name":"","status":"pending"}}],"meta":{"next_page_url":null}}`)
			return
		}
		fmt.Fprintf(w, `{"contents":[{"sid":"HX1","friendly_name":"x","language":"ar","variables":{"1":"a"},"types":{"whatsapp/card":{"body":"other"},"twilio/text":{"body":"نص {{1}}"}},
			"approval_requests":{"name":"caravan_x","status":"approved","category":"UTILITY"},"new_in_2027":true}],"meta":{"next_page_url":"%s/v1/ContentAndApprovals?Page=1"}}`, client.base)
	})
	got, err := client.ListContents(t.Context())
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if c := got[0]; c.SID != "HX1" || c.Name != "caravan_x" || c.Language != "ar" || c.Type != "twilio/text" || c.Body != "نص {{1}}" || c.Status != "approved" {
		t.Errorf("first %+v", c)
	}
	if c := got[1]; c.Name != "mine" || c.Status != "pending" || c.Body != "" {
		t.Errorf("second %+v", c)
	}
	client = standIn(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	if _, err := client.ListContents(t.Context()); err == nil {
		t.Error("an account without it lists nothing and says nothing")
	}
}
