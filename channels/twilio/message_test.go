package twilio

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// fetched is a message as the provider's reference shows one: GET …/Messages/{Sid}.json.
const fetched = `{"account_sid":"AC1","api_version":"2010-04-01","body":"أين شحنتي؟","date_created":"Thu, 19 Nov 2026 01:33:57 +0000",
"date_sent":"Thu, 19 Nov 2026 01:33:59 +0000","date_updated":"Thu, 19 Nov 2026 01:34:01 +0000","direction":"inbound","error_code":30007,"error_message":null,
"from":"+966500000142","messaging_service_sid":"MG1","num_media":"2","num_segments":"1","price":null,"price_unit":null,"sid":"SM1","status":"received","to":"+15005550006"}`

func TestFetchMessage(t *testing.T) {
	var asked string
	c := standIn(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		switch {
		case strings.HasSuffix(asked, "/SM1.json"):
			io.WriteString(w, fetched)
		case strings.HasSuffix(asked, "/SM2.json"):
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"code":20404,"message":"The requested resource was not found","status":404}`)
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	m, found, err := c.FetchMessage(t.Context(), "SM1")
	want := Message{SID: "SM1", From: "+966500000142", To: "+15005550006", ServiceSID: "MG1", Body: "أين شحنتي؟", Status: "received", Direction: "inbound", ErrorCode: 30007, Media: 2,
		Created: time.Date(2026, 11, 19, 1, 33, 57, 0, time.UTC), Sent: time.Date(2026, 11, 19, 1, 33, 59, 0, time.UTC)}
	if err != nil || !found || !reflect.DeepEqual(m, want) {
		t.Errorf("got %+v, %v, %v\nwant %+v", m, found, err, want)
	}
	if want := "/2010-04-01/Accounts/" + account + "/Messages/SM1.json"; asked != want {
		t.Errorf("asked %s, want %s", asked, want)
	}
	if _, found, err := c.FetchMessage(t.Context(), "SM2"); found || err != nil {
		t.Errorf("what the provider does not know: %v, %v", found, err)
	}
	if _, found, err := c.FetchMessage(t.Context(), "SM3"); found || err == nil {
		t.Errorf("a provider that is away was taken at its word: %v, %v", found, err)
	}
}

func TestListMedia(t *testing.T) {
	c := standIn(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/Messages/MM1/Media.json") {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		io.WriteString(w, `{"media_list":[{"content_type":"image/jpeg","sid":"ME1","uri":"/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1.json"},
			{"content_type":"application/pdf","sid":"ME2","uri":"/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME2.json"}],"page":0,"page_size":50}`)
	})
	files, err := c.ListMedia(t.Context(), "MM1")
	base := c.base.String() + "/2010-04-01/Accounts/AC1/Messages/MM1/Media/"
	want := []channels.Attachment{{URL: base + "ME1", ContentType: "image/jpeg"}, {URL: base + "ME2", ContentType: "application/pdf"}}
	if err != nil || !reflect.DeepEqual(files, want) {
		t.Errorf("got %+v, %v, want %+v", files, err, want)
	}
	var lost *APIError
	if _, err := c.ListMedia(t.Context(), "MM2"); err == nil || errors.As(err, &lost) && lost.Status == http.StatusNotFound {
		t.Errorf("a provider that is away: %v", err)
	}
}
