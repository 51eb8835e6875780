package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/search"
)

// The search index of a partition is its postings: {p}:find:<hh>, 256 small hashes
// that Redis packs tightly, and {p}:often for postings too long for them. How far
// it goes stands in {p}:indexed; each write checks that and moves it on, so that
// one indexer at a time gets his word in, and each event counts once.

const (
	// indexForm is the version of terms and postings: another one is built anew.
	indexForm = "1"
	// seldomMost is the longest posting, in bytes, that a packed hash keeps
	// (hash-max-listpack-value); a store of a test may keep less.
	seldomMost = 60
	// buildStep is how many conversations are read at once while an index is built.
	buildStep = 64
)

// indexPlace is how far a partition's index goes.
type indexPlace struct {
	raw   string
	built bool     // all conversations are in it, and it follows the log
	next  int      // else: the number from which conversations are still to be added
	at    position // the last event that is in it
	gone  int      // how often somebody was taken out of it: what was read before is not written after
}

func (s *Store) indexPlace(ctx context.Context, p *partition) (indexPlace, error) {
	raw, _, err := get[string](ctx, s, redis.NewStringCmd(ctx, "get", p.indexed()))
	if err != nil {
		return indexPlace{}, fmt.Errorf("search index: %w", err)
	}
	return parseIndexPlace(raw), nil
}

// parseIndexPlace reads "form next position gone": next is "-" once the index is built.
func parseIndexPlace(raw string) indexPlace {
	f := strings.Fields(raw)
	if len(f) != 4 || f[0] != indexForm {
		return indexPlace{raw: raw, next: -1}
	}
	place := indexPlace{raw: raw, built: f[1] == "-", at: parsePosition(f[2])}
	_, err := fmt.Sscan(f[3], &place.gone)
	if err == nil && !place.built {
		_, err = fmt.Sscan(f[1], &place.next)
	}
	if err != nil {
		return indexPlace{raw: raw, next: -1}
	}
	return place
}

func (i indexPlace) String() string {
	next := "-"
	if !i.built {
		next = fmt.Sprint(i.next)
	}
	return fmt.Sprintf("%s %s %s %d", indexForm, next, i.at, i.gone)
}

// errOvertaken says that another indexer got his word in.
var errOvertaken = errors.New("search index: another one is at it")

// addToIndex puts conversations under their terms, and moves the index on.
func (s *Store) addToIndex(ctx context.Context, p *partition, was, now indexPlace, more []search.Gathered) error {
	terms := make([]search.Term, len(more))
	for i := range more {
		terms[i] = more[i].Term
	}
	have, err := s.postings(ctx, p, terms)
	if err != nil {
		return err
	}
	t := newTx(p.log)
	t.check("value", p.indexed(), was.raw, "")
	t.do("SET", p.indexed(), now.String())
	var w postingWriter
	for i, x := range more {
		all, changed, err := search.AddTo([]byte(have[i].raw), x.Places)
		if err != nil {
			return fmt.Errorf("search index %s: %w", p.prefix, err)
		}
		if changed {
			w.write(s, t, p, x.Term, have[i], all)
		}
	}
	w.flush(t)
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		if no.have == now.String() { // our own writing, whose answer was lost
			return nil
		}
		return errOvertaken
	}
	return err
}

// buildIndex adds the next conversations to an index that is being built.
func (s *Store) buildIndex(ctx context.Context, p *partition, place indexPlace, finish func(context.Context, conversations.Event) error) error {
	if place.next < 0 {
		return s.beginIndex(ctx, p, place)
	}
	every := anyOf(ctx, p, statusFacets(conversations.Statuses))
	if err := s.read(ctx, every); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	ns := (&mask{bits: union(every)}).members(uint64(place.next), buildStep)
	docs, err := s.documents(ctx, p, ns)
	if err != nil {
		return err
	}
	next := place
	if next.built = len(ns) < buildStep; !next.built {
		next.next = int(ns[len(ns)-1]) + 1
	}
	var more search.Gathering
	slices.SortFunc(docs, func(a, b document) int { return cmp.Compare(a.n, b.n) })
	for _, d := range docs {
		more.Add(d.n, d.terms())
		for _, e := range d.conv.Unfinished() {
			if err := finish(ctx, e); err != nil {
				return fmt.Errorf("finish %s: %w", e.Type, err)
			}
		}
	}
	return s.addToIndex(ctx, p, place, next, more.All())
}

// beginIndex clears what there is of an index, and notes where the log stands.
func (s *Store) beginIndex(ctx context.Context, p *partition, place indexPlace) error {
	last := redis.NewXMessageSliceCmd(ctx, "xrevrange", p.log, "+", "-", "count", 1)
	if err := s.read(ctx, last); err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("search index: %w", err)
	}
	next := indexPlace{}
	if entries := last.Val(); len(entries) == 1 {
		next.at = parsePosition(entries[0].ID)
	}
	t := newTx(p.log)
	t.check("value", p.indexed(), place.raw, "")
	t.do("SET", p.indexed(), next.String()) // first: a full server refuses it, and then nothing is done
	for shard := range 256 {
		t.do("DEL", p.find(byte(shard)))
	}
	t.do("DEL", p.often())
	err := s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) && no.have != next.String() {
		return errOvertaken
	}
	if no != nil { // our own writing, whose answer was lost
		return nil
	}
	return err
}

// document is a conversation with its own messages, as it is searched.
type document struct {
	n        uint64
	conv     *conversations.Conversation
	messages []conversations.Message
}

func (d document) terms() *search.Terms {
	t := search.NewTerms()
	t.Conversation(d.conv)
	for i := range d.messages {
		t.Message(&d.messages[i])
	}
	return t
}

// documents reads conversations with all their messages; those that were erased
// or do not exist are left out.
func (s *Store) documents(ctx context.Context, p *partition, ns []uint64) ([]document, error) {
	if len(ns) == 0 {
		return nil, nil
	}
	get := []any{"mget"}
	cmds := make([]redis.Cmder, 0, len(ns)+1)
	for _, n := range ns {
		get = append(get, p.conversation(n))
		cmds = append(cmds, redis.NewStringSliceCmd(ctx, "lrange", p.messages(n), 0, -1))
	}
	cmds = append(cmds, redis.NewSliceCmd(ctx, get...))
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("load conversations: %w", err)
	}
	var out []document
	for i, v := range cmds[len(ns)].(*redis.SliceCmd).Val() {
		raw, ok := v.(string)
		if !ok {
			continue
		}
		id := conversations.NewID(s.number(p, ns[i]))
		c, err := decodeConversation(id, raw)
		if err != nil {
			return nil, err
		}
		if c.Erased {
			continue
		}
		d := document{n: ns[i], conv: c}
		for j, raw := range cmds[i].(*redis.StringSliceCmd).Val() {
			m, err := decodeMessage(conversations.NewMessageID(id, j+1), raw)
			if err != nil {
				return nil, err
			}
			d.messages = append(d.messages, *m)
		}
		out = append(out, d)
	}
	return out, nil
}
