package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/caravan-desk/caravan/channels/email"
)

// mailState is one way in or out of one mailbox, and how it is doing.
type mailState struct {
	mailbox, protocol string
	state             func() email.State
}

// mailStates shows on /metrics what a mailbox does not do: a refused sign-in, a
// server that is away, a mailbox gone silent. The gateway is ready all the same,
// for the other channels work.
type mailStates []mailState

var (
	mailStatus = prometheus.NewDesc("caravan_mailbox_status", "1 for the status that the mailbox is in.", []string{"mailbox", "protocol", "status"}, nil)
	mailLast   = prometheus.NewDesc("caravan_mailbox_last_mail_timestamp_seconds", "When the last mail was taken in.", []string{"mailbox"}, nil)
	mailTaken  = prometheus.NewDesc("caravan_mailbox_mails_total", "Mails taken in since the start.", []string{"mailbox"}, nil)
)

// Describe implements prometheus.Collector.
func (m mailStates) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{mailStatus, mailLast, mailTaken} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (m mailStates) Collect(c chan<- prometheus.Metric) {
	for _, s := range m {
		now := s.state()
		c <- prometheus.MustNewConstMetric(mailStatus, prometheus.GaugeValue, 1, s.mailbox, s.protocol, string(now.Status))
		if s.protocol != "imap" {
			continue
		}
		c <- prometheus.MustNewConstMetric(mailTaken, prometheus.CounterValue, float64(now.Kept), s.mailbox)
		if !now.LastMailAt.IsZero() {
			c <- prometheus.MustNewConstMetric(mailLast, prometheus.GaugeValue, float64(now.LastMailAt.UnixMilli())/1000, s.mailbox)
		}
	}
}
