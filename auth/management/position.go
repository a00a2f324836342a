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
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// small is how many people are counted, or passed over, anew each time. The number of more may be as old as paging.TotalAge.
	small = 2000
	// placeFor is how old a remembered place may be. Who is made or deleted meanwhile shifts what is found by its number.
	placeFor = time.Minute
	// maxPlaces is how many places of a list are remembered, maxLists of how many lists.
	maxPlaces, maxLists = 32, 512
)

// A memory of lists: how long they are and where some of their pages begin. Numbers of pages say nothing to an index, so people are passed
// over one by one from the nearest place that is known: either end, or a page that was shown a moment ago.
type memory struct {
	mu    sync.Mutex
	lists *lru.Cache[string, *remembered]
}

// remembered of one list.
type remembered struct {
	total   int
	counted time.Time
	places  []place // the latest last
}

// A place is the person before an offset.
type place struct {
	offset int
	before rawsql.UserPosition
	// at is when the offset was counted from an end.
	at time.Time
}

func newMemory() *memory {
	lists, err := lru.New[string, *remembered](maxLists)
	if err != nil {
		panic("management: the memory's size is positive: " + err.Error())
	}
	return &memory{lists: lists}
}

// get reads, under the lock, what is known of a list.
func (m *memory) get(key string) remembered {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.lists.Get(key); ok {
		return remembered{r.total, r.counted, slices.Clone(r.places)}
	}
	return remembered{}
}

// change changes, under the lock, what is known of a list.
func (m *memory) change(key string, f func(*remembered)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.lists.Get(key)
	if !ok {
		r = &remembered{}
		m.lists.Add(key, r)
	}
	f(r)
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

// total is how many people a filter finds. More than a few are not counted anew within five seconds.
func (s *Service) total(ctx context.Context, t *tenants.Tenant, f Filter) (int, error) {
	key := listKey(t, f, false)
	count := func(ctx context.Context) (int, error) { return s.n.Store.Raw().CountUsers(ctx, f) }
	r := s.lists.get(key)
	if r.total > small && time.Since(r.counted) < paging.TotalAge {
		return r.total, nil
	}
	at, once := time.Now(), count
	if r.total > small { // of many who ask one counts
		at, once = r.counted, func(ctx context.Context) (int, error) { return s.totals.Of(ctx, key, count) }
	}
	n, err := once(ctx)
	if err != nil {
		return 0, fmt.Errorf("count users: %w", err)
	}
	if n > small || r.total > small {
		s.lists.change(key, func(r *remembered) { r.total, r.counted = n, at })
	}
	return n, nil
}

// at finds so many people from an offset on, of a list of about total.
func (s *Service) at(ctx context.Context, t *tenants.Tenant, f Filter, ascending bool, offset, limit, total int) ([]rawsql.UserPosition, error) {
	key := listKey(t, f, ascending)
	from, forward := place{at: time.Now()}, true
	if offset > small {
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
	if shown := limit - 1; offset+shown > small && len(found) == limit {
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
	best := place{at: now}
	for _, p := range m.get(key).places {
		if now.Sub(p.at) < placeFor && p.offset <= offset && p.offset >= best.offset {
			best = p
		}
	}
	return best
}

// remember keeps a place in mind.
func (m *memory) remember(key string, p place) {
	m.change(key, func(r *remembered) {
		r.places = slices.DeleteFunc(r.places, func(old place) bool { return old.offset == p.offset || p.at.Sub(old.at) > placeFor })
		r.places = append(r.places, p)
		r.places = r.places[max(0, len(r.places)-maxPlaces):]
	})
}
