package transfer

import (
	"context"
	"maps"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Taker is who takes people out of a tenant or brings them in, and by what.
type Taker struct {
	By     tenants.Actor
	Client auth.Client
}

// record is the audit record of an export: who took how many people out, and what of them. It concerns nobody in particular.
func (w With) record(t *tenants.Tenant, who Taker, people int, more map[string]any) outbox.Intent {
	details := map[string]any{
		"users": people, "with_names": w.Names, "with_metadata": w.Metadata, "with_credentials": w.Credentials, "with_totp": w.TOTP,
	}
	maps.Copy(details, more)
	return who.record(t, event.UsersExported, details)
}

func (w Taker) record(t *tenants.Tenant, kind event.AuditType, details map[string]any) outbox.Intent {
	if _, key := w.By.Token(); key { // only the admin API begins jobs, so it is never an operator's token
		return event.AuditBackend(t, w.Client, w.By, kind, event.Actor{}, details)
	}
	details["api"] = string(w.By)
	return event.AuditOperator(t, w.Client, w.By, kind, event.Actor{}, details)
}

// imported records what came of an import: how many people it made, and how many entries it rejected. One that was stopped has made some, too;
// a rehearsal none.
func (j *Jobs) imported(ctx context.Context, tx *store.Tx, t *tenants.Tenant, job *Job, state string, done step) error {
	rejected := job.Rejected + done.rejected
	people := job.Done + done.done - rejected
	if job.Kind != Import || job.Options.DryRun || state != Done && people == 0 {
		return nil
	}
	return j.out.Write(ctx, tx, Taker{By: tenants.Actor(job.CreatedBy)}.record(t, event.UsersImported, map[string]any{
		"users": people, "rejected": rejected, "state": state, "job_id": job.ID.String(),
	}))
}
