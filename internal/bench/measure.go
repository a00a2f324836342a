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

	"github.com/latchkeep/latchkeep/internal/procstat"
	"github.com/latchkeep/latchkeep/internal/visitor"
	"github.com/latchkeep/latchkeep/pkg/password"
)

// A cost is what one operation costs, on average over a round, in microseconds of processor time.
type cost struct {
	Server   float64 `json:"server_us"`
	Database float64 `json:"database_us"`
	// Delivery is what the worker does afterwards, and the database for it.
	Delivery float64 `json:"delivery_us"`
	// Hash is the part of the server's cost that is hashing passwords, as measured next to it in this process.
	Hash float64 `json:"hash_us,omitempty"`
}

func (c cost) total() float64 { return c.Server + c.Database + c.Delivery }

// rest is what is left without hashing passwords.
func (c cost) rest() float64 { return c.total() - c.Hash }

// answering is what the answers cost, without hashing passwords and without what follows them: what the budget is for.
func (c cost) answering() float64 { return c.Server + c.Database - c.Hash }

// less is the cost without another.
func (c cost) less(o cost) cost {
	return cost{Server: c.Server - o.Server, Database: c.Database - o.Database, Delivery: c.Delivery - o.Delivery, Hash: c.Hash - o.Hash}
}

// times is the cost of so many, or of a part.
func (c cost) times(n float64) cost {
	return cost{Server: n * c.Server, Database: n * c.Database, Delivery: n * c.Delivery, Hash: n * c.Hash}
}

// wall is how long the answers of one operation took, without what the client did in between, in microseconds.
type wall struct {
	P50 float64 `json:"p50_us"`
	P95 float64 `json:"p95_us"`
	P99 float64 `json:"p99_us"`
}

func wallOf(times []float64) wall {
	return wall{P50: quantile(times, 0.5), P95: quantile(times, 0.95), P99: quantile(times, 0.99)}
}

// A measurement is what was found out about an operation.
type measurement struct {
	Name         string      `json:"name"`
	Title        string      `json:"title"`
	Requests     int         `json:"requests"`
	Operations   int         `json:"operations"`
	Alone        cost        `json:"cpu_one_client"`
	Together     cost        `json:"cpu_four_clients"`
	Rest         float64     `json:"cpu_without_hash_us"` // with one client
	Answering    float64     `json:"cpu_without_hash_and_delivery_us"`
	Total        float64     `json:"cpu_us"`
	Spread       [2]float64  `json:"cpu_without_hash_min_max_us"`
	WallAlone    wall        `json:"wall_one_client"`
	WallTogether wall        `json:"wall_four_clients"`
	Rate         float64     `json:"each_second_four_clients"`
	Allocated    allocated   `json:"allocated_one_client"` // by the server
	Counted      bool        `json:"statements_counted"`
	Sent         float64     `json:"statements_per_operation"`
	Written      float64     `json:"rows_written_per_operation"`
	Statements   []statement `json:"statements,omitempty"` // of the server
	Deliveries   []statement `json:"deliveries,omitempty"` // of the worker
	Budget       float64     `json:"budget_us"`
	MostSent     int         `json:"statements_budget"` // negative: none

	op    *operation
	costs map[int][]cost    // by the number of clients, one a round
	walls map[int][]float64 // the same, of each operation
	rates []float64         // operations each second, together
	heap  []allocated       // alone
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
			op: op, costs: map[int][]cost{}, walls: map[int][]float64{},
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
	if r.Idle, err = d.measureIdle(ctx); err != nil {
		return nil, err
	}
	for round := range o.rounds {
		fmt.Fprintf(os.Stderr, "bench: round %d of %d\n", round+1, o.rounds)
		for _, m := range r.Measurements {
			if err := m.round(ctx, d, max(int(float64(m.op.each)*o.scale), together)); err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
		}
	}
	for _, m := range r.Measurements {
		m.summarise()
	}
	r.Mail = wallOf(d.mails.Delays())
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
		hash, err := hashCost(ctx, n/2*m.op.hashes) // half before and half after, so that it sees the same machine
		if err != nil {
			return err
		}
		allocating, err := d.allocations(ctx)
		if err != nil {
			return err
		}
		before, err := d.cpu(ctx, m.op)
		if err != nil {
			return err
		}
		began := time.Now()
		walls, err := d.repeat(ctx, m.op, n, clients)
		if err != nil {
			return err
		}
		took := time.Since(began).Seconds()
		if err := d.db.rest(ctx); err != nil {
			return err
		}
		after, err := d.cpu(ctx, m.op)
		if err != nil {
			return err
		}
		idle := d.idle.times(time.Since(began).Seconds())
		if m.op.floor {
			idle.Server = 0
		}
		again, err := hashCost(ctx, n/2*m.op.hashes)
		if err != nil {
			return err
		}
		each := after.less(before).less(idle).times(1 / float64(n))
		each = cost{Server: each.Server, Database: max(each.Database, 0), Delivery: max(each.Delivery, 0), Hash: (hash + again) / 2 * float64(m.op.hashes)}
		m.costs[clients] = append(m.costs[clients], each)
		m.walls[clients] = append(m.walls[clients], walls...)
		heap, err := allocating(n)
		switch {
		case err != nil:
			return err
		case clients == together:
			m.rates = append(m.rates, float64(n)/took)
		case !m.op.floor:
			m.heap = append(m.heap, heap)
		}
		m.Operations += n
	}
	return nil
}

