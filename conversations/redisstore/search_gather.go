package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/search"
)

// glanced is what the indexer wants to know of nearly every event.
type glanced struct {
	n       uint64 // the conversation's place in its partition; 0: of none
	what    conversations.EventType
	version conversations.Revision
	message int  // its place in the conversation; 0: of none
	more    bool // there is more to read
}

// glance reads the beginning of a log's entry.
func glance(value string) (g glanced, ok bool) {
	var err error
	next := func() (field string) {
		field, value, ok = strings.Cut(value, "\t")
		return field
	}
	if head := next(); head != "" {
		if g.n, err = strconv.ParseUint(head, 10, 53); err != nil {
			return g, false
		}
	}
	next() // the operation
	g.what = eventTypes[next()]
	next() // when
	version, err := strconv.ParseUint(next(), 10, 64)
	if err != nil {
		return g, false
	}
	g.version = conversations.Revision(version)
	place := next()
	g.more = ok
	g.message, err = strconv.Atoi(place)
	return g, err == nil
}

// tellsMore reports whether the event may have begun what has to be finished: it changed
// more than who has the conversation.
func (g glanced) tellsMore() bool {
	return g.more && g.what != conversations.EventAssigned && g.what != conversations.EventUnassigned
}

// knownTerms remembers of some conversations what they themselves were indexed by last, so
// that it is not done again for each of their messages. It holds as long as nobody else
// writes the index.
type knownTerms struct{ of [1 << 13]knownTerm }

type knownTerm struct {
	number uint64 // the conversation's
	sum    uint64 // search.Sum of it
}

func (k *knownTerms) place(number uint64) *knownTerm { return &k.of[number%uint64(len(k.of))] }

func (k *knownTerms) note(told []knownTerm) {
	for _, t := range told {
		*k.place(t.number) = t
	}
}

// subject is a conversation that was touched.
type subject struct {
	n       uint64
	id      conversations.ID
	least   conversations.Revision      // what it is told in must be no older
	sum     uint64                      // of what it is found by itself
	indexed bool                        // it is so; conv is not needed
	conv    *conversations.Conversation // nil: there is none
	spoken  []spoken
}

// spoken is one of its messages that were touched.
type spoken struct {
	message int
	raw     string // as it is stored; empty: there is none
	named   uint64 // the sum of its conversation when that itself was found by who wrote it; or 0
}

// gather collects the terms of what was touched, each conversation once, and returns what
// is known of the conversations when they have been written.
func (x *indexer) gather(ctx context.Context, p *partition, touched []glanced) (told []knownTerm, err error) {
	x.more.Reset()
	subjects, err := x.load(ctx, p, touched)
	if err != nil {
		return nil, err
	}
	for i := range subjects {
		c := &subjects[i]
		if !c.indexed && (c.conv == nil || c.conv.Erased) {
			continue
		}
		x.terms.Reset()
		if !c.indexed {
			is := knownTerm{x.s.number(p, c.n), search.Sum(c.conv)}
			if c.sum = is.sum; *x.known.place(is.number) != is {
				x.terms.Conversation(c.conv)
				told = append(told, is)
			}
		}
		for _, m := range c.spoken {
			if err := x.speak(c, m); err != nil {
				return nil, err
			}
		}
		x.more.Add(c.n, &x.terms)
	}
	return told, nil
}

// speak adds the terms of a message. Who wrote it is no news if its conversation is found
// by him.
func (x *indexer) speak(c *subject, is spoken) error {
	if is.raw == "" {
		return nil
	}
	if err := searchedMessage(c.id, is.raw, &x.message); err != nil {
		return err
	}
	if m := &x.message; is.named == c.sum || c.conv != nil && search.Names(c.conv, m) {
		x.terms.Words(m)
	} else {
		x.terms.Message(m)
	}
	return nil
}

