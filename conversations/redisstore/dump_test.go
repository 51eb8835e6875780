package redisstore_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// What two runs of the same cannot have in common: names drawn at random, places in streams.
var random = regexp.MustCompile(`\b[0-9a-f]{16}\b|\b\d{13}-\d+\b`)

// leftOut are keys that are not compared: the secret; what only a repeat needs; and
// the counters that a repeat may put forward (numbers stay unused, waiters look twice).
var leftOut = regexp.MustCompile(`^\{board\}:(meta|op:.*|room|pulse)$|:mark$|:next$|:cursor:`)

// transient are keys that an export leaves out.
var transient = regexp.MustCompile(`:find:..$|:often$|:indexed$|^\{board\}:(holder|pace):`)

// dump is the whole state of a store, as text by key.
func (h *house) dump(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	h.masters(t, func(c *redis.Client) {
		scan := c.Scan(t.Context(), 0, "*", 1000).Iterator()
		for scan.Next(t.Context()) {
			key := scan.Val()
			if leftOut.MatchString(key) {
				continue
			}
			out[key] = random.ReplaceAllString(contents(t, c, key), "…")
			if strings.HasSuffix(key, ":indexed") { // it ends with how often somebody was taken out: such a counter too
				out[key] = out[key][:strings.LastIndexByte(out[key], ' ')+1]
			}
		}
		must(t, scan.Err())
	})
	return out
}

func contents(t testing.TB, c *redis.Client, key string) string {
	t.Helper()
	ctx := t.Context()
	switch kind := c.Type(ctx, key).Val(); kind {
	case "string":
		return c.Get(ctx, key).Val()
	case "hash":
		all := c.HGetAll(ctx, key).Val()
		var lines []string
		for _, f := range slices.Sorted(maps.Keys(all)) {
			lines = append(lines, fmt.Sprintf("%q=%s", f, all[f]))
		}
		return strings.Join(lines, "\n")
	case "list":
		return strings.Join(c.LRange(ctx, key, 0, -1).Val(), "\n")
	case "set":
		return strings.Join(slices.Sorted(slices.Values(c.SMembers(ctx, key).Val())), "\n")
	case "zset":
		return fmt.Sprint(c.ZRangeWithScores(ctx, key, 0, -1).Val())
	case "stream":
		var lines []string
		for _, x := range c.XRange(ctx, key, "-", "+").Val() {
			lines = append(lines, fmt.Sprint(x.Values))
		}
		return strings.Join(lines, "\n")
	default:
		t.Errorf("%q is a %s", key, kind)
		return kind
	}
}

// compare tells what two states differ in.
func compare(t testing.TB, when string, got, want map[string]string) {
	t.Helper()
	for key := range want {
		if got[key] != want[key] {
			t.Errorf("%s: %q is\n%s\nwant\n%s", when, key, got[key], want[key])
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("%s: %q should not be there: %s", when, key, got[key])
		}
	}
}
