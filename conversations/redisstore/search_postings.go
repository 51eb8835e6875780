package redisstore

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations/search"
)

// posting is a term's posting as it is stored: in the small hash, or the large one.
type posting struct {
	raw   string
	often bool
}

func (p posting) places() ([]uint64, error) { return search.DecodePosting([]byte(p.raw)) }

// postings reads the postings of terms, which are in order: from the small hashes, and what
// is not there from the large one.
func (s *Store) postings(ctx context.Context, p *partition, terms []search.Term) ([]posting, error) {
	if len(terms) == 0 {
		return nil, nil
	}
	var cmds []redis.Cmder
	names, args := make([]string, len(terms)), make([]any, 0, len(terms)+2*min(len(terms), 256))
	for at := 0; at < len(terms); {
		shard, first := terms[at].Shard(), len(args)
		args = append(args, "hmget", p.find(shard))
		for ; at < len(terms) && terms[at].Shard() == shard; at++ {
			names[at] = string(terms[at][:])
			args = append(args, names[at][1:])
		}
		cmds = append(cmds, redis.NewSliceCmd(ctx, args[first:len(args):len(args)]...))
	}
	if err := s.read(ctx, cmds...); err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	out := make([]posting, 0, len(terms))
	often, lacking := []any{"hmget", p.often()}, []int(nil)
	for _, c := range cmds {
		for _, v := range c.(*redis.SliceCmd).Val() {
			raw, ok := v.(string)
			if !ok {
				often, lacking = append(often, names[len(out)]), append(lacking, len(out))
			}
			out = append(out, posting{raw: raw})
		}
	}
	if len(lacking) == 0 {
		return out, nil
	}
	long := redis.NewSliceCmd(ctx, often...)
	if err := s.read(ctx, long); err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	for i, v := range long.Val() {
		if raw, ok := v.(string); ok {
			out[lacking[i]] = posting{raw, true}
		}
	}
	return out, nil
}

// placesOf reads which conversations each of some terms has.
func (s *Store) placesOf(ctx context.Context, p *partition, terms []search.Term) (map[search.Term][]uint64, error) {
	have, err := s.postings(ctx, p, terms)
	if err != nil {
		return nil, err
	}
	out := make(map[search.Term][]uint64, len(terms))
	for i, t := range terms {
		if out[t], err = have[i].places(); err != nil {
			return nil, fmt.Errorf("search index %s: %w", p.prefix, err)
		}
	}
	return out, nil
}

// postingWriter adds the writes of postings to a transaction; those that lie in one hash,
// and come one after the other, become one command.
type postingWriter struct{ seldom, often hashWrite }

// hashWrite is one HSET in the making.
type hashWrite struct {
	key  string
	args []string
}

// hashMost is how many arguments one HSET of many fields has at most.
const hashMost = 512

func (w *hashWrite) set(t *tx, key, field string, value []byte) {
	if key != w.key || len(w.args) >= hashMost {
		w.flush(t)
	}
	w.key, w.args = key, append(w.args, field, string(value))
}

func (w *hashWrite) flush(t *tx) {
	if len(w.args) > 0 {
		t.do("HSET", w.key, w.args...)
	}
	w.args = w.args[:0]
}

// write adds the write of one posting.
func (w *postingWriter) write(s *Store, t *tx, p *partition, term search.Term, was posting, raw []byte) {
	switch {
	case len(raw) == 0:
		t.do("HDEL", p.find(term.Shard()), term.Field())
		t.do("HDEL", p.often(), string(term[:]))
	case len(raw) <= s.seldom && !was.often:
		w.seldom.set(t, p.find(term.Shard()), term.Field(), raw)
	default:
		w.often.set(t, p.often(), string(term[:]), raw)
		if !was.often && was.raw != "" {
			t.do("HDEL", p.find(term.Shard()), term.Field())
		}
	}
}

func (w *postingWriter) flush(t *tx) {
	w.seldom.flush(t)
	w.often.flush(t)
}
