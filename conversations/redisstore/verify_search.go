package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/search"
)

// search recounts a partition's index: every conversation stands under each of
// its terms, and one that was erased under none. What the index has not come to
// yet is left out. A term that a conversation had and has no more is no fault: it
// is never shown.
func (a *audit) search(ctx context.Context, p *partition, members []string) error {
	place, err := a.s.indexPlace(ctx, p)
	if err != nil || !place.built {
		return err // it is still being built
	}
	have, err := a.s.wholeIndex(ctx, p)
	if err != nil {
		return err
	}
	for _, posted := range have {
		a.Terms++
		a.Postings += len(posted.places)
	}
	behind, err := a.s.indexBehind(ctx, p, place)
	if err != nil {
		return err
	}
	known := map[uint64]bool{}
	for chunk := range slices.Chunk(members, 200) {
		var ns []uint64
		for _, m := range chunk {
			var n uint64
			if _, err := fmt.Sscan(m, &n); err == nil {
				ns = append(ns, n)
			}
		}
		docs, err := a.s.documents(ctx, p, ns)
		if errors.Is(err, channels.ErrUnavailable) {
			return err
		}
		if err != nil { // unreadable: it has been found already
			return nil
		}
		for _, d := range docs {
			known[d.n] = true
			if lacking := missingTerms(d, have); lacking > 0 && !behind[d.n] {
				a.found(string(d.conv.ID), "is not under %d of its %d search terms", lacking, len(d.terms().All()))
			}
		}
	}
	strange := map[uint64]int{}
	for _, posted := range have {
		for _, n := range posted.places {
			if !known[n] && !behind[n] {
				strange[n]++
			}
		}
	}
	for n, terms := range strange {
		a.found(p.find(0), "%d search terms lead to conversation %d, which was erased or does not exist", terms, a.s.number(p, n))
	}
	return nil
}

func missingTerms(d document, have map[search.Term]wholePosting) (lacking int) {
	for _, t := range d.terms().All() {
		if _, ok := slices.BinarySearch(have[t].places, d.n); !ok {
			lacking++
		}
	}
	return lacking
}

// joined checks that what was merged or split is known on both sides.
func (a *audit) joined() {
	for id, c := range a.joins {
		if into := c.MergedInto; into != "" && c.Messages+len(c.Shares) > 0 {
			other := a.joins[into]
			if other == nil || !slices.ContainsFunc(other.Shares, func(s conversations.Share) bool { return s.Of == id && len(s.Places) == 0 }) {
				a.found(string(id), "was merged into %s, which does not show it", into)
			}
		}
		for _, s := range c.Shares {
			other := a.joins[s.Of]
			whole := len(s.Places) == 0
			switch {
			case other == nil || other.Erased:
			case whole && other.MergedInto != id:
				a.found(string(id), "shows conversation %s, which is not merged into it", s.Of)
			case !whole && !slices.ContainsFunc(other.Given, func(g conversations.Share) bool { return g.Of == id && slices.Equal(g.Places, s.Places) }):
				a.found(string(id), "shows messages of %s, which has not given them", s.Of)
			}
		}
		for _, g := range c.Given {
			if other := a.joins[g.Of]; other == nil {
				a.found(string(id), "gave messages to %s, which does not show them", g.Of)
			}
		}
	}
}
