package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caravan-desk/caravan/channels/email"
)

// mailState is one way in or out of one mailbox, and how it is doing.
type mailState struct {
	mailbox, protocol string
	state             func() email.State
	silence           time.Duration // how long it may bring no mail; 0: the adapter's own
}

// mailStates shows on /metrics what a mailbox does not do: a refused sign-in, a
// server that is away, a mailbox gone silent. What lasts too long is an alarm, there and in the log. The gateway is ready all the same,
// for the other channels work.
type mailStates []mailState

var (
	mailStatus = prometheus.NewDesc("caravan_mailbox_status", "1 for the status that the mailbox is in.", []string{"mailbox", "protocol", "status"}, nil)
	mailAlarm  = prometheus.NewDesc("caravan_mailbox_alarm", "1 while somebody has to look: it cannot be read, or has brought no mail for too long.", []string{"mailbox"}, nil)
	mailLast   = prometheus.NewDesc("caravan_mailbox_last_mail_timestamp_seconds", "When the last mail was taken in.", []string{"mailbox"}, nil)
	mailTaken  = prometheus.NewDesc("caravan_mailbox_mails_total", "Mails taken in since the start.", []string{"mailbox"}, nil)
)

// Describe implements prometheus.Collector.
func (m mailStates) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{mailStatus, mailAlarm, mailLast, mailTaken} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (m mailStates) Collect(c chan<- prometheus.Metric) {
	for _, s := range m {
		st := s.state()
		c <- prometheus.MustNewConstMetric(mailStatus, prometheus.GaugeValue, 1, s.mailbox, s.protocol, string(st.Status))
		if s.protocol != "imap" {
			continue
		}
		alarm := 0.0
		if st.Alarm(now(), s.silence) != "" {
			alarm = 1
		}
		c <- prometheus.MustNewConstMetric(mailAlarm, prometheus.GaugeValue, alarm, s.mailbox)
		c <- prometheus.MustNewConstMetric(mailTaken, prometheus.CounterValue, float64(st.Kept), s.mailbox)
		if !st.LastMailAt.IsZero() {
			c <- prometheus.MustNewConstMetric(mailLast, prometheus.GaugeValue, float64(st.LastMailAt.UnixMilli())/1000, s.mailbox)
		}
	}
}

// alarmLook is how often mailboxes are looked at for what has lasted too long.
const alarmLook = time.Minute

// watch tells the log when a mailbox's alarm begins and ends, until ctx is done.
func (m mailStates) watch(ctx context.Context, log *slog.Logger) error {
	raised := map[string]string{}
	tick := time.NewTicker(alarmLook)
	defer tick.Stop()
	for {
		for _, s := range m {
			if s.protocol != "imap" {
				continue
			}
			why := s.state().Alarm(now(), s.silence)
			switch was := raised[s.mailbox]; {
			case why != "" && was == "":
				log.Error("mailbox needs somebody to look", "mailbox", s.mailbox, "why", why)
			case why == "" && was != "":
				log.Info("mailbox is well again", "mailbox", s.mailbox)
			}
			raised[s.mailbox] = why
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
