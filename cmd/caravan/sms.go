package main

import (
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/sms"
	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/inbox"
	"github.com/caravan-desk/caravan/outbox"
)

// smsSender is the way out for SMS, at the pace of each number.
type smsSender struct {
	*sms.Sender
	perSecond float64 // segments
}

// Turns implements outbox.Turns: a number sends so many segments a second.
func (s smsSender) Turns(m channels.Outbound) (name string, p outbox.Pace, turns int) {
	if s.perSecond > 0 {
		p = outbox.Pace{Gap: time.Duration(float64(time.Second) / s.perSecond), Burst: max(1, int(s.perSecond))}
	}
	return s.Number(m), p, max(1, sms.Segments(m.Text).Segments)
}

// segments is what a text costs, for the officers' page.
func segments(text string) inbox.SegmentsView {
	a := sms.Assess(text)
	v := inbox.SegmentsView{Encoding: string(a.Encoding), Segments: a.Segments, Units: a.Units, Room: a.Room}
	v.TooLong = sms.Units(text) > sms.MostUnits
	if a.Encoding == sms.UCS2 {
		v.Forcing = &inbox.ForcingView{Character: string(a.Forcing), At: a.At}
	}
	if a.Plain != "" {
		v.Plain = &inbox.PlainView{Text: a.Plain, Segments: a.Segments - a.Saves}
	}
	return v
}

// explain is what an error code means, by language.
func explain(code string) map[string]string {
	words, _ := twilio.Words(code)
	return words
}
