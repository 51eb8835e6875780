package redisstore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// dice choose what happens next: rapid's where one thing follows another, chance
// where several officers are at it together.
type dice interface{ below(n int) int }

type drawnDice struct{ *rapid.T }

func (d drawnDice) below(n int) int { return rapid.IntRange(0, n-1).Draw(d.T, "choice") }

type chance struct{ *rand.Rand }

func (c chance) below(n int) int { return c.IntN(n) }

// town is some customers, what they have said, and the officers who merge, split and
// take back what they said. It is safe for concurrent use.
type town struct {
	*house
	*chronicle
	numbers [][]string // each customer's telephones
	mails   []string   // each customer's address
}

// chronicle is what has happened in a town, whichever gateway it went through.
type chronicle struct {
	mu      sync.Mutex
	heard   []string // texts, which are their providers' IDs too
	threads []string // Message-IDs
	undo    []conversations.EventID
	done    []string // for who reads a failure
}

// through is the same town, met through a further gateway.
func (w *town) through(t testing.TB, consumer string) *town {
	further := *w
	further.house = w.beside(t, consumer)
	return &further
}

// founded is a town of four customers. The last one has two telephones, and is known by both.
func founded(t testing.TB, h *house) *town {
	w := &town{house: h, chronicle: new(chronicle)}
	must(t, h.CatchUp(t.Context(), h.desk.Finish)) // from here on the log is followed
	for i := range 4 {
		w.numbers = append(w.numbers, []string{number(i)})
		w.mails = append(w.mails, fmt.Sprintf("c%d@example.org", i))
	}
	second := number(99)
	h.receive(t, sms(w.words(), w.numbers[3][0], "first"))
	k := h.at(t, w.numbers[3][0]).Contact
	_, err := h.person.Patch(t.Context(), k.ID, conversations.PersonPatch{Handles: &[]channels.Handle{k.Handles[0], phone(second)}})
	must(t, err)
	w.numbers[3] = append(w.numbers[3], second)
	return w
}

// words are ones that nobody has said before, a provider's ID and a text at once.
func (w *chronicle) words() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := fmt.Sprintf("m-%d", len(w.heard))
	w.heard = append(w.heard, id)
	return id
}

func oneOf[T any](d dice, from []T) T { return from[d.below(len(from))] }

// step is one thing that happens; what an officer is refused is no failure.
func (w *town) step(t testing.TB, d dice) error {
	w.forward(time.Second)
	all := w.all(t, conversations.Query{Sort: conversations.ByCreatedOldest})
	a, b := oneOf(d, all).ID, oneOf(d, all).ID
	acts := []func() (string, error){
		func() (string, error) { return w.text(t, d) }, func() (string, error) { return w.text(t, d) },
		func() (string, error) { return w.write(t, d) },
		func() (string, error) { return w.merge(t, a, b) }, func() (string, error) { return w.merge(t, a, b) },
		func() (string, error) { return w.split(t, d, a) },
		func() (string, error) { return w.takeBack(t, d) },
		func() (string, error) { return w.become(t, d, a) },
		func() (string, error) { return w.writeFirst(t, d) },
		func() (string, error) {
			w.forward(conversations.ReopenTerm)
			return "a week passes", nil
		},
	}
	what, err := acts[d.below(len(acts))]()
	w.mu.Lock()
	w.done = append(w.done, fmt.Sprint(what, ": ", err))
	w.mu.Unlock()
	var bad *conversations.InvalidError
	if errors.As(err, &bad) || errors.Is(err, conversations.ErrMerged) || errors.Is(err, conversations.ErrUndone) || errors.Is(err, conversations.ErrNotFound) {
		return nil
	}
	return err
}

func (w *town) text(t testing.TB, d dice) (string, error) {
	from, id := oneOf(d, oneOf(d, w.numbers)), w.words()
	return fmt.Sprint(id, " by SMS from ", from), w.intake.Receive(t.Context(), sms(id, from, id))
}

// write is a mail from somebody, an answer to an earlier one or not.
func (w *town) write(t testing.TB, d dice) (string, error) {
	id := w.words()
	m := mail("<"+id+"@example.org>", oneOf(d, w.mails), id)
	w.mu.Lock()
	if len(w.threads) > 0 && d.below(2) == 0 {
		m.References = []string{oneOf(d, w.threads)}
	}
	w.threads = append(w.threads, m.ProviderID)
	w.mu.Unlock()
	return fmt.Sprint(id, " by mail from ", m.From.Value, " to ", m.References), w.intake.Receive(t.Context(), m)
}

func (w *town) merge(t testing.TB, a, b conversations.ID) (string, error) {
	_, event, err := w.desk.Merge(t.Context(), a, b, 0, officer)
	return fmt.Sprintf("merge %s into %s, %s", a, b, event), w.undoable(event, err)
}

