package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
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
	texts  uint64 // a hash of what it says of itself
}

func (k *knownTerms) place(number uint64) *knownTerm { return &k.of[number%uint64(len(k.of))] }

func (k *knownTerms) note(told []knownTerm) {
	for _, t := range told {
		*k.place(t.number) = t
	}
}

var knownSeed = maphash.MakeSeed()

// textsOf is a hash of what a conversation itself is found by.
func textsOf(c *conversations.Conversation) uint64 {
	var h maphash.Hash
	h.SetSeed(knownSeed)
	for _, text := range search.Texts(c) {
		h.WriteString(text)
		h.WriteByte(0)
	}
	return h.Sum64()
}

// gather collects the terms of what was touched, each conversation once, and returns what
// is known of the conversations when they have been written.
func (x *indexer) gather(ctx context.Context, p *partition, touched []glanced) (told []knownTerm, err error) {
	x.more.Reset()
	slices.SortFunc(touched, func(a, b glanced) int { return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.message, b.message)) })
	convs, raws, err := x.load(ctx, p, touched)
	if err != nil {
		return nil, err
	}
	for i, g := range touched {
		if i == 0 || touched[i-1].n != g.n {
			x.terms.Reset()
		}
		c := convs[g.n]
		if g.message > 0 && (i == 0 || touched[i-1].n != g.n || touched[i-1].message != g.message) && raws[i] != "" {
			m, err := searchedMessage(conversations.NewMessageID(conversations.NewID(x.s.number(p, g.n)), g.message), raws[i])
			if err != nil {
				return nil, err
			}
			x.terms.Message(m)
		}
		if i+1 < len(touched) && touched[i+1].n == g.n || c == nil || c.Erased {
			continue
		}
		is := knownTerm{x.s.number(p, g.n), textsOf(c)}
		if *x.known.place(is.number) != is {
			x.terms.Conversation(c)
			told = append(told, is)
		}
		x.more.Add(g.n, &x.terms)
	}
	return told, nil
}

// load reads the conversations that were touched, by their places, and the messages, each
// at the place of the event that tells of it first. What this gateway has seen in a version
// that is no older than the event's is not read again.
func (x *indexer) load(ctx context.Context, p *partition, touched []glanced) (convs map[uint64]*conversations.Conversation, raws []string, err error) {
	convs, raws = make(map[uint64]*conversations.Conversation, len(touched)), make([]string, len(touched))
	var cmds []redis.Cmder
	var takes []func(raw string) error
	want := func(cmd redis.Cmder, take func(string) error) { cmds, takes = append(cmds, cmd), append(takes, take) }
	for i, g := range touched {
		id := conversations.NewID(x.s.number(p, g.n))
		if i == 0 || touched[i-1].n != g.n {
			least := g.version
			for _, later := range touched[i+1:] {
				if later.n != g.n {
					break
				}
				least = max(least, later.version)
			}
			if c := x.s.glimpse(id, least); c != nil {
				convs[g.n] = c
			} else {
				want(redis.NewStringCmd(ctx, "get", p.conversation(g.n)), func(raw string) (err error) {
					convs[g.n], err = searchedConversation(id, raw)
					return err
				})
			}
		}
		if g.message > 0 && (i == 0 || touched[i-1].n != g.n || touched[i-1].message != g.message) {
			want(redis.NewStringCmd(ctx, "lindex", p.messages(g.n), g.message-1), func(raw string) error { raws[i] = raw; return nil })
		}
	}
	if len(cmds) == 0 {
		return convs, raws, nil
	}
	if err := x.s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, nil, fmt.Errorf("load what is to be indexed: %w", err)
	}
	for i, take := range takes {
		if raw := cmds[i].(*redis.StringCmd).Val(); raw != "" {
			if err := take(raw); err != nil {
				return nil, nil, err
			}
		}
	}
	return convs, raws, nil
}

// glimpse is what a conversation is found by, if this gateway has seen it in a version that
// is no older than least; or nil.
func (s *Store) glimpse(id conversations.ID, least conversations.Revision) *conversations.Conversation {
	if hit, ok := s.recent.peek(string(id)); ok && hit.conv.Version >= least {
		return hit.conv
	}
	if raw, ok := s.seen.peek(string(id)); ok {
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

// searchedMessage is decodeMessage of what a message is found by.
func searchedMessage(id conversations.MessageID, raw string) (*conversations.Message, error) {
	_, body, ok := strings.Cut(raw, "\n")
	if !ok {
		return nil, fmt.Errorf("message %s: no state", id)
	}
	plain, err := unpack([]byte(body))
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", id, err)
	}
	m := &conversations.Message{ID: id}
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
		return nil, fmt.Errorf("message %s: %w", id, r.err)
	}
	return m, nil
}
