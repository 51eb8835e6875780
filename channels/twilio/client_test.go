package twilio

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/channels"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const account = "AC0123456789abcdef0123456789abcdef"

var testNow = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// request is what a stand-in Twilio saw.
type request struct {
	method, uri, user, password, contentType string
	form                                     url.Values
}

func capture(t *testing.T, r *http.Request) request {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		t.Error(err)
	}
	user, password, _ := r.BasicAuth()
	return request{r.Method, r.RequestURI, user, password, r.Header.Get("Content-Type"), form}
}

func standIn(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	c := clientOf(t, server.URL)
	t.Cleanup(func() {
		c.Close()
		server.Close()
	})
	return c
}

func clientOf(t *testing.T, base string) *Client {
	t.Helper()
	c, err := NewClient(Config{AccountSID: account, AuthToken: "token", BaseURL: base, Now: func() time.Time { return testNow }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCreateMessageRequest(t *testing.T) {
	for name, c := range map[string]struct {
		m    NewMessage
		want url.Values
	}{
		"text": {NewMessage{To: "+60123456789", From: "+60312345678", Body: "أين شحنتي؟", StatusCallback: "https://h.example/cb/1"},
			url.Values{"To": {"+60123456789"}, "From": {"+60312345678"}, "Body": {"أين شحنتي؟"}, "StatusCallback": {"https://h.example/cb/1"}}},
		"media by a service": {NewMessage{To: "+6", ServiceSID: "MG1", MediaURLs: []string{"https://h.example/1", "https://h.example/2"}},
			url.Values{"To": {"+6"}, "MessagingServiceSid": {"MG1"}, "MediaUrl": {"https://h.example/1", "https://h.example/2"}}},
		"template": {NewMessage{To: "whatsapp:US.13491208655302741918", From: "whatsapp:+1", ContentSID: "HX1", ContentVariables: map[string]string{"2": "b", "1": "Ali"}},
			url.Values{"To": {"whatsapp:US.13491208655302741918"}, "From": {"whatsapp:+1"}, "ContentSid": {"HX1"}, "ContentVariables": {`{"1":"Ali","2":"b"}`}}},
	} {
		t.Run(name, func(t *testing.T) {
			client := standIn(t, func(w http.ResponseWriter, r *http.Request) {
				got := capture(t, r)
				if got.form.Encode() != c.want.Encode() {
					t.Errorf("form %v, want %v", got.form, c.want)
				}
				got.form = nil
				want := request{"POST", "/2010-04-01/Accounts/" + account + "/Messages.json", account, "token", "application/x-www-form-urlencoded", nil}
				if got.method != want.method || got.uri != want.uri || got.user != want.user || got.password != want.password || got.contentType != want.contentType {
					t.Errorf("request %+v, want %+v", got, want)
				}
				w.WriteHeader(http.StatusCreated)
				io.WriteString(w, `{"sid":"SM1","status":"queued","direction":"outbound-api","date_created":"Sat, 21 Nov 2026 10:00:01 +0000","error_code":null}`)
			})
			m, err := client.CreateMessage(t.Context(), c.m)
			if err != nil || m.SID != "SM1" || m.Status != "queued" || !m.Created.Equal(testNow.Add(time.Second)) {
				t.Errorf("made %+v, %v", m, err)
			}
		})
	}
}

func TestAPIKeyAndBasePath(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := capture(t, r)
		if got.uri != "/stand-in/2010-04-01/Accounts/"+account+".json" || got.user != "SK1" || got.password != "secret" || got.contentType != "" {
			t.Errorf("request %+v", got)
		}
		io.WriteString(w, `{"sid":"`+account+`"}`)
	}))
	defer server.Close()
	c, err := NewClient(Config{AccountSID: account, APIKey: "SK1", APISecret: "secret", BaseURL: server.URL + "/stand-in/"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// What a Sender makes of every way in which a call can fail.
func TestNextStepAfterAFailure(t *testing.T) {
	answer := func(status int, header, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if k, v, ok := strings.Cut(header, ": "); ok {
				w.Header().Set(k, v)
			}
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	doc := func(status, code int) http.HandlerFunc {
		return answer(status, "", `{"code":`+strconv.Itoa(code)+`,"message":"to +60123456789","more_info":"…","status":`+strconv.Itoa(status)+`}`)
	}
	drop := func(written string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				io.WriteString(conn, written)
				conn.Close()
			}
		}
	}
	for name, c := range map[string]struct {
		h     http.HandlerFunc
		want  channels.Failure
		code  string
		after time.Duration
	}{
		"unknown number":            {doc(400, 21211), channels.Permanent, "21211", 0},
		"unsubscribed":              {doc(400, 21610), channels.OptedOut, "21610", 0},
		"unknown code":              {doc(400, 99999), channels.Permanent, "99999", 0},
		"bad credentials":           {doc(401, 20003), channels.Permanent, "20003", 0},
		"429 with seconds":          {answer(429, "Retry-After: 7", `{"code":20429}`), channels.Throttled, "20429", 7 * time.Second},
		"429 with a date":           {answer(429, "Retry-After: "+testNow.Add(time.Minute).Format(http.TimeFormat), ""), channels.Throttled, "", time.Minute},
		"429 with nonsense":         {answer(429, "Retry-After: soon", "slow down"), channels.Throttled, "", 0},
		"queue full":                {doc(400, 21611), channels.Throttled, "21611", 0},
		"503 of Twilio":             {doc(503, 20503), channels.Temporary, "20503", 0},
		"500 of Twilio":             {doc(500, 98765), channels.Temporary, "98765", 0},
		"502 of something between":  {answer(502, "", "<html>Bad Gateway"), channels.AnswerLost, "", 0},
		"504 with other JSON":       {answer(504, "", `{"error":"timeout"}`), channels.AnswerLost, "", 0},
		"404 of something between":  {answer(404, "", "not here"), channels.Permanent, "", 0},
		"redirect":                  {answer(302, "Location: https://elsewhere.example/", ""), channels.Permanent, "", 0},
		"closed without an answer":  {drop(""), channels.AnswerLost, "", 0},
		"closed in the answer":      {drop("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"sid\":"), channels.AnswerLost, "", 0},
		"201 that is not JSON":      {answer(201, "", "<html>"), channels.AnswerLost, "", 0},
		"201 without a SID":         {answer(201, "", "{}"), channels.AnswerLost, "", 0},
		"not HTTP":                  {drop("SMTP\r\n"), channels.AnswerLost, "", 0},
		"error document with no 4x": {answer(500, "", `{"code":0,"message":"?"}`), channels.AnswerLost, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Messages{Client: standIn(t, c.h), From: "+60312345678", PublicURL: "https://h.example"}
			_, err := s.Send(t.Context(), channels.Outbound{MessageID: "m1", Text: "hello"}, "", "+60123456789")
			wantSendError(t, err, c.want, c.code, c.after)
		})
	}
}

func wantSendError(t *testing.T, err error, want channels.Failure, code string, after time.Duration) {
	t.Helper()
	var e *channels.SendError
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no SendError", err)
	}
	if e.Failure != want || e.Code != code || e.RetryAfter != after {
		t.Errorf("%v, code %q, after %v (%v), want %v, %q, %v", e.Failure, e.Code, e.RetryAfter, err, want, code, after)
	}
	if strings.Contains(err.Error(), "60123456789") {
		t.Errorf("the error names the customer: %v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	s := &Messages{Client: clientOf(t, "http://"+l.Addr().String()), From: "+1", PublicURL: "https://h.example"}
	_, err = s.Send(t.Context(), channels.Outbound{MessageID: "m", Text: "x"}, "", "+60123456789")
	wantSendError(t, err, channels.Temporary, "", 0)
}

func TestCutOff(t *testing.T) {
	entered := make(chan struct{})
	client := standIn(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(entered)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	s := &Messages{Client: client, From: "+1", PublicURL: "https://h.example"}
	_, err := s.Send(ctx, channels.Outbound{MessageID: "m", Text: "x"}, "", "+60123456789")
	wantSendError(t, err, channels.AnswerLost, "", 0)

	_, err = s.Send(ctx, channels.Outbound{MessageID: "m", Text: "x"}, "", "+60123456789") // cancelled before it began
	wantSendError(t, err, channels.Temporary, "", 0)
}

// A kept-alive connection that the server has closed in the meantime: the second
// request is not written, or goes out on a new connection, but never twice.
func TestIdleConnectionClosed(t *testing.T) {
	var mu sync.Mutex // the client may open a connection that it does not need any more
	var conns []net.Conn
	requests := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		requests++
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"sid":"SM1"}`)
	}))
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		mu.Lock()
		defer mu.Unlock()
		conns = append(conns, c)
		return ctx
	}
	server.Start()
	defer server.Close()
	client := clientOf(t, server.URL)
	defer client.Close()
	for i := range 2 {
		_, err := client.CreateMessage(t.Context(), NewMessage{To: "+1", From: "+2", Body: "x"})
		var e *callError
		if err != nil && (!errors.As(err, &e) || i == 0) {
			t.Fatal(err)
		}
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
	}
	mu.Lock()
	defer mu.Unlock()
	if requests > 2 {
		t.Errorf("%d requests for two messages", requests)
	}
}

func TestNewClientRefuses(t *testing.T) {
	for name, c := range map[string]Config{
		"no account": {AuthToken: "t"}, "no token": {AccountSID: "AC"}, "API key without secret": {AccountSID: "AC", AuthToken: "t", APIKey: "SK"},
		"no host": {AccountSID: "AC", AuthToken: "t", BaseURL: "api.twilio.com"}, "other scheme": {AccountSID: "AC", AuthToken: "t", BaseURL: "ftp://h.example"},
	} {
		if _, err := NewClient(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