// idleFor is how long nothing is asked for, to see what the processes use all the same.
const idleFor = 5 * time.Second

// measureIdle asks for nothing for a while, and notes what a second of that costs: it is no operation's.
func (d *deployment) measureIdle(ctx context.Context) (cost, error) {
	if err := d.db.rest(ctx); err != nil {
		return cost{}, err
	}
	before, err := d.cpu(ctx, &operation{})
	if err != nil {
		return cost{}, err
	}
	began := time.Now()
	select {
	case <-time.After(idleFor):
	case <-ctx.Done():
		return cost{}, ctx.Err()
	}
	after, err := d.cpu(ctx, &operation{})
	d.idle = after.less(before).times(1 / time.Since(began).Seconds())
	return d.idle, err
}

// repeat does an operation n times, with some clients at once, and says how long the answers of each took.
func (d *deployment) repeat(ctx context.Context, op *operation, n, clients int) ([]float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	address := d.public
	switch {
	case op.admin:
		address = d.admin
	case op.console:
		address = d.console
	case op.floor:
		address = d.empty
	}
	var mu sync.Mutex
	var walls []float64
	var left atomic.Int64
	left.Store(int64(n))
	var working sync.WaitGroup
	for range clients {
		working.Go(func() {
			c := visitor.New(address)
			defer c.Close()
			var mine []float64
			for left.Add(-1) >= 0 && ctx.Err() == nil {
				c.Took, c.Sent = 0, 0
				err := op.run(ctx, c)
				if err == nil && c.Sent != op.requests {
					err = fmt.Errorf("%d requests instead of %d", c.Sent, op.requests)
				}
				if err != nil {
					cancel(err)
					return
				}
				mine = append(mine, micro(c.Took))
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
func (d *deployment) cpu(ctx context.Context, op *operation) (cost, error) {
	serving := d.server
	if op.floor {
		serving = d.floor
	}
	forWorker, database, err1 := d.db.cpu(ctx)
	server, err2 := procstat.CPU(serving.pid())
	worker, err3 := procstat.CPU(d.worker.pid())
	return cost{Server: micro(server), Database: micro(database), Delivery: micro(worker + forWorker)}, errors.Join(err1, err2, err3)
}

// hashCost is the processor time of hashing one password, in this process.
func hashCost(ctx context.Context, n int) (float64, error) {
	if n == 0 {
		return 0, nil
	}
	hasher := password.New(password.Options{Workers: 1})
	before, err := procstat.CPU(os.Getpid())
	if err != nil {
		return 0, err
	}
	for range n {
		if _, err := hasher.Hash(ctx, "", visitor.Password); err != nil {
			return 0, err
		}
	}
	after, err := procstat.CPU(os.Getpid())
	return micro(after-before) / float64(n), err
}

func (m *measurement) summarise() {
	m.Alone, m.Together = middle(m.costs[1]), middle(m.costs[together])
	var rests, answering, totals []float64
	for _, c := range m.costs[1] {
		rests, answering, totals = append(rests, c.rest()), append(answering, c.answering()), append(totals, c.total())
	}
	m.Total = median(totals)
	m.Rest, m.Answering, m.Spread = median(rests), median(answering), [2]float64{slices.Min(rests), slices.Max(rests)}
	m.Rate, m.Allocated = median(m.rates), middleOf(m.heap)
	m.WallAlone, m.WallTogether = wallOf(m.walls[1]), wallOf(m.walls[together])
}

// middle is the median of each part, so that the parts of a table need not add up to their sum.
func middle(costs []cost) cost {
	part := func(of func(cost) float64) float64 {
		var all []float64
		for _, c := range costs {
			all = append(all, of(c))
		}
		return median(all)
	}
	return cost{
		Server:   part(func(c cost) float64 { return c.Server }),
		Database: part(func(c cost) float64 { return c.Database }),
		Delivery: part(func(c cost) float64 { return c.Delivery }),
		Hash:     part(func(c cost) float64 { return c.Hash }),
	}
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
