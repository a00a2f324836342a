package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/visitor"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// A flood is what one tenant has all at once, for somebody who never answers.
type flood struct {
	name string
	// tell commits n of it.
	tell func(ctx context.Context, n int) error
	// left counts what is not taken up yet; nil where it stays in the outbox.
	left func(ctx context.Context) (int, error)
}

// A phase is how long webhooks and mails of another tenant took in one state of a flood, in milliseconds.
type phase struct{ webhooks, mails []float64 }

// measureFloods measures what floods of one tenant change for the webhooks and mails of another. Quiet times and floods take turns, so that what
// else the machine does falls on both.
func measureFloods(ctx context.Context, o options, d *deployment, t *teller, h *hooks, ours uuid.UUID) error {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes connections, and nobody answers
	if err != nil {
		return err
	}
	defer silent.Close()
	loud, err := d.subscribed(ctx, "loud", h.url+"/hang", strconv.Itoa(silent.Addr().(*net.TCPAddr).Port))
	if err != nil {
		return err
	}
	rounds, size := min(o.rounds, 4), int(50_000*o.scale)
	floods := []flood{
		{
			name: fmt.Sprintf("%d events for an endpoint that hangs", size),
			tell: func(ctx context.Context, n int) error { _, _, err := t.tell(ctx, loud, n); return err },
			left: func(ctx context.Context) (int, error) {
				return d.db.number(ctx, "SELECT count(*) FROM outbox WHERE state = 'ready' AND kind = 'webhook' AND tenant_id = '"+loud.String()+"'")
			},
		},
		{
			name: fmt.Sprintf("%d mails for a host that hangs", size),
			tell: func(ctx context.Context, n int) error { return t.mail(ctx, loud, n, "kim@bench.example") },
		},
	}
	p := &prober{teller: t, hooks: h, box: d.mails, tenant: ours}
	fmt.Print("\n| Another tenant has | and ours waits for | quiet: p50, p95, p99 | while it is taken up | more than quiet | while it waits | more than quiet |\n" +
		"|---|---|--:|--:|--:|--:|--:|\n")
	for _, f := range floods {
		var quiet, during, waiting phase
		for round := range rounds {
			fmt.Fprintf(os.Stderr, "bench: %s, round %d of %d\n", f.name, round+1, rounds)
			if err := d.flood(ctx, f, p, size, int(200*o.scale), &quiet, &during, &waiting); err != nil {
				return err
			}
			if err := d.forget(ctx, loud); err != nil {
				return err
			}
		}
		row(f.name, "webhooks", quiet.webhooks, during.webhooks, waiting.webhooks)
		row(f.name, "mails", quiet.mails, during.mails, waiting.mails)
	}
	return nil
}

// flood measures n webhooks and mails before a flood, while it is taken up, and while it waits.
func (d *deployment) flood(ctx context.Context, f flood, p *prober, size, n int, quiet, during, waiting *phase) error {
	if err := p.probe(ctx, quiet, n, nil); err != nil {
		return err
	}
	if err := d.worker.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for left := size; left > 0; left -= 1000 {
		if err := f.tell(ctx, min(left, 1000)); err != nil {
			return err
		}
	}
	if err := d.worker.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return err
	}
	if f.left != nil {
		began := time.Now()
		if err := p.probe(ctx, during, 10*n, f.left); err != nil {
			return err
		}
		if err := until(ctx, 50*time.Millisecond, func() (bool, error) { left, err := f.left(ctx); return left == 0, err }); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "bench: taken up in %.0f s\n", time.Since(began).Seconds())
	}
	return p.probe(ctx, waiting, n, nil)
}

// forget takes back what is left of a flood, as if it had never been.
func (d *deployment) forget(ctx context.Context, loud uuid.UUID) error {
	d.db.mu.Lock()
	defer d.db.mu.Unlock()
	return execute(ctx, d.db.conn, "DELETE FROM outbox WHERE tenant_id = '"+loud.String()+"'", "DELETE FROM webhook_deliveries WHERE tenant_id = '"+loud.String()+"'",
		"UPDATE webhook_endpoints SET due_at = NULL, open_until = NULL, failures = 0 WHERE tenant_id = '"+loud.String()+"'",
		"VACUUM (ANALYZE) outbox, webhook_deliveries, webhook_endpoints")
}

// row prints what was measured of one flood: times, and how much longer they are than in quiet.
func row(flood, what string, quiet, during, waiting []float64) {
	at := []float64{0.5, 0.95, 0.99}
	times := func(ms []float64) (cell string) {
		for i, q := range at {
			cell += []string{"", " / ", " / "}[i] + strconv.FormatFloat(quantile(ms, q), 'f', 0, 64)
		}
		return cell + " ms"
	}
	cells := func(ms []float64) string {
		if len(ms) == 0 {
			return "| | "
		}
		more := ""
		for i, q := range at {
			more += []string{"", " / ", " / "}[i] + fmt.Sprintf("%+.0f", 100*quantile(ms, q)/quantile(quiet, q)-100)
		}
		return "| " + times(ms) + " | " + more + " % "
	}
	fmt.Printf("| %s | %d, %d, %d %s | %s %s%s|\n", flood, len(quiet), len(during), len(waiting), what, times(quiet), cells(during), cells(waiting))
}

// A prober commits webhooks and mails of a tenant now and then, and measures how long they take to arrive.
type prober struct {
	teller *teller
	hooks  *hooks
	box    *visitor.Mailbox
	tenant uuid.UUID
}

// probe adds n webhooks and n mails to a phase; fewer where left, which may be nil, says that nothing is left.
func (p *prober) probe(ctx context.Context, into *phase, n int, left func(ctx context.Context) (int, error)) error {
	var mu sync.Mutex
	var arriving sync.WaitGroup
	told := map[uuid.UUID]time.Time{}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for range n {
		if left != nil {
			if n, err := left(ctx); err != nil || n == 0 {
				if err != nil {
					return err
				}
				break
			}
		}
		ids, at, err := p.teller.tell(ctx, p.tenant, 1)
		if err != nil {
			return err
		}
		told[ids[0]] = at
		if err := pass(ctx, 20*time.Millisecond+rand.N(60*time.Millisecond)); err != nil {
			return err
		}
		to := uuid.NewString() + "@bench.example"
		if err := p.teller.mail(ctx, p.tenant, 1, to); err != nil {
			return err
		}
		sent := time.Now()
		arriving.Go(func() {
			select {
			case <-p.box.Of(to):
				mu.Lock()
				into.mails = append(into.mails, micro(time.Since(sent))/1000)
				mu.Unlock()
			case <-ctx.Done():
			}
		})
		if err := pass(ctx, 20*time.Millisecond+rand.N(60*time.Millisecond)); err != nil {
			return err
		}
	}
	arriving.Wait()
	took, err := p.hooks.arrivals(ctx, told)
	into.webhooks = append(into.webhooks, took...)
	return err
}

// mail commits n mails of a tenant.
func (t *teller) mail(ctx context.Context, tenant uuid.UUID, n int, to string) error {
	snapshot := &tenants.Tenant{ID: tenant, Config: &config.Config{}}
	snapshot.Config.EmailDelivery.Enabled = true
	var intents []outbox.Intent
	for range n {
		intents = append(intents, event.Mail(snapshot, event.MailPayload{
			Template: "login", To: to, Code: "123456", TTL: 300, ValidUntil: time.Now().Add(time.Hour).Unix(),
		})...)
	}
	return t.store.Do(ctx, scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) error { return t.out.Write(ctx, tx, intents...) })
}
