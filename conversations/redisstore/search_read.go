package redisstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/search"
)

const (
	// searchStep is how many conversations are held against the words at once.
	searchStep = 32
	// searchMost is how many are, for one page: the next goes on from there.
	searchMost = 640
	// searchBegun is the same for longer words that begin as asked: of those that
	// begin alike, few are meant.
	searchBegun = 160
	// searchMessages is how many messages of a conversation are shown.
	searchMessages = 3
)

// searchCursor is where a page of findings ended.
type searchCursor struct {
	Of    uint64   `json:"q"`           // fingerprint of the question: a cursor is for that alone
	Begun bool     `json:"b,omitempty"` // whole words are done, beginnings follow
	Below uint64   `json:"n"`           // the last conversation's number; 0: none yet
	Seen  []string `json:"s,omitempty"` // contacts that were shown
}

// searchFrom is where to go on looking for a question's answers among what.
func searchFrom(what string, q conversations.SearchQuery) (searchCursor, error) {
	start := searchCursor{Of: fingerprint(what, q.Text)}
	if q.Cursor == "" {
		return start, nil
	}
	var cur searchCursor
	if err := decodeCursor(q.Cursor, &cur); err != nil || cur.Of != start.Of {
		return start, conversations.ErrCursor
	}
	return cur, nil
}

// candidates are the conversations that the index offers, in each partition in order.
type candidates struct {
	s      *Store
	places [][]uint64
}

// candidates looks a plan up in every partition.
func (s *Store) candidates(ctx context.Context, plan search.Plan) (candidates, error) {
	out := candidates{s, make([][]uint64, len(s.partitions))}
	terms := plan.Terms()
	errs := make(chan error, len(s.partitions))
	for i, p := range s.partitions {
		go func() {
			found, err := s.placesOf(ctx, p, terms)
			if err == nil {
				out.places[i] = plan.Places(func(t search.Term) []uint64 { return found[t] })
			}
			errs <- err
		}()
	}
	var failed error
	for range s.partitions {
		if err := <-errs; err != nil {
			failed = err
		}
	}
	return out, failed
}

// below leaves out all but those with a smaller number; 0 leaves all.
func (c candidates) below(number uint64) {
	if number == 0 {
		return
	}
	for i, p := range c.s.partitions {
		at, _ := slices.BinarySearchFunc(c.places[i], number, func(n, number uint64) int {
			if c.s.number(p, n) < number {
				return -1
			}
			return 1
		})
		c.places[i] = c.places[i][:at]
	}
}

// next takes the latest conversations, at most so many.
func (c candidates) next(most int) []uint64 {
	var out []uint64
	for len(out) < most {
		best, in := uint64(0), -1
		for i, p := range c.s.partitions {
			if k := len(c.places[i]); k > 0 {
				if n := c.s.number(p, c.places[i][k-1]); in < 0 || n > best {
					best, in = n, i
				}
			}
		}
		if in < 0 {
			break
		}
		c.places[in] = c.places[in][:len(c.places[in])-1]
		out = append(out, best)
	}
	return out
}

// Search finds conversations by what was said in them and by whom, the latest
// first: those that have the words as they are, then those that have longer ones.
func (s *Store) Search(ctx context.Context, q conversations.SearchQuery) (conversations.SearchPage, error) {
	cur, err := searchFrom("conversations", q)
	if err != nil {
		return conversations.SearchPage{}, err
	}
	asked := search.Parse(q.Text)
	if asked.Empty() {
		return conversations.SearchPage{}, nil
	}
	f := &finder{s: s, asked: asked, limit: q.Limit, cur: cur, left: searchMost}
	if cur.Begun {
		f.left = searchBegun
	}
	if q.Cursor == "" && asked.Number() > 0 {
		if err := f.named(ctx); err != nil {
			return conversations.SearchPage{}, fmt.Errorf("search: %w", err)
		}
	}
	for !f.full() {
		more, err := f.phase(ctx)
		if err != nil {
			return conversations.SearchPage{}, fmt.Errorf("search: %w", err)
		}
		if more {
			break
		}
		if f.cur.Begun {
			return conversations.SearchPage{Items: f.out}, nil
		}
		f.cur = searchCursor{Of: cur.Of, Begun: true}
		f.left = min(f.left, searchBegun)
	}
	next, err := encodeCursor(f.cur)
	return conversations.SearchPage{Items: f.out, Next: next}, err
}