func (w *town) split(t testing.TB, d dice, a conversations.ID) (string, error) {
	list, err := w.desk.Messages(t.Context(), a, 0, 100)
	if err != nil || len(list) == 0 {
		return "split nothing", err
	}
	place := oneOf(d, list).ID
	c, event, err := w.desk.Split(t.Context(), a, []conversations.MessageID{place}, 0, officer)
	return fmt.Sprintf("split %s from %s: %s, %s", place, a, c.ID, event), w.undoable(event, err)
}

func (w *town) undoable(event conversations.EventID, err error) error {
	if err == nil {
		w.mu.Lock()
		w.undo = append(w.undo, event)
		w.mu.Unlock()
	}
	return err
}

func (w *town) takeBack(t testing.TB, d dice) (string, error) {
	w.mu.Lock()
	events := append([]conversations.EventID{"1-e1"}, w.undo...)
	w.mu.Unlock()
	event := oneOf(d, events)
	_, err := w.desk.Undo(t.Context(), event, officer)
	return fmt.Sprint("undo ", event), err
}

func (w *town) become(t testing.TB, d dice, a conversations.ID) (string, error) {
	s := oneOf(d, conversations.Statuses)
	_, err := w.desk.Patch(t.Context(), a, conversations.Patch{Status: &s, Why: "so it stands"}, officer)
	return fmt.Sprint(a, " becomes ", s), err
}

// writeFirst is an officer, or a bulk message, that writes to a customer first.
func (w *town) writeFirst(t testing.TB, d dice) (string, error) {
	to, quiet := oneOf(d, oneOf(d, w.numbers)), d.below(2) == 0
	_, c, err := w.desk.Open(t.Context(), conversations.Opening{
		To: phone(to), Channel: channels.SMS, Draft: conversations.Draft{Text: "good news"}, Quiet: quiet,
	}, officer)
	return fmt.Sprintf("write to %s (quiet: %v): %s", to, quiet, c.ID), err
}

// faults is what is not as it should be, once the logs have been followed to their ends.
func (w *town) faults(t testing.TB) (out []string) {
	ctx := t.Context()
	must(t, w.CatchUp(ctx, w.desk.Finish))
	a, err := w.Verify(ctx, nil)
	must(t, err)
	for _, f := range a.Findings {
		if !strings.Contains(f.What, "waits for an officer") { // there is no router that would give it to one
			out = append(out, f.Where+" "+f.What)
		}
	}
	shown := map[string][]conversations.ID{}
	for _, c := range w.all(t, conversations.Query{}) {
		if c.MergedInto != "" {
			continue
		}
		list, err := w.desk.Messages(ctx, c.ID, 0, 1000)
		must(t, err)
		for _, m := range list {
			if m.Direction == conversations.In {
				shown[m.ProviderID] = append(shown[m.ProviderID], c.ID)
			}
		}
		for _, k := range []channels.Kind{channels.SMS, channels.Email} {
			r, ok := c.ReplyRoute(k)
			if ok && !slices.ContainsFunc(c.Contact.Handles, func(h channels.Handle) bool { return h.Value == r.To.Value }) {
				out = append(out, fmt.Sprintf("%s is %v's, and its answers go to %s", c.ID, c.Contact.Handles, r.To.Value))
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range w.heard {
		if n := len(shown[id]) + len(shown["<"+id+"@example.org>"]); n != 1 {
			out = append(out, fmt.Sprintf("%q is shown in %d conversations: %v", id, n, shown[id]))
		}
	}
	return out
}

// mergesInTurn: whatever officers merge, split, take back, end and reopen while customers
// write, each message is shown once, nobody has two chats going, and answers go to whom
// the conversation belongs.
func mergesInTurn(t *testing.T, h *house) {
	rapid.Check(t, func(r *rapid.T) {
		empty(t, h.url)
		w := founded(t, h.beside(t, "test"))
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			if err := w.step(t, drawnDice{r}); err != nil {
				r.Fatal(err)
			}
		}
		if f := w.faults(t); len(f) > 0 {
			r.Fatal(strings.Join(append(w.done, f...), "\n"))
		}
	})
}

// mergesAtOnce is mergesInTurn by several officers, on several gateways, while customers write.
func mergesAtOnce(t *testing.T, h *house) {
	for round := range some(2, 4, 60) {
		empty(t, h.url)
		w := founded(t, h.beside(t, "g0"))
		gateways := []*town{w, w.through(t, "g1"), w.through(t, "g2")}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				d := chance{rand.New(rand.NewPCG(uint64(round), uint64(i)))}
				for range 25 {
					if err := gateways[i%len(gateways)].step(t, d); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if f := gateways[0].faults(t); len(f) > 0 {
			t.Fatalf("round %d:\n%s", round, strings.Join(append(w.done, f...), "\n"))
		}
	}
}
