package main

import (
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/outbox/feedback"
)

// feedback asks customers how it was, if that is switched on.
func (a *app) feedback() {
	f, after := a.cfg.Feedback, map[conversations.SurveyKind]time.Duration{}
	if f.CSAT {
		after[conversations.CSAT] = f.CSATAfter
	}
	if f.NPS {
		after[conversations.NPS] = f.NPSAfter
	}
	if len(after) == 0 {
		return
	}
	asker := &feedback.Asker{Log: a.store, Desk: a.desk, Library: a.library, After: after, Timezone: a.cfg.Timezone, Logger: a.log}
	a.engines = append(a.engines, engine{"feedback", asker.Run})
}
