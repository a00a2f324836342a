package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/bell"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/worker"
)

// room is a worker's surroundings: a database, two tenants, a mail host that the test controls.
type room struct {
	store      *store.Store
	keyring    *secret.Keyring
	registry   *tenants.Registry
	tenants    *tenants.Provisioner
	out        *outbox.Writer
	bell       *bell.Bell
	redis      *miniredis.Miniredis
	mails      *mails
	console    *lockedBuffer
	shop, bank *tenants.Tenant
}

// each runs a test on every database.
func each(t *testing.T, test func(t *testing.T, r *room)) {
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) { test(t, newRoom(t, st)) })
}

func newRoom(t *testing.T, st *store.Store) *room {
	keyring, err := secret.NewKeyring([]string{"a secret of the worker's tests, long enough"})
	require.NoError(t, err)
	addresses, err := tenants.NewAddresses("http://localhost:8000", "http://localhost:8001", false)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	registry := tenants.NewRegistry(tenants.RegistryOptions{Store: st, Keyring: keyring, Addresses: addresses, Log: log})
	provisioner := tenants.NewProvisioner(tenants.ProvisionerOptions{Store: st, Keyring: keyring, Registry: registry, Keys: jose.NewPool(0), Log: log})
	r := &room{
		store: st, keyring: keyring, registry: registry, tenants: provisioner, bell: bell.New(nil, log), redis: miniredis.RunT(t),
		mails: &mails{fail: map[string]error{}, arrived: make(chan struct{}, 1000), free: make(chan struct{})}, console: &lockedBuffer{},
	}
	r.out = outbox.NewWriter(keyring, func() { r.bell.Ring("outbox") })
	tenant := func(slug string) *tenants.Tenant {
		record, err := provisioner.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: slug})
		require.NoError(t, err)
		found, err := registry.ByID(t.Context(), record.ID)
		require.NoError(t, err)
		return found
	}
	r.shop, r.bank = tenant("shop"), tenant("bank")
	return r
}

// work runs a worker until stop is called, or the test ends.
func (r *room) work(t *testing.T, options ...func(*worker.Needs)) (stop func()) {
	client := redis.NewClient(&redis.Options{Addr: r.redis.Addr()})
	needs := worker.Needs{
		Store: r.store, Keyring: r.keyring, Registry: r.registry, Redis: client, Embedded: true, Bell: r.bell.Listen("outbox"),
		Cleanup: worker.CleanupPolicy{Intents: time.Hour},
		Mail:    r.mails, Audit: worker.AuditSinks{Store: true, Mask: true, EraseDeleted: true, Console: r.console}, Log: slog.New(slog.DiscardHandler),
	}
	for _, option := range options {
		option(&needs)
	}
	w := worker.New(needs)
	require.NoError(t, w.TakeUp(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
		_ = client.Close()
	})
	t.Cleanup(stop)
	return stop
}

// leave commits intents, as a request does.
func (r *room) leave(t *testing.T, tenant *tenants.Tenant, intents ...outbox.Intent) {
	err := r.store.Do(t.Context(), scope.Tenant(tenant.ID), func(ctx context.Context, tx *store.Tx) error {
		return r.out.Write(ctx, tx, intents...)
	})
	require.NoError(t, err)
}

// states are the rows of the outbox, by state.
func (r *room) states(t *testing.T) map[string]int {
	rows, err := r.store.Reader().Intent.Query().All(scope.With(t.Context(), scope.System("count intents")))
	require.NoError(t, err)
	states := map[string]int{}
	for _, row := range rows {
		states[row.State]++
	}
	return states
}

func (r *room) eventually(t *testing.T, met func() bool) {
	t.Helper()
	require.Eventually(t, met, time.Minute, 20*time.Millisecond)
}

// mails is a mail host under the test's control.
type mails struct {
	mu      sync.Mutex
	sent    []mail.Message
	fail    map[string]error
	hang    string
	arrived chan struct{}
	free    chan struct{} // closed: those who hang give up
}

