package redisstore

import (
	"strconv"
	"sync"
	"time"
)

// tx collects the steps of one change to one partition, for commit.lua, which says
// what each letter is: first checks, then writes. Each step but one that appends to
// the log has a key.
type tx struct {
	op     string
	log    string
	checks steps
	writes steps
	said   []string // the messages that are added, if the indexer wants them
}

// steps are letters, a key each, and their arguments in turn.
type steps struct {
	letters []byte
	keys    []string
	args    []string
}

func (s *steps) add(letter byte, key string, args ...string) {
	s.letters = append(s.letters, letter)
	s.keys = append(s.keys, key)
	s.args = append(s.args, args...)
}

func (s *steps) reset() {
	clear(s.keys)
	clear(s.args)
	*s = steps{letters: s.letters[:0], keys: s.keys[:0], args: s.args[:0]}
}

// txs are those that were applied or refused: nobody else has them.
var txs = sync.Pool{New: func() any { return new(tx) }}

func newTx(log string) *tx {
	t := txs.Get().(*tx)
	t.log = log
	return t
}

// free gives the transaction back once its answer is known.
func (t *tx) free() {
	t.op, t.log = "", ""
	t.checks.reset()
	t.writes.reset()
	clear(t.said)
	t.said = t.said[:0]
	txs.Put(t)
}

// checkLetters are the checks' letters, and whether they take a second argument.
var checkLetters = map[string]struct {
	letter byte
	two    bool
}{
	"rev": {'r', false}, "value": {'v', false}, "member": {'m', false},
	"field": {'f', true}, "frev": {'g', true}, "head": {'h', true}, "room": {'o', true}, "take": {'t', true}, "fill": {'w', true},
}

// checkKinds are the checks by their letters.
var checkKinds = func() map[string]string {
	out := make(map[string]string, len(checkLetters))
	for kind, c := range checkLetters {
		out[string(c.letter)] = kind
	}
	out["u"] = "rev"
	return out
}()

// check adds a check; see commit.lua for the kinds.
func (t *tx) check(kind, key, want, arg string) {
	c, ok := checkLetters[kind]
	switch {
	case !ok:
		panic("no such check: " + kind)
	case c.two:
		t.checks.add(c.letter, key, want, arg)
	default:
		t.checks.add(c.letter, key, want)
	}
}

// update puts a document in the place of one of a revision ("": of none).
func (t *tx) update(key, revision, document string) {
	t.checks.add('u', key, revision, document)
}

// writeLetters are the commands that have a letter with so many arguments; any other is written out.
var writeLetters = map[string]struct {
	letter byte
	args   int
}{
	"SET": {'S', 1}, "RPUSH": {'P', 1}, "LSET": {'L', 2}, "ZADD": {'Z', 2}, "ZREM": {'Y', 1}, "SADD": {'A', 1}, "SREM": {'R', 1},
	"HSET": {'H', 2}, "HDEL": {'D', 1}, "INCR": {'I', 0},
}

// do adds a write.
func (t *tx) do(cmd, key string, args ...string) {
	if w, ok := writeLetters[cmd]; ok && w.args == len(args) {
		t.writes.add(w.letter, key, args...)
		return
	}
	t.writes.add('*', key, cmd, strconv.Itoa(len(args)))
	t.writes.args = append(t.writes.args, args...)
}

// noted notes at a key of keyOp that an operation was done, for as long as it may be repeated.
func (t *tx) noted(key string) { t.do("SET", key, "1", "PX", term(time.Minute)) }

// term is a duration as Redis takes it, in ms.
func term(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// append adds an event to the log.
func (t *tx) append(event string) {
	t.writes.letters = append(t.writes.letters, 'E')
	t.writes.args = append(t.writes.args, event)
}

// bit sets or clears a conversation's bit.
func (t *tx) bit(key, member string, set bool) {
	letter := byte('0')
	if set {
		letter = '1'
	}
	t.writes.add(letter, key, member)
}

// refusal is a check that failed: nothing was written.
type refusal struct {
	kind string
	have string // what is there instead
	late bool   // an earlier try, whose answer was lost, may have been applied
}

func (r *refusal) Error() string { return "check " + r.kind + " failed" }
