package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	sliceQueue = "delivery"
	sliceType  = "webhook:slice"
	// slicesAtOnce is how many slices a process runs at once, slicesPerTenant how many of them for one tenant.
	slicesAtOnce    = 32
	slicesPerTenant = 12
	// ailingAtOnce and ailingPerTenant are for endpoints that failed lately, which may hang: they never take all the room.
	ailingAtOnce    = 16
	ailingPerTenant = 4
	// sliceBusy is how long an endpoint waits while there is no room.
	sliceBusy = 250 * time.Millisecond
)

// A sliceTask delivers some of what waits for an endpoint.
type sliceTask struct {
	store    *store.Store
	registry *tenants.Registry
	webhooks *webhook.Room
	rooms    *rooms
	now      func() time.Time
	log      *slog.Logger
	// stop is closed when the program ends.
	stop <-chan struct{}
}

// slicePayload is the lease of an endpoint.
type slicePayload struct {
	Endpoint uuid.UUID `json:"e"`
	Tenant   uuid.UUID `json:"t"`
	Failures int       `json:"f,omitempty"`
	Until    time.Time `json:"u"`
}

// enqueueSlice hands a leased endpoint to the queue.
func (r *relay) enqueueSlice(ctx context.Context, e rawsql.ClaimedEndpoint) error {
	payload, err := json.Marshal(slicePayload{Endpoint: e.ID, Tenant: e.TenantID, Failures: e.Failures, Until: e.Until})
	if err != nil {
		return fmt.Errorf("encode task: %w", err)
	}
	_, err = r.client.EnqueueContext(ctx, asynq.NewTask(sliceType, payload),
		asynq.TaskID(fmt.Sprintf("%s/%d", e.ID, e.Until.UnixMicro())), asynq.Queue(sliceQueue), asynq.MaxRetry(0), asynq.Timeout(webhook.Lease))
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("enqueue: %w", err)
	}
	return nil
}

func (s *sliceTask) run(ctx context.Context, payload []byte) error {
	var p slicePayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return fmt.Errorf("read task: %w", err)
	}
	if s.now().Add(time.Second).After(p.Until) {
		return nil // its lease has ended, or is about to: the relay hands it out again
	}
	lease := rawsql.ClaimedEndpoint{ID: p.Endpoint, TenantID: p.Tenant, Failures: p.Failures, Until: p.Until}
	if !s.rooms.enter(p.Tenant, p.Failures > 0) {
		return s.release(ctx, lease, s.now().Add(sliceBusy))
	}
	defer s.rooms.leave(p.Tenant, p.Failures > 0)
	t, err := s.registry.ByID(ctx, p.Tenant)
	if errors.Is(err, tenants.ErrNotFound) { // its rows go with it
		return s.release(ctx, lease, s.now().Add(time.Hour))
	}
	if err != nil {
		return fmt.Errorf("webhooks: %w", err)
	}
	return s.webhooks.Deliver(ctx, t, lease, s.stop)
}

func (s *sliceTask) release(ctx context.Context, lease rawsql.ClaimedEndpoint, at time.Time) error {
	err := s.store.Do(ctx, scope.Tenant(lease.TenantID), func(ctx context.Context, tx *store.Tx) error { return tx.Raw.ReleaseEndpoint(ctx, lease, at) })
	if err != nil {
		return fmt.Errorf("give an endpoint back: %w", err)
	}
	return nil
}

// rooms are the places of slices: of a process and of each tenant, with less for endpoints that failed lately.
type rooms struct {
	all, each, ailing, ailingEach *inFlight
}

func newRooms() *rooms {
	return &rooms{newInFlight(slicesAtOnce), newInFlight(slicesPerTenant), newInFlight(ailingAtOnce), newInFlight(ailingPerTenant)}
}

// enter takes a place, unless there is none.
func (r *rooms) enter(tenant uuid.UUID, ailing bool) bool {
	var taken []func()
	for _, place := range r.places(tenant, ailing) {
		if !place.in.enter(place.key) {
			for _, leave := range taken {
				leave()
			}
			return false
		}
		taken = append(taken, func() { place.in.leave(place.key) })
	}
	return true
}

func (r *rooms) leave(tenant uuid.UUID, ailing bool) {
	for _, place := range r.places(tenant, ailing) {
		place.in.leave(place.key)
	}
}

type place struct {
	in  *inFlight
	key uuid.UUID
}

func (r *rooms) places(tenant uuid.UUID, ailing bool) []place {
	places := []place{{r.all, uuid.Nil}, {r.each, tenant}}
	if ailing {
		places = append(places, place{r.ailing, uuid.Nil}, place{r.ailingEach, tenant})
	}
	return places
}
