package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are what the program counts. A nil *Metrics counts nothing.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
}

// NewMetrics makes the metrics of a process: those of the Go run time, of the process, and of requests.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "latchkeep_http_requests_total", Help: "Requests answered, by server, route pattern, method and status.",
		}, []string{"server", "route", "method", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "latchkeep_http_request_duration_seconds", Help: "Time to answer a request, by server, route pattern and method.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"server", "route", "method"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "latchkeep_http_requests_in_flight", Help: "Requests being answered, by server.",
		}, []string{"server"}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.took, m.inFlight)
	return m
}

// Observe counts a request. route is the pattern of a router, such as "/users/{id}", never a path; "" where none
// matched. A method that is not one of HTTP's counts as "other", since a client may send anything.
func (m *Metrics) Observe(server, route, method string, status int, took time.Duration) {
	if m == nil {
		return
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(server, route, method, strconv.Itoa(status)).Inc()
	m.took.WithLabelValues(server, route, method).Observe(took.Seconds())
}

// InFlight is how many requests a server is answering. Ask for it once, not for each request.
func (m *Metrics) InFlight(server string) prometheus.Gauge {
	if m == nil {
		return prometheus.NewGauge(prometheus.GaugeOpts{}) // nobody reads it
	}
	return m.inFlight.WithLabelValues(server)
}

// Register adds collectors. It panics if one is registered already.
func (m *Metrics) Register(c ...prometheus.Collector) { m.registry.MustRegister(c...) }

// Handler serves the metrics in the text format of Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
