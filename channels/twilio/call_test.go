package twilio

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCreateCallRequest(t *testing.T) {
	client := standIn(t, func(w http.ResponseWriter, r *http.Request) {
		got := capture(t, r)
		want := url.Values{"To": {"+60123456789"}, "From": {"+60312345678"}, "Url": {"https://h.example/v"}, "Timeout": {"25"}, "TimeLimit": {"3600"},
			"StatusCallback": {"https://h.example/cb"}, "StatusCallbackEvent": {"answered", "completed"}, "MachineDetection": {"Enable"},
			"AsyncAmd": {"true"}, "AsyncAmdStatusCallback": {"https://h.example/amd"}}
		if got.uri != "/2010-04-01/Accounts/"+account+"/Calls.json" || got.form.Encode() != want.Encode() {
			t.Errorf("request %+v, want %v", got, want)
		}
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"sid":"CA1","status":"queued"}`)
	})
	call, err := client.CreateCall(t.Context(), NewCall{To: "+60123456789", From: "+60312345678", URL: "https://h.example/v",
		StatusCallback: "https://h.example/cb", StatusEvents: []string{"answered", "completed"},
		Timeout: 25 * time.Second, TimeLimit: time.Hour, MachineDetection: "Enable", MachineCallback: "https://h.example/amd"})
	if err != nil || call != (Call{SID: "CA1", Status: "queued"}) {
		t.Errorf("placed %+v, %v", call, err)
	}
}

func TestCallsAreAskedFor(t *testing.T) {
	const one = `{"sid":"CA1","status":"completed","direction":"outbound-api","duration":"63","answered_by":"human","date_created":"Sat, 21 Nov 2026 10:00:00 +0000"}`
	want := Call{SID: "CA1", Status: "completed", Direction: "outbound-api", AnsweredBy: "human", Seconds: 63, Created: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)}
	var asked []string
	client := standIn(t, func(w http.ResponseWriter, r *http.Request) {
		got := capture(t, r)
		asked = append(asked, r.Method+" "+got.uri+" "+got.form.Encode())
		if strings.Contains(got.uri, "Calls.json") {
			io.WriteString(w, `{"calls":[`+one+`,{"sid":"CA2","status":"queued","duration":null,"date_created":"soon"}]}`)
			return
		}
		io.WriteString(w, one)
	})
	if c, err := client.FetchCall(t.Context(), "CA1"); err != nil || c != want {
		t.Errorf("fetched %+v, %v", c, err)
	}
	if all, err := client.ListCalls(t.Context(), "+60123456789", "+60312345678"); err != nil || len(all) != 2 || all[0] != want || all[1] != (Call{SID: "CA2", Status: "queued"}) {
		t.Errorf("listed %+v, %v", all, err)
	}
	if err := client.EndCall(t.Context(), "CA1"); err != nil {
		t.Error(err)
	}
	base := "/2010-04-01/Accounts/" + account + "/Calls"
	if want := []string{
		"GET " + base + "/CA1.json ", "GET " + base + ".json?From=%2B60312345678&PageSize=50&To=%2B60123456789 ", "POST " + base + "/CA1.json Status=completed",
	}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}
