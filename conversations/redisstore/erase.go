package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Tombstone implements conversations.Erasure. A conversation of somebody else's,
// in which the person only takes part, keeps what is not his.
func (s *Store) Tombstone(ctx context.Context, id conversations.ID, person conversations.Contact, why string, now time.Time) (conversations.Removed, error) {
	p, n, err := s.of(id)
	if err != nil {
		return conversations.Removed{}, err
	}
	for {
		g, err := s.loadGrave(ctx, p, n, id)
		if err != nil {
			return conversations.Removed{}, err
		}
		g.person, g.why, g.now = person, why, now
		g.own = g.conv.Contact.ID == person.ID || g.conv.Erased
		if g.own {
			if err := s.anonymise(ctx, g.conv.References); err != nil { // while it still says what it was about
				return conversations.Removed{}, err
			}
		}
		err = s.bury(ctx, g)
		if errors.Is(err, conversations.ErrStale) {
			continue
		}
		if err != nil {
			return conversations.Removed{}, err
		}
		s.forget(id)
		if err := s.unindex(ctx, p, n); err != nil {
			return conversations.Removed{}, err
		}
		if g.own {
			g.removed.Entries, err = s.unlog(ctx, p, n)
		}
		return g.removed, err
	}
}

// grave is a conversation that is being taken apart.
type grave struct {
	p        *partition
	n        uint64
	person   conversations.Contact
	why      string
	now      time.Time
	own      bool // it is the person's; else he only takes part
	conv     *conversations.Conversation
	messages []conversations.Message
	lines    []string
	promises []conversations.Callback
	removed  conversations.Removed
}

func (s *Store) loadGrave(ctx context.Context, p *partition, n uint64, id conversations.ID) (*grave, error) {
	doc := redis.NewStringCmd(ctx, "get", p.conversation(n))
	raws := redis.NewStringSliceCmd(ctx, "lrange", p.messages(n), 0, -1)
	lines := redis.NewStringSliceCmd(ctx, "lrange", p.history(n), 0, -1)
	if err := s.read(ctx, doc, raws, lines); err != nil {
		return nil, err
	}
	if doc.Val() == "" {
		return nil, conversations.ErrNotFound
	}
	c, err := decodeConversation(id, doc.Val())
	if err != nil {
		return nil, err
	}
	g := &grave{p: p, n: n, conv: c, lines: lines.Val()}
	for i, raw := range raws.Val() {
		m, err := decodeMessage(conversations.NewMessageID(id, i+1), raw)
		if err != nil {
			return nil, err
		}
		g.messages = append(g.messages, *m)
	}
	for i := range c.Issued {
		cb, err := s.LoadCallback(ctx, conversations.CallbackID(fmt.Sprintf("%s-cb%d", id, i+1)))
		if errors.Is(err, conversations.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		g.promises = append(g.promises, cb)
	}
	return g, nil
}

// bury writes the whole of it at once.
func (s *Store) bury(ctx context.Context, g *grave) error {
	if g.conv.Erased {
		return nil
	}
	t := newTx(g.p.log)
	t.op = opID()
	was, after := *g.conv, s.remains(g)
	t.check("rev", g.p.conversation(g.n), num(uint64(was.Version)), "")
	raw, err := encodeConversation(&after)
	if err != nil {
		return err
	}
	t.do("SET", g.p.conversation(g.n), raw)
	t.index(g.p, g.n, &was, &after)
	t.alarm(g.p, g.n, &after, g.now)
	if err := s.redact(ctx, t, g); err != nil {
		return err
	}
	if err := g.rewriteHistory(t); err != nil {
		return err
	}
	if g.own {
		for _, cb := range g.promises {
			if err := g.voidPromise(t, cb); err != nil {
				return err
			}
		}
	}
	events := []conversations.Event{{Type: conversations.EventErased, At: g.now, By: conversations.System, Why: g.why}}
	if was.Status != after.Status {
		events = append(events, conversations.Event{Type: conversations.EventChanged, At: g.now, Why: g.why,
			By: conversations.Author{Type: conversations.ByOfficer}, Changes: map[string]conversations.Delta{"status": {From: was.Status, To: after.Status}}})
	}
	for i := range events {
		events[i].Version = after.Version
	}
	if err := composeEvents(t, g.p, g.n, events, false); err != nil {
		return err
	}
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		return conversations.ErrStale
	}
	return err
}

