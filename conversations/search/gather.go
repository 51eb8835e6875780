package search

import (
	"bytes"
	"slices"
)

// Gathering is what many conversations add to the index of their partition: for each
// term the places that it gets. It may be emptied and used again.
type Gathering struct {
	at  map[uint64]int32
	all []Gathered
}

// Gathered is a term and the places to be added to its posting, in order.
type Gathered struct {
	Term   Term
	Places []uint64
}

// Add adds a place under each of some terms. Places come in order; the same may come again.
func (g *Gathering) Add(place uint64, t *Terms) {
	if g.at == nil {
		g.at = make(map[uint64]int32, 512)
	}
	for _, h := range t.all {
		i, known := g.at[h]
		if !known {
			g.at[h] = int32(len(g.all))
			g.all = append(g.all, Gathered{termOf(h), []uint64{place}})
			continue
		}
		if x := &g.all[i]; x.Places[len(x.Places)-1] != place {
			x.Places = append(x.Places, place)
		}
	}
}

// All are the terms, in order.
func (g *Gathering) All() []Gathered {
	slices.SortFunc(g.all, func(a, b Gathered) int { return bytes.Compare(a.Term[:], b.Term[:]) })
	clear(g.at)
	return g.all
}

// Reset empties it.
func (g *Gathering) Reset() {
	clear(g.at)
	clear(g.all)
	g.all = g.all[:0]
}
