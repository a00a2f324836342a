package saml

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

type auditType = outbox.AuditType

const (
	// FetchTimeout is how long fetching metadata may take.
	FetchTimeout = 10 * time.Second
	// refreshEvery is how often metadata is fetched, where nothing in it asks for more.
	refreshEvery = 24 * time.Hour
	// refreshSoonest and refreshLatest bound how soon after a failure it is tried again.
	refreshSoonest = 5 * time.Minute
	refreshLatest  = 24 * time.Hour
	// refreshLease is how long a replica that took a provider has for it.
	refreshLease = 5 * time.Minute
	// refreshAtOnce is how many providers one round fetches at the same time, and refreshRound how many in all: a round of providers that all
	// hang ends within a minute.
	refreshAtOnce = 8
	refreshRound  = 32
	maxRefresh    = 200 // bytes of an error that are kept
)

// nextRefresh is when metadata is fetched again: once a day, sooner where it says that it is not valid for so long. Not all at one moment.
func nextRefresh(i *idp, now time.Time) time.Time {
	wait := refreshEvery - time.Duration(rand.Int64N(int64(refreshEvery/10)))
	if ends := i.metadata.ValidUntil; !ends.IsZero() {
		wait = max(min(wait, ends.Sub(now)/2), time.Hour)
	}
	return now.Add(wait).UTC().Truncate(time.Microsecond)
}

// afterFailures is how long to wait after so many failures in a row.
func afterFailures(n int) time.Duration {
	return min(refreshSoonest<<min(n-1, 16), refreshLatest)
}

// RefreshDue fetches the metadata that is due, of all tenants, some at a time. Of several replicas, one takes each provider.
func (r *Room) RefreshDue(ctx context.Context) error {
	now := r.now()
	rows, err := r.n.Store.Reader().SAMLProvider.Query().Where(samlprovider.RefreshAtLTE(now)).
		Order(ent.Asc(samlprovider.FieldRefreshAt)).Limit(refreshRound).
		All(scope.With(ctx, scope.System("find SAML metadata that is due")))
	if err != nil {
		return fmt.Errorf("find SAML metadata that is due: %w", err)
	}
	var running sync.WaitGroup
	places, failures := make(chan struct{}, refreshAtOnce), make(chan error, len(rows))
	for _, row := range rows {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			failures <- r.refresh(ctx, row, now)
		})
	}
	running.Wait()
	close(failures)
	for failure := range failures {
		err = errors.Join(err, failure)
	}
	return err
}

// refresh fetches the metadata of one provider, unless another replica does.
func (r *Room) refresh(ctx context.Context, row *ent.SAMLProvider, now time.Time) error {
	mine, err := r.claim(ctx, row, now)
	if err != nil || !mine {
		return err
	}
	found, failure := r.renewed(ctx, row)
	err = r.n.Store.Do(ctx, scope.Tenant(row.TenantID), func(ctx context.Context, tx *store.Tx) error {
		// What an operator changed meanwhile is newer.
		update := tx.SAMLProvider.Update().Where(samlprovider.ID(row.ID), samlprovider.MetadataURL(row.MetadataURL), samlprovider.EntityID(row.EntityID),
			samlprovider.MetadataCertificate(row.MetadataCertificate)).SetUpdatedAt(row.UpdatedAt)
		if failure != nil {
			failures := row.RefreshFailures + 1
			return update.SetRefreshFailures(failures).SetRefreshError(short(failure)).SetRefreshAt(r.now().Add(afterFailures(failures))).Exec(ctx)
		}
		return update.SetMetadataXML(found.xml).SetMetadataFetchedAt(r.now()).SetRefreshFailures(0).SetRefreshError("").
			SetRefreshAt(nextRefresh(found.idp, r.now())).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("refresh SAML provider %s: %w", row.ID, err)
	}
	if failure != nil {
		r.n.Log.WarnContext(ctx, "SAML metadata cannot be refreshed; what is known stays in use",
			"tenant_id", row.TenantID, "provider_id", row.ID, "failures", row.RefreshFailures+1, "error", failure)
	}
	return nil
}

// claim takes a provider for a while.
func (r *Room) claim(ctx context.Context, row *ent.SAMLProvider, now time.Time) (bool, error) {
	taken := 0
	err := r.n.Store.Do(ctx, scope.Tenant(row.TenantID), func(ctx context.Context, tx *store.Tx) error {
		var err error
		taken, err = tx.SAMLProvider.Update().Where(samlprovider.ID(row.ID), samlprovider.RefreshAtLTE(now)).
			SetRefreshAt(now.Add(refreshLease)).SetUpdatedAt(row.UpdatedAt).Save(ctx)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("claim SAML provider %s: %w", row.ID, err)
	}
	return taken == 1, nil
}

// renewed fetches metadata. A provider cannot become another one by it: whoever answers at its address could choose the name of a provider that
// others trust.
func (r *Room) renewed(ctx context.Context, row *ent.SAMLProvider) (obtained, error) {
	raw, err := r.fetch(ctx, row.MetadataURL)
	if err != nil {
		return obtained{}, err
	}
	found, err := read(raw, row.MetadataCertificate)
	if err == nil && found.idp.metadata.EntityID != row.EntityID {
		err = unusable(errors.New("its entityID changed: an operator must confirm that"))
	}
	return found, err
}

// short is the part of a failure that operators are shown.
func short(failure error) string {
	text := failure.Error()
	if p, ok := errors.AsType[*problem.Error](failure); ok {
		text = p.Message
	}
	if len(text) > maxRefresh {
		text = text[:maxRefresh]
	}
	return text
}
