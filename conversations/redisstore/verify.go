package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Finding is one thing that is not as it should be.
type Finding struct {
	Where string // a key or an ID
	What  string
}

// Audit is what Verify looked at.
type Audit struct {
	Conversations, Messages, Events, Contacts, Handles, Officers, Matters int
	Terms, Postings                                                       int // of the search index
	Findings                                                              []Finding
}

func (a *Audit) found(where, what string, args ...any) {
	a.Findings = append(a.Findings, Finding{where, fmt.Sprintf(what, args...)})
}

// audit is one run over the store.
type audit struct {
	*Audit
	s       *Store
	holders map[conversations.ID]conversations.OfficerID     // live and assigned
	waiting map[conversations.ID]bool                        // live and unassigned
	open    map[string]conversations.ID                      // handle → its live chat conversation
	joins   map[conversations.ID]*conversations.Conversation // that were merged or split

	unproved map[string]bool // the partition's members that no message has accounted for yet

	file func(key string) error // looks for an attachment or raw mail; nil: they are not looked for
}

// Verify recounts everything: documents, indexes, outbox, handles, officers'
// loads and queues. It only reads; on a store at work it may find things that
// are just under way. progress, if not nil, is told of each partition.
func (s *Store) Verify(ctx context.Context, progress func(done, of int)) (Audit, error) {
	return s.VerifyFiles(ctx, nil, progress)
}

// VerifyFiles is Verify that looks for the files of messages too: file says by an error which
// is not there.
func (s *Store) VerifyFiles(ctx context.Context, file func(key string) error, progress func(done, of int)) (Audit, error) {
	a := &audit{
		file:  file,
		Audit: &Audit{}, s: s, holders: map[conversations.ID]conversations.OfficerID{},
		waiting: map[conversations.ID]bool{}, open: map[string]conversations.ID{},
		joins: map[conversations.ID]*conversations.Conversation{},
	}
	for i, p := range s.partitions {
		if err := a.partition(ctx, p); err != nil {
			return *a.Audit, fmt.Errorf("verify %s: %w", p.prefix, err)
		}
		if progress != nil {
			progress(i+1, len(s.partitions))
		}
	}
	a.joined()
	if err := a.board(ctx); err != nil {
		return *a.Audit, fmt.Errorf("verify board: %w", err)
	}
	if err := a.reviews(ctx); err != nil {
		return *a.Audit, fmt.Errorf("verify reviews: %w", err)
	}
	return *a.Audit, nil
}

// indexes are the indexes of one partition as they are.
type indexes struct {
	sorted map[string]map[string]int64
	facets map[string][]byte
	groups map[string][]string
}

func (a *audit) partition(ctx context.Context, p *partition) error {
	ix, err := a.readIndexes(ctx, p)
	if err != nil {
		return err
	}
	members := make([]string, 0, len(ix.sorted["created"]))
	for m := range ix.sorted["created"] {
		members = append(members, m)
	}
	slices.Sort(members)
	if err := a.readUnproved(ctx, p); err != nil {
		return err
	}
	wantFacets, wantGroups := map[string][]string{}, map[string][]string{}
	for chunk := range slices.Chunk(members, 200) {
		if err := a.conversations(ctx, p, ix, chunk, wantFacets, wantGroups); err != nil {
			return err
		}
	}
	for name, by := range ix.sorted {
		if len(by) != len(members) {
			a.found(p.sorted(name), "has %d members, want %d", len(by), len(members))
		}
	}
	a.leftUnproved(p)
	a.compareFacets(p, ix.facets, wantFacets)
	for g, want := range wantGroups {
		if missing := missingFrom(ix.groups[g], want); len(missing) > 0 {
			a.found(p.members(g), "lacks %v", missing)
		}
	}
	for g, have := range ix.groups {
		if excess := missingFrom(wantGroups[g], have); len(excess) > 0 {
			a.found(p.members(g), "has %v, which do not belong there", excess)
		}
	}
	if err := a.matters(ctx, p); err != nil {
		return err
	}
	if err := a.search(ctx, p, members); err != nil {
		return err
	}
	return a.handles(ctx, p)
}

