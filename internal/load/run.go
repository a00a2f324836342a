package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/latchkeep/latchkeep/internal/visitor"
)

// A Plan is how much load, for how long.
type Plan struct {
	Mix Mix
	// Clients is how many do one operation after the other; with a Rate, how many operations there are at once at most.
	Clients int
	// Rate is how many operations begin each second, whatever becomes of those before; 0: each client begins the next when the last is done.
	Rate float64
	// WarmUp is not counted. Duration follows it; none: until the context ends.
	WarmUp, Duration time.Duration
	// Connect is the address to connect to instead of the hosts of URLs; empty: those hosts.
	Connect string
	// Pause, where an operation failed, is waited before the client's next one, so that what cannot be reached is not hurried.
	Pause time.Duration
	// Tally is told what came of them.
	Tally *Tally
	// Measuring, where given, is called once the warm-up is over.
	Measuring func()
}

// Run puts the load on, and returns when the last operation is done. It returns how many should have begun by the end and did not: with a rate,
// because more than Clients would have been under way.
func (p Plan) Run(ctx context.Context) (late int) {
	begin := time.Now()
	warm := begin.Add(p.WarmUp)
	if p.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, warm.Add(p.Duration))
		defer cancel()
	}
	if p.Measuring != nil {
		timer := time.AfterFunc(p.WarmUp, p.Measuring)
		defer timer.Stop()
	}
	var begun atomic.Int64
	var working sync.WaitGroup
	for range p.Clients {
		working.Go(func() {
			c := visitor.New(p.Connect)
			defer c.Close()
			for p.step(ctx, c, begin, warm, &begun) {
			}
		})
	}
	working.Wait()
	if p.Rate > 0 && p.Duration > 0 {
		return max(int((p.WarmUp+p.Duration).Seconds()*p.Rate)-int(begun.Load()), 0)
	}
	return 0
}

// step does one operation, unless the time is over. What has begun is waited for: the end of the load is no failure of the deployment.
func (p Plan) step(ctx context.Context, c *visitor.Client, begin, warm time.Time, begun *atomic.Int64) bool {
	at := time.Now()
	if p.Rate > 0 { // the time counts from when it should have begun, or a slow answer would hide how long those after it wait
		at = begin.Add(time.Duration(float64(begun.Add(1)-1) / p.Rate * float64(time.Second)))
		if !wait(ctx, time.Until(at)) {
			begun.Add(-1)
			return false
		}
	} else if ctx.Err() != nil {
		return false
	}
	op := p.Mix.one()
	delayed := max(time.Since(at), 0)
	c.Took = 0
	err := op.Run(context.WithoutCancel(ctx), c)
	if !at.Before(warm) {
		p.Tally.Add(op.Name, delayed+c.Took, err)
	}
	return err == nil || wait(ctx, p.Pause)
}

// wait passes time, unless the context ends first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
