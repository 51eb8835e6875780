package redisstore

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// tx collects the checks and writes of one change to one partition, for commit.lua.
type tx struct {
	op     string
	keys   []string
	checks []string // for each: kind, the key's place, wanted, argument
	writes []string // for each: number of arguments, command, the key's place, arguments
	count  int      // of writes
}

// txs are those that were applied or refused: nobody else has them.
var txs = sync.Pool{New: func() any {
	return &tx{keys: make([]string, 0, 16), checks: make([]string, 0, 16), writes: make([]string, 0, 64)}
}}

func newTx(log string) *tx {
	t := txs.Get().(*tx)
	t.keys = append(t.keys, log)
	return t
}

// free gives the transaction back once its answer is known.
func (t *tx) free() {
	clear(t.keys)
	clear(t.checks)
	clear(t.writes)
	*t = tx{keys: t.keys[:0], checks: t.checks[:0], writes: t.writes[:0]}
	txs.Put(t)
}

// key gives a key's place in KEYS, adding it if it is new.
func (t *tx) key(k string) string {
	i := slices.Index(t.keys, k)
	if i < 0 {
		i = len(t.keys)
		t.keys = append(t.keys, k)
	}
	return strconv.Itoa(i + 1)
}

// check adds a check; see commit.lua for the kinds.
func (t *tx) check(kind, key, want, arg string) {
	t.checks = append(t.checks, kind, t.key(key), want, arg)
}

// do adds a write. Its arguments are strings or whole numbers.
func (t *tx) do(cmd, key string, args ...any) {
	t.count++
	t.writes = append(t.writes, strconv.Itoa(len(args)), cmd, t.key(key))
	for _, a := range args {
		switch a := a.(type) {
		case string:
			t.writes = append(t.writes, a)
		case int64:
			t.writes = append(t.writes, strconv.FormatInt(a, 10))
		default:
			t.writes = append(t.writes, fmt.Sprint(a))
		}
	}
}

// refusal is a check that failed: nothing was written.
type refusal struct {
	kind string
	at   int    // place of the check, from 1
	have string // what is there instead
	late bool   // an earlier try, whose answer was lost, may have been applied
}

func (r *refusal) Error() string { return "check " + r.kind + " " + strconv.Itoa(r.at) + " failed" }
