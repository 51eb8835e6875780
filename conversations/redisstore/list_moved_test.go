package redisstore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// hider is a house that reads lists through a proxy, and a conversation in it that another
// changes meanwhile.
func hider(t *testing.T) (h *house, p *redistest.Proxy, hidden conversations.ID, change func(func(*conversations.Conversation))) {
	s := redistest.Single(t)
	p = redistest.NewProxy(t, s.Addr)
	h = open(t, p.URL(s.Addr))
	h.stop()
	h.populate(t, 20*h.Partitions())
	mover := openAs(t, s.URL, "mover", patient, h.watch)
	hidden = mover.all(t, conversations.Query{})[0].ID
	return h, p, hidden, func(edit func(*conversations.Conversation)) {
		before, err := mover.Load(t.Context(), hidden)
		must(t, err)
		after := before
		edit(&after)
		must(t, mover.put(t.Context(), &before, after))
	}
}

// TestNobodyHidesBetweenTwoReadings moves a conversation, again and again, to where
// the reader of a list is not looking: behind all others when one begins at the top,
// in front of them when it goes on.
func TestNobodyHidesBetweenTwoReadings(t *testing.T) {
	t.Parallel()
	h, p, hidden, change := hider(t)
	move := func(ahead time.Duration) {
		change(func(c *conversations.Conversation) {
			c.Clocks = []conversations.Clock{{Name: "a", DueAt: h.now().Add(ahead), State: conversations.Running}}
		})
	}
	for _, q := range []conversations.Query{{}, {Overdue: true}} {
		t.Run(fmt.Sprintf("overdue %v", q.Overdue), func(t *testing.T) {
			q.Sort, q.Limit = conversations.ByDue, 7
			front, behind := -100*time.Hour, 100*time.Hour
			if q.Overdue {
				behind = -time.Second
			}
			move(front)
			moves := 0
			p.EatReplies(1<<30, func(command []string) bool {
				if redistest.Command("zrangebyscore")(command) && strings.HasSuffix(command[1], ":due") && len(command) > 5 {
					if moves++; command[2] == "0" && command[6] == "0" {
						move(behind)
					} else {
						move(front)
					}
				}
				return false
			})
			got := h.paged(t, q)
			p.EatReplies(0, nil)
			if moves < 10 || got[hidden] != 1 {
				t.Errorf("%s was listed %d times, and moved %d times meanwhile", hidden, got[hidden], moves)
			}
		})
	}
}

// TestNobodyHidesBetweenLiveAndOver solves a conversation, and opens it again, whenever
// the reader of a list looks at the one kind or the other.
func TestNobodyHidesBetweenLiveAndOver(t *testing.T) {
	t.Parallel()
	h, p, hidden, change := hider(t)
	move := func(to conversations.Status) {
		change(func(c *conversations.Conversation) { c.Status = to })
	}
	for _, by := range sorts[:3] {
		t.Run(string(by), func(t *testing.T) {
			moves, partition := 0, fmt.Sprintf("{p%02d}:by:", hidden.Number()%uint64(h.Partitions()))
			p.EatReplies(1<<30, func(command []string) bool {
				if !strings.HasSuffix(command[0], "rangebyscore") || !strings.HasPrefix(command[1], partition) {
					return false
				}
				if moves++; slices.Contains(command, "17592186044416") || slices.Contains(command, "35184372088831") { // what is over
					move(conversations.Open)
				} else {
					move(conversations.Solved)
				}
				return false
			})
			got := h.paged(t, conversations.Query{Sort: by, Limit: 7})
			p.EatReplies(0, nil)
			if moves < 10 || got[hidden] != 1 {
				t.Errorf("%s was listed %d times, and moved %d times meanwhile", hidden, got[hidden], moves)
			}
		})
	}
}