func (m *mails) Send(ctx context.Context, t *tenants.Tenant, message mail.Message) error {
	m.mu.Lock()
	hang, fail := m.hang == t.Slug, m.fail[message.To.Address]
	m.mu.Unlock()
	m.arrived <- struct{}{}
	if hang {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.free:
			return errors.New("the connection broke")
		}
	}
	if fail != nil {
		return fail
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, message)
	return nil
}

func (m *mails) to(address string) []mail.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []mail.Message
	for _, s := range m.sent {
		if s.To.Address == address {
			found = append(found, s)
		}
	}
	return found
}

func code(t *tenants.Tenant, to string, validFor time.Duration) []outbox.Intent {
	return event.Mail(t, event.MailPayload{
		Template: mail.TemplateLogin, To: to, Code: "123456", TTL: 300, ValidUntil: time.Now().Add(validFor).Unix(), Language: "de",
	})
}

func TestWorker_SendsAMailInTheLanguageOfItsRequestAndForgetsTheCode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.work(t)
		r.leave(t, r.shop, code(r.shop, "kim@shop.example", time.Minute)...)

		r.eventually(t, func() bool { return r.states(t)["sent"] == 1 })
		sent := r.mails.to("kim@shop.example")
		require.Len(t, sent, 1)
		require.Contains(t, sent[0].Text, "123456")
		english, err := mail.Render(mail.TemplateLogin, "en", mail.Data{ServiceName: r.shop.Config.Service.Name, Code: "123456", TTL: 5 * time.Minute})
		require.NoError(t, err)
		require.NotEqual(t, english.Text, sent[0].Text)
		row, err := r.store.Reader().Intent.Query().Only(scope.With(t.Context(), scope.System("look at the payload")))
		require.NoError(t, err)
		require.Empty(t, row.Payload)
	})
}

func TestWorker_DropsAMailWhoseCodeHasExpired(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.leave(t, r.shop, code(r.shop, "late@shop.example", -time.Second)...)
		r.work(t)

		r.eventually(t, func() bool { return r.states(t)["dropped"] == 1 })
		require.Empty(t, r.mails.to("late@shop.example"))
	})
}

func TestWorker_TriesAgainWhatFailedAndKeepsForTheOperatorWhatNeverWill(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.mails.fail["down@shop.example"] = errors.New("connection refused")
		r.work(t)
		r.leave(t, r.shop, code(r.shop, "down@shop.example", time.Minute)...)
		<-r.mails.arrived
		r.mails.mu.Lock()
		delete(r.mails.fail, "down@shop.example")
		r.mails.mu.Unlock()

		r.eventually(t, func() bool { return r.states(t)["sent"] == 1 })
		require.Len(t, r.mails.to("down@shop.example"), 1)
		row, err := r.store.Reader().Intent.Query().Where(intent.StateEQ("sent")).Only(scope.With(t.Context(), scope.System("count attempts")))
		require.NoError(t, err)
		require.Equal(t, 2, row.Attempts)
	})
}

func TestWorker_AHangingMailHostDelaysOnlyItsOwnTenant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.mails.hang = "shop"
		r.work(t)
		defer close(r.mails.free)
		for i := range 30 {
			r.leave(t, r.shop, code(r.shop, fmt.Sprintf("%d@shop.example", i), time.Minute)...)
		}
		for i := range 5 {
			r.leave(t, r.bank, code(r.bank, fmt.Sprintf("%d@bank.example", i), time.Minute)...)
		}

		r.eventually(t, func() bool { return r.states(t)["sent"] == 5 })
		for i := range 5 {
			require.Len(t, r.mails.to(fmt.Sprintf("%d@bank.example", i)), 1)
		}
		r.eventually(t, func() bool { // those without a place are left where they are
			rows, err := r.store.Reader().Intent.Query().Where(intent.StateEQ("ready"), intent.Attempts(0), intent.AvailableAtLTE(time.Now())).
				Count(scope.With(t.Context(), scope.System("count intents")))
			require.NoError(t, err)
			return rows == 26
		})
	})
}

