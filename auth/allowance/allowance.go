// Package allowance compares what tenants use with what they may have, and tells who should know.
//
// Who counts something calls Touch once that is committed: it costs a request nothing. A moment later the keeper reads the tenant's counters, in one
// statement and only where she has quotas. What she has reached is noted in her row, in one transaction with the records and events that tell of it,
// so that they are told of once, however many look at the same time. Every replica then hears of it as of any change of a tenant.
package allowance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

const (
	// lookEvery is how often the tenants are looked at in which something was counted: a busy one is not looked at more often.
	lookEvery = time.Second
	// dear bounds what counting people costs: after a count nobody counts for so many times as long as it took.
	dear = 20
)

// Needs are what a Keeper works with. All are required but Now.
type Needs struct {
	Store    *store.Store
	Outbox   *outbox.Writer
	Registry *tenants.Registry
	Usage    *usage.Room
	Log      *slog.Logger
	// Now is the clock by which days end; time.Now where it is nil.
	Now func() time.Time
}

// A Keeper watches the quotas of all tenants. The nil Keeper watches none.
type Keeper struct {
	n Needs

	mu      sync.Mutex
	touched map[uuid.UUID]bool // whether people were counted
	rests   map[uuid.UUID]time.Time
	wake    chan struct{}
}

// NewKeeper makes a keeper. Run has it look.
func NewKeeper(n Needs) *Keeper {
	if n.Now == nil {
		n.Now = time.Now
	}
	return &Keeper{n: n, touched: map[uuid.UUID]bool{}, rests: map[uuid.UUID]time.Time{}, wake: make(chan struct{}, 1)}
}

// Touch says that something of a tenant was counted; people, that there are more or fewer of them.
func (k *Keeper) Touch(tenant uuid.UUID, people bool) {
	if k == nil || tenant == tenants.SystemID {
		return
	}
	k.mu.Lock()
	k.touched[tenant] = k.touched[tenant] || people
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run looks, soon after something was counted, until the context ends.
func (k *Keeper) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		}
		k.lookAtAll(ctx)
		pause := time.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// lookAtAll looks at the tenants that were touched. One that cannot be looked at now is looked at again.
func (k *Keeper) lookAtAll(ctx context.Context) {
	k.mu.Lock()
	touched := k.touched
	k.touched = map[uuid.UUID]bool{}
	for id, until := range k.rests {
		if k.n.Now().After(until) {
			delete(k.rests, id)
		}
	}
	k.mu.Unlock()
	for id, people := range touched {
		if err := k.Look(ctx, id, people); err != nil && ctx.Err() == nil {
			k.n.Log.WarnContext(ctx, "the quotas of a tenant cannot be looked at now and will be later", "tenant_id", id, "error", err)
			k.Touch(id, people)
		}
	}
}

// Look compares what a tenant uses with what she may have, and tells what is new. People are counted only where they are asked for.
func (k *Keeper) Look(ctx context.Context, id uuid.UUID, people bool) error {
	t, err := k.n.Registry.ByID(ctx, id)
	if errors.Is(err, tenants.ErrNotFound) {
		return nil
	}
	if err != nil || !t.Quotas.Limited() {
		return err
	}
	used, err := k.used(ctx, t, people)
	if err != nil {
		return err
	}
	if _, _, changed := t.Quotas.Compare(used, k.n.Now()); !changed {
		return nil
	}
	return k.note(ctx, t, used)
}

