package management

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// near is how many people are passed over anew each time, rather than remembered places be looked for.
	near = 2000
	// placeFor is how old a remembered place may be. Who is made or deleted meanwhile shifts what is found by its number.
	placeFor = time.Minute
	// maxPlaces is how many places of a list are remembered, maxLists of how many lists.
	maxPlaces, maxLists = 32, 512
)

// A memory of lists: where some of their pages begin. Numbers of pages say nothing to an index, so people are passed over one by one from the
// nearest place that is known: either end, or a page that was shown a moment ago.
type memory struct {
	mu    sync.Mutex
	lists *lru.Cache[string, []place] // the latest last
}

// A place is the person before an offset.
type place struct {
	offset int
	before rawsql.UserPosition
	// at is when the offset was counted from an end.
	at time.Time
}

func newMemory() *memory {
	lists, err := lru.New[string, []place](maxLists)
	if err != nil {
		panic("management: the memory's size is positive: " + err.Error())
	}
	return &memory{lists: lists}
}

// listKey names a list of a tenant.
func listKey(t *tenants.Tenant, f Filter, ascending bool) string {
	name, err := json.Marshal(listOf(t, f, ascending))
	if err != nil {
		panic("management: a list has a form in JSON: " + err.Error())
	}
	sum := sha256.Sum256(name)
	return t.Key("users", string(sum[:]))
}

// total is how many people a filter finds.
func (s *Service) total(ctx context.Context, t *tenants.Tenant, f Filter) (int, error) {
	n, err := s.totals.Of(ctx, listKey(t, f, false), func(ctx context.Context, most int) (int, error) {
		return s.n.Store.Raw().CountUsers(ctx, f, most)
	})
	if err != nil {
		return 0, fmt.Errorf("count users: %w", err)
	}
	return n, nil
}

// at finds so many people from an offset on, of a list of about total.
func (s *Service) at(ctx context.Context, t *tenants.Tenant, f Filter, ascending bool, offset, limit, total int) ([]rawsql.UserPosition, error) {
	key := listKey(t, f, ascending)
	from, forward := place{at: time.Now()}, true
	if offset > near {
		from = s.lists.nearest(key, offset, time.Now())
		if f.ByCreation() && total-offset < offset-from.offset {
			forward = false
		}
	}
	var found []rawsql.UserPosition
	var err error
	if forward {
		w := rawsql.UserWindow{Ascending: ascending, Offset: offset - from.offset, Limit: limit}
		if from.offset > 0 {
			w.After = &from.before
		}
		found, err = s.n.Store.Raw().ListUsers(ctx, f, w)
	} else {
		from.at = time.Now()
		found, err = s.fromEnd(ctx, f, ascending, offset, limit, total)
	}
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	if shown := limit - 1; offset+shown > near && len(found) == limit {
		s.lists.remember(key, place{offset: offset + shown, before: found[shown-1], at: from.at})
	}
	return found, nil
}

// fromEnd finds people by passing over those behind them.
func (s *Service) fromEnd(ctx context.Context, f Filter, ascending bool, offset, limit, total int) ([]rawsql.UserPosition, error) {
	n := min(limit, total-offset)
	if n <= 0 {
		return nil, nil
	}
	found, err := s.n.Store.Raw().ListUsers(ctx, f, rawsql.UserWindow{Ascending: !ascending, Offset: total - offset - n, Limit: n})
	slices.Reverse(found)
	return found, err
}

// nearest is the last remembered place before an offset; the beginning where none is.
func (m *memory) nearest(key string, offset int, now time.Time) place {
	m.mu.Lock()
	defer m.mu.Unlock()
	best := place{at: now}
	places, _ := m.lists.Get(key)
	for _, p := range places {
		if now.Sub(p.at) < placeFor && p.offset <= offset && p.offset >= best.offset {
			best = p
		}
	}
	return best
}

// remember keeps a place in mind.
func (m *memory) remember(key string, p place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	places, _ := m.lists.Get(key)
	places = slices.DeleteFunc(places, func(old place) bool { return old.offset == p.offset || p.at.Sub(old.at) > placeFor })
	places = append(places, p)
	m.lists.Add(key, places[max(0, len(places)-maxPlaces):])
}
