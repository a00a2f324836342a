package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/procstat"
	"github.com/latchkeep/latchkeep/internal/visitor"
	"github.com/latchkeep/latchkeep/pkg/bell"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// hooks is where webhooks are posted to: /fast answers at once, /hang never.
type hooks struct {
	url string

	mu      sync.Mutex
	arrived map[string]time.Time // by message
	hanging int
}

func newHooks(ctx context.Context) (*hooks, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for webhooks: %w", err)
	}
	h := &hooks{url: "http://" + l.Addr().String(), arrived: map[string]time.Time{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/fast", func(_ http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if id := r.Header.Get("Webhook-Id"); h.arrived[id].IsZero() {
			h.arrived[id] = time.Now()
		}
	})
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.hanging++
		h.mu.Unlock()
		select {
		case <-r.Context().Done():
		case <-ctx.Done():
		}
	})
	go func() { _ = (&http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}).Serve(l) }() // ends with the program
	return h, nil
}

func (h *hooks) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.arrived)
}

// teller commits events as a server does, and rings the worker.
type teller struct {
	store *store.Store
	out   *outbox.Writer
	bell  *bell.Bell
}

// tell commits n events of a tenant, each about another user, and returns their ids and when that was done.
func (t *teller) tell(ctx context.Context, tenant uuid.UUID, n int) ([]uuid.UUID, time.Time, error) {
	snapshot := &tenants.Tenant{ID: tenant, Config: &config.Config{}, Hooks: []tenants.Hook{{Events: []string{"user"}}}}
	intents, ids := make([]outbox.Intent, n), make([]uuid.UUID, n)
	for i := range intents {
		user := uuid.Must(uuid.NewV7())
		intents[i], _ = event.Webhook(snapshot, event.UserLogin, user, map[string]any{
			"id": user, "emails": []any{map[string]any{"address": "kim@bench.example", "is_primary": true, "is_verified": true}}, "user_agent": "Mozilla/5.0",
		})
		ids[i] = intents[i].ID
	}
	err := t.store.Do(ctx, scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) error { return t.out.Write(ctx, tx, intents...) })
	return ids, time.Now(), err
}

// measureWebhooks measures the delivery of webhooks: what one costs, how soon it comes, and what floods of somebody else change.
func measureWebhooks(ctx context.Context, o options, d *deployment) error {
	h, err := newHooks(ctx)
	if err != nil {
		return err
	}
	t, err := newTeller(ctx, d)
	if err != nil {
		return err
	}
	defer t.store.Close()
	ours, err := d.subscribed(ctx, "ours", h.url+"/fast", d.mails.Port)
	if err != nil {
		return err
	}
	if _, err := t.latency(ctx, h, ours, 20); err != nil { // warm
		return err
	}
	if o.only == "floods" {
		return measureFloods(ctx, o, d, t, h, ours)
	}

	const idleFor = 10 * time.Second
	idle, err := d.workerCPU(ctx, func() error { return pass(ctx, idleFor) })
	if err != nil {
		return err
	}
	fmt.Printf("| worker while idle | %.1f %% of a core, with %.1f %% of the database |\n", percent(idle.Delivery, idleFor), percent(idle.Database, idleFor))

	quiet, err := t.latency(ctx, h, ours, int(300*o.scale))
	if err != nil {
		return err
	}
	fmt.Printf("| commit to first attempt, idle | %s |\n", spread(quiet))

	n := int(20_000 * o.scale)
	if err := t.throughput(ctx, d, h, ours, n); err != nil {
		return err
	}

	return measureFloods(ctx, o, d, t, h, ours)
}

func newTeller(ctx context.Context, d *deployment) (*teller, error) {
	keyring, err := secret.NewKeyring([]string{d.secret})
	if err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, store.Options{URL: d.db.as(serverRole)})
	if err != nil {
		return nil, err
	}
	o, err := redis.ParseURL(d.redis)
	if err != nil {
		return nil, err
	}
	b := bell.New(redis.NewClient(o), slog.New(slog.DiscardHandler))
	go b.Run(ctx)
	return &teller{st, outbox.NewWriter(keyring, func() { b.Ring("outbox") }), b}, nil
}

