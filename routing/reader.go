package routing

import (
	"fmt"
	"log/slog"
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
	u := read.conclude()
	after, events := r.Desks.fold(ch.After, m, u, read.why, now)
	ch.After, ch.Events = after, append(ch.Events, events...)
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
