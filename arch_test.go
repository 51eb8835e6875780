package caravan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/caravan-desk/caravan"

// rooms is the one rule: left to right is the way a message travels, and a package
// imports only its own room and rooms to its left.
var rooms = []string{"channels", "templates", "conversations", "routing", "callbacks", "reports", "outbox", "inbox", "web", "cmd"}

// sealed narrows the rule: only the named packages (and tests) may import the package
// or what is below it. "" stands for the package's own subtree, which always may.
var sealed = map[string][]string{
	"channels/email":           {"cmd/..."},
	"channels/sms":             {"cmd/...", "channels/twilio/webhooks", "channels/twilio/reconcile"},
	"channels/whatsapp":        {"cmd/...", "channels/twilio/webhooks", "channels/twilio/reconcile"},
	"channels/voice":           {"cmd/...", "channels/twilio/webhooks"},
	"channels/twilio":          {"cmd/...", "channels/sms", "channels/whatsapp", "channels/voice"},
	"channels/speech":          {"cmd/..."},
	"channels/simulator":       {"cmd/..."},
	"conversations/redisstore": {"cmd/..."},
	"conversations/blobs":      {"cmd/..."},

	"conversations/redisstore/redistest": {}, // for tests alone
	"channels/email/dovecottest":         {}, // for tests alone
}

// outside is what measures the product and is no part of it: no rule holds there,
// and nothing may import it.
const outside = "bench"

// leaves import nothing of ours at all.
var leaves = []string{"channels", "web"}

// owners says which packages may import an outside library: the longest entry that
// matches counts, and an empty list means nobody. Tests may use every library here.
var owners = map[string][]string{
	"github.com/redis/go-redis/v9":        {"conversations/redisstore/..."},
	"github.com/alicebob/miniredis/v2":    {"conversations/redisstore/embedded"},
	"github.com/klauspost/compress":       {"conversations/redisstore"},
	"github.com/gofiber/fiber/v2":         {"channels/twilio/...", "inbox/...", "cmd/..."},
	"github.com/valyala/fasthttp":         {"channels/twilio/...", "inbox/...", "cmd/..."},
	"github.com/danielgtaylor/huma/v2":    {"inbox/..."},
	"github.com/alexedwards/argon2id":     {"inbox/..."},
	"github.com/twilio/twilio-go":         {}, // the root pulls in every product: minutes to compile
	"github.com/twilio/twilio-go/client":  {"channels/twilio"},
	"github.com/twilio/twilio-go/rest":    {"channels/twilio"},
	"github.com/twilio/twilio-go/twiml":   {"channels/twilio/...", "channels/voice"},
	"github.com/emersion/go-imap/v2":      {"channels/email", "channels/simulator"},
	"github.com/emersion/go-smtp":         {"channels/email", "channels/simulator"},
	"github.com/emersion/go-sasl":         {"channels/email", "channels/simulator"},
	"github.com/emersion/go-message":      {"channels/email", "channels/simulator"},
	"github.com/emersion/go-msgauth":      {"channels/email", "channels/simulator"},
	"github.com/microcosm-cc/bluemonday":  {"channels/email"},
	"github.com/nyaruka/phonenumbers":     {"channels/twilio", "conversations", "routing", "callbacks", "inbox"},
	"github.com/nicksnyder/go-i18n/v2":    {"templates"},
	"github.com/goccy/go-yaml":            {"templates", "routing/sheet", "cmd/caravan/config"},
	"github.com/alecthomas/kong":          {"cmd/..."},
	"github.com/hablullah/go-hijri":       {"routing/almanac", "templates"},
	"github.com/prometheus/client_golang": {"inbox/...", "cmd/..."},
	"golang.org/x/net/html":               {"channels/email"},
	"golang.org/x/oauth2":                 {"channels/email"},
	"golang.org/x/text/unicode":           {"channels/...", "templates", "routing/...", "conversations/..."},
	"golang.org/x/text/encoding":          {"channels/email"},
	"golang.org/x/text":                   {"channels/email", "templates", "routing"},
	"golang.org/x/sync":                   {"conversations/redisstore/...", "routing", "callbacks", "reports", "outbox", "inbox/...", "cmd/..."},

	"pgregory.net/rapid":                        {},
	"go.uber.org/goleak":                        {},
	"github.com/Shopify/toxiproxy/v2":           {},
	"github.com/santhosh-tekuri/jsonschema/v6":  {},
	"github.com/emersion/go-imap/v2/imapserver": {"channels/simulator"},
}

// pkg is what `go list -json` tells of a package, with our paths short.
type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func (p pkg) name() string { return short(p.ImportPath) }