// subscribed is a tenant with a webhook for what happens to users.
func (d *deployment) subscribed(ctx context.Context, slug, callback, mailPort string) (uuid.UUID, error) {
	made, err := d.tenantWithMailHost(ctx, slug, mailPort)
	if err != nil {
		return uuid.Nil, err
	}
	c := visitor.New(d.console)
	defer c.Close()
	a, err := c.Send(ctx, http.MethodPost, "http://"+d.console+"/v1/tenants/"+made.ID+"/api-keys", d.token, map[string]any{"name": "bench"}, http.StatusCreated)
	if err != nil {
		return uuid.Nil, err
	}
	var key struct{ Key string }
	if err := json.Unmarshal(a.Body, &key); err != nil {
		return uuid.Nil, err
	}
	admin := visitor.New(d.admin)
	defer admin.Close()
	_, err = admin.Send(ctx, http.MethodPost, made.AdminURL+"/webhooks", key.Key, map[string]any{"callback": callback, "events": []string{"user"}}, http.StatusCreated)
	if err != nil {
		return uuid.Nil, err
	}
	return uuid.Parse(made.ID)
}

// latency tells events now and then, and measures how long each took from its commit to the receiver, in milliseconds.
func (t *teller) latency(ctx context.Context, h *hooks, tenant uuid.UUID, n int) ([]float64, error) {
	told := map[uuid.UUID]time.Time{}
	for range n {
		ids, at, err := t.tell(ctx, tenant, 1)
		if err != nil {
			return nil, err
		}
		told[ids[0]] = at
		if err := pass(ctx, 40*time.Millisecond+rand.N(120*time.Millisecond)); err != nil {
			return nil, err
		}
	}
	return h.arrivals(ctx, told)
}

// arrivals waits for messages, and says how long each took since it was told of, in milliseconds.
func (h *hooks) arrivals(ctx context.Context, told map[uuid.UUID]time.Time) ([]float64, error) {
	var took []float64
	err := until(ctx, 10*time.Millisecond, func() (bool, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		took = took[:0]
		for id, at := range told {
			if came := h.arrived[id.String()]; !came.IsZero() {
				took = append(took, micro(came.Sub(at))/1000)
			}
		}
		return len(took) == len(told), nil
	})
	return took, err
}

// throughput measures what delivering many events costs, all left before any is delivered.
func (t *teller) throughput(ctx context.Context, d *deployment, h *hooks, tenant uuid.UUID, n int) error {
	if err := d.worker.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for left := n; left > 0; left -= 1000 {
		if _, _, err := t.tell(ctx, tenant, min(left, 1000)); err != nil {
			return err
		}
	}
	before := h.count()
	if err := d.worker.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return err
	}
	began := time.Now()
	used, err := d.workerCPU(ctx, func() error {
		return until(ctx, 10*time.Millisecond, func() (bool, error) { return h.count()-before >= n, nil })
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	worker, all := used.Delivery, used.Delivery+used.Database
	fmt.Printf("| %d webhooks to one endpoint | %.0f/s; %.0f µs of the worker's and %.0f µs of the database's processor time each: %.0f/s for each core of workers, %.0f/s with the database's |\n",
		n, float64(n)/took.Seconds(), worker/float64(n), used.Database/float64(n), 1e6*float64(n)/worker, 1e6*float64(n)/all)
	return nil
}

// workerCPU is the processor time of the worker and its database while something happens, in microseconds.
func (d *deployment) workerCPU(ctx context.Context, do func() error) (cost, error) {
	read := func() (time.Duration, time.Duration, error) {
		worker, err := procstat.CPU(d.worker.pid())
		if err != nil {
			return 0, 0, err
		}
		one, others, err := d.db.cpu(ctx)
		return worker, one + others, err
	}
	worker, db, err := read()
	if err != nil {
		return cost{}, err
	}
	if err := do(); err != nil {
		return cost{}, err
	}
	workerAfter, dbAfter, err := read()
	return cost{Delivery: micro(workerAfter - worker), Database: micro(dbAfter - db)}, err
}

// pass lets time pass.
func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func percent(used float64, of time.Duration) float64 { return 100 * used / micro(of) }

func spread(ms []float64) string {
	return fmt.Sprintf("p50 %.0f ms, p95 %.0f ms, p99 %.0f ms", quantile(ms, 0.5), quantile(ms, 0.95), quantile(ms, 0.99))
}
