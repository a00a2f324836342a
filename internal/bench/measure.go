package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/latchkeep/latchkeep/pkg/password"
)

// A cost is what one operation costs, on average over a round, in microseconds of processor time.
type cost struct {
	Server   float64 `json:"server_us"`
	Worker   float64 `json:"worker_us"`
	Database float64 `json:"database_us"`
}

func (c cost) total() float64 { return c.Server + c.Worker + c.Database }

// wall is how long the answers of one operation took, without what the client did in between, in microseconds.
type wall struct {
	P50 float64 `json:"p50_us"`
	P95 float64 `json:"p95_us"`
}

// A measurement is what was found out about an operation.
type measurement struct {
	Name         string             `json:"name"`
	Title        string             `json:"title"`
	Requests     int                `json:"requests"`
	Operations   int                `json:"operations"`
	Alone        cost               `json:"cpu_one_client"`
	Spread       [2]float64         `json:"cpu_one_client_total_min_max_us"`
	Together     cost               `json:"cpu_four_clients"`
	Hash         float64            `json:"hash_us"` // of all its passwords; part of the server's cost
	WallAlone    wall               `json:"wall_one_client"`
	WallTogether wall               `json:"wall_four_clients"`
	Statements   []statement        `json:"statements,omitempty"`
	Sent         float64            `json:"statements_per_operation"`
	Written      float64            `json:"rows_written_per_operation"`
	Counted      bool               `json:"statements_counted"`
	Budget       float64            `json:"budget_us"`
	MostSent     int                `json:"statements_budget"` // negative: none
	op           *operation         `json:"-"`
	alone        []cost             `json:"-"`
	together     []cost             `json:"-"`
	walls        map[int][]float64  `json:"-"`
	rows         map[string]float64 `json:"-"`
}

// together is how many clients ask at once in the second half of a round.
const together = 4

// measureAll measures all operations in turn, round after round, so that what else the machine does falls on all of them alike.
func measureAll(ctx context.Context, o options, d *deployment, ops []*operation) (*result, error) {
	began := time.Now()
	r := &result{Machine: machine(d.db), Rounds: o.rounds}
	var err error
	if r.Starts, err = d.measureStarts(ctx, o); err != nil {
		return nil, fmt.Errorf("measure the start: %w", err)
	}
	for _, op := range ops {
		m := &measurement{
			Name: op.name, Title: op.title, Requests: op.requests, Budget: micro(op.budget), MostSent: op.statements,
			op: op, walls: map[int][]float64{},
		}
		r.Measurements = append(r.Measurements, m)
		if err := d.warm(ctx, op); err != nil {
			return nil, fmt.Errorf("%s: %w", op.name, err)
		}
	}
	if d.db.statements {
		if err := d.countAll(ctx, r.Measurements); err != nil {
			return nil, err
		}
	}
	var hashes []float64
	for round := range o.rounds {
		fmt.Fprintf(os.Stderr, "bench: round %d of %d\n", round+1, o.rounds)
		for _, m := range r.Measurements {
			n := max(int(float64(m.op.each)*o.scale), together)
			if m.op.hashes > 0 {
				hashes = append(hashes, hashCost(ctx, 8)) // next to what it is subtracted from
			}
			if err := m.round(ctx, d, n); err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
		}
	}
	for _, m := range r.Measurements {
		m.summarise(median(hashes))
	}
	r.Seconds = time.Since(began).Seconds()
	return r, nil
}

// warm prepares an operation and does it a few times.
func (d *deployment) warm(ctx context.Context, op *operation) error {
	if op.prepare != nil {
		if err := op.prepare(ctx); err != nil {
			return err
		}
	}
	_, err := d.repeat(ctx, op, max(op.each/10, 2*together), together)
	return errors.Join(err, d.db.rest(ctx))
}

// round measures one round, alone and together.
func (m *measurement) round(ctx context.Context, d *deployment, n int) error {
	for _, clients := range []int{1, together} {
		before, err := d.cpu()
		if err != nil {
			return err
		}
		walls, err := d.repeat(ctx, m.op, n, clients)
		if err != nil {
			return err
		}
		if err := d.db.rest(ctx); err != nil {
			return err
		}
		after, err := d.cpu()
		if err != nil {
			return err
		}
		c := cost{
			Server:   (after.Server - before.Server) / float64(n),
			Worker:   (after.Worker - before.Worker) / float64(n),
			Database: (after.Database - before.Database) / float64(n),
		}
		if clients == 1 {
			m.alone = append(m.alone, c)
		} else {
			m.together = append(m.together, c)
		}
		m.walls[clients] = append(m.walls[clients], walls...)
		m.Operations += n
	}
	return nil
}

// repeat does an operation n times, with some clients at once, and says how long the answers of each took.
func (d *deployment) repeat(ctx context.Context, op *operation, n, clients int) ([]float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	address := d.public
	if op.console {
		address = d.console
	}
	var mu sync.Mutex
	var walls []float64
	var left atomic.Int64
	left.Store(int64(n))
	var working sync.WaitGroup
	for range clients {
		working.Go(func() {
			c := newClient(address)
			defer c.close()
			var mine []float64
			for left.Add(-1) >= 0 && ctx.Err() == nil {
				c.took, c.sent = 0, 0
				err := op.run(ctx, c)
				if err == nil && c.sent != op.requests {
					err = fmt.Errorf("%d requests instead of %d", c.sent, op.requests)
				}
				if err != nil {
					cancel(err)
					return
				}
				mine = append(mine, micro(c.took))
			}
			mu.Lock()
			defer mu.Unlock()
			walls = append(walls, mine...)
		})
	}
	working.Wait()
	return walls, context.Cause(ctx)
}

// cpu is what the processes have used so far.
func (d *deployment) cpu() (cost, error) {
	server, err1 := cpuOf(d.server.pid())
	worker, err2 := cpuOf(d.worker.pid())
	database, err3 := d.db.cpu()
	return cost{Server: micro(server), Worker: micro(worker), Database: micro(database)}, errors.Join(err1, err2, err3)
}

// hashCost is the processor time of hashing one password, in this process.
func hashCost(ctx context.Context, n int) float64 {
	hasher := password.New(password.Options{Workers: 1})
	before, err := cpuOf(os.Getpid())
	for range n {
		if _, hashErr := hasher.Hash(ctx, "", secretPassword); hashErr != nil {
			err = hashErr
		}
	}
	after, err2 := cpuOf(os.Getpid())
	if err != nil || err2 != nil {
		return 0
	}
	return micro(after-before) / float64(n)
}

func (m *measurement) summarise(hash float64) {
	middle := func(costs []cost) cost {
		part := func(of func(cost) float64) float64 {
			var all []float64
			for _, c := range costs {
				all = append(all, of(c))
			}
			return median(all)
		}
		return cost{
			Server:   part(func(c cost) float64 { return c.Server }),
			Worker:   part(func(c cost) float64 { return c.Worker }),
			Database: part(func(c cost) float64 { return c.Database }),
		}
	}
	m.Alone, m.Together = middle(m.alone), middle(m.together)
	var totals []float64
	for _, c := range m.alone {
		totals = append(totals, c.total())
	}
	m.Spread = [2]float64{slices.Min(totals), slices.Max(totals)}
	m.Hash = hash * float64(m.op.hashes)
	m.WallAlone = wall{P50: quantile(m.walls[1], 0.5), P95: quantile(m.walls[1], 0.95)}
	m.WallTogether = wall{P50: quantile(m.walls[together], 0.5), P95: quantile(m.walls[together], 0.95)}
}

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile is the smallest value that at least a part q of all values do not exceed; 0 of none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
