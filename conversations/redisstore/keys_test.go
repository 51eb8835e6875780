package redisstore_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// row is one line of docs/keys.md.
type row struct {
	pattern, kind string
	matches       *regexp.Regexp
	found         int
}

var (
	documented  = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (\\w+) \\|")
	placeholder = regexp.MustCompile(`<\w+>`)
)

// rows reads docs/keys.md.
func rows(t *testing.T) []*row {
	t.Helper()
	page, err := os.ReadFile("../../docs/keys.md")
	must(t, err)
	var out []*row
	for _, m := range documented.FindAllStringSubmatch(string(page), -1) {
		pattern := placeholder.ReplaceAllStringFunc(m[1], func(p string) string {
			return map[string]string{"<part>": "\x01", "<n>": "\x02", "<hh>": "\x03"}[p] + "\x04"
		})
		pattern = strings.NewReplacer("\x01\x04", `\d\d`, "\x02\x04", `\d+`, "\x03\x04", `[0-9a-f]{2}`, "\x04", `.+`).Replace(regexp.QuoteMeta(pattern))
		out = append(out, &row{pattern: m[1], kind: m[2], matches: regexp.MustCompile("(?s)^" + pattern + "$")})
	}
	return out
}

// keys runs everything and compares what is left in Redis with docs/keys.md.
func keys(t *testing.T, h *house) {
	d := new(day)
	for _, s := range h.broad(d) {
		if err := s.run(t.Context()); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	h.reply(t, d.id, "one that waits")
	h.reply(t, d.id, "one under way")
	one := h.first(t)
	must(t, h.BeginSend(t.Context(), &one))
	must(t, h.Settle(t.Context(), one, conversations.Outcome{Status: channels.Sent, ProviderID: "SM8"}))
	h.reply(t, d.id, "one under way")
	h.first(t)
	in := sms("MM3", number(1), "a picture that is still to be fetched")
	in.Attachments = []channels.Attachment{{URL: "https://provider/2"}}
	h.receive(t, in)

	h.SeldomAtMost(0)
	must(t, h.CatchUp(t.Context(), h.desk.Finish))

	all := rows(t)
	h.masters(t, func(c *redis.Client) {
		scan := c.Scan(t.Context(), 0, "*", 1000).Iterator()
		for scan.Next(t.Context()) {
			key, kind := scan.Val(), c.Type(t.Context(), scan.Val()).Val()
			var of []string
			for _, r := range all {
				if r.matches.MatchString(key) {
					of = append(of, r.pattern)
					if r.found++; r.kind != kind {
						t.Errorf("%q is a %s, docs/keys.md says %s", key, kind, r.kind)
					}
				}
			}
			if len(of) != 1 {
				t.Errorf("%q matches %d rows of docs/keys.md: %v", key, len(of), of)
			}
		}
		must(t, scan.Err())
	})
	for _, r := range all {
		marks := strings.HasSuffix(r.pattern, ":mark")
		if r.found == 0 && (!marks || h.replicated()) {
			t.Errorf("%s is documented, but a run of everything leaves none", r.pattern)
		}
		if r.found > 0 && marks && !h.replicated() {
			t.Errorf("%s occurs without replicas", r.pattern)
		}
	}
	if len(all) < 30 {
		t.Errorf("docs/keys.md has %d rows: is it still a table?", len(all))
	}
}

// replicated reports whether writes wait for replicas.
func (h *house) replicated() bool { return strings.Contains(h.url, ",") }
