package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// meters count what this gateway does. docs/metrics.md says what each is for.
type meters struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	messages *prometheus.CounterVec
	opened   *prometheus.CounterVec
	sends    *prometheus.CounterVec
	answered series[answered, prometheus.Observer]
	counted  series[counted, prometheus.Counter]
}

// series remembers the metric of each set of labels: to find it by them takes several times
// as long as to count in it.
type series[K comparable, V any] struct {
	mu    sync.RWMutex
	known map[K]V
	find  func(K) V
}

func (s *series[K, V]) of(labels K) V {
	s.mu.RLock()
	v, ok := s.known[labels]
	s.mu.RUnlock()
	if ok {
		return v
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[K]V{}
	}
	v = s.find(labels)
	s.known[labels] = v
	return v
}

// counted is a kind of message.
type counted struct {
	channel   channels.Kind
	direction conversations.Direction
}

// answered is a kind of request, by what it was and how it was answered.
type answered struct {
	method, route string
	code          int
}

func newMeters() *meters {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "caravan_" + name, Help: help}, labels)
	}
	m := &meters{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "caravan_http_request_seconds", Help: "How long requests took, by route and status.",
			Buckets: []float64{.001, .005, .025, .1, .5, 2, 10},
		}, []string{"method", "route", "code"}),
		messages: counter("messages_total", "Messages kept, by channel and direction.", "channel", "direction"),
		opened:   counter("conversations_opened_total", "Conversations opened.", "channel"),
		sends:    counter("sends_total", "What became of attempts to send: sent, queued (to be tried again), uncertain (the provider is asked), failed, canceled.", "channel", "outcome"),
	}
	m.answered.find = func(a answered) prometheus.Observer {
		return m.requests.WithLabelValues(a.method, a.route, strconv.Itoa(a.code))
	}
	m.counted.find = func(k counted) prometheus.Counter {
		return m.messages.WithLabelValues(string(k.channel), string(k.direction))
	}
	m.registry.MustRegister(m.requests, m.messages, m.opened, m.sends,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *meters) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// metered begins to count.
func (a *app) metered() {
	queues := a.desks.AllQueues()
	a.meters = newMeters()
	a.store.meters = a.meters
	a.meters.registry.MustRegister(backlog{func(ctx context.Context) (conversations.Backlog, error) { return a.store.Backlog(ctx, queues) }})
}

// timed measures every request, after its error has become an answer.
func (m *meters) timed(c *fiber.Ctx) error {
	began := time.Now()
	if err := c.Next(); err != nil {
		if err = c.App().Config().ErrorHandler(c, err); err != nil {
			return err
		}
	}
	route := c.Route().Path
	if c.Response().StatusCode() == fiber.StatusNotFound && (route == "/" || strings.Count(route, "/") == 1) {
		route = "" // a stranger's guess
	}
	m.answered.of(answered{c.Method(), route, c.Response().StatusCode()}).Observe(time.Since(began).Seconds())
	return nil
}

// Commit counts what was kept.
func (k *keep) Commit(ctx context.Context, ch conversations.Change) (conversations.Conversation, error) {
	c, err := k.Store.Commit(ctx, ch)
	if err != nil || k.meters == nil {
		return c, err
	}
	for i := range ch.Messages {
		m := &ch.Messages[i]
		if m.Kind == conversations.KindMessage || m.Kind == conversations.KindCall {
			k.meters.counted.of(counted{m.Channel, m.Direction}).Inc()
		}
	}
	if ch.Before == nil && len(ch.Messages) > 0 {
		k.meters.opened.WithLabelValues(string(ch.Messages[0].Channel)).Inc()
	}
	return c, nil
}

// Settle counts what became of a message.
func (k *keep) Settle(ctx context.Context, d conversations.Delivery, o conversations.Outcome) error {
	err := k.Store.Settle(ctx, d, o)
	if err == nil && k.meters != nil {
		k.meters.sends.WithLabelValues(string(d.Message.Channel), o.Status.String()).Inc()
	}
	return err
}

// backlogTerm is how long counting what waits may take: /metrics answers also without a store.
const backlogTerm = 2 * time.Second

// backlog shows what waits in the store. Every gateway shows the same.
type backlog struct {
	count func(ctx context.Context) (conversations.Backlog, error)
}

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("caravan_"+name, help, labels, nil)
}

var (
	descStore    = gauge("store_up", "1 if what waits could be counted.")
	descReady    = gauge("outbox_ready", "Messages that may go now, by lane.", "lane")
	descOldest   = gauge("outbox_oldest_seconds", "How long the first of them has waited.", "lane")
	descLeased   = gauge("outbox_leased", "Messages in a worker's hands.")
	descUnserved = gauge("conversations_waiting", "Conversations that wait for an officer, by desk.", "desk")
	descOverdue  = gauge("conversations_overdue", "Conversations of which a clock is due and not done.")
	descPromises = gauge("callbacks_open", "Promises to ring that are open.")
	descFiles    = gauge("files_waiting", "Messages with files still at the provider.")
	descReceipts = gauge("receipts_awaited", "Messages that will be said another way if no receipt comes.")
)

var laneNames = [conversations.Lanes]string{"reply", "acknowledgement", "update", "bulk"}

// Describe implements prometheus.Collector.
func (b backlog) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descStore, descReady, descOldest, descLeased, descUnserved, descOverdue, descPromises, descFiles, descReceipts} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (b backlog) Collect(c chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), backlogTerm)
	defer cancel()
	show := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	now, err := b.count(ctx)
	if err != nil {
		show(descStore, 0)
		return
	}
	show(descStore, 1)
	for l, name := range laneNames {
		show(descReady, float64(now.Outbox[l]), name)
		show(descOldest, max(0, now.Oldest[l].Seconds()), name)
	}
	waiting := map[string]int{}
	for queue, n := range now.Unserved {
		desk, _, _ := strings.Cut(queue, "/")
		waiting[desk] += n
	}
	for desk, n := range waiting {
		show(descUnserved, float64(n), desk)
	}
	show(descLeased, float64(now.Leased))
	show(descOverdue, float64(now.Overdue))
	show(descPromises, float64(now.Promises))
	show(descFiles, float64(now.Files))
	show(descReceipts, float64(now.Receipts))
}
