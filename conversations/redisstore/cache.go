package redisstore

import "sync"

// cache remembers recent values in two generations: when the young one is full
// it becomes the old one, and what nobody asked for since is forgotten. What it
// holds may be out of date; every write that relies on it is checked by the store.
type cache[K comparable, V any] struct {
	mu         sync.Mutex
	size       int
	young, old map[K]V
}

func newCache[K comparable, V any](size int) *cache[K, V] {
	return &cache[K, V]{size: size, young: make(map[K]V)}
}

func (c *cache[K, V]) get(k K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.young[k]; ok {
		return v, true
	}
	v, ok := c.old[k]
	if ok {
		c.add(k, v)
	}
	return v, ok
}

// peek is get that leaves a value as old as it is.
func (c *cache[K, V]) peek(k K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.young[k]
	if !ok {
		v, ok = c.old[k]
	}
	return v, ok
}

func (c *cache[K, V]) put(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(k, v)
}

func (c *cache[K, V]) drop(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.young, k)
	delete(c.old, k)
}

func (c *cache[K, V]) add(k K, v V) {
	if len(c.young) >= c.size {
		c.young, c.old = make(map[K]V, c.size), c.young
	}
	c.young[k] = v
}
