package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

// lease is how long an intent is kept from others while it is carried out.
const lease = 2 * time.Minute

// Leases carry out, one by one, what tenants have of a kind whose effects are outside of the database, or take long. What somebody killed had
// is free again when its lease ends.
type leases struct {
	kind    string
	store   *store.Store
	metrics *Metrics
	// look has the relay look again.
	look func()
	// stop is closed when the program ends.
	stop <-chan struct{}
}

func newLeases(n Needs, kind string, look func(), stop <-chan struct{}) *leases {
	return &leases{kind: kind, store: n.Store, metrics: n.Metrics, look: look, stop: stop}
}

// A leased item is the holder's until its lease ends.
type leased struct {
	item
	until time.Time
}

// next leases what a tenant has had due longest; nil where there is nothing. more says that there may be others.
func (l *leases) next(ctx context.Context, tenant uuid.UUID) (_ *leased, more bool, err error) {
	now := time.Now().UTC()
	var taken *rawsql.DueIntent
	err = l.store.Do(ctx, scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) (err error) {
		taken, more, err = tx.Raw.LeaseIntent(ctx, l.kind, now, lease)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("lease: %w", err)
	}
	if taken == nil {
		return nil, false, nil
	}
	it := itemOf(*taken)
	l.metrics.first(l.kind, it, 1)
	return &leased{it, now.Add(lease)}, more, nil
}

// each carries out what a tenant has, one after the other for as long as a turn lasts. An error of one, which is to see to it that the intent is
// tried again, ends it.
func (l *leases) each(ctx context.Context, tenant uuid.UUID, carry func(ctx context.Context, tenant uuid.UUID, it item) error) error {
	for ends := time.Now().Add(turnTime); l.goesOn(ends); {
		it, _, err := l.next(ctx, tenant)
		if err != nil || it == nil {
			return err
		}
		err = it.within(ctx, tenant, carry)
		l.metrics.count(l.kind, outcomeOf(err), 1)
		if err != nil {
			return err
		}
	}
	return nil
}

// goesOn reports whether another one may be begun in a turn. Where the turn is over there is another call for what is left.
func (l *leases) goesOn(ends time.Time) bool {
	select {
	case <-l.stop:
		return false
	default:
	}
	if time.Now().Before(ends) {
		return true
	}
	l.look()
	return false
}

// within carries an item out before its lease ends.
func (i *leased) within(ctx context.Context, tenant uuid.UUID, carry func(ctx context.Context, tenant uuid.UUID, it item) error) error {
	ctx, cancel := context.WithDeadline(ctx, i.until)
	defer cancel()
	return carry(ctx, tenant, i.item)
}
