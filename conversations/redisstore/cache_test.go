package redisstore

import (
	"testing"

	"pgregory.net/rapid"
)

// TestCacheHolds draws what is asked, put and dropped: what is found is what was put last,
// and whatever fits is found.
func TestCacheHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 6).Draw(t, "size")
		c, last, put := newCache[int, int](size), map[int]int{}, map[int]bool{}
		for range rapid.IntRange(0, 80).Draw(t, "steps") {
			k, v := rapid.IntRange(0, 9).Draw(t, "key"), rapid.Int().Draw(t, "value")
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				c.put(k, v)
				last[k], put[k] = v, true
				if got, ok := c.peek(k); !ok || got != v {
					t.Fatalf("%d was put under %d, found %d, %v", v, k, got, ok)
				}
			case 1:
				c.drop(k)
				delete(last, k)
			case 2:
				got, ok := c.get(k)
				check(t, c, last, len(put) <= size, k, got, ok)
			default:
				got, ok := c.peek(k)
				check(t, c, last, len(put) <= size, k, got, ok)
			}
			if len(c.at)+len(c.free) != len(c.slots) || len(c.slots) > size {
				t.Fatalf("%d known and %d free of %d slots, at most %d", len(c.at), len(c.free), len(c.slots), size)
			}
		}
	})
}

func check(t *rapid.T, c *cache[int, int], last map[int]int, fits bool, k, got int, ok bool) {
	want, there := last[k]
	if ok && (!there || got != want) || fits && there != ok {
		t.Fatalf("under %d found %d, %v, want %d, %v", k, got, ok, want, there)
	}
}

// TestCacheForgets tells what goes when another comes: the oldest that nobody has asked for.
func TestCacheForgets(t *testing.T) {
	c := newCache[int, string](3)
	c.put(1, "a")
	c.put(2, "b")
	c.put(3, "c")
	c.get(1)
	c.peek(2) // does not count
	c.put(4, "d")
	for k, want := range map[int]bool{1: true, 2: false, 3: true, 4: true} {
		if _, ok := c.peek(k); ok != want {
			t.Errorf("%d is there: %v", k, ok)
		}
	}
	c.put(5, "e") // 1 was spared once
	if _, ok := c.peek(3); ok {
		t.Error("3 is there")
	}
}

// BenchmarkCacheRound goes round more keys than a recent generation would hold.
func BenchmarkCacheRound(b *testing.B) {
	const keys = 20000
	c := newCache[uint64, string](20480)
	b.ReportAllocs()
	missed := 0
	for i := 0; b.Loop(); i++ {
		k := uint64(i*7919) % keys
		if _, ok := c.get(k); !ok {
			missed++
		}
		c.put(k, "x")
	}
	b.ReportMetric(float64(missed)/float64(b.N), "missed/op")
}
