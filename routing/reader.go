package routing

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/almanac"
)

// Reader understands what customers write, while it is being kept.
type Reader struct {
	Classifier *Classifier
	Desks      Desks
	Rules      Rules
	Timezone   *time.Location // of customers whose number does not tell theirs
	Logger     *slog.Logger
}

// Read implements conversations.Reader. A message that makes the classifier fail is
// kept all the same, for a person to read.
func (r *Reader) Read(ch *conversations.Change, m conversations.Message, now time.Time) {
	if !human(m) {
		return
	}
	kept := *ch
	defer func() {
		if failed := recover(); failed != nil {
			r.Logger.Error("message not understood", "message", m.ID, "error", fmt.Sprintf("%T", failed))
			*ch = kept
		}
	}()
	zone := r.Timezone
	if home, ok := almanac.ZoneOf(strings.TrimPrefix(m.From, "whatsapp:"), now); ok {
		zone = home // "tomorrow at three" is by the customer's clock
	}
	d := documents.Get().(*document)
	defer documents.Put(d)
	read := r.Classifier.words.Load().read(d, Text{ID: string(m.ID), Channel: m.Channel, Subject: m.Subject, Body: m.Text, From: m.From}, now.In(zone))
	var u Understanding
	if read.adds(&ch.After) {
		u = read.conclude()
		after, events := r.Desks.fold(ch.After, m, u, read.why, now)
		ch.After, ch.Events = after, append(ch.Events, events...)
	}
	r.Rules.Apply(ch, m, r.Desks, now)
	r.Desks.want(ch, m, now)
	wish := Wish(m, u, now)
	if ch.After.Promises > 0 { // one promise at a time is enough
		ch.Recall = Recall(m, u, wish, now.In(zone))
		return
	}
	if wish == nil {
		return
	}
	promised, err := conversations.Promise(ch.After, *wish, conversations.System, now)
	if err != nil { // no number is known: an officer sees the wish in the words
		return
	}
	version := ch.After.Version
	ch.After, ch.Callback, ch.Events = promised.After, promised.Callback, append(ch.Events, promised.Events...)
	ch.After.Version = version
}

// adds reports whether a message may say more of its conversation than is known: of a desk,
// a language or a reference, of a call, or that it presses more. Of most that follow a first
// one this says no, and then nothing else of them has to be concluded.
func (m *matter) adds(c *conversations.Conversation) bool {
	placed := c.Category != "" && (c.ByHand || c.Desk != DeskTriage)
	if !placed || c.Language == "" || len(m.d.perhaps) > 0 {
		return true
	}
	if _, talks := m.d.marked(voiceMark, 0, len(m.d.tokens)); talks {
		return true
	}
	for _, r := range m.refs {
		if !slices.ContainsFunc(c.References, func(known conversations.Reference) bool { return known.Value == r.Value }) {
			return true
		}
	}
	m.model.judge(m.d, priorityHead/8*8)
	likely := m.d.logits[priorityHead:callbackHead]
	softmax(likely, m.model.heat)
	return conversations.Priority(m.pressing(likely)).Rank() < c.Priority.Rank()
}