// finder makes one page of findings.
type finder struct {
	s     *Store
	asked search.Question
	limit int
	cur   searchCursor
	left  int // how many conversations may still be looked at
	out   []conversations.Found
}

func (f *finder) full() bool { return len(f.out) >= f.limit }

// named puts the conversation first whose number was asked for.
func (f *finder) named(ctx context.Context) error {
	p, n := f.s.split(f.asked.Number())
	docs, err := f.s.documents(ctx, p, []uint64{n})
	if err != nil || len(docs) == 0 {
		return err
	}
	f.out = append(f.out, conversations.Found{Conversation: docs[0].conv, Where: []string{"number"}})
	return nil
}

// phase looks through the candidates of whole words, or of beginnings; more tells
// that the page ended before they did.
func (f *finder) phase(ctx context.Context) (more bool, err error) {
	c, err := f.s.candidates(ctx, f.asked.Plan(f.cur.Begun, false))
	if err != nil {
		return false, err
	}
	c.below(f.cur.Below)
	for !f.full() && f.left > 0 {
		numbers := c.next(min(searchStep, f.limit-len(f.out)+4))
		if len(numbers) == 0 {
			return false, nil
		}
		f.left -= len(numbers)
		docs, err := f.s.byNumber(ctx, numbers)
		if err != nil {
			return false, err
		}
		for _, number := range numbers {
			f.cur.Below = number
			if d, ok := docs[number]; ok {
				if err := f.look(ctx, d); err != nil {
					return false, err
				}
			}
			if f.full() {
				return true, nil
			}
		}
	}
	return true, nil
}

// byNumber reads conversations of any partition.
func (s *Store) byNumber(ctx context.Context, numbers []uint64) (map[uint64]document, error) {
	by := map[*partition][]uint64{}
	for _, number := range numbers {
		p, n := s.split(number)
		by[p] = append(by[p], n)
	}
	type read struct {
		p    *partition
		docs []document
		err  error
	}
	reads := make(chan read, len(by))
	for p, ns := range by {
		go func() {
			docs, err := s.documents(ctx, p, ns)
			reads <- read{p, docs, err}
		}()
	}
	out := make(map[uint64]document, len(numbers))
	var failed error
	for range by {
		r := <-reads
		if r.err != nil {
			failed = r.err
		}
		for _, d := range r.docs {
			out[s.number(r.p, d.n)] = d
		}
	}
	return out, failed
}

// look holds a conversation against the question, and adds it to the page.
func (f *finder) look(ctx context.Context, d document) error {
	hit, ok := f.asked.Match(d.conv, d.messages)
	if !ok || hit.Whole == f.cur.Begun {
		return nil
	}
	var messages []conversations.Message
	elsewhere := map[conversations.ID][]conversations.Message{}
	for _, at := range hit.Messages {
		if to := d.conv.Holder(at + 1); to != d.conv.ID {
			elsewhere[to] = append(elsewhere[to], d.messages[at])
		} else {
			messages = append(messages, d.messages[at])
		}
	}
	if len(messages) > 0 || len(hit.Messages) == 0 {
		if err := f.show(ctx, d.conv, hit.Where, messages); err != nil {
			return err
		}
	}
	for to, messages := range elsewhere {
		c, err := f.s.Load(ctx, to)
		if err != nil {
			return err
		}
		if err := f.show(ctx, &c, []string{"message"}, messages); err != nil {
			return err
		}
	}
	return nil
}

// show adds a finding under the conversation that shows it, once a page.
func (f *finder) show(ctx context.Context, c *conversations.Conversation, where []string, messages []conversations.Message) error {
	for hops := 0; c.MergedInto != "" && hops < 16; hops++ {
		next, err := f.s.Load(ctx, c.MergedInto)
		if err != nil {
			return err
		}
		c = &next
	}
	if slices.ContainsFunc(f.out, func(o conversations.Found) bool { return o.Conversation.ID == c.ID }) {
		return nil
	}
	messages = slices.Clone(messages[:min(len(messages), searchMessages)])
	for i := range messages {
		messages[i].Conversation = c.ID
	}
	f.out = append(f.out, conversations.Found{Conversation: c, Messages: messages, Where: where})
	return nil
}
