package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

const (
	// turnTime is how long a tenant goes on when she is called, while others wait.
	turnTime = 2 * time.Second
	// firstPortion is how many intents are carried out together when a tenant is called: who has no more is done with that.
	firstPortion = 20
	// backlogsAtOnce is how many tenants of a process go on with what they have more, in larger portions.
	backlogsAtOnce = 2
	// connectionShare is the part of the connections that the turns of a kind may hold at once: a third.
	connectionShare = 3
	// afterFailure is how long a tenant waits whose portion failed.
	afterFailure = time.Second
)

// Turns carry out what tenants have of a kind whose effects are in the database. A portion is read, and marked as done in the transaction of
// its effects, so nothing needs to be leased, and who is killed leaves it as it was. A tenant has one turn at a time.
//
// One who has much rests after each portion for as long as it took, and few do at once: half of a connection each is what the others feel of them.
type turns struct {
	kind string
	// portion is how many intents are carried out together of a tenant who has many.
	portion  int
	store    *store.Store
	metrics  *Metrics
	taken    *inFlight
	backlogs *inFlight
	// places bounds how many portions are carried out at once: each holds a connection, and requests need most of them.
	places chan struct{}
	// look has the relay look again.
	look func()
	// stop is closed when the program ends.
	stop <-chan struct{}
}

func newTurns(n Needs, kind string, portion int, look func(), stop <-chan struct{}) *turns {
	return &turns{
		kind: kind, portion: portion, store: n.Store, metrics: n.Metrics, look: look, stop: stop,
		taken: newInFlight(1), backlogs: newInFlight(backlogsAtOnce), places: make(chan struct{}, max(1, n.Store.MaxOpen()/connectionShare)),
	}
}

// run is a tenant's turn. carry carries a portion out; an error means that all of it is to be tried again.
func (r *turns) run(ctx context.Context, tenant uuid.UUID, carry func(ctx context.Context, b batch) error) error {
	if !r.taken.enter(tenant) {
		return nil // whoever has the turn looks again
	}
	left, err := r.portions(ctx, tenant, carry)
	if err != nil {
		rest(ctx, r.stop, afterFailure) // she keeps her turn meanwhile, and is not called again at once
	}
	if inVain := r.taken.leave(tenant); inVain || left || err != nil {
		r.look()
	}
	return err
}

// portions reports whether there may be something left. What comes while a portion is carried out may find its call taken for the one that is being
// followed, so the turn ends when nothing is found.
func (r *turns) portions(ctx context.Context, tenant uuid.UUID, carry func(ctx context.Context, b batch) error) (left bool, err error) {
	full := false
	for ends := time.Now().Add(turnTime); !full; {
		done, err := r.portionOf(ctx, tenant, firstPortion, carry)
		if err != nil {
			return leftToOthers(err)
		}
		full = done == firstPortion
		if !full {
			left, err := r.left(ctx, tenant)
			if err != nil || !left || time.Now().After(ends) {
				return left, err
			}
		}
	}
	if !r.backlogs.enter(uuid.Nil) {
		return true, nil
	}
	defer r.backlogs.leave(uuid.Nil)
	for ends := time.Now().Add(turnTime); full && time.Now().Before(ends); {
		began := time.Now()
		done, err := r.portionOf(ctx, tenant, r.portion, carry)
		if err != nil {
			return leftToOthers(err)
		}
		full = done == r.portion
		if full && !rest(ctx, r.stop, time.Since(began)) {
			break
		}
	}
	return true, nil
}

// left reports whether the tenant has something due.
func (r *turns) left(ctx context.Context, tenant uuid.UUID) (bool, error) {
	left, err := r.store.Raw().IntentsLeft(scope.With(ctx, scope.Tenant(tenant)), r.kind, time.Now().UTC())
	if err != nil {
		return true, fmt.Errorf("end a turn: %w", err)
	}
	return left, nil
}

// leftToOthers is what a turn ends with where a portion was not carried out.
func leftToOthers(err error) (left bool, _ error) {
	if errors.Is(err, errTaken) {
		return true, nil
	}
	return true, err
}

// portionOf carries out at most limit intents, and tells how many. Errors: errTaken where another process does, which goes on with what is left.
func (r *turns) portionOf(ctx context.Context, tenant uuid.UUID, limit int, carry func(ctx context.Context, b batch) error) (int, error) {
	if !r.place(ctx) {
		return 0, ctx.Err()
	}
	defer func() { <-r.places }()
	var found []rawsql.DueIntent
	err := r.store.DoByOrder(ctx, scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) (err error) {
		found, err = tx.Raw.ReadIntents(ctx, r.kind, time.Now().UTC(), limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take a turn: %w", err)
	}
	if len(found) == 0 {
		return 0, nil
	}
	b := batch{Kind: r.kind, Tenant: tenant}
	for _, i := range found {
		b.Items = append(b.Items, itemOf(i))
	}
	err = carry(ctx, b)
	if errors.Is(err, errTaken) {
		return 0, err
	}
	r.metrics.count(r.kind, outcomeOf(err), len(b.Items))
	if err != nil {
		return 0, err
	}
	for _, it := range b.Items {
		r.metrics.first(r.kind, it, 0)
	}
	return len(found), nil
}

// place waits for one, and reports whether there is: not where the program ends first.
func (r *turns) place(ctx context.Context) bool {
	select {
	case r.places <- struct{}{}:
		return true
	default:
	}
	select {
	case r.places <- struct{}{}:
		return true
	case <-r.stop:
	case <-ctx.Done():
	}
	return false
}

// rest waits, and reports whether to go on: not where the program ends.
func rest(ctx context.Context, stop <-chan struct{}, d time.Duration) bool {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
		return true
	case <-stop:
	case <-ctx.Done():
	}
	return false
}
