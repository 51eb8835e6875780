package redisstore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/conversations"
)

// composeEvents adds the events to the conversation's history and to the log, and what
// leaves work to do to the stream of those who do it.
// What was received, or opened a conversation, is told by its message; how a
// conversation was classified when it was opened, too.
func composeEvents(t *tx, p *partition, n uint64, events []conversations.Event, opened bool) error {
	lines := make([]string, 0, len(events))
	for i := range events {
		e := &events[i]
		if e.Type != conversations.EventReceived {
			line, err := encodeEvent(e)
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		if opened && (e.Type == conversations.EventOpened || e.Type == conversations.EventClassified) {
			continue // another event of the same change is in the log
		}
		brief, err := encodeBrief(e)
		if err != nil {
			return err
		}
		entry := logged(num(n), t.op, brief)
		t.append(entry)
		if e.Work() {
			t.do("XADD", p.work, "*", "e", entry)
		}
	}
	if len(lines) > 0 {
		t.do("RPUSH", p.history(n), lines...)
	}
	return nil
}

// An event in a log is one field: the conversation's place in its partition
// (empty for the board's), the operation's ID, and the event's line.

func logged(n string, op, line string) string { return n + "\t" + op + "\t" + line }

// event reads a log's entry.
func (s *Store) event(x entry) (conversations.Event, error) {
	f := strings.SplitN(x.value, "\t", 3)
	if len(f) != 3 {
		return conversations.Event{}, fmt.Errorf("decode event: %d fields, want 3", len(f))
	}
	var id conversations.ID
	if f[0] != "" && x.part < len(s.partitions) {
		n, err := strconv.ParseUint(f[0], 10, 53)
		if err != nil {
			return conversations.Event{}, fmt.Errorf("decode event: conversation: %w", err)
		}
		id = conversations.NewID(s.number(s.partitions[x.part], n))
	}
	e, err := decodeEvent(id, f[2])
	e.ID = conversations.EventID(x.id)
	return e, err
}
