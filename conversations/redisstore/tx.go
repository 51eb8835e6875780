package redisstore

import (
	"strconv"
)

// tx collects the checks and writes of one change to one partition, for commit.lua.
type tx struct {
	op     string
	keys   []any
	checks []any
	writes []any
}

func newTx(log string) *tx { return &tx{keys: []any{log}} }

// key gives a key's place in KEYS, adding it if it is new.
func (t *tx) key(k string) int {
	for i, have := range t.keys {
		if have == k {
			return i + 1
		}
	}
	t.keys = append(t.keys, k)
	return len(t.keys)
}

// check adds a check; see commit.lua for the kinds.
func (t *tx) check(kind, key, want, arg string) {
	t.checks = append(t.checks, kind, t.key(key), want, arg)
}

// do adds a write.
func (t *tx) do(cmd, key string, args ...any) {
	t.writes = append(t.writes, len(args), cmd, t.key(key))
	t.writes = append(t.writes, args...)
}

// args are the arguments of EVALSHA after the script.
func (t *tx) args(op string) []any {
	out := make([]any, 0, 3+len(t.keys)+len(t.checks)+len(t.writes))
	out = append(out, len(t.keys))
	out = append(out, t.keys...)
	out = append(out, op, len(t.checks)/4)
	out = append(out, t.checks...)
	return append(out, t.writes...)
}

// refusal is a check that failed: nothing was written.
type refusal struct {
	kind string
	at   int    // place of the check, from 1
	have string // what is there instead
}

func (r *refusal) Error() string { return "check " + r.kind + " " + strconv.Itoa(r.at) + " failed" }