func TestWorker_TakesUpWhatALostQueueForgot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.mails.hang = "shop"
		r.leave(t, r.shop, code(r.shop, "kim@shop.example", time.Minute)...)
		stop := r.work(t)
		<-r.mails.arrived  // a task has it
		r.redis.FlushAll() // the queue is gone with what it held
		r.mails.mu.Lock()
		r.mails.hang = ""
		r.mails.mu.Unlock()
		close(r.mails.free)
		stop()

		r.work(t)

		r.eventually(t, func() bool { return len(r.mails.to("kim@shop.example")) > 0 })
	})
}

func TestWorker_AppendsAuditRecordsInOrderAndMasked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.work(t)
		kim := uuid.Must(uuid.NewV7())
		for i := range 45 {
			r.leave(t, r.shop, event.Audit(r.shop, auth.Client{RequestID: fmt.Sprint(i), UserAgent: "test\nagent"}, event.LoginSuccess,
				event.Actor{UserID: kim, Email: "margaret@x.org"}, map[string]any{"username": "gustav", "n": i}, ""))
		}
		r.leave(t, r.bank, event.Audit(r.bank, auth.Client{}, event.LoginFailure, event.Actor{}, nil, "value_invalid_error: no"))
		r.leave(t, r.bank, event.Nothing(r.bank, auth.Client{}, event.LoginFailure, nil, "value_invalid_error: no"))

		r.eventually(t, func() bool { s := r.states(t); return s["done"] == 46 && s["dropped"] == 1 })
		rows, err := r.store.Reader().AuditLog.Query().Order(ent.Asc(auditlog.FieldSequence)).All(scope.With(t.Context(), scope.Tenant(r.shop.ID)))
		require.NoError(t, err)
		require.Len(t, rows, 45)
		for i, row := range rows {
			require.EqualValues(t, i+1, row.Sequence)
			require.Equal(t, fmt.Sprint(i), row.MetaHTTPRequestID)
			require.Equal(t, "mar*****@x.org", *row.ActorEmail)
			require.JSONEq(t, fmt.Sprintf(`{"n": %d, "username": "g****v"}`, i), string(row.Details))
		}
		r.eventually(t, func() bool { return strings.Count(r.console.String(), "\n") == 46 })
		for line := range strings.SplitSeq(strings.TrimSpace(r.console.String()), "\n") {
			var record map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &record))
			require.Equal(t, "audit", record["audience"])
			require.NotContains(t, line, "margaret@x.org")
		}
	})
}

func TestWorker_SetsAsideAnAuditRecordThatCannotBeReadAndGoesOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		other, err := secret.NewKeyring([]string{"a secret that this deployment has lost, long enough"})
		require.NoError(t, err)
		lost := outbox.NewWriter(other, nil)
		err = r.store.Do(t.Context(), scope.Tenant(r.shop.ID), func(ctx context.Context, tx *store.Tx) error {
			return lost.Write(ctx, tx, event.Audit(r.shop, auth.Client{}, event.LoginSuccess, event.Actor{}, nil, ""))
		})
		require.NoError(t, err)
		r.leave(t, r.shop, event.Audit(r.shop, auth.Client{}, event.UserLoggedOut, event.Actor{}, nil, ""))

		r.work(t)

		r.eventually(t, func() bool { s := r.states(t); return s["done"] == 1 && s["dead"] == 1 })
		row, err := r.store.Reader().AuditLog.Query().Only(scope.With(t.Context(), scope.Tenant(r.shop.ID)))
		require.NoError(t, err)
		require.Equal(t, string(event.UserLoggedOut), row.Type)
	})
}

