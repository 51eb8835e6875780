package speech

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/channels"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask posts a recording to a service that answers so.
func ask(t *testing.T, service http.HandlerFunc, recording io.Reader, contentType, language string) (string, error) {
	t.Helper()
	s := httptest.NewServer(service)
	defer s.Close()
	c := &Client{URL: s.URL + "/v1/audio/transcriptions", Token: "secret", Model: "small", HTTP: s.Client()}
	return c.Transcribe(t.Context(), recording, contentType, language)
}

func TestTranscribe(t *testing.T) {
	text, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			t.Error("no token")
		}
		f, header, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		sound, _ := io.ReadAll(f)
		if string(sound) != "sound" || header.Filename != "recording.mp3" || r.FormValue("model") != "small" || r.FormValue("language") != "ar" || r.FormValue("response_format") != "json" {
			t.Errorf("%q as %q, %v", sound, header.Filename, r.MultipartForm.Value)
		}
		fmt.Fprint(w, `{"task":"transcribe","text":" وين شحنتي؟ ","segments":[]}`)
	}, strings.NewReader("sound"), "audio/mpeg; rate=8000", "ar")
	if err != nil || text != "وين شحنتي؟" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestWhatGoesWrong(t *testing.T) {
	for name, c := range map[string]struct {
		code    int
		body    string
		want    string
		failed  bool
		forEver bool
	}{
		"nothing was said":       {200, `{"text":""}`, "", false, false},
		"too much was said":      {200, `{"text":"` + strings.Repeat("ك", 30_000) + `"}`, "", false, false},
		"not what we asked for":  {200, `{"words":[]}`, "", true, false},
		"not JSON":               {200, `<html>`, "", true, false},
		"an answer without end":  {200, `{"text":"` + strings.Repeat("a", 2<<20) + `"}`, "", true, false},
		"it is busy":             {429, `{}`, "", true, false},
		"it is broken":           {500, ``, "", true, false},
		"the token is wrong":     {401, ``, "", true, false},
		"it is no recording":     {400, ``, "", true, true},
		"it is too long":         {413, ``, "", true, true},
		"it is in another form":  {415, ``, "", true, true},
		"it cannot be processed": {422, ``, "", true, true},
	} {
		text, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(c.code)
			fmt.Fprint(w, c.body)
		}, strings.NewReader("sound"), "audio/ogg", "")
		if (err != nil) != c.failed || errors.Is(err, channels.ErrUnreadable) != c.forEver || !utf8.ValidString(text) || len(text) > longestText+3 {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
	}
}

// A service that answers before it has read everything leaves nothing behind.
func TestRefusedEarly(t *testing.T) {
	_, err := ask(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		io.LimitReader(zeroes{}, 64<<20), "audio/wav", "ms")
	if err == nil {
		t.Error("no error")
	}
}

// A recording that cannot be read to its end is not transcribed in part.
func TestBrokenRecording(t *testing.T) {
	broken := errors.New("the disk is away")
	_, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			fmt.Fprint(w, `{"text":"half"}`)
		}
	}, io.MultiReader(strings.NewReader("so"), failing{broken}), "audio/wav", "")
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { return len(p), nil }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func FuzzAnswer(f *testing.F) {
	f.Add(`{"text":"hello"}`)
	f.Add(`{"text":null}`)
	f.Add("{\"text\":\"\xff\"}")
	f.Fuzz(func(t *testing.T, body string) {
		text, err := read(strings.NewReader(body))
		if err == nil && (!utf8.ValidString(text) || len(text) > longestText+3) {
			t.Errorf("%q", text)
		}
	})
}
