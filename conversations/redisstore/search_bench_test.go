package redisstore_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// TestSearchAtScale measures the index: bytes a message, and questions a second.
// CARAVAN_SEARCH is how many conversations to make.
func TestSearchAtScale(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("CARAVAN_SEARCH"))
	if n == 0 {
		t.Skip("CARAVAN_SEARCH is not set")
	}
	h := open(t, redistest.Single(t).URL)
	syllables := strings.Fields("ka ri ma tu sa le no pi do ha ru me wa zi fe lo gu be shi to")
	words := make([]string, 20000)
	for i := range words {
		words[i] = syllables[i%20] + syllables[i/20%20] + syllables[i/400%20] + syllables[(i/7)%20]
	}
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 8, uint64(len(words)-1))
	var names []string
	texts := make([]string, n)
	for i := range texts {
		var b strings.Builder
		for b.Len() < 88 {
			b.WriteString(words[zipf.Uint64()] + " ")
		}
		texts[i] = b.String() + fmt.Sprint(1000000000+rand.IntN(999999999))
		names = append(names, words[rand.IntN(4000)]+" "+words[rand.IntN(4000)])
	}
	work := make(chan int)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for i := range work {
				in := sms(fmt.Sprint("SM", i), fmt.Sprintf("+9665%08d", i*7919%100000000), texts[i])
				in.Name = names[i]
				if err := h.intake.Receive(t.Context(), in); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	wg.Wait()
	memory := func() (used int64) {
		h.masters(t, func(c *redis.Client) {
			for line := range strings.Lines(c.Info(t.Context(), "memory").Val()) {
				if v, ok := strings.CutPrefix(strings.TrimSpace(line), "used_memory:"); ok {
					used, _ = strconv.ParseInt(v, 10, 64)
				}
			}
		})
		return used
	}
	before := memory()
	began := time.Now()
	must(t, h.CatchUp(t.Context(), h.desk.Finish))
	t.Logf("indexed %d conversations in %v (%v each); %d bytes each for the index, %d for all else",
		n, time.Since(began), time.Since(began)/time.Duration(n), (memory()-before)/int64(n), before/int64(n))
	ask := func(question func() string) {
		var mu sync.Mutex
		var took []time.Duration
		began := time.Now()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for time.Since(began) < 3*time.Second {
					q, at := question(), time.Now()
					page, err := h.Search(t.Context(), conversations.SearchQuery{Text: q, Limit: 50})
					if err != nil {
						t.Error(err)
					}
					_ = page
					mu.Lock()
					took = append(took, time.Since(at))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		slices.Sort(took)
		t.Logf("%q: %d/s, p50 %v, p99 %v", question(), len(took)/3, took[len(took)/2], took[len(took)*99/100])
	}
	ask(func() string { return words[rand.IntN(10)] })
	ask(func() string { return words[5000+rand.IntN(10000)] })
	ask(func() string { return names[rand.IntN(n)] })
	ask(func() string { return texts[rand.IntN(n)][len(texts[0])-6:] })
	ask(func() string { return fmt.Sprintf("5%08d", rand.IntN(n)*7919%100000000)[2:] })
	ask(func() string { return words[rand.IntN(2000)][:5] + " " + words[rand.IntN(50)] })
}
