package wire

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/pkg/ratelimit"
)

// registerLoad adds how busy the process is to the metrics: what is asked for when they are read.
func (a *App) registerLoad(hasher *password.Hasher, limiter *ratelimit.Counted) {
	gauge := func(name, help string, value func() float64) {
		a.metrics.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	counter := func(name, help string, value func() float64) {
		a.metrics.Register(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "latchkeep_build_info", Help: "1; the version is a label.", ConstLabels: prometheus.Labels{"version": a.options.Version},
	})
	info.Set(1)
	a.metrics.Register(info)

	gauge("latchkeep_password_hashes_running", "Passwords being hashed.", func() float64 { return float64(hasher.Load().Running) })
	gauge("latchkeep_password_hashes_waiting", "Passwords that wait for their turn to be hashed.", func() float64 { return float64(hasher.Load().Waiting) })
	counter("latchkeep_password_hashes_total", "Passwords that were hashed, whether to store them or to check them.",
		func() float64 { return float64(hasher.Load().Done) })
	counter("latchkeep_password_hashes_refused_total", "Passwords that were not hashed because too many waited: those sign-ins got 503.",
		func() float64 { return float64(hasher.Load().Refused) })
	counter("latchkeep_rate_limit_refusals_total", "Attempts that a rate limit refused.", func() float64 { return float64(limiter.Refused()) })

	gauge("latchkeep_tenants_cached", "Tenants whose snapshots are kept.", func() float64 { kept, _ := a.Registry.Cached(); return float64(kept) })
	counter("latchkeep_tenant_loads_total", "Snapshots of tenants that were loaded from the database.",
		func() float64 { _, loaded := a.Registry.Cached(); return float64(loaded) })

	gauge("latchkeep_database_connections_in_use", "Connections to the database that are in use.",
		func() float64 { return float64(a.Store.Connections().InUse) })
	gauge("latchkeep_database_connections_max", "Connections to the database that may be open.", func() float64 { return float64(a.Store.MaxOpen()) })
	counter("latchkeep_database_waits_total", "How often somebody had to wait for a connection to the database.",
		func() float64 { return float64(a.Store.Connections().WaitCount) })
	counter("latchkeep_database_wait_seconds_total", "How long was waited for connections to the database.",
		func() float64 { return a.Store.Connections().WaitDuration.Seconds() })
}
