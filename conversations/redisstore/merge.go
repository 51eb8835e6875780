package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Transactions that are committed at the same time run in one call of the script:
// on a cluster those of one partition, elsewhere all. Each is still applied whole
// or not at all, whatever becomes of the others.

// errApart says that a call with several transactions failed, and nobody knows
// which of them was applied: each has to be tried by itself.
var errApart = errors.New("failed together with others")

// bundle is the transactions of one call of the script.
type bundle struct {
	calls []*call
	cmd   once
	words []any // the command's
}

// spare are bundles that have been settled: nobody else has them.
var spare = sync.Pool{New: func() any { return &bundle{} }}

// bundles shares transactions out.
func (b *batcher) bundles(ctx context.Context, txs []*call) []*bundle {
	var out []*bundle
	open := map[string]*bundle{} // by hash tag; "" for all of one server
	for _, c := range txs {
		slot := ""
		if b.cluster != nil {
			slot = tagOf(c.tx.log)
		}
		to := open[slot]
		if to == nil || c.alone {
			to = spare.Get().(*bundle)
			out = append(out, to)
			if !c.alone {
				open[slot] = to
			}
		}
		to.calls = append(to.calls, c)
	}
	for _, to := range out {
		to.cmd = newOnce(ctx, to.args("evalsha", commitScript.sha)...)
	}
	return out
}

// args are those of the command. Pointers, for a string in an interface would be
// an allocation each; but the first key, which tells a cluster where to go.
func (b *bundle) args(command, script string) []any {
	keys, n := 0, 3
	for _, c := range b.calls {
		t := c.tx
		keys += 1 + len(t.checks.keys) + len(t.writes.keys)
		n += 2 + len(t.checks.args) + len(t.writes.args)
	}
	args := append(slices.Grow(b.words[:0], keys+n), command, script, keys)
	for _, c := range b.calls {
		args = point(point(append(args, &c.tx.log), c.tx.checks.keys), c.tx.writes.keys)
	}
	args[3] = b.calls[0].tx.log
	for _, c := range b.calls {
		letters := slices.Concat(c.tx.checks.letters, c.tx.writes.letters)
		if c.again {
			args = append(args, append([]byte{'@'}, letters...), c.tx.op)
		} else {
			args = append(args, letters)
		}
		args = point(point(args, c.tx.checks.args), c.tx.writes.args)
	}
	b.words = args
	return args
}

func point(args []any, to []string) []any {
	for i := range to {
		args = append(args, &to[i])
	}
	return args
}

// unknown makes the command carry the script itself, if the server does not have it.
func (b *bundle) unknown(ctx context.Context) bool {
	if err := b.cmd.Err(); err == nil || !strings.HasPrefix(err.Error(), "NOSCRIPT") {
		return false
	}
	b.cmd = newOnce(ctx, b.args("eval", commitScript.source)...)
	return true
}

// free lets go of what the bundle was made of.
func (b *bundle) free() {
	clear(b.calls)
	clear(b.words)
	b.calls, b.cmd = b.calls[:0], once{}
	spare.Put(b)
}

// settle gives each transaction its answer.
func (b *bundle) settle() {
	err := b.cmd.Err()
	var server redis.Error
	if err != nil && len(b.calls) > 1 && errors.As(err, &server) && !retryable(err) {
		err = errApart
	}
	answers, _ := b.cmd.Val().([]any)
	if err == nil && len(answers) != len(b.calls) {
		err = fmt.Errorf("commit: %d answers to %d transactions", len(answers), len(b.calls))
	}
	for i, c := range b.calls {
		if c.err = err; err != nil {
			continue
		}
		if no, ok := answers[i].([]any); ok && len(no) > 0 {
			letter, _ := no[0].(string)
			refused := &refusal{kind: checkKinds[letter]}
			if len(no) > 1 {
				refused.have, _ = no[1].(string)
			}
			c.err = refused
		}
	}
}

// tagOf is a key's hash tag, with its braces.
func tagOf(key string) string { return key[:strings.IndexByte(key, '}')+1] }