// used is what a tenant uses of what is limited.
func (k *Keeper) used(ctx context.Context, t *tenants.Tenant, people bool) (map[quota.Name]int64, error) {
	f, err := k.n.Usage.Recent(ctx, t.ID, usage.DayOf(k.n.Now()))
	if err != nil {
		return nil, err
	}
	used := figures(f)
	if _, limited := t.Quotas.Limits[quota.Users]; people && limited {
		n, counted, err := k.people(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		if counted {
			used[quota.Users] = n
		}
	}
	return used, nil
}

func figures(f usage.DayFigures) map[quota.Name]int64 {
	return map[quota.Name]int64{
		quota.MonthlyActivePeople: f.MonthlyActive, quota.Registrations: f.Registrations, quota.Mails: f.MailsSent,
		quota.Webhooks: f.WebhooksDelivered, quota.APICalls: f.AdminCalls,
	}
}

// people counts those of a tenant, unless they were counted too lately for what it costs: then it is done a little later.
func (k *Keeper) people(ctx context.Context, id uuid.UUID) (n int64, counted bool, err error) {
	k.mu.Lock()
	rests := k.n.Now().Before(k.rests[id])
	k.mu.Unlock()
	if rests {
		k.Touch(id, true)
		return 0, false, nil
	}
	began := time.Now()
	n, err = k.count(ctx, id)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rests[id] = k.n.Now().Add(dear * time.Since(began))
	return n, err == nil, err
}

func (k *Keeper) count(ctx context.Context, id uuid.UUID) (int64, error) {
	n, err := k.n.Store.Reader().User.Query().Count(scope.With(ctx, scope.Tenant(id)))
	if err != nil {
		return 0, fmt.Errorf("count people: %w", err)
	}
	return int64(n), nil
}

// note keeps what was reached, and tells of what is new of it. The row of the tenant is locked, so that of several who see the same one tells.
func (k *Keeper) note(ctx context.Context, t *tenants.Tenant, used map[quota.Name]int64) error {
	now := k.n.Now()
	operators, err := k.n.Registry.ByID(ctx, tenants.SystemID)
	if err != nil && !errors.Is(err, tenants.ErrNotFound) {
		return err
	}
	err = k.n.Store.Do(ctx, scope.System("note what a tenant has reached of her quotas"), func(ctx context.Context, tx *store.Tx) error {
		row, err := store.Lock(tx, tx.Tenant.Query().Where(tenant.ID(t.ID))).Only(ctx)
		if ent.IsNotFound(err) || err == nil && row.Status == string(tenants.StatusDeleting) {
			return nil
		}
		if err != nil {
			return err
		}
		stored, err := quota.Decode(row.Quotas)
		if err != nil {
			return err
		}
		told, news, changed := k.n.Registry.StateOf(stored).Compare(used, now)
		if !changed {
			return nil
		}
		stored.Told = told
		version := row.Version + 1
		if err := tx.Tenant.UpdateOneID(t.ID).SetQuotas(stored.Encode()).SetVersion(version).Exec(ctx); err != nil {
			return err
		}
		tx.OnCommit(func() { k.n.Registry.Invalidate(tenants.Changed{ID: t.ID, Version: version}) })
		var intents []outbox.Intent
		for _, n := range news {
			intents = append(intents, tell(ctx, t, operators, n)...)
		}
		return k.n.Outbox.Write(ctx, tx, intents...)
	})
	if err != nil {
		return fmt.Errorf("note what is over: %w", err)
	}
	return nil
}

// Reached is what an event tells.
type Reached struct {
	TenantID uuid.UUID `json:"tenant_id"`
	Slug     string    `json:"slug"`
	Quota    string    `json:"quota"`
	Limit    int64     `json:"limit"`
	Used     int64     `json:"used"`
	// Period is the day or month; empty where there is none.
	Period string `json:"period"`
}

// tell is what the tenant and the operators hear of a threshold: a record in both logs, and an event for the webhooks of both.
func tell(ctx context.Context, t, operators *tenants.Tenant, n quota.News) []outbox.Intent {
	name, kind := event.QuotaWarning, tenants.AuditQuotaWarning
	if n.Exceeded {
		name, kind = event.QuotaExceeded, tenants.AuditQuotaExceeded
	}
	r := Reached{TenantID: t.ID, Slug: t.Slug, Quota: string(n.Quota), Limit: n.Limit, Used: n.Used, Period: n.Period.Name}
	intents := []outbox.Intent{tenants.Recorded(ctx, t.ID, kind, tenants.BySystem, map[string]any{
		"quota": r.Quota, "limit": r.Limit, "used": r.Used, "period": r.Period,
	})}
	for _, who := range []*tenants.Tenant{t, operators} {
		if who == nil {
			continue
		}
		if w, heard := event.Webhook(who, name, uuid.Nil, r); heard {
			intents = append(intents, w)
		}
	}
	return intents
}

// A Standing is how a tenant does with a quota.
type Standing struct {
	Quota quota.Name
	Limit quota.Limit
	// Own says that the limit is the tenant's own, and not that of the deployment.
	Own  bool
	Used int64
	// Period is the one that is counted.
	Period quota.Period
	// Over says that the hard threshold was reached, and that what follows from it holds.
	Over bool
}

// Standings are how a tenant does with every quota, also with those that limit nothing.
func (k *Keeper) Standings(ctx context.Context, id uuid.UUID, q tenants.Quotas) ([]Standing, error) {
	now := k.n.Now()
	f, err := k.n.Usage.Recent(ctx, id, usage.DayOf(now))
	if err != nil {
		return nil, err
	}
	used := figures(f)
	if used[quota.Users], err = k.count(ctx, id); err != nil {
		return nil, err
	}
	list := make([]Standing, len(quota.Names()))
	for i, name := range quota.Names() {
		_, own := q.Own[name]
		_, over := q.Over(name, now)
		list[i] = Standing{Quota: name, Limit: q.Limits[name], Own: own, Used: used[name], Period: quota.PeriodOf(name, now), Over: over}
	}
	return list, nil
}
