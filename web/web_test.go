package web

import (
	"context"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestPageIsWhole checks what a browser would only say at run time: every file
// named by another exists, and nothing needs what the policy forbids.
func TestPageIsWhole(t *testing.T) {
	named := regexp.MustCompile(`(?:href|src)="(/[^"#]+)|(?:from |import\()'(\./[^']+)'`)
	inline := regexp.MustCompile(`(?i)<script(?:>|[^>]*[^>"]>[^<])|\sstyle=|\son\w+="|javascript:|https?://[^w]`)
	err := fs.WalkDir(Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".svg") {
			return err
		}
		text, err := fs.ReadFile(Files, name)
		if err != nil {
			return err
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			to := strings.TrimPrefix(m[1], "/")
			if m[2] != "" {
				to = path.Join(path.Dir(name), m[2])
			}
			if _, err := fs.Stat(Files, to); err != nil {
				t.Errorf("%s names %s: %v", name, to, err)
			}
		}
		if strings.HasSuffix(name, ".html") {
			if bad := inline.FindString(string(text)); bad != "" {
				t.Errorf("%s has %q, which the policy forbids", name, bad)
			}
		}
		if strings.HasSuffix(name, ".js") && strings.Contains(string(text), "innerHTML =") {
			t.Errorf("%s sets innerHTML", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryEventHasAWord holds the history's words against the types of the log: what has none
// would be shown in the API's English to an officer who reads Arabic or Malay.
func TestEveryEventHasAWord(t *testing.T) {
	elsewhere := map[string]bool{ // never in a conversation's history
		"errand": true, "message.unproved": true, "bulk.changed": true, "round.changed": true,
	}
	log, err := os.ReadFile("../conversations/event.go")
	if err != nil {
		t.Fatal(err)
	}
	words, err := fs.ReadFile(Files, "js/lang/en.js") // TestPureParts holds the other languages against it
	if err != nil {
		t.Fatal(err)
	}
	types := regexp.MustCompile(`EventType\s+= "([a-z_.]+)"`).FindAllStringSubmatch(string(log), -1)
	if len(types) < 30 {
		t.Fatalf("read only %d types of events", len(types))
	}
	for _, m := range types {
		if key := "'event." + strings.ReplaceAll(m[1], ".", "_") + "'"; !elsewhere[m[1]] && !strings.Contains(string(words), key) {
			t.Errorf("the page has no word for %s: %s", m[1], key)
		}
	}
}

// TestEveryTemplateHasAName holds the picker's names against the built-in library: an officer
// chooses by them in his own language.
func TestEveryTemplateHasAName(t *testing.T) {
	words, err := fs.ReadFile(Files, "js/lang/en.js") // TestPureParts holds the other languages against it
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("../templates/library/*/template.md")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d templates, %v", len(names), err)
	}
	for _, name := range names {
		head, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		key := "'template." + path.Base(path.Dir(name)) + "'"
		if !strings.Contains(string(head), "purpose: staff") && !strings.Contains(string(words), key) {
			t.Errorf("the page has no %s", key)
		}
	}
}

// TestPureParts runs the page's own functions under node.
func TestPureParts(t *testing.T) {
	node(t, nil, "unit.test.js")
}

// TestOfficer drives the page in Chromium: against CARAVAN_URL if that is set,
// else against the mock.
func TestOfficer(t *testing.T) {
	need(t, "e2e/node_modules/playwright-core/package.json", browser())
	env := []string{}
	if os.Getenv("CARAVAN_URL") == "" {
		server := httptest.NewServer(newMock(time.Now()).handler())
		t.Cleanup(server.Close)
		t.Cleanup(server.CloseClientConnections)
		env = []string{"CARAVAN_URL=" + server.URL, "CARAVAN_MOCK=1", "CARAVAN_EMAIL=" + mockEmail, "CARAVAN_PASSWORD=" + mockPassword}
	}
	node(t, env, "officer.test.js")
	if shots := os.Getenv("CARAVAN_SHOTS"); shots != "" {
		run(t, env, "node", "shots.js")
	}
}

func node(t *testing.T, env []string, file string) {
	t.Helper()
	run(t, env, "node", "--test", "--test-concurrency=1", "--test-reporter=spec", file)
}

func run(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		absent(t, name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = "e2e", append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
}

func browser() string {
	if own := os.Getenv("CHROMIUM"); own != "" {
		return own
	}
	return "/usr/bin/chromium"
}

func need(t *testing.T, files ...string) {
	t.Helper()
	for _, f := range files {
		if _, err := os.Stat(f); err != nil {
			absent(t, f)
		}
	}
}

// absent skips where a tool is missing, except in CI, where that is a fault.
func absent(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: run `npm ci --prefix web/e2e`", what)
	}
	t.Skipf("%s is missing: run `npm ci --prefix web/e2e`", what)
}
