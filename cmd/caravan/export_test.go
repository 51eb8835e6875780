package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// TestExportImport: what one gateway has kept, another has after the round trip,
// down to the bytes of a file, and finds it.
func TestExportImport(t *testing.T) {
	t.Parallel()
	h := open(t, onRedis(redistest.Single(t).URL))
	h.write(simulator.Inbound{From: "+966588880007", Text: "my parcel is held in customs"})
	key, _, err := h.app.blobs.Put(t.Context(), strings.NewReader("the bytes of a file"))
	must(t, err)
	was := h.waitFor("the message", "channel=sms", func(conversations.Conversation) bool { return true })
	h.sound()
	was = h.conversation(was.ID)
	history := h.history(was.ID)
	h.stop()

	dir := filepath.Join(t.TempDir(), "out")
	h.run("", "export", dir).want(0, "exported", "and 1 files")
	h.run("", "export", dir).want(1).complains("not empty")
	h.run("", "import", t.TempDir()).want(1).complains("manifest.json")
	h.run("", "import", dir).want(1).complains("not empty")

	other := &house{t: t, log: &journal{}, sim: h.sim, mail: h.mail, cfg: h.cfg}
	other.cfg.Redis.URL, other.cfg.DataDir = config.Secret(redistest.Single(t).URL), t.TempDir()
	for name, damage := range map[string]func(dir string) error{
		"a file cut short": func(dir string) error { return os.Truncate(filepath.Join(dir, "messages.jsonl"), 20) },
		"a file gone":      func(dir string) error { return os.Remove(filepath.Join(dir, "claims.jsonl")) },
		"a letter changed": func(dir string) error {
			file := filepath.Join(dir, "conversations.jsonl")
			text, err := os.ReadFile(file)
			return errors.Join(err, os.WriteFile(file, bytes.Replace(text, []byte("{p"), []byte("{q"), 1), 0o600))
		},
		"an attachment gone": func(dir string) error { return os.RemoveAll(filepath.Join(dir, "files")) },
	} {
		broken := filepath.Join(t.TempDir(), "broken")
		must(t, os.CopyFS(broken, os.DirFS(dir)))
		must(t, damage(broken))
		other.run("", "import", broken).want(1).complains("the export is damaged")
		if r := other.run("", "verify").want(0, "checked 0 conversations", "nothing is wrong"); t.Failed() {
			t.Fatalf("%s: %s", name, r.out)
		}
	}
	other.run("", "import", dir).want(0, "imported", "and 1 files")
	other.run("", "verify").want(0, "checked 1 conversations", "nothing is wrong")
	other.start()
	if got := other.conversation(was.ID); got.Version != was.Version || got.Preview != was.Preview {
		t.Errorf("imported %+v, was %+v", got, was)
	}
	if got := other.history(was.ID); len(got) != len(history) {
		t.Errorf("%d events, were %d", len(got), len(history))
	}
	file, err := other.app.blobs.Get(t.Context(), key)
	must(t, err)
	defer file.Close()
	if b, err := io.ReadAll(file); err != nil || string(b) != "the bytes of a file" {
		t.Errorf("the file: %q %v", b, err)
	}
	eventually(t, "it is found", func() error {
		found := field[list[struct{ ID string }]](other.get("/v1/search?q=" + url.QueryEscape("customs")).want(http.StatusOK))
		return wrong(len(found.Items) == 1 && found.Items[0].ID == string(was.ID), "found %v", found.Items)
	})
}
