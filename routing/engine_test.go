package routing_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
	"github.com/caravan-desk/caravan/routing"
)

// office is a Router on a real store, with customers and officers around it.
type office struct {
	*redisstore.Store
	t      testing.TB
	desks  routing.Desks
	intake *conversations.Intake
	desk   *conversations.Desk
	router *routing.Router
	heavy  int // every so many writes about what weighs more; 0: nobody

	readings, turns atomic.Int64 // how often loads were looked at, and something was done by or to an officer
}

func clock() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// open starts an office; consumer names its gateway among its like.
func open(t testing.TB, url, consumer string) *office {
	t.Helper()
	desks, err := routing.LoadDesks()
	must(t, err)
	return openWith(t, url, consumer, desks, clock)
}

// openWith is open with desks and a clock of the test's own.
func openWith(t testing.TB, url, consumer string, desks routing.Desks, clock func() time.Time) *office {
	t.Helper()
	client, readers, err := redisstore.Connect(url)
	must(t, err)
	quiet := slog.New(slog.DiscardHandler)
	s, err := redisstore.Open(t.Context(), redisstore.Options{Client: client, Readers: readers, Consumer: consumer, Logger: quiet, Now: clock})
	must(t, err)
	o := &office{
		Store: s, t: t, desks: desks,
		intake: &conversations.Intake{Arrivals: s, Threads: s, People: s, Receipts: s, Clocks: desks.Wind, Now: clock,
			Read: (&routing.Reader{Classifier: routing.NewClassifier(), Desks: desks, Timezone: time.UTC, Logger: quiet}).Read},
		desk:   &conversations.Desk{Store: s, People: s, Clocks: desks.Wind, Now: clock},
		router: router(s, desks, clock),
	}
	o.intake.Assign, o.intake.Away = o.router.Assign, o.router.Away
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = o.router.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; s.Close(); client.Close(); readers.Close() })
	return o
}

