package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

// The outcomes of intents.
const (
	outcomeDone    = "done"
	outcomeRetry   = "retry"   // it failed, and will be tried again
	outcomeHeld    = "held"    // it was not tried, since its tenant may send no more today
	outcomeDead    = "dead"    // it was given up
	outcomeDropped = "dropped" // it was of no use any more
)

// Metrics are what a worker counts. A nil *Metrics counts nothing.
type Metrics struct {
	outcomes *prometheus.CounterVec
	took     *prometheus.HistogramVec
	waited   *prometheus.HistogramVec
	running  *prometheus.GaugeVec
	attempts *prometheus.HistogramVec

	store               *store.Store
	log                 *slog.Logger
	ready, dead, oldest *prometheus.GaugeVec
	sealed              sealedMetrics
}

// NewMetrics makes the metrics of a worker over a store, which knows what is left to do.
func NewMetrics(st *store.Store, log *slog.Logger) *Metrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"kind"})
	}
	return &Metrics{
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "latchkeep_worker_intents_total", Help: "What became of intents (mails, audit records, events, jobs) at an attempt, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "latchkeep_worker_task_duration_seconds", Help: "Time of a task, by its kind.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"kind"}),
		waited: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "latchkeep_worker_first_attempt_delay_seconds", Help: "Time from the commit of an intent to its first attempt, by kind.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"kind"}),
		running: gauge("latchkeep_worker_tasks_running", "Tasks that are being carried out by this process, by kind."),
		attempts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "latchkeep_webhook_attempt_duration_seconds", Help: "Time of an attempt to deliver an event, by the state in which it left the delivery.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"state"}),
		store: st, log: log, sealed: newSealedMetrics(),
		ready:  gauge("latchkeep_outbox_ready", "Intents of all tenants that are to be carried out, by kind."),
		dead:   gauge("latchkeep_outbox_dead", "Intents of all tenants that were given up, by kind."),
		oldest: gauge("latchkeep_outbox_oldest_age_seconds", "How long the intent has been due that has been due longest, by kind; 0 where all wait for another try."),
	}
}

// Collectors are to be registered with the process's metrics.
func (m *Metrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.outcomes, m.took, m.waited, m.running, m.attempts, m.ready, m.dead, m.oldest, m.sealed.values}
}

// begin counts a task as running until the function it returns is called.
func (m *Metrics) begin(kind string) (end func()) {
	if m == nil {
		return func() {}
	}
	began, running := time.Now(), m.running.WithLabelValues(kind)
	running.Inc()
	return func() {
		running.Dec()
		m.took.WithLabelValues(kind).Observe(time.Since(began).Seconds())
	}
}

// count counts what became of intents.
func (m *Metrics) count(kind, outcome string, n int) {
	if m != nil && n > 0 {
		m.outcomes.WithLabelValues(kind, outcome).Add(float64(n))
	}
}

func outcomeOf(err error) string {
	if err != nil {
		return outcomeRetry
	}
	return outcomeDone
}

// Webhook counts an attempt to deliver an event, and what state it left the delivery in: delivered, waiting (for another try), dead or dropped.
func (m *Metrics) Webhook(state string, took time.Duration) {
	m.attempts.WithLabelValues(state).Observe(took.Seconds())
}

// first notes how long an intent waited that nobody tried before: where attempts says so many.
func (m *Metrics) first(kind string, it item, attempts int) {
	if m != nil && it.Attempts == attempts {
		m.waited.WithLabelValues(kind).Observe(max(0, time.Since(it.CreatedAt)).Seconds())
	}
}

// measureTime bounds the question what is left to do.
const measureTime = 3 * time.Second

// Measure asks the database what is left to do, of all tenants. Call it before the metrics are read. What cannot be asked is left out.
func (m *Metrics) Measure(ctx context.Context) {
	ctx, cancel := context.WithTimeout(scope.With(ctx, scope.System("count what is left to do")), measureTime)
	defer cancel()
	backlogs, err := m.store.Raw().OutboxBacklog(ctx)
	if err := m.sealed.measure(ctx); err != nil {
		m.log.WarnContext(ctx, "what is sealed under which master key cannot be told", "error", err)
	}
	for _, gauge := range []*prometheus.GaugeVec{m.ready, m.dead, m.oldest} {
		gauge.Reset()
	}
	if err != nil {
		m.log.WarnContext(ctx, "what is left to do cannot be counted", "error", err)
		return
	}
	for _, b := range backlogs {
		m.ready.WithLabelValues(b.Kind).Set(float64(b.Ready))
		m.dead.WithLabelValues(b.Kind).Set(float64(b.Dead))
		if b.Ready > 0 {
			m.oldest.WithLabelValues(b.Kind).Set(max(0, time.Since(b.Due)).Seconds())
		}
	}
}
