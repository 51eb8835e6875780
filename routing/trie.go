package routing

import (
	"cmp"
	"slices"
)

// Patterns of rules stand in one trie, members of several words in another.
const (
	ruleRoot = iota
	classRoot
	roots
)

const gapWords = 4 // what "~" may skip

// starts marks what a pattern under each root starts with.
var starts = [roots]mark{ruleRoot: ruleMark, classRoot: classMark}

// trie holds patterns, each a row of words and classes by their ids. Nearly every question
// whether a word leads on from a node is answered "no", hundreds of times a message: most of
// them by the node itself.
type trie struct {
	nodes []node
	ways  []way // in the order of their nodes
	says  []says
	first [roots][]int32 // the node that a word or class leads to from a root; 0: none

	of map[arc]int32 // while it is built: where arcs lead; nil once it is closed
}

// node is a place in a trie.
type node struct {
	bits uint64 // bit of every word and class that leads on
	ways int32  // the first of them in trie.ways
	n    int32  // how many they are
	gap  int32  // the node after "~", else 0
	says int32  // what ends here, in trie.says; 0: nothing
}

// bit stands for a word or class, and for one in 64 of the others.
func bit(id int32) uint64 { return 1 << (id & 63) }

// way leads on to a node by a word or class.
type way struct{ by, to int32 }

// arc is a way with the node that it leads from.
type arc struct{ from, by int32 }

// says is what patterns that end at a node say.
type says struct{ rules, classes []int32 }

func newTrie() trie {
	return trie{nodes: make([]node, roots), says: make([]says, 1), of: map[arc]int32{}}
}

// path enters the ids of a pattern, of which 0 is "~", under a root and returns its last node.
func (t *trie) path(root int32, ids []int32) int32 {
	at := root
	for _, id := range ids {
		next := t.of[arc{at, id}]
		if next == 0 {
			next = int32(len(t.nodes))
			t.nodes = append(t.nodes, node{})
			t.of[arc{at, id}] = next
		}
		at = next
	}
	return at
}

// end is what the patterns that end at a node say.
func (t *trie) end(at int32) *says {
	n := &t.nodes[at]
	if n.says == 0 {
		n.says = int32(len(t.says))
		t.says = append(t.says, says{})
	}
	return &t.says[n.says]
}

// close lays the ways out for following them; words is how many words and classes there are.
func (t *trie) close(words int) {
	for root := range t.first {
		t.first[root] = make([]int32, words)
	}
	arcs := make([]arc, 0, len(t.of))
	for a := range t.of {
		arcs = append(arcs, a)
	}
	slices.SortFunc(arcs, func(a, b arc) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.by, b.by)) })
	for _, a := range arcs {
		n, to := &t.nodes[a.from], t.of[a]
		switch {
		case a.by == 0:
			n.gap = to
			continue
		case a.from < roots:
			t.first[a.from][a.by] = to
			continue
		case n.n == 0:
			n.ways = int32(len(t.ways))
		}
		n.n++
		n.bits |= bit(a.by)
		t.ways = append(t.ways, way{a.by, to})
	}
	t.of = nil
}

// next is the node that a word or class leads to from a node, 0 if it leads nowhere.
func (t *trie) next(n *node, by int32) int32 {
	if n.bits&bit(by) == 0 {
		return 0
	}
	for _, w := range t.ways[n.ways : n.ways+n.n] {
		if w.by == by {
			return w.to
		}
	}
	return 0
}

// walk follows every pattern under a root that starts at token i and calls visit at each
// node it reaches that says something. A pattern never runs over the end of a clause.
func (t *trie) walk(d *document, root, i int, visit func(s *says, end int)) {
	if w := d.lemmas[i]; w != nil {
		for _, to := range w.nodes(root) {
			t.reach(d, int32(to), i+1, i, visit)
		}
	}
	for _, e := range d.others(i) {
		if to := t.first[root][e.id]; to != 0 {
			t.reach(d, to, i+int(e.n), i, visit)
		}
	}
}

// step goes on from a node by every edge of token i.
func (t *trie) step(d *document, n *node, i, start int, visit func(s *says, end int)) {
	if i >= len(d.tokens) || n.bits&d.bits[i] == 0 || i > start && d.tokens[i].broken {
		return
	}
	for _, e := range d.edges[d.first[i]:d.first[i+1]] {
		if to := t.next(n, e.id); to != 0 {
			t.reach(d, to, i+int(e.n), start, visit)
		}
	}
}

// reach is at a node before token end, and goes on from there.
func (t *trie) reach(d *document, at int32, end, start int, visit func(s *says, end int)) {
	n := &t.nodes[at]
	if n.says != 0 {
		visit(&t.says[n.says], end)
	}
	t.step(d, n, end, start, visit)
	if n.gap == 0 {
		return
	}
	gap := &t.nodes[n.gap]
	for k := end; k <= end+gapWords && k < len(d.tokens) && !d.tokens[k].broken; k++ {
		t.step(d, gap, k, start, visit)
	}
}