// lockedBuffer is a buffer that several goroutines may write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestWorker_WorksOnTheQueuesItIsGivenAndLeavesTheRestToOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		record := event.Audit(r.shop, auth.Client{}, event.LoginSuccess, event.Actor{}, nil, "")
		only := func(queues ...string) func(*worker.Needs) { return func(n *worker.Needs) { n.Queues = queues } }
		stop := r.work(t, only("audit"))
		r.leave(t, r.shop, append(code(r.shop, "kim@shop.example", time.Minute), record)...)
		r.eventually(t, func() bool { return r.states(t)["done"] == 1 })
		require.Equal(t, 1, r.states(t)["ready"], "the mail is somebody else's")
		row, err := r.store.Reader().Intent.Query().Where(intent.StateEQ("ready")).Only(scope.With(t.Context(), scope.System("look at an intent")))
		require.NoError(t, err)
		require.Zero(t, row.Attempts, "it was not even taken")
		stop()

		r.work(t, only("mail", "periodic"))
		r.eventually(t, func() bool { return r.states(t)["sent"] == 1 })
		require.Len(t, r.mails.to("kim@shop.example"), 1)
	})
}

func TestWorker_CountsWhatItDoesAndWhatIsLeft(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		metrics := worker.NewMetrics(r.store, slog.New(slog.DiscardHandler))
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(metrics.Collectors()...)
		value := func(name string, labels ...string) float64 {
			metrics.Measure(t.Context())
			families, err := registry.Gather()
			require.NoError(t, err)
			for _, family := range families {
				for _, m := range family.GetMetric() {
					var found []string
					for _, l := range m.GetLabel() {
						found = append(found, l.GetValue())
					}
					if family.GetName() == name && slices.Equal(found, labels) {
						return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
					}
				}
			}
			return 0
		}
		r.leave(t, r.shop, code(r.shop, "kim@shop.example", time.Minute)...)
		require.EqualValues(t, 1, value("latchkeep_outbox_ready", "mail"))
		require.Positive(t, value("latchkeep_outbox_oldest_age_seconds", "mail"))

		r.mails.fail["down@shop.example"] = errors.New("connection refused")
		r.work(t, func(n *worker.Needs) { n.Metrics = metrics })
		r.leave(t, r.shop, append(code(r.shop, "down@shop.example", time.Minute), code(r.shop, "late@shop.example", -time.Minute)...)...)
		r.leave(t, r.shop, event.Audit(r.shop, auth.Client{}, event.LoginSuccess, event.Actor{}, nil, ""))
		for outcome, want := range map[string]float64{"done": 1, "dropped": 1, "retry": 1} {
			r.eventually(t, func() bool { return value("latchkeep_worker_intents_total", "mail", outcome) >= want })
		}
		r.eventually(t, func() bool { return value("latchkeep_worker_intents_total", "audit", "done") == 1 })
		require.EqualValues(t, 3, value("latchkeep_worker_first_attempt_delay_seconds", "mail"))
		r.eventually(t, func() bool { return value("latchkeep_worker_task_duration_seconds", "mail") > 0 })
		require.EqualValues(t, 1, value("latchkeep_outbox_ready", "mail"), "the one that is tried again")

		r.eventually(t, func() bool {
			return value("latchkeep_outbox_oldest_age_seconds", "mail") == 0 && value("latchkeep_outbox_ready", "mail") == 1 // it waits, and is not late
		})
	})
}

func TestWorker_AFloodOfOneTenantIsTakenUpInPortionsWhileAnotherHasHerTurn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		const flood = 1500
		record := func(tenant *tenants.Tenant) outbox.Intent {
			return event.Audit(tenant, auth.Client{}, event.LoginSuccess, event.Actor{}, nil, "")
		}
		for range flood / 500 {
			var many []outbox.Intent
			for range 500 {
				many = append(many, record(r.shop))
			}
			r.leave(t, r.shop, many...)
		}
		r.leave(t, r.bank, record(r.bank))
		r.work(t)

		r.eventually(t, func() bool { return r.states(t)["done"] == flood+1 })
		all := scope.With(t.Context(), scope.System("count records"))
		bank, err := r.store.Reader().Intent.Query().Where(intent.TenantID(r.bank.ID)).Only(all)
		require.NoError(t, err)
		before, err := r.store.Reader().Intent.Query().Where(intent.TenantID(r.shop.ID), intent.DoneAtLT(*bank.DoneAt)).Count(all)
		require.NoError(t, err)
		require.Less(t, before, flood/2, "of the flood, before the one that came last")
	})
}