// short is the path within the module: "." for its root.
func short(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

func isOurs(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

func TestImportRule(t *testing.T) {
	for _, p := range packages(t) {
		room := roomOf(p.name())
		if p.name() == "." || within(p.name(), outside) {
			continue
		}
		if room < 0 {
			t.Errorf("%s is in no room. Move it into one of %v, or give DESIGN.md and arch_test.go a new room.", p.name(), rooms)
			continue
		}
		for _, imported := range p.Imports {
			if isOurs(imported) {
				if fault := refuse(p.name(), short(imported)); fault != "" {
					t.Errorf("%s imports %s: %s", p.name(), short(imported), fault)
				}
			}
		}
	}
}

// refuse says why the one may not import the other, and what to do; empty if it may.
func refuse(importer, imported string) string {
	if within(imported, outside) {
		return outside + " measures the product and is no part of it."
	}
	if slices.Contains(leaves, importer) {
		return importer + " imports nothing of ours. Move the shared word into " + importer + ", or the code out of it."
	}
	if from, to := roomOf(importer), roomOf(imported); to > from {
		return fmt.Sprintf("%s is to the right of %s (%s). Declare a small interface in %s for what it needs, and let cmd/caravan pass the implementation in.",
			rooms[to], rooms[from], strings.Join(rooms, " → "), importer)
	}
	for guarded, friends := range sealed {
		if within(imported, guarded) && !within(importer, guarded) && !matches(importer, friends) {
			return fmt.Sprintf("only %v and tests may import %s. Declare an interface in %s and wire it in cmd/caravan.", friends, guarded, importer)
		}
	}
	return ""
}

func TestLibraryOwners(t *testing.T) {
	used := make(map[string]bool)
	for _, p := range packages(t) {
		if within(p.name(), outside) {
			continue
		}
		for _, imported := range p.Imports {
			if isOurs(imported) || isStandard(imported) {
				continue
			}
			library, ok := owned(imported)
			used[library] = true
			if !ok {
				t.Errorf("%s imports %s, which nobody owns. Do without it, or name its owner in arch_test.go with a reason in docs/decisions.", p.name(), imported)
			} else if !matches(p.name(), owners[library]) {
				t.Errorf("%s imports %s, which belongs to %v. Ask its owner for what you need, through a type of ours.", p.name(), imported, owners[library])
			}
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if _, ok := owned(imported); !ok && !isOurs(imported) && !isStandard(imported) {
				t.Errorf("a test of %s imports %s, which nobody owns. Name it in arch_test.go.", p.name(), imported)
			}
		}
	}
	for library, by := range owners {
		if len(by) > 0 && !used[library] {
			t.Logf("nobody imports %s any more: its line in arch_test.go can go", library)
		}
	}
}

// TestRuleRefuses holds the rule itself: a rule that lets everything pass holds nothing.
func TestRuleRefuses(t *testing.T) {
	for _, c := range []struct {
		importer, imported string
		want               bool
	}{
		{"conversations", "channels", false},
		{"cmd/caravan", "conversations/redisstore", false},
		{"channels/sms", "channels/twilio", false},
		{"channels/twilio/webhooks", "channels/twilio", false},
		{"conversations/redisstore", "conversations/redisstore/embedded", false},
		{"channels", "templates", true},
		{"channels", "channels/twilio", true},
		{"conversations", "routing", true},
		{"inbox", "channels/email", true},
		{"outbox", "conversations/redisstore", true},
		{"channels/email", "channels/simulator", true},
		{"channels/email", "channels/twilio", true},
		{"cmd/caravan", "conversations/redisstore/redistest", true},
		{"web", "channels", true},
	} {
		if got := refuse(c.importer, c.imported); (got != "") != c.want {
			t.Errorf("%s imports %s: refused %v (%s), want %v", c.importer, c.imported, got != "", got, c.want)
		}
	}
	for path, want := range map[string]string{
		"github.com/twilio/twilio-go":                         "github.com/twilio/twilio-go",
		"github.com/twilio/twilio-go/rest/api/v2010":          "github.com/twilio/twilio-go/rest",
		"github.com/emersion/go-imap/v2/imapserver/something": "github.com/emersion/go-imap/v2/imapserver",
		"github.com/emersion/go-imap/v22":                     "",
	} {
		if got, _ := owned(path); got != want {
			t.Errorf("owner entry of %s is %q, want %q", path, got, want)
		}
	}
}

// roomOf is the package's place in rooms, or -1.
func roomOf(name string) int {
	room, _, _ := strings.Cut(name, "/")
	return slices.Index(rooms, room)
}

// within reports whether the path is the root or below it.
func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// matches reports whether a pattern names the package: itself, or with /... its subtree.
func matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		root, tree := strings.CutSuffix(pattern, "/...")
		return name == root || tree && within(name, root)
	})
}

// owned finds the longest entry of owners that the import falls under.
func owned(path string) (library string, ok bool) {
	for entry := range owners {
		if within(path, entry) && len(entry) > len(library) {
			library = entry
		}
	}
	return library, library != ""
}

func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func packages(t *testing.T) []pkg {
	t.Helper()
	sources(t) // opens every file, so that go test does not answer from its cache after a change
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		all = append(all, p)
	}
}
