package redisstore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// BenchmarkReceive keeps messages of 20,000 people, 32 at a time, in a real
// redis-server with AOF everysec.
func BenchmarkReceive(b *testing.B) {
	h := open(b, redistest.Single(b, "--appendonly", "yes", "--appendfsync", "everysec").URL)
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			in := sms(fmt.Sprintf("SM%032x", i), fmt.Sprintf("+9665%08d", i%20_000), "Where is my parcel 2451080365? It should have been here since last Monday, please tell me.")
			if err := h.intake.Receive(context.Background(), in); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
