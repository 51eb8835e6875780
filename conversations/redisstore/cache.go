package redisstore

import "sync"

// cache remembers values that were asked for of late, size of them at most. When it is
// full, a hand goes round its slots and takes the first whose value nobody has asked for
// since the hand last came by (the clock algorithm). What it holds may be out of date;
// every write that relies on it is checked by the store.
type cache[K comparable, V any] struct {
	mu    sync.Mutex
	size  int
	at    map[K]int32 // the slot of each
	slots []slot[K, V]
	free  []int32 // slots of what was dropped
	hand  int
}

type slot[K comparable, V any] struct {
	key   K
	value V
	asked bool // since the hand last came by
}

func newCache[K comparable, V any](size int) *cache[K, V] {
	return &cache[K, V]{size: size, at: make(map[K]int32)}
}

func (c *cache[K, V]) get(k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.at[k]
	if ok {
		c.slots[at].asked = true
		v = c.slots[at].value
	}
	return v, ok
}

// peek is get that does not count as asking.
func (c *cache[K, V]) peek(k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.at[k]
	if ok {
		v = c.slots[at].value
	}
	return v, ok
}

func (c *cache[K, V]) put(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.at[k]; ok {
		c.slots[at].value = v
		return
	}
	at := c.slot()
	c.slots[at] = slot[K, V]{key: k, value: v}
	c.at[k] = at
}

// slot is one that is free, if need be by forgetting what is in it.
func (c *cache[K, V]) slot() int32 {
	if n := len(c.free); n > 0 {
		at := c.free[n-1]
		c.free = c.free[:n-1]
		return at
	}
	if n := len(c.slots); n < c.size {
		c.slots = append(c.slots, slot[K, V]{})
		return int32(n)
	}
	for ; ; c.hand = (c.hand + 1) % c.size {
		if s := &c.slots[c.hand]; s.asked {
			s.asked = false
			continue
		}
		at := int32(c.hand)
		delete(c.at, c.slots[at].key)
		c.hand = (c.hand + 1) % c.size
		return at
	}
}

func (c *cache[K, V]) drop(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.at[k]; ok {
		delete(c.at, k)
		c.slots[at] = slot[K, V]{}
		c.free = append(c.free, at)
	}
}
