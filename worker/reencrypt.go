package worker

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/latchkeep/latchkeep/auth/reseal"
)

const (
	reencryptType = "reencrypt"
	// reencryptEvery is how often a worker looks whether anything is to be sealed under another master key; reencryptWork is how long it is at it then,
	// so that it takes a sixth of one worker's time at most.
	reencryptEvery = time.Minute
	reencryptWork  = 10 * time.Second
	reencryptTime  = 50 * time.Second
)

// A Resealer seals what is stored anew under the newest master key.
type Resealer interface {
	Advance(ctx context.Context, until time.Time) (reseal.Progress, error)
	Status(ctx context.Context) (reseal.Status, error)
}

// reencrypt does some of what is to be sealed anew.
func (w *Worker) reencrypt(ctx context.Context) {
	if w.needs.Reseal == nil {
		return
	}
	_, err := w.needs.Reseal.Advance(ctx, time.Now().Add(reencryptWork))
	switch {
	case errors.Is(err, reseal.ErrBehind):
		w.log.WarnContext(ctx, "values are not sealed anew by this process", "error", err)
	case err != nil && ctx.Err() == nil:
		w.log.WarnContext(ctx, "values cannot be sealed anew now and will be later", "error", err)
	}
}

// sealedMetrics are how many values are sealed under which master key, as the last pass counted.
type sealedMetrics struct {
	room   Resealer
	values *prometheus.GaugeVec
}

func newSealedMetrics() sealedMetrics {
	return sealedMetrics{values: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "latchkeep_sealed_values",
		Help: "Values that are sealed under a master key, as last counted: under the first of secrets.keys, a later one, or none that is configured.",
	}, []string{"under"})}
}

// Sealed has the metrics tell what is sealed under which master key.
func (m *Metrics) Sealed(room Resealer) { m.sealed.room = room }

func (s sealedMetrics) measure(ctx context.Context) error {
	if s.room == nil {
		return nil
	}
	status, err := s.room.Status(ctx)
	s.values.Reset()
	if err != nil || status.Counted == nil {
		return err
	}
	s.values.WithLabelValues("first").Set(float64(status.Entries[0].Total))
	s.values.WithLabelValues("later").Set(float64(status.Stale()))
	s.values.WithLabelValues("none").Set(float64(status.Unreadable()))
	return nil
}
