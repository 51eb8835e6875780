package main

import (
	"slices"
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// everything that a store holds in the end.
type kept struct {
	conversations []conversations.Conversation
	in            map[string][]message // by the provider's ID
	out           []message
}

func (h *house) kept() kept {
	h.t.Helper()
	k := kept{conversations: h.conversations(""), in: map[string][]message{}}
	for _, c := range k.conversations {
		for _, m := range h.messages(c.ID) {
			if m.Direction == conversations.In {
				k.in[m.ProviderID] = append(k.in[m.ProviderID], m)
			} else {
				k.out = append(k.out, m)
			}
		}
	}
	return k
}

// settled waits until every mail is in and every reply is out, and fails unless
// nothing was lost and nothing doubled.
func (l *load) settled() {
	t := l.h.t
	t.Helper()
	l.stop()
	var k kept
	byStatus := map[string]int{}
	eventually(t, "every mail is in and every reply out", func() error {
		k = l.h.kept()
		clear(byStatus)
		for _, m := range k.out {
			if m.Channel == channels.Email && m.Status == "uncertain" { // nobody can say: an officer decides
				byStatus["mail uncertain"]++
			} else {
				byStatus[m.Status]++
			}
		}
		missing := 0
		for id := range l.written {
			if len(k.in[id]) == 0 {
				missing++
			}
		}
		return wrong(missing+byStatus["queued"]+byStatus["sending"]+byStatus["uncertain"] == 0, "%d are not in; %v", missing, byStatus)
	})
	for id, text := range l.written {
		if ms := k.in[id]; len(ms) != 1 || ms[0].Text != text {
			t.Errorf("%s was accepted and is kept %d times, as %q", id, len(ms), ms[0].Text)
		}
	}
	l.open(k)
	l.went(k)
	t.Logf("%d messages accepted, %d conversations, %d replies: %v", len(l.written), len(k.conversations), len(l.replies), byStatus)
	if len(l.written) == 0 || len(l.replies) == 0 {
		t.Error("there was no load")
	}
}

// open fails unless everybody who chats has exactly one open conversation, and
// every thread of mails one.
func (l *load) open(k kept) {
	open := map[string]int{}
	for _, c := range k.conversations {
		if c.Status.Live() {
			open[c.Contact.Handles[0].Key()+c.Subject]++
		}
	}
	for of, n := range open {
		if n != 1 {
			l.h.t.Errorf("%s has %d open conversations", of, n)
		}
	}
}

// went fails unless every reply that the gateway took was accepted by its provider
// once. Of a mail whose fate nobody knows, it is not twice.
func (l *load) went(k kept) {
	letters := l.h.mail.Outbox()
	taken := 0
	for _, m := range k.out {
		times := l.h.sim.Accepted("", m.Text)
		if m.Channel == channels.Email {
			times = len(slices.DeleteFunc(slices.Clone(letters), func(x simulator.Letter) bool { return !strings.Contains(x.Text, m.Text) }))
		}
		if times != 1 && (m.Status != "uncertain" || times > 1) {
			l.h.t.Errorf("%q is %s and was accepted %d times", m.Text, m.Status, times)
		}
		if l.replies[m.Text] {
			taken++
		}
	}
	if taken != len(l.replies) {
		l.h.t.Errorf("%d replies were taken, %d are kept", len(l.replies), taken)
	}
}