// remains is the conversation without the person.
func (s *Store) remains(g *grave) conversations.Conversation {
	if g.own {
		return conversations.Buried(*g.conv, g.now)
	}
	c := *g.conv
	his := func(h channels.Handle) bool {
		return slices.ContainsFunc(g.person.Handles, func(o channels.Handle) bool { return o.Key() == h.Key() })
	}
	c.People = slices.DeleteFunc(slices.Clone(c.People), func(key string) bool {
		return slices.ContainsFunc(g.person.Handles, func(o channels.Handle) bool { return o.Key() == key || strings.EqualFold(o.Value, key) })
	})
	c.Routes = slices.DeleteFunc(slices.Clone(c.Routes), func(r conversations.Route) bool { return his(r.To) })
	c.Parties = slices.DeleteFunc(slices.Clone(c.Parties), func(p conversations.Party) bool { return p.Contact.ID == g.person.ID })
	if n := len(g.messages); n > 0 && g.person.By(&g.messages[n-1]) {
		c.Preview = ""
	}
	c.Version++
	return c
}

// redact takes the words out of the messages, and what waits to be sent or
// fetched out of the queues. What was kept once is claimed wherever the person's
// handles lead, so that it does not come back by another way.
func (s *Store) redact(ctx context.Context, t *tx, g *grave) error {
	for i := range g.messages {
		m := &g.messages[i]
		if !g.own && !g.person.By(m) {
			continue
		}
		if err := s.claimEverywhere(ctx, g, m); err != nil {
			return err
		}
		gone := conversations.Redacted(*m)
		raw, err := encodeMessage(&gone)
		if err != nil {
			return err
		}
		t.do("LSET", g.p.messages(g.n), num(uint64(i)), raw)
		g.removed.Messages++
		ref := member(g.n, m.ID)
		if m.Send != nil {
			t.do("ZREM", g.p.lane(int(m.Send.Lane)), ref)
			t.do("ZREM", g.p.leases(), ref)
			t.do("HDEL", g.p.tokens(), ref)
			t.do("ZREM", g.p.awaited(), ref)
			t.do("ZREM", g.p.unproved(), ref)
		}
		if len(m.Attachments) > 0 {
			t.do("ZREM", g.p.fetch(), ref)
		}
	}
	return nil
}

// claimEverywhere claims a message in the home of each of the person's handles.
func (s *Store) claimEverywhere(ctx context.Context, g *grave, m *conversations.Message) error {
	claim := m.Claim()
	if claim == "" {
		return nil
	}
	hash := digest(claim)
	done := []*partition{g.p}
	for _, h := range append(slices.Clone(g.person.Handles), g.conv.Contact.Handles...) {
		home := s.home(h.Key())
		if slices.Contains(done, home) {
			continue
		}
		done = append(done, home)
		if _, err := s.write(ctx, "hsetnx", home.claims(hash), hash[2:], "@"+string(g.conv.ID)); err != nil {
			return err
		}
	}
	return nil
}

// told are the changes that an erased conversation's history may go on telling.
var told = []string{"status", "assignee", "priority", "desk", "category"}

// rewriteHistory leaves of the history what happened, when and by which officer.
func (g *grave) rewriteHistory(t *tx) error {
	if len(g.lines) == 0 {
		return nil
	}
	lines := make([]string, len(g.lines))
	for i, line := range g.lines {
		lines[i] = line
		e, err := decodeEvent(g.conv.ID, line)
		if err != nil {
			return err
		}
		his := e.By.Type == conversations.ByCustomer && (g.own || e.By.ID == string(g.person.ID))
		if !g.own && !his {
			continue
		}
		if his {
			e.By = conversations.Author{Type: conversations.ByCustomer}
		}
		e.Why = ""
		for name := range e.Changes {
			if !slices.Contains(told, name) {
				delete(e.Changes, name)
			}
		}
		if lines[i], err = encodeEvent(&e); err != nil {
			return err
		}
	}
	t.do("DEL", g.p.history(g.n))
	t.do("RPUSH", g.p.history(g.n), lines...)
	return nil
}

// voidPromise leaves of a promise that there was one.
func (g *grave) voidPromise(t *tx, cb conversations.Callback) error {
	if cb.Status.Open() {
		cb.Status = conversations.CallbackCanceled
	}
	was := cb.Version
	cb.Phone, cb.Note, cb.Why, cb.Spoken, cb.Version = "", "", "", nil, was+1
	for i := range cb.Attempts {
		cb.Attempts[i].CallSID = ""
	}
	raw, err := encodeCallback(&cb)
	if err != nil {
		return err
	}
	t.check("frev", g.p.callbacks(), num(uint64(was)), string(cb.ID))
	t.do("HSET", g.p.callbacks(), string(cb.ID), raw)
	g.removed.Callbacks++
	return nil
}
