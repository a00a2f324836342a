package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/letter"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// A Mailer sends a tenant's mail. An error that mail.Permanent knows is not worth another try.
type Mailer interface {
	Send(ctx context.Context, t *tenants.Tenant, m mail.Message) error
}

const (
	// mailsPerTenant is how many mails of one tenant are being sent at once, so that one dead host does not hold every task.
	mailsPerTenant = 4
	// mailTimeout bounds one try.
	mailTimeout = 40 * time.Second
	// mailFor is how long a mail without an end of its own is tried.
	mailFor = 24 * time.Hour
	// mailRest is how long one of a tenant's places stays empty after a failure: a host that refuses everything is not to be kept busy with it.
	mailRest = 500 * time.Millisecond
)

// A mailTask renders and sends mails. A tenant's mails are taken out of the outbox as there are places for them: what waits for a host that
// hangs costs nobody anything.
type mailTask struct {
	leases   *leases
	store    *store.Store
	keyring  *secret.Keyring
	registry *tenants.Registry
	mailer   Mailer
	inFlight *inFlight
	metrics  *Metrics
	counted  func(tenant uuid.UUID, people bool)
	traces   *telemetry.Traces
	log      *slog.Logger
}

func newMailTask(n Needs, leases *leases) *mailTask {
	return &mailTask{
		leases: leases, store: n.Store, keyring: n.Keyring, registry: n.Registry, mailer: n.Mail, inFlight: newInFlight(mailsPerTenant),
		metrics: n.Metrics, traces: n.Traces, counted: n.counting(), log: n.Log,
	}
}

// run sends a tenant's mails, some at once, unless her places are taken: whoever has one goes on with what is left.
func (m *mailTask) run(ctx context.Context, tenant uuid.UUID) error {
	var sending sync.WaitGroup
	defer sending.Wait()
	ends := time.Now().Add(turnTime)
	for more := true; more && m.inFlight.enter(tenant); {
		it, others, err := m.leases.next(ctx, tenant)
		if err != nil || it == nil {
			m.inFlight.leave(tenant)
			return err
		}
		more = others
		sending.Go(func() {
			defer m.inFlight.leave(tenant)
			m.several(ctx, tenant, it, ends)
		})
	}
	return nil
}

// several sends one mail after the other.
func (m *mailTask) several(ctx context.Context, tenant uuid.UUID, it *leased, ends time.Time) {
	for it != nil {
		err := it.within(ctx, tenant, m.one)
		if err != nil {
			m.log.WarnContext(ctx, "a mail cannot be sent now", "tenant_id", tenant, "error", err)
			rest(ctx, m.leases.stop, mailRest)
		}
		if !m.leases.goesOn(ends) {
			return
		}
		if it, _, err = m.leases.next(ctx, tenant); err != nil {
			m.log.WarnContext(ctx, "a mail cannot be taken now", "tenant_id", tenant, "error", err)
		}
	}
}

func (m *mailTask) one(ctx context.Context, tenantID uuid.UUID, it item) error {
	at := time.Now().UTC()
	if it.NotAfter != nil && at.After(*it.NotAfter) {
		return m.settled(ctx, tenantID, outcomeDropped, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.IntentsDropped(ctx, at, "its code has expired", it.ID)
			return err
		})
	}
	err := m.send(ctx, tenantID, it)
	if held, ok := errors.AsType[heldError](err); ok {
		return m.release(ctx, tenantID, it, outcomeHeld, held.until, held.Error())
	}
	switch {
	case err == nil:
		return m.settled(ctx, tenantID, outcomeDone, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.IntentsSent(ctx, time.Now().UTC(), it.ID)
			return counted(ctx, tx, tenantID, usage.MailsSent, n, err)
		})
	case errors.Is(err, tenants.ErrNotFound):
		return m.settled(ctx, tenantID, outcomeDropped, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.IntentsDropped(ctx, time.Now().UTC(), "the tenant is deleted", it.ID)
			return err
		})
	case mail.Permanent(err), at.Sub(it.CreatedAt) > m.patience(ctx, tenantID):
		m.log.WarnContext(ctx, "a mail is given up", "tenant_id", tenantID, "intent_id", it.ID, "attempts", it.Attempts, "error", err)
		return m.settled(ctx, tenantID, outcomeDead, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.IntentsDead(ctx, time.Now().UTC(), err.Error(), it.ID)
			return counted(ctx, tx, tenantID, usage.MailsFailed, n, err)
		})
	}
	if failed := m.release(ctx, tenantID, it, outcomeRetry, time.Now().UTC().Add(backoff(it.Attempts)), err.Error()); failed != nil {
		return failed
	}
	return fmt.Errorf("send mail, attempt %d: %w", it.Attempts, err)
}

func (m *mailTask) send(ctx context.Context, tenantID uuid.UUID, it item) (err error) {
	plain, cause, err := outbox.OpenWithCause(m.keyring, tenantID, event.KindMail, it.ID, it.Payload)
	if err != nil {
		return fmt.Errorf("open mail: %w", err)
	}
	ctx, end := m.traces.Follow(ctx, cause, "mail", telemetry.Attr("tenant_id", tenantID.String()))
	defer func() { end(err) }()
	var p event.MailPayload
	if err := json.Unmarshal(plain, &p); err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	t, err := m.registry.ByID(ctx, tenantID)
	if err != nil {
		return err
	}
	if until, held := holds(t, p, time.Now()); held {
		return heldError{until}
	}
	l, err := letter.Write(t, p)
	if err != nil {
		return err
	}
	if l.Fallback != nil {
		m.log.WarnContext(ctx, "a tenant's own text of a mail cannot be used", "tenant_id", tenantID, "template", p.Template, "error", l.Fallback)
	}
	message, err := l.Address(t, it.ID.String(), p.To)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	return m.mailer.Send(ctx, t, message)
}

// counted adds mails that ended to the usage of the tenant; none where another worker had ended them already.
func counted(ctx context.Context, tx *store.Tx, tenant uuid.UUID, metric string, ended int, err error) error {
	if err != nil || ended == 0 {
		return err
	}
	var t usage.Tally
	t.Add(time.Now(), metric, int64(ended))
	return t.Save(ctx, tx, tenant)
}

// settled notes what became of a mail, and counts it once that is certain.
func (m *mailTask) settled(ctx context.Context, tenantID uuid.UUID, outcome string, write store.Write) error {
	err := settle(ctx, m.store, tenantID, write)
	if err == nil {
		m.metrics.count(event.KindMail, outcome, 1)
	}
	if err == nil && outcome == outcomeDone {
		m.counted(tenantID, false)
	}
	return err
}

// release gives a mail back, to be sent later.
func (m *mailTask) release(ctx context.Context, tenantID uuid.UUID, it item, outcome string, at time.Time, why string) error {
	return m.settled(ctx, tenantID, outcome, func(ctx context.Context, tx *store.Tx) error {
		return tx.Raw.ReleaseIntent(ctx, it.ID, at, why)
	})
}
