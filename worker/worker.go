// Package worker carries out what requests left in the outbox, and cleans up.
//
// The outbox in the database is the truth. The relay finds out which tenants have something due and calls for them through asynq; a task takes
// what it can of one tenant, has the effects and marks the intents done. Effects in the database and their intents are one transaction; other
// intents are leased first, and due again when the lease of a killed process ends. So every effect happens at least once. Redis only carries
// calls: those it loses are made again.
package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// Needs are what a worker works with.
type Needs struct {
	Store    *store.Store
	Keyring  *secret.Keyring
	Registry *tenants.Registry
	// Redis is the queue: a server's, or one inside the process.
	Redis redis.UniversalClient
	// Embedded says that the queue is lost when the process ends, so that what it held must be taken up at the start.
	Embedded bool
	// Bell is rung when something was left in the outbox.
	Bell <-chan struct{}
	Mail Mailer
	// Audit says where audit records go.
	Audit   AuditSinks
	Cleanup CleanupPolicy
	// Jobs are the imports and exports that back ends asked for; optional.
	Jobs *transfer.Jobs
	// Webhooks tells endpoints of events; optional.
	Webhooks *webhook.Room
	// Counted hears of tenants of whom something was counted, and whether that were people; it must not block. Optional.
	Counted func(tenant uuid.UUID, people bool)
	// Now is the clock by which webhooks are due; time.Now where it is nil.
	Now func() time.Time
	// Tenants looks after tenants; optional.
	Tenants Housekeeper
	// SAML looks after certificates and metadata; optional.
	SAML Federation
	// Domains looks after tenants' domains; optional.
	Domains Surveyor
	// Reseal seals values under the newest master key; optional.
	Reseal Resealer
	Log    *slog.Logger
	// Metrics count what is done; optional.
	Metrics *Metrics
	// Traces tell what is done; optional.
	Traces *telemetry.Traces
	// Queues are the names of those to work on, of [Queues]; all where there is none.
	Queues []string
	// Concurrency is how many tasks run at once.
	Concurrency int
}

// counting is Counted, or nothing.
func (n Needs) counting() func(tenant uuid.UUID, people bool) {
	if n.Counted == nil {
		return func(uuid.UUID, bool) {}
	}
	return n.Counted
}

// A Worker runs the relay, the tasks and the periodic jobs of one process.
type Worker struct {
	needs   Needs
	relay   *relay
	tasks   map[string]task
	slices  *sliceTask
	cleanup *cleanup
	again   chan struct{} // wakes the relay
	stop    chan struct{} // closed when nothing more is to be begun
	log     *slog.Logger
}

// A task carries out some of what a tenant has due of one kind. It marks intents done, or gives them back, itself: what it returns is only logged.
type task interface {
	run(ctx context.Context, tenant uuid.UUID) error
}

// New makes a worker ready to run.
func New(n Needs) *Worker {
	if n.Concurrency < 1 {
		n.Concurrency = 64
	}
	if n.Now == nil {
		n.Now = time.Now
	}
	if len(n.Queues) == 0 {
		n.Queues = Queues()
	}
	w := &Worker{needs: n, again: make(chan struct{}, 1), stop: make(chan struct{}), log: n.Log}
	turns := func(kind string, portion int) *turns { return newTurns(n, kind, portion, w.look, w.stop) }
	leases := func(kind string) *leases { return newLeases(n, kind, w.look, w.stop) }
	w.cleanup = &cleanup{store: n.Store, policy: n.Cleanup, tenants: n.Tenants, saml: n.SAML, audit: newAuditUpkeep(n), usage: usage.NewRoom(n.Store), log: n.Log}
	w.tasks = map[string]task{
		event.KindMail:  newMailTask(n, leases(event.KindMail)),
		event.KindAudit: newAuditTask(n, turns(event.KindAudit, auditPortion)),
		audit.KindErase: &eraseTask{leases: leases(audit.KindErase), store: n.Store, keyring: n.Keyring, log: n.Log},
	}
	if n.Jobs != nil {
		w.tasks[transfer.KindJob] = &jobTask{
			leases: leases(transfer.KindJob), store: n.Store, keyring: n.Keyring, registry: n.Registry, jobs: n.Jobs, log: n.Log,
		}
	}
	if n.Webhooks != nil {
		w.tasks[event.KindWebhook] = &fanOutTask{
			turns: turns(event.KindWebhook, fanOutPortion), store: n.Store, keyring: n.Keyring, registry: n.Registry, webhooks: n.Webhooks, log: n.Log,
		}
		w.slices = &sliceTask{store: n.Store, registry: n.Registry, webhooks: n.Webhooks, rooms: newRooms(), now: n.Now, stop: w.stop, log: n.Log}
	}
	return w
}

// look has the relay look again.
func (w *Worker) look() {
	select {
	case w.again <- struct{}{}:
	default:
	}
}

// Queues are the names by which a worker can be told what to do: others do the rest.
func Queues() []string { return slices.Sorted(maps.Keys(weights())) }

// weights of the queues: audit records and events are many and quick, mails few and slow.
func weights() map[string]int {
	return map[string]int{
		event.KindAudit: 3, audit.KindErase: 1, event.KindMail: 3, event.KindWebhook: 3, sliceQueue: 3, transfer.KindJob: 1, periodicQueue: 1,
	}
}

