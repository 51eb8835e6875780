package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

func TestCompose(t *testing.T) {
	long := strings.Repeat("ع", maxBody)
	pictures := func(n int) []channels.Attachment {
		return slices.Repeat([]channels.Attachment{{URL: "https://h.example/a"}}, n)
	}
	for name, c := range map[string]struct {
		s    Messages
		m    channels.Outbound
		from string
		want NewMessage
		code string // of the refusal
	}{
		"from the number":            {Messages{From: "+1"}, channels.Outbound{Text: "x"}, "", NewMessage{From: "+1", Body: "x"}, ""},
		"the service goes before it": {Messages{From: "+1", ServiceSID: "MG"}, channels.Outbound{Text: "x"}, "", NewMessage{ServiceSID: "MG", Body: "x"}, ""},
		"the account before both":    {Messages{From: "+1", ServiceSID: "MG"}, channels.Outbound{Text: "x"}, "+2", NewMessage{From: "+2", Body: "x"}, ""},
		"template alone": {Messages{From: "+1"}, channels.Outbound{Text: "x", Attachments: pictures(1), Content: &channels.Content{SID: "HX", Variables: map[string]string{"1": "a"}}}, "",
			NewMessage{From: "+1", ContentSID: "HX", ContentVariables: map[string]string{"1": "a"}}, ""},
		"picture alone":   {Messages{From: "+1"}, channels.Outbound{Attachments: pictures(1)}, "", NewMessage{From: "+1", MediaURLs: []string{"https://h.example/a"}}, ""},
		"as long as may":  {Messages{From: "+1"}, channels.Outbound{Text: long}, "", NewMessage{From: "+1", Body: long}, ""},
		"too long":        {Messages{From: "+1"}, channels.Outbound{Text: long + "x"}, "", NewMessage{}, "21617"},
		"emoji count two": {Messages{From: "+1"}, channels.Outbound{Text: strings.Repeat("😀", maxBody/2) + "x"}, "", NewMessage{}, "21617"},
		"empty":           {Messages{From: "+1"}, channels.Outbound{Text: " \n"}, "", NewMessage{}, "21619"},
		"eleven pictures": {Messages{From: "+1"}, channels.Outbound{Attachments: pictures(11)}, "", NewMessage{}, "21623"},
		"no sender":       {Messages{}, channels.Outbound{Text: "x"}, "", NewMessage{}, "21603"},
	} {
		t.Run(name, func(t *testing.T) {
			c.s.PublicURL, c.m.MessageID = "https://h.example/", "p03-01H"
			got, err := c.s.compose(c.m, c.from, "+6")
			if c.code != "" {
				wantSendError(t, err, channels.Permanent, c.code, 0)
				return
			}
			c.want.To, c.want.StatusCallback = "+6", "https://h.example/webhooks/twilio/status/p03-01H"
			if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestBlobsNeedAnAddress(t *testing.T) {
	m := channels.Outbound{Attachments: []channels.Attachment{{Blob: "b1"}}}
	s := Messages{From: "+1", PublicURL: "https://h.example"}
	if _, err := s.compose(m, "", "+6"); err == nil {
		t.Error("a blob without an address is sent")
	}
	s.MediaURL = func(a channels.Attachment) (string, error) { return "https://h.example/" + a.Blob, nil }
	if n, err := s.compose(m, "", "+6"); err != nil || !slices.Equal(n.MediaURLs, []string{"https://h.example/b1"}) {
		t.Errorf("%+v, %v", n, err)
	}
}

// listed answers with messages, two a page, as Twilio pages them.
func listed(t *testing.T, messages []map[string]any, seen *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*seen = append(*seen, r.Method+" "+r.RequestURI)
		from := 0
		fmt.Sscan(r.URL.Query().Get("Page"), &from)
		page := map[string]any{"messages": messages[min(from*2, len(messages)):min(from*2+2, len(messages))]}
		if from*2+2 < len(messages) {
			page["next_page_uri"] = fmt.Sprintf("/2010-04-01/Accounts/%s/Messages.json?To=x&PageSize=50&Page=%d&PageToken=PASM%d", account, from+1, from)
		}
		if err := json.NewEncoder(w).Encode(page); err != nil {
			t.Error(err)
		}
	}
}

func made(sid, body string, at time.Duration, more ...string) map[string]any {
	m := map[string]any{"sid": sid, "body": body, "direction": "outbound-api", "from": "+60312345678", "to": "+60123456789",
		"status": "delivered", "date_created": testNow.Add(at).Format(time.RFC1123Z)}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

func TestFind(t *testing.T) {
	ours := channels.Outbound{MessageID: "m1", Text: "Your parcel\nis here ", Attempted: testNow}
	template := channels.Outbound{MessageID: "m1", Content: &channels.Content{SID: "HX"}, Attempted: testNow}
	same := "Your parcel\r\nis here"
	for name, c := range map[string]struct {
		m       channels.Outbound
		there   []map[string]any
		claimed string
		want    string
	}{
		"nothing there":              {ours, nil, "", ""},
		"there":                      {ours, []map[string]any{made("SM1", same, time.Second)}, "", "SM1"},
		"our clock is ahead":         {ours, []map[string]any{made("SM1", same, -time.Minute)}, "", "SM1"},
		"before the attempt":         {ours, []map[string]any{made("SM1", same, -time.Hour)}, "", ""},
		"long after the attempt":     {ours, []map[string]any{made("SM1", same, time.Hour)}, "", ""},
		"another text":               {ours, []map[string]any{made("SM1", "Your parcel", 0)}, "", ""},
		"trial account":              {ours, []map[string]any{made("SM1", trialPrefix+same, 0)}, "", "SM1"},
		"the customer's own":         {ours, []map[string]any{made("SM1", same, 0, "direction", "inbound")}, "", ""},
		"another message's":          {ours, []map[string]any{made("SM1", same, 0)}, "SM1", ""},
		"the first made of two":      {ours, []map[string]any{made("SM2", same, 2*time.Second), made("SM1", same, time.Second)}, "", "SM1"},
		"the second, unclaimed":      {ours, []map[string]any{made("SM2", same, 2*time.Second), made("SM1", same, time.Second)}, "SM1", "SM2"},
		"on the second page":         {ours, []map[string]any{made("SM3", "a", 3), made("SM2", "b", 2), made("SM1", same, 1)}, "", "SM1"},
		"still waiting, undated":     {ours, []map[string]any{made("SM1", same, 0, "date_sent", "", "status", "queued")}, "", "SM1"},
		"attempt's time unknown":     {channels.Outbound{MessageID: "m1", Text: same}, []map[string]any{made("SM1", same, -3*time.Hour)}, "", "SM1"},
		"template, any text":         {template, []map[string]any{made("SM1", "rendered by Twilio", 0)}, "", "SM1"},
		"template, text is known":    {channels.Outbound{MessageID: "m1", Text: "b", Content: &channels.Content{SID: "HX", Exact: true}, Attempted: testNow}, []map[string]any{made("SM2", "a", 1), made("SM1", "b", 0)}, "", "SM1"},
		"template, our words for it": {channels.Outbound{MessageID: "m1", Text: "b", Content: template.Content, Attempted: testNow}, []map[string]any{made("SM1", "rendered by Twilio", 0)}, "", "SM1"},
		"unreadable date":            {ours, []map[string]any{made("SM1", same, 0, "date_created", "yesterday")}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var seen []string
			s := &Messages{Client: standIn(t, listed(t, c.there, &seen)), From: "+60312345678", PublicURL: "https://h.example"}
			s.Claimed = func(_ context.Context, sid, messageID string) (bool, error) {
				if messageID != "m1" {
					t.Errorf("asked for message %q", messageID)
				}
				return sid == c.claimed, nil
			}
			sid, found, err := s.Find(t.Context(), c.m, "", "+60123456789")
			if err != nil || sid != c.want || found != (c.want != "") {
				t.Errorf("found %q, %v, %v, want %q", sid, found, err, c.want)
			}
			want := "GET /2010-04-01/Accounts/" + account + "/Messages.json?From=%2B60312345678&PageSize=50&To=%2B60123456789"
			if seen[0] != want {
				t.Errorf("asked %q, want %q", seen[0], want)
			}
			if len(seen) > 1 && !strings.HasSuffix(seen[1], "&Page=1&PageSize=50&PageToken=PASM0&To=%2B60123456789") {
				t.Errorf("then asked %q", seen[1])
			}
		})
	}
}

func TestFindByService(t *testing.T) {
	var seen []string
	s := &Messages{ServiceSID: "MG1", PublicURL: "https://h.example", Client: standIn(t, listed(t, []map[string]any{
		made("SM2", "x", 0), made("SM1", "x", 0, "messaging_service_sid", "MG1")}, &seen))}
	sid, found, err := s.Find(t.Context(), channels.Outbound{MessageID: "m", Text: "x", Attempted: testNow}, "", "whatsapp:US.13491208655302741918")
	if err != nil || !found || sid != "SM1" {
		t.Errorf("%q, %v, %v", sid, found, err)
	}
	if !strings.HasSuffix(seen[0], "?PageSize=50&To=whatsapp%3AUS.13491208655302741918") {
		t.Errorf("asked %q: an ID must not lose its digits", seen[0])
	}
}

func TestFindDoesNotGuess(t *testing.T) {
	var seen []string
	s := &Messages{From: "+1", PublicURL: "https://h.example", Client: standIn(t, listed(t, []map[string]any{made("SM2", "a", 0), made("SM1", "b", 0)}, &seen))}
	_, found, err := s.Find(t.Context(), channels.Outbound{MessageID: "m", Content: &channels.Content{SID: "HX"}, Attempted: testNow}, "", "+6")
	if found {
		t.Error("one of two templates was taken")
	}
	wantSendError(t, err, channels.Temporary, "", 0)
}

func TestFindNeverSaysLost(t *testing.T) {
	s := &Messages{From: "+1", PublicURL: "https://h.example", Client: standIn(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
	})}
	_, _, err := s.Find(t.Context(), channels.Outbound{MessageID: "m", Text: "x"}, "", "+6")
	wantSendError(t, err, channels.Temporary, "", 0)

	s.Client = standIn(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{") })
	_, _, err = s.Find(t.Context(), channels.Outbound{MessageID: "m", Text: "x"}, "", "+6")
	wantSendError(t, err, channels.Temporary, "", 0)

	var seen []string
	s.Client = standIn(t, listed(t, []map[string]any{made("SM1", "x", 0)}, &seen))
	s.Claimed = func(context.Context, string, string) (bool, error) { return false, errors.New("away") }
	_, _, err = s.Find(t.Context(), channels.Outbound{MessageID: "m", Text: "x", Attempted: testNow}, "", "+6")
	wantSendError(t, err, channels.Temporary, "", 0)
}
