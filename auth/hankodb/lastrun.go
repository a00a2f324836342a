package hankodb

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/job"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// The last import of a tenant that came to its end is written down, as a job that is done: what was in the old database then and is not here
// now was deleted here, and must not come back.
const (
	jobKind = "hanko"
	// jobLasts is how long it is remembered: longer than two systems are run side by side.
	jobLasts = 10 * 365 * 24 * time.Hour
	// clocks of the two systems may differ by this much.
	clocks = 5 * time.Minute
)

func jobSource(tenant uuid.UUID) []byte {
	sum := sha256.Sum256([]byte("hanko tenant " + tenant.String()))
	return sum[:]
}

// lastRun is when the last import of a tenant began that came to its end; zero where there was none.
func (i *Importer) lastRun(ctx context.Context, p *plan) (time.Time, error) {
	row, err := i.n.Store.Reader().Job.Query().Where(job.Kind(jobKind), job.Source(jobSource(p.id))).
		Order(ent.Desc(job.FieldFinishedAt)).First(scope.With(ctx, scope.Tenant(p.target)))
	if ent.IsNotFound(err) || err == nil && row.FinishedAt == nil {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return row.FinishedAt.UTC(), nil
}

// noteRun writes down that an import came to its end, unless it brought nothing.
func (i *Importer) noteRun(ctx context.Context, p *plan, o *Outcome) error {
	brought := o.Created
	for _, c := range o.Counts {
		brought = brought || c.Imported > 0
	}
	if i.o.DryRun || !brought && !p.last.IsZero() {
		return nil
	}
	counts := map[string]any{}
	for kind, c := range o.Counts {
		if c.Imported > 0 {
			counts[kind] = c.Imported
		}
	}
	record := tenants.Recorded(ctx, p.target, tenants.AuditTenantImported, tenants.ByCLI, map[string]any{"imported": counts})
	return i.unit(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		if err := i.finished(ctx, tx, p, o); err != nil {
			return err
		}
		return outbox.NewWriter(i.n.Keyring, nil).Write(ctx, tx, record) // the worker looks every second
	})
}

func (i *Importer) finished(ctx context.Context, tx *store.Tx, p *plan, o *Outcome) error {
	n, err := tx.Job.Update().Where(job.Kind(jobKind), job.Source(jobSource(p.id))).
		SetFinishedAt(i.now).SetUpdatedAt(i.now).SetExpiresAt(i.now.Add(jobLasts)).SetTotal(o.count(Users).Read).SetDone(o.count(Users).Read).
		SetRejected(o.count(Users).Refused).Save(ctx)
	if err != nil || n > 0 {
		return err
	}
	return tx.Job.Create().SetKind(jobKind).SetState("done").SetOptions([]byte("{}")).SetCreatedBy("cli").SetSource(jobSource(p.id)).
		SetTotal(o.count(Users).Read).SetDone(o.count(Users).Read).SetRejected(o.count(Users).Refused).
		SetFinishedAt(i.now).SetCreatedAt(i.now).SetUpdatedAt(i.now).SetExpiresAt(i.now.Add(jobLasts)).Exec(ctx)
}

// gone reports whether a row that is not here was taken over before, so that it must have been deleted here. Hanko sets the time of the last
// change of every row that it writes.
func (p *plan) gone(changed time.Time) bool {
	return !p.last.IsZero() && !changed.IsZero() && changed.Before(p.last.Add(-clocks))
}