// load collects the conversations that were touched, and those of their messages that
// were. What this gateway has seen in a version that is no older than the event's is not
// read again.
func (x *indexer) load(ctx context.Context, p *partition, touched []glanced) (subjects []subject, err error) {
	slices.SortFunc(touched, func(a, b glanced) int { return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.message, b.message)) })
	subjects, all := make([]subject, 0, len(touched)), make([]spoken, 0, len(touched))
	var cmds []*redis.StringCmd
	var takes []func(raw string) error
	want := func(cmd *redis.StringCmd, take func(string) error) {
		cmds, takes = append(cmds, cmd), append(takes, take)
	}
	for len(touched) > 0 {
		of := alike(touched, func(g glanced) uint64 { return g.n })
		touched = touched[len(of):]
		number, from := x.s.number(p, of[0].n), len(all)
		subjects = append(subjects, subject{n: of[0].n, id: conversations.NewID(number)})
		c := &subjects[len(subjects)-1]
		for _, g := range of {
			c.least = max(c.least, g.version)
		}
		for len(of) > 0 {
			told := alike(of, func(g glanced) int { return g.message })
			of = of[len(told):]
			if told[0].message == 0 {
				continue
			}
			all = append(all, spoken{message: told[0].message})
			if !x.fresh(c, &all[len(all)-1], number, told) {
				m := &all[len(all)-1]
				want(redis.NewStringCmd(ctx, "lindex", p.messages(c.n), m.message-1), func(raw string) error { m.raw = raw; return nil })
			}
		}
		c.spoken = all[from:len(all):len(all)]
		if c.indexed = c.sum != 0 && *x.known.place(number) == (knownTerm{number, c.sum}); c.indexed {
			continue
		}
		if c.conv = x.s.glimpse(c.id, c.least); c.conv == nil {
			want(redis.NewStringCmd(ctx, "get", p.conversation(c.n)), func(raw string) (err error) {
				c.conv, err = searchedConversation(c.id, raw)
				return err
			})
		}
	}
	return subjects, x.s.fetch(ctx, cmds, takes)
}

// alike are the events at the beginning that have the same key.
func alike[K comparable](events []glanced, key func(glanced) K) []glanced {
	n := 1
	for n < len(events) && key(events[n]) == key(events[0]) {
		n++
	}
	return events[:n]
}

// fresh takes a message from what this gateway has just written, if nothing has happened
// to it since; told are the events that it was touched by.
func (x *indexer) fresh(c *subject, m *spoken, number uint64, told []glanced) bool {
	f, ok := x.s.fresh.take(number, m.message)
	if !ok || slices.ContainsFunc(told, func(g glanced) bool { return g.version != f.version }) {
		return false
	}
	m.raw = f.raw
	if f.named {
		m.named = f.sum
	}
	if f.version >= c.least {
		c.sum = f.sum
	}
	return true
}

// fetch reads strings, and gives those that are there to whoever wants them.
func (s *Store) fetch(ctx context.Context, cmds []*redis.StringCmd, takes []func(raw string) error) error {
	if len(cmds) == 0 {
		return nil
	}
	all := make([]redis.Cmder, len(cmds))
	for i, c := range cmds {
		all[i] = c
	}
	if err := s.read(ctx, all...); err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("load what is to be indexed: %w", err)
	}
	for i, take := range takes {
		if raw := cmds[i].Val(); raw != "" {
			if err := take(raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// glimpse is what a conversation is found by, if this gateway has seen it in a version that
// is no older than least; or nil.
func (s *Store) glimpse(id conversations.ID, least conversations.Revision) *conversations.Conversation {
	number := id.Number()
	if hit, ok := s.recent.peek(number); ok && hit.conv.Version >= least {
		return hit.conv
	}
	if raw, ok := s.seen.peek(number); ok {
		if c, err := searchedConversation(id, raw); err == nil && c.Version >= least {
			return c
		}
	}
	return nil
}

// searchedConversation is decodeConversation of what a conversation is found by.
func searchedConversation(id conversations.ID, raw string) (*conversations.Conversation, error) {
	c := &conversations.Conversation{ID: id}
	var err error
	c.Version, err = recalled(raw, func(r *record) {
		text(r, 8, &c.Subject)
		text(r, 11, &c.Contact.Name)
		list(r, 12, &c.Contact.Handles, (*record).handle)
		list(r, 15, &c.References, (*record).reference)
		texts(r, 17, &c.Tags)
		texts(r, 35, &c.People)
		r.flag(36, &c.Erased)
		r.joined(44, c)
	})
	if err != nil {
		return nil, fmt.Errorf("conversation %s: %w", id, err)
	}
	return c, nil
}

// searchedMessage is decodeMessage of what a message is found by, into m.
func searchedMessage(in conversations.ID, raw string, m *conversations.Message) error {
	*m = conversations.Message{}
	_, body, ok := strings.Cut(raw, "\n")
	if !ok {
		return fmt.Errorf("message of %s: no state", in)
	}
	plain, err := unpack([]byte(body))
	if err != nil {
		return fmt.Errorf("message of %s: %w", in, err)
	}
	r := readRecord(string(plain))
	usual(&r, 2, &m.Direction, conversations.In)
	text(&r, 4, &m.Account)
	text(&r, 8, &m.Author.Name)
	text(&r, 9, &m.From)
	usual(&r, 10, &m.To, m.Account)
	text(&r, 11, &m.Subject)
	text(&r, 12, &m.Text)
	list(&r, 14, &m.Attachments, (*record).attachment)
	text(&r, 18, &m.Full)
	text(&r, 19, &m.Raw)
	if r.err != nil {
		return fmt.Errorf("message of %s: %w", in, r.err)
	}
	return nil
}
