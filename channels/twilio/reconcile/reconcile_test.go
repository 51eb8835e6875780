package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is Twilio's list and our ledger, in memory.
type world struct {
	list    []twilio.Message
	kept    map[string]channels.Inbound
	awaited map[string]time.Time
	ours    map[string]channels.Awaited
	last    channels.Sweep
	hours   map[time.Time]channels.Tally
	single  int // questions about one message
	down    error
}

func newWorld() *world {
	return &world{kept: map[string]channels.Inbound{}, awaited: map[string]time.Time{}, ours: map[string]channels.Awaited{}, hours: map[time.Time]channels.Tally{}}
}

func (w *world) wrote(sid string, at time.Time) {
	w.list = append(w.list, twilio.Message{SID: sid, From: "+966501234567", To: "+15005550006", Body: "hello " + sid, Status: "received", Direction: "inbound", Created: at, Sent: at})
}

func (w *world) sent(sid, status string, code int, at time.Time) {
	w.list = append(w.list, twilio.Message{SID: sid, From: "+15005550006", To: "+966501234567", Status: status, ErrorCode: code, Direction: "outbound-api", Created: at, Sent: at})
	w.ours["1-"+sid] = channels.Awaited{MessageID: "1-" + sid, ProviderID: sid, Channel: channels.SMS, Status: channels.Sent, Sent: at}
	w.awaited["1-"+sid] = at
}

func (w *world) ListSent(_ context.Context, from, to time.Time, yield func(twilio.Message) bool) error {
	list := slices.Clone(w.list)
	slices.SortStableFunc(list, func(a, b twilio.Message) int { return cmp.Compare(b.Sent.Unix(), a.Sent.Unix()) })
	for _, m := range list {
		if !m.Sent.Before(from) && !m.Sent.After(to) && !yield(m) {
			return nil
		}
	}
	return w.down
}

func (w *world) FetchMessage(_ context.Context, sid string) (twilio.Message, bool, error) {
	w.single++
	for _, m := range w.list {
		if m.SID == sid {
			return m, true, w.down
		}
	}
	return twilio.Message{}, false, w.down
}

func (w *world) ListMedia(context.Context, string) ([]channels.Attachment, error) {
	return []channels.Attachment{{URL: "https://provider/1"}}, nil
}

func (w *world) Kept(_ context.Context, items []channels.Inbound) ([]channels.Kept, error) {
	out := make([]channels.Kept, len(items))
	for i, in := range items {
		_, ok := w.kept[in.ProviderID]
		out[i] = channels.Kept{Stored: ok, Threaded: ok}
	}
	return out, w.down
}

func (w *world) Awaited(_ context.Context, now time.Time, n int) ([]channels.Awaited, error) {
	var out []channels.Awaited
	for id, at := range w.awaited {
		if !at.After(now) && len(out) < n {
			out = append(out, w.ours[id])
		}
	}
	return out, w.down
}

func (w *world) AwaitAgain(_ context.Context, id string, at time.Time) error {
	if w.awaited[id] = at; at.IsZero() {
		delete(w.awaited, id)
	}
	return w.down
}

func (w *world) HoldSweep(context.Context, time.Duration) (bool, error) { return true, w.down }
func (w *world) LastSweep(context.Context) (channels.Sweep, error)      { return w.last, w.down }
func (w *world) Receive(_ context.Context, in channels.Inbound) error {
	w.kept[in.ProviderID] = in
	return w.down
}
func (w *world) RecordReceipt(_ context.Context, r channels.Receipt) error {
	a := w.ours[r.MessageID]
	a.Status = max(a.Status, r.Status)
	w.ours[r.MessageID] = a
	return w.down
}

func (w *world) SaveSweep(_ context.Context, s channels.Sweep, tallies []channels.Tally) error {
	w.last = s
	for _, t := range tallies {
		if _, twice := w.hours[t.Hour]; twice {
			return fmt.Errorf("%v counted twice", t.Hour)
		}
		w.hours[t.Hour] = t
	}
	return w.down
}

func (w *world) at(now time.Time) *Reconciler {
	return New(Reconciler{Provider: w, Ledger: w, Progress: w, Receiver: w, Receipts: w, Account: "AC1", Every: 5 * time.Minute,
		Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler)})
}

