package webhooks

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/channels"
)

// oneBlob is a blob store with one file.
type oneBlob string

func (oneBlob) Put(context.Context, io.Reader) (string, int64, error) {
	return "", 0, errors.New("read only")
}

func (b oneBlob) Get(_ context.Context, key string) (io.ReadCloser, error) {
	if key != string(b) {
		return nil, errors.New("none")
	}
	return io.NopCloser(bytes.NewReader([]byte("picture"))), nil
}

func TestMedia(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	m := &Media{PublicURL: "https://desk.example.com", Secret: []byte("k"), Blobs: oneBlob("ab/cd"), Now: func() time.Time { return at }}
	app := fiber.New(fiber.Config{Immutable: true})
	m.Register(app)
	address, err := m.URL(channels.Attachment{Blob: "ab/cd", ContentType: "image/png"})
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(address, "https://desk.example.com")
	get := func(path string) (int, string, string) {
		res, err := app.Test(httptest.NewRequest("GET", path, nil), -1)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, res.Header.Get("Content-Type"), string(b)
	}
	if code, kind, body := get(path); code != 200 || kind != "image/png" || body != "picture" {
		t.Errorf("got %d %s %q", code, kind, body)
	}
	for name, other := range map[string]string{
		"another file": strings.Replace(path, "cd?", "ce?", 1),
		"another type": strings.Replace(path, "image%2Fpng", "text%2Fhtml", 1),
		"later end":    strings.Replace(path, "e=", "e=z", 1),
	} {
		if code, _, _ := get(other); code != 403 {
			t.Errorf("%s: got %d, want 403", name, code)
		}
	}
	at = at.Add(mediaTerm + time.Second)
	if code, _, _ := get(path); code != 410 {
		t.Errorf("after its end: got %d, want 410", code)
	}
	if _, err := m.URL(channels.Attachment{URL: "https://elsewhere"}); err == nil {
		t.Error("an attachment without a file got an address")
	}
}