// router is one that has not been started: it hears of nothing that others do.
func router(s *redisstore.Store, desks routing.Desks, clock func() time.Time) *routing.Router {
	return &routing.Router{
		Log: s, Store: s, Board: s, Queues: s, Officers: s, Rows: s, Sharers: s,
		Desks: desks, Now: clock, Logger: slog.New(slog.DiscardHandler),
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var words = []string{
	"Where is my parcel %d?", "My shipment %d arrived broken", "How much is the umrah package for %d people?",
	"Can I change my umrah booking to %d March?", "hello %d",
}

// heavy is what weighs more than other matters.
const heavy = "My shipment is held in customs since %d days"

// write is a customer writing first.
func (o *office) write(ctx context.Context, n int) error {
	in := sms(n)
	if o.heavy > 0 && n%o.heavy == 0 {
		in.Text = fmt.Sprintf(heavy, n)
	}
	return o.intake.Receive(ctx, in)
}

// sms is a customer's first message.
func sms(n int) channels.Inbound {
	return channels.Inbound{
		Channel: channels.SMS, Account: "+15005550006", ProviderID: fmt.Sprint("SM", n), To: "+15005550006",
		From: channels.Handle{Kind: channels.HandlePhone, Value: fmt.Sprintf("+96650%07d", n)}, Text: fmt.Sprintf(words[n%len(words)], n),
	}
}

func (o *office) hire(name string, capacity int, skills ...string) conversations.Officer {
	o.t.Helper()
	made, err := o.SaveOfficer(o.t.Context(), conversations.Officer{
		Email: name + "@desk.example", Name: name, Role: conversations.RoleOfficer, Availability: conversations.Available,
		Skills: skills, Languages: []string{"en"}, Capacity: capacity,
	})
	must(o.t, err)
	return made
}

// appoint changes an officer, whatever others do to him meanwhile.
func (o *office) appoint(ctx context.Context, id conversations.OfficerID, change func(*conversations.Officer)) error {
	for {
		who, err := o.Officer(ctx, id)
		if err != nil {
			return err
		}
		change(&who)
		if _, err = o.SaveOfficer(ctx, who); !errors.Is(err, conversations.ErrStale) {
			return err
		}
	}
}

// live lists what wants attention.
func (o *office) live() []conversations.Conversation {
	o.t.Helper()
	var out []conversations.Conversation
	q := conversations.Query{Status: []conversations.Status{conversations.New, conversations.Open, conversations.Pending, conversations.OnHold}, Limit: 200, Sort: conversations.ByCreatedOldest}
	for {
		q.Now = clock()
		page, err := o.List(o.t.Context(), q)
		must(o.t, err)
		for _, c := range page.Items {
			out = append(out, *c)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return out
		}
	}
}

// fair says what is not as it should be once the Router has nothing to do: all
// are understood, nobody has more than he can, and nothing waits for somebody who
// is free.
func (o *office) fair() error {
	officers, err := o.Officers(o.t.Context())
	if err != nil {
		return err
	}
	held := map[conversations.OfficerID]int{}
	var waiting []conversations.Conversation
	for _, c := range o.live() {
		switch {
		case c.Category == "":
			return fmt.Errorf("%s is not understood", c)
		case c.Assignee == nil:
			waiting = append(waiting, c)
		default:
			held[c.Assignee.ID] += o.weight(c, officers)
		}
	}
	for _, who := range officers {
		if held[who.ID] != who.Load || held[who.ID] > who.Capacity {
			return fmt.Errorf("%s has %d, counts %d, may have %d", who.Name, held[who.ID], who.Load, who.Capacity)
		}
		if who.Availability != conversations.Available || who.Load >= who.Capacity {
			continue
		}
		can := routing.Officer{Skills: who.Skills, Capacity: who.Capacity, Load: who.Load}
		if i := slices.IndexFunc(waiting, func(c conversations.Conversation) bool {
			d, _ := o.desks.Find(c.Desk)
			return can.Level(c.Desk, c.Category) >= d.Level(c.Category) && can.HasRoom(d.Weight(c.Category))
		}); i >= 0 {
			return fmt.Errorf("%s of %s/%s waits while %s is free", waiting[i], waiting[i].Desk, waiting[i].Category, who.Name)
		}
	}
	return nil
}

// weight is how much of his officer's capacity a conversation takes.
func (o *office) weight(c conversations.Conversation, officers []conversations.Officer) int {
	d, _ := o.desks.Find(c.Desk)
	for _, who := range officers {
		if who.ID == c.Assignee.ID {
			return max(1, min(d.Weight(c.Category), who.Capacity))
		}
	}
	return 0
}

// settles waits until the office is fair and the store sound.
func (o *office) settles() {
	o.t.Helper()
	redistest.Eventually(o.t, "the office is fair", func(ctx context.Context) error {
		if err := o.fair(); err != nil {
			return err
		}
		a, err := o.Verify(ctx, nil)
		if err == nil && len(a.Findings) > 0 {
			err = fmt.Errorf("%s: %s", a.Findings[0].Where, a.Findings[0].What)
		}
		return err
	})
}

// overload watches loads until it is stopped; it reports the first that is too great.
func (o *office) overload(ctx context.Context) error {
	for ctx.Err() == nil {
		officers, err := o.Officers(ctx)
		if err != nil {
			return nil
		}
		o.readings.Add(1)
		for _, who := range officers {
			if who.Load > who.Capacity {
				return fmt.Errorf("%s has %d and may have %d", who.Name, who.Load, who.Capacity)
			}
		}
	}
	return nil
}

// bustle is officers who come and go, and solve what they have, until it is stopped.
func (o *office) bustle(ctx context.Context, r *rand.Rand, officers []conversations.OfficerID) error {
	for ; ctx.Err() == nil; o.turns.Add(1) {
		id := officers[r.IntN(len(officers))]
		if r.IntN(4) == 0 {
			to := []conversations.Availability{conversations.Available, conversations.Away, conversations.Available}[r.IntN(3)]
			if err := o.appoint(ctx, id, func(who *conversations.Officer) { who.Availability = to }); err != nil && ctx.Err() == nil {
				return err
			}
			continue
		}
		page, err := o.List(ctx, conversations.Query{Assignee: string(id), Status: []conversations.Status{conversations.New, conversations.Open}, Limit: 20, Now: clock()})
		if err != nil || len(page.Items) == 0 {
			continue
		}
		c, solved := page.Items[r.IntN(len(page.Items))], conversations.Solved
		if _, err := o.desk.Patch(ctx, c.ID, conversations.Patch{Status: &solved, Why: "done"}, conversations.System); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// feed is many customers at once.
func feed(ctx context.Context, offices []*office, n, feeders int) error {
	var wg sync.WaitGroup
	next, errs := make(chan int), make(chan error, feeders)
	for i := range feeders {
		wg.Go(func() {
			for k := range next {
				if err := offices[i%len(offices)].write(ctx, k); err != nil {
					errs <- err
				}
			}
		})
	}
	for k := range n {
		next <- k
	}
	close(next)
	wg.Wait()
	close(errs)
	return errors.Join(<-errs)
}