func sweep(t interface{ Fatal(...any) }, w *world, now time.Time) []twilio.Message {
	young, err := w.at(now).sweep(context.Background(), 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return young
}

func TestMissedMessagesAreHealedInOrder(t *testing.T) {
	w := newWorld()
	w.wrote("SM1", noon.Add(-5*time.Minute))
	w.wrote("SM2", noon.Add(-4*time.Minute))
	w.wrote("SM3", noon.Add(-10*time.Second)) // its webhook is late
	w.wrote("SM4", noon.Add(-time.Second))    // its webhook is under way
	w.list[1].Media = 1
	young := sweep(t, w, noon)
	if len(young) != 2 {
		t.Errorf("looks again at %d", len(young))
	}
	if _, ok := w.kept["SM3"]; ok || len(w.kept) != 2 || w.last.Healed != 2 {
		t.Fatalf("kept %d, %+v", len(w.kept), w.last)
	}
	in := w.kept["SM2"]
	if in.Text != "hello SM2" || in.Channel != channels.SMS || in.Account != "+15005550006" || len(in.Attachments) != 1 || len(in.Warnings) != 1 || !in.Sent.Equal(w.list[1].Created) || len(in.Fields) != 0 {
		t.Errorf("healed as %+v", in)
	}
	w.kept["SM4"] = channels.Inbound{ProviderID: "SM4"} // it came
	if err := w.at(noon.Add(21*time.Second)).look(t.Context(), young); err != nil || len(w.kept) != 4 || w.last.Healed != 3 {
		t.Errorf("%v, kept %d, healed %d", err, len(w.kept), w.last.Healed)
	}
	sweep(t, w, noon.Add(6*time.Minute))
	if w.last.Healed != 0 {
		t.Errorf("healed again: %+v", w.last)
	}
}

func TestReceiptsThatNeverCame(t *testing.T) {
	w := newWorld()
	w.sent("SM1", "delivered", 0, noon.Add(-3*time.Minute))
	w.sent("SM2", "undelivered", 30003, noon.Add(-3*time.Hour)) // older than what is listed
	w.sent("SM3", "sent", 0, noon.Add(-4*time.Minute))
	w.sent("SM4", "sent", 0, noon.Add(-100*time.Hour)) // a country without receipts
	sweep(t, w, noon)
	for id, want := range map[string]channels.Status{"1-SM1": channels.Delivered, "1-SM2": channels.Failed, "1-SM3": channels.Sent} {
		if got := w.ours[id].Status; got != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
	if at := w.awaited["1-SM3"]; len(w.awaited) != 1 || !at.Equal(noon.Add(5*time.Minute)) || w.single != 2 || w.last.Receipts != 2 {
		t.Errorf("awaited %v, asked %d times, %+v", w.awaited, w.single, w.last)
	}
}

func TestAnOutageLongerThanAnHour(t *testing.T) {
	w := newWorld()
	sweep(t, w, noon)
	for i := range 100 {
		w.wrote(fmt.Sprint("SM", i), noon.Add(time.Duration(i)*5*time.Minute))
	}
	back := noon.Add(9 * time.Hour)
	w.down = errors.New("away")
	if _, err := w.at(back).sweep(t.Context(), time.Minute); err == nil || len(w.kept) > 0 && w.last.Until.After(noon) {
		t.Errorf("%v, until %v", err, w.last.Until)
	}
	w.down = nil
	sweep(t, w, back)
	if len(w.kept) != 100 {
		t.Errorf("kept %d of 100", len(w.kept))
	}
	if len(w.hours) != 7 { // 13 to 19 h; the hour of the first start is not whole
		t.Errorf("%d hours counted", len(w.hours))
	}
	for h, c := range w.hours {
		if !c.Whole() || h.Before(noon.Add(8*time.Hour)) && c.Received != 12 {
			t.Errorf("%v: %+v", h, c)
		}
	}
}

// However webhooks are dropped and sweeps fall, in the end all is there, and every hour is counted once.
func TestAllIsThereInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, now, n := newWorld(), noon, 0
		sweep(t, w, now)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "pause")) * time.Second)
			if rapid.Bool().Draw(t, "sweeps") {
				sweep(t, w, now)
				continue
			}
			n++
			sid := fmt.Sprint("SM", n)
			w.wrote(sid, now)
			if rapid.Bool().Draw(t, "arrives") {
				w.kept[sid] = channels.Inbound{ProviderID: sid}
			}
		}
		sweep(t, w, now.Add(time.Minute))
		if len(w.kept) != n {
			t.Fatalf("kept %d of %d", len(w.kept), n)
		}
		sweep(t, w, now.Add(3*time.Hour))
		for h, c := range w.hours {
			if !c.Whole() {
				t.Fatalf("%v: %+v", h, c)
			}
		}
	})
}

func TestRunSweepsWhenAsked(t *testing.T) {
	w := newWorld()
	w.wrote("SM1", noon.Add(-time.Minute))
	r := w.at(noon)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	if err := r.Sweep(ctx); err != nil || len(w.kept) != 1 {
		t.Errorf("%v, kept %d", err, len(w.kept))
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := r.Sweep(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