// conversations checks some conversations against the indexes and their messages.
func (a *audit) conversations(ctx context.Context, p *partition, ix *indexes, members []string, facetsWanted, groupsWanted map[string][]string) error {
	for _, m := range members {
		n, err := strconv.ParseUint(m, 10, 53)
		if err != nil {
			a.found(p.sorted("created"), "member %q is not a number", m)
			continue
		}
		id := conversations.NewID(a.s.number(p, n))
		raw, ok, err := get[string](ctx, a.s, redis.NewStringCmd(ctx, "get", p.conversation(n)))
		if err != nil {
			return err
		}
		if !ok {
			a.found(string(id), "is indexed but does not exist")
			continue
		}
		c, err := decodeConversation(id, raw)
		if err != nil {
			a.found(string(id), "%v", err)
			continue
		}
		a.Audit.Conversations++
		for name, want := range map[string]int64{"updated": updatedScore(c), "created": createdScore(c), "due": dueScore(c)} {
			if have, ok := ix.sorted[name][m]; !ok || have != want {
				a.found(string(id), "stands at %d in %s, want %d", have, name, want)
			}
		}
		for _, f := range facets(nil, c) {
			facetsWanted[f.String()] = append(facetsWanted[f.String()], m)
		}
		for _, g := range groups(c) {
			groupsWanted[g] = append(groupsWanted[g], m)
		}
		if err := a.messages(ctx, p, n, c); err != nil {
			return err
		}
		a.owed(c)
		if c.MergedInto != "" || len(c.Shares)+len(c.Given) > 0 || c.Erased {
			a.joins[c.ID] = c
		}
	}
	return nil
}

// messages checks a conversation's messages: as many as it says, readable, each
// provider's ID once, and every queued one in the outbox.
func (a *audit) messages(ctx context.Context, p *partition, n uint64, c *conversations.Conversation) error {
	raws, _, err := get[[]string](ctx, a.s, redis.NewStringSliceCmd(ctx, "lrange", p.messages(n), 0, -1))
	if err != nil {
		return err
	}
	events, _, err := get[int64](ctx, a.s, redis.NewIntCmd(ctx, "llen", p.history(n)))
	if err != nil {
		return err
	}
	a.Events += int(events)
	if len(raws) != c.Messages {
		a.found(string(c.ID), "has %d messages, says %d", len(raws), c.Messages)
	}
	seen, said := map[string]bool{}, map[conversations.MessageID]bool{}
	var open []*conversations.Message // have another way, and no proof that they arrived
	for i, raw := range raws {
		id := conversations.NewMessageID(c.ID, i+1)
		m, err := decodeMessage(id, raw)
		if err != nil {
			a.found(string(id), "%v", err)
			continue
		}
		a.Audit.Messages++
		if key := copyKey(m); m.ProviderID != "" {
			if seen[key] {
				a.found(string(id), "is a second copy of the same provider message")
			}
			seen[key] = true
		}
		a.filesOf(m)
		if m.Send != nil {
			said[m.Send.Instead] = true
		}
		if hasOtherWay(m) && !m.Proved() {
			open = append(open, m)
		}
		if m.Status == channels.Queued && m.Send != nil {
			if err := a.inOutbox(ctx, p, id, m); err != nil {
				return err
			}
		}
	}
	a.areUnproved(n, open, said)
	return nil
}

// filesOf looks for a message's files, each once.
func (a *audit) filesOf(m *conversations.Message) {
	if a.file == nil {
		return
	}
	for _, key := range m.Files() {
		if err := a.file(key); err != nil {
			a.found(string(m.ID), "a file of it: %v", err)
		}
	}
}

// copyKey is the same for two copies of one provider's message. A mail's ID is
// its sender's word, so that what it says counts too.
func copyKey(m *conversations.Message) string {
	key := string(m.Direction) + "\x00" + m.Account + "\x00" + m.ProviderID
	if m.Channel == channels.Email {
		key += "\x00" + m.From + "\x00" + m.Subject + "\x00" + m.Text
	}
	return key
}

func (a *audit) inOutbox(ctx context.Context, p *partition, id conversations.MessageID, m *conversations.Message) error {
	_, n, err := a.s.of(m.Conversation)
	if err != nil {
		return err
	}
	ref := member(n, id)
	for _, key := range []string{p.lane(int(m.Send.Lane)), p.leases()} {
		_, ok, err := get[float64](ctx, a.s, redis.NewFloatCmd(ctx, "zscore", key, ref))
		if err != nil || ok {
			return err
		}
	}
	a.found(string(id), "is queued but in no outbox")
	return nil
}

// owed notes what the board must know of the conversation, and that no handle
// leads two live chats.
func (a *audit) owed(c *conversations.Conversation) {
	if !c.Status.Live() {
		return
	}
	if c.Assignee != nil {
		a.holders[c.ID] = c.Assignee.ID
	} else {
		a.waiting[c.ID] = true
	}
	split := slices.ContainsFunc(c.Shares, func(s conversations.Share) bool { return len(s.Places) > 0 })
	for _, r := range c.Routes {
		if r.Channel == channels.Email || split {
			continue
		}
		key := r.To.Key()
		if other, ok := a.open[key]; ok && other != c.ID {
			a.found(string(c.ID), "is a second live chat with the person of %s", other)
		}
		a.open[key] = c.ID
	}
}

// missingFrom lists what of want is not in have.
func missingFrom(have, want []string) []string {
	var out []string
	for _, w := range want {
		if !slices.Contains(have, w) {
			out = append(out, w)
		}
	}
	return out
}
