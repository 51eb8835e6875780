package email

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations/blobs"
)

// peakHeap runs f and returns the most bytes of live and unswept heap on the way.
func peakHeap(f func()) (peak uint64) {
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	done, measured := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(measured)
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(done)
	<-measured
	return peak
}

// TestMailboxMemory takes in a mail of 50 MB, and a mailbox of many mails
// (CARAVAN_LONG=1: 100,000), within a bounded memory.
func TestMailboxMemory(t *testing.T) {
	folder, err := blobs.Open(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	many := 3000
	if long() {
		many = 100_000
	}
	huge := func(int) []byte {
		file := base64.StdEncoding.EncodeToString(make([]byte, 37<<20))
		var b strings.Builder
		b.WriteString("From: a@example.net\r\nMessage-ID: <huge@example.net>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nA film.\r\n--b\r\nContent-Type: video/mp4\r\nContent-Disposition: attachment; filename=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		for len(file) > 0 {
			n := min(76, len(file))
			b.WriteString(file[:n] + "\r\n")
			file = file[n:]
		}
		b.WriteString("--b--\r\n")
		return []byte(b.String())
	}
	for _, tt := range []struct {
		name  string
		mails int
		make  func(int) []byte
		blobs channels.Blobs
		most  uint64
	}{
		{"a mail of 50 MB", 1, huge, folder, 300 << 20},
		{fmt.Sprintf("a mailbox of %d", many), many, testMail, nowhere{}, 150 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDovecot(t)
			d.Deliver(0, tt.mails, tt.make)
			s := newStore()
			seen := newCounter(tt.mails)
			k := testIntake(s)
			k.Blobs, k.Receiver = tt.blobs, seen
			peak := peakHeap(func() {
				stop := start(t, &Mailbox{IMAP: d.config(), Intake: k, Cursor: s})
				select {
				case <-seen.all:
				case <-time.After(5 * time.Minute):
					t.Error("not taken in")
				}
				stop()
			})
			fmt.Printf("memory: %s: peak heap %d MB\n", tt.name, peak>>20)
			if peak > tt.most {
				t.Errorf("%d MB, more than %d", peak>>20, tt.most>>20)
			}
		})
	}
}