// queues are those that the worker works on, with their weights.
func (w *Worker) queues() map[string]int {
	all := weights()
	maps.DeleteFunc(all, func(name string, _ int) bool { return !w.worksOn(name) })
	return all
}

func (w *Worker) worksOn(queue string) bool { return slices.Contains(w.needs.Queues, queue) }

// delivers reports whether the worker delivers webhooks.
func (w *Worker) delivers() bool { return w.slices != nil && w.worksOn(sliceQueue) }

// kinds are the kinds of intents that the worker carries out.
func (w *Worker) kinds() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(w.tasks)), func(kind string) bool { return !w.worksOn(kind) })
}

// taskCheckEvery is how often an idle worker looks into the queues: a mail waits for it once, an event twice.
const taskCheckEvery = 20 * time.Millisecond

// shutdown is how long running tasks may take to finish when the program ends.
const shutdown = 8 * time.Second

// TakeUp makes due again what an earlier process had leased whose queue ended with it. Call it before Run, while nobody else works on the database.
func (w *Worker) TakeUp(ctx context.Context) error {
	if !w.needs.Embedded {
		return nil
	}
	err := w.needs.Store.Do(ctx, scope.System("take up what the embedded queue forgot"), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Raw.ReleaseAllIntents(ctx, time.Now().UTC()); err != nil || !w.delivers() {
			return err
		}
		_, err := tx.Raw.ReleaseAllEndpoints(ctx, w.needs.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("take up what an earlier process left: %w", err)
	}
	return nil
}

// Run works until the context ends, then lets running tasks finish. Call it once.
func (w *Worker) Run(ctx context.Context) error {
	client := asynq.NewClientFromRedisClient(w.needs.Redis)
	w.relay = &relay{
		store: w.needs.Store, client: client, bell: w.needs.Bell, again: w.again, kinds: w.kinds(), log: w.log,
		webhooks: w.delivers(), now: w.needs.Now, room: newQueueRoom(asynq.NewInspectorFromRedisClient(w.needs.Redis)),
	}
	server := asynq.NewServerFromRedisClient(w.needs.Redis, asynq.Config{
		Concurrency:              w.needs.Concurrency,
		Queues:                   w.queues(),
		BaseContext:              func() context.Context { return context.WithoutCancel(ctx) },
		TaskCheckInterval:        taskCheckEvery,
		DelayedTaskCheckInterval: 5 * time.Second,
		ShutdownTimeout:          shutdown,
		Logger:                   asynqLog{w.log},
		LogLevel:                 asynq.WarnLevel,
		RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return time.Second },
	})
	if err := server.Start(asynq.HandlerFunc(w.handle)); err != nil {
		return fmt.Errorf("start the task server: %w", err)
	}
	periodic := &periodic{client: client, log: w.log}
	var loops sync.WaitGroup
	loops.Go(func() { w.relay.run(ctx) })
	if w.worksOn(periodicQueue) {
		loops.Go(func() { periodic.run(ctx) })
	}
	<-ctx.Done()
	close(w.stop)
	loops.Wait()
	server.Shutdown()
	return nil
}

// slice runs a slice of deliveries.
func (w *Worker) slice(ctx context.Context, payload []byte) error {
	if w.slices == nil {
		return nil
	}
	return w.slices.run(ctx, payload)
}

// handle runs a task. Whatever comes of it, the database knows; the queue must not try again on its own.
func (w *Worker) handle(ctx context.Context, t *asynq.Task) error {
	if t.Type() == cleanupType {
		defer w.needs.Metrics.begin(cleanupType)()
		return w.cleanup.run(ctx)
	}
	if t.Type() == domainsType {
		defer w.needs.Metrics.begin(domainsType)()
		w.surveyDomains(ctx)
		return nil
	}
	if t.Type() == reencryptType {
		defer w.needs.Metrics.begin(reencryptType)()
		w.reencrypt(ctx)
		return nil
	}
	if t.Type() == sliceType {
		defer w.needs.Metrics.begin(sliceQueue)()
		if err := w.slice(ctx, t.Payload()); err != nil {
			w.log.WarnContext(ctx, "events cannot be delivered now and will be later", "error", err)
		}
		return nil
	}
	var c call
	if err := json.Unmarshal(t.Payload(), &c); err != nil {
		w.log.ErrorContext(ctx, "a task cannot be read", "type", t.Type(), "error", err)
		return nil
	}
	runner, ok := w.tasks[c.Kind]
	if !ok {
		w.log.ErrorContext(ctx, "a task of an unknown kind", "kind", c.Kind)
		return nil
	}
	defer w.needs.Metrics.begin(c.Kind)()
	ctx, end := w.needs.Traces.Task(ctx, "worker "+c.Kind, telemetry.Attr("tenant_id", c.Tenant.String()))
	err := runner.run(ctx, c.Tenant)
	end(err)
	if err != nil {
		w.log.WarnContext(ctx, "an effect failed and will be tried again", "kind", c.Kind, "tenant_id", c.Tenant, "error", err)
	}
	return nil
}
