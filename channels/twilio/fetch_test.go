package twilio

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
)

func TestFetch(t *testing.T) {
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Referer") != "" {
			t.Errorf("the storage was told %v", r.Header)
		}
		if r.URL.Path == "/again" {
			http.Redirect(w, r, "/file", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "image/jpeg")
		io.WriteString(w, "jpeg")
	}))
	defer storage.Close()
	client := standIn(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != account || password != "token" {
			t.Errorf("signed in as %q with %q", user, password)
		}
		switch r.URL.Path {
		case "/ME1":
			http.Redirect(w, r, storage.URL+"/file", http.StatusTemporaryRedirect)
		case "/ME2":
			http.Redirect(w, r, storage.URL+"/again", http.StatusTemporaryRedirect)
		case "/here":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/there":
			w.Header().Set("Content-Type", "image/jpeg")
			io.WriteString(w, "jpeg")
		}
	})
	for _, path := range []string{"/ME1", "/ME2", "/here", "/there"} {
		body, kind, err := client.Fetch(t.Context(), client.base.String()+path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		b, err := io.ReadAll(body)
		if err != nil || string(b) != "jpeg" || kind != "image/jpeg" {
			t.Errorf("%s: %q, %q, %v", path, b, kind, err)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	}
	storage.CloseClientConnections()
	client.files.CloseIdleConnections()
}

func TestWhereCredentialsGo(t *testing.T) {
	c := clientOf(t, "http://127.0.0.1:8081")
	for address, want := range map[string]bool{
		"https://api.twilio.com/2010-04-01/Accounts/AC/Messages/MM/Media/ME": true,
		"https://API.TWILIO.COM/x":             true,
		"https://api.dublin.ie1.twilio.com":    true,
		"https://twilio.com/x":                 true,
		"http://127.0.0.1:8081/media/1":        true,
		"http://127.0.0.1:8082/media/1":        false,
		"https://127.0.0.1:8081/media/1":       false,
		"http://api.twilio.com/x":              false,
		"https://api.twilio.com:8443/x":        false,
		"https://api.twilio.com@evil.example/": false,
		"https://u:p@api.twilio.com/x":         false,
		"https://eviltwilio.com/x":             false,
		"https://api.twilio.com.evil.example/": false,
		"file:///etc/passwd":                   false,
		"":                                     false,
		"//api.twilio.com/x":                   false,
		"https://api.twilio.com:bad/":          false,
	} {
		if !want {
			_, _, err := c.Fetch(t.Context(), address)
			wantSendError(t, err, channels.Permanent, "", 0)
		}
		if u, err := url.Parse(address); err == nil && c.trusts(u) != want {
			t.Errorf("%s: trusted %v", address, !want)
		}
	}
}

func TestFetchFailures(t *testing.T) {
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		want channels.Failure
	}{
		"not there yet": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, channels.Temporary},
		"deleted":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, channels.Permanent},
		"forbidden":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, channels.Permanent},
		"broken":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, channels.Temporary},
		"busy":          {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, channels.Throttled},
		"part of it":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(206) }, channels.Permanent},
		"for ever":      {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, channels.Temporary},
		"too large, it says": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(MaxFile+1))
		}, channels.Permanent},
	} {
		t.Run(name, func(t *testing.T) {
			client := standIn(t, c.h)
			_, _, err := client.Fetch(t.Context(), client.base.String()+"/media")
			wantSendError(t, err, c.want, "", 0)
		})
	}
}

func TestFileBodyStopsAtItsLimit(t *testing.T) {
	for size, want := range map[int]bool{9: true, 10: true, 11: false, 5000: false} {
		b := &fileBody{rest: 10, body: io.NopCloser(strings.NewReader(strings.Repeat("x", size))), cancel: func() {}}
		got, err := io.ReadAll(b)
		if (err == nil) != want || len(got) > 10 || !want && !errors.Is(err, errFileTooLarge) {
			t.Errorf("%d bytes: read %d, %v", size, len(got), err)
		}
	}
}

func TestFollowFile(t *testing.T) {
	c := clientOf(t, "https://api.twilio.com")
	request := func(address string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		r.SetBasicAuth("u", "p")
		return r
	}
	first := request("https://api.twilio.com/ME1")
	for address, want := range map[string]bool{
		"https://api.twilio.com/ME2": true, "https://x.api.twilio.com/ME2": false, "https://storage.example/1": false,
	} {
		r := request(address)
		if err := c.followFile(r, []*http.Request{first}); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		if _, _, signed := r.BasicAuth(); signed != want {
			t.Errorf("%s: credentials sent: %v", address, signed)
		}
	}
	if c.followFile(request("http://api.twilio.com/ME2"), []*http.Request{first}) == nil {
		t.Error("followed from https to http")
	}
}
