package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/latchkeep/latchkeep/internal/procstat"
	"github.com/latchkeep/latchkeep/internal/visitor"
)

// A start is how a fresh server began.
type start struct {
	Title    string  `json:"title"`
	First    float64 `json:"first_200_ms"` // the median of several starts
	Memory   float64 `json:"idle_rss_mb"`
	Own      float64 `json:"idle_anonymous_mb"` // without mapped files, such as the binary itself
	Budget   float64 `json:"first_200_budget_ms"`
	MaxBytes float64 `json:"idle_rss_budget_mb"`
}

// starts is how often the server is started; settle is how long it then does nothing before its memory is read.
const (
	starts = 5
	settle = 5 * time.Second
)

// measureStarts starts servers of their own on the migrated database, with one tenant in it: with Redis, and as a single node without, which
// also does the work of the worker.
func (d *deployment) measureStarts(ctx context.Context, o options) ([]start, error) {
	var found []start
	for _, kind := range []struct{ title, redis string }{
		{"`serve` with PostgreSQL and Redis", d.redis},
		{"`serve` with PostgreSQL alone, worker included", ""},
	} {
		s := start{Title: kind.title, Budget: 80, MaxBytes: 40}
		var firsts, memory, own []float64
		for i := range starts {
			first, p, err := d.startOnce(ctx, o, kind.redis)
			if err != nil {
				return nil, err
			}
			firsts = append(firsts, float64(first)/float64(time.Millisecond))
			if i == starts-1 {
				select {
				case <-time.After(settle):
				case <-ctx.Done():
				}
				all, anonymous, err := procstat.Resident(p.pid())
				if err != nil {
					return nil, err
				}
				memory, own = append(memory, float64(all)/(1<<20)), append(own, float64(anonymous)/(1<<20))
			}
			p.stop()
		}
		s.First, s.Memory, s.Own = median(firsts), median(memory), median(own)
		found = append(found, s)
	}
	return found, nil
}

// startOnce starts a server and waits for the keys of the tenant: an answer that needed the database.
func (d *deployment) startOnce(ctx context.Context, o options, redis string) (time.Duration, *process, error) {
	variables, addresses, err := newVariables(d.db, redis)
	if err != nil {
		return 0, nil, err
	}
	variables["SECRETS_KEYS"] = d.secret
	if redis == "" {
		delete(variables, "REDIS_URL")
	}
	_, port, err := net.SplitHostPort(addresses["PUBLIC"])
	if err != nil {
		return 0, nil, err
	}
	url := fmt.Sprintf("http://bench.localhost:%s/.well-known/jwks.json", port)
	c := visitor.New(addresses["PUBLIC"])
	defer c.Close()
	began := time.Now()
	p, err := begin(o.binary, variables.environ(), "serve")
	if err != nil {
		return 0, nil, err
	}
	wait, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err = until(wait, 500*time.Microsecond, func() (bool, error) {
		_, err := c.Send(wait, http.MethodGet, url, "", nil, http.StatusOK)
		return err == nil, nil
	})
	if err != nil {
		p.stop()
		return 0, nil, fmt.Errorf("the server does not answer: %w", err)
	}
	return time.Since(began), p, nil
}
