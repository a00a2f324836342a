package worker

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
)

// delays between tries: the n-th failure waits for the n-th, later ones for the last.
var delays = [...]time.Duration{
	5 * time.Second, 15 * time.Second, 45 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour,
}

// backoff is how long to wait after a number of tries, give or take a fifth, so that what failed together does not come back together.
func backoff(attempts int) time.Duration {
	d := delays[min(max(attempts, 1), len(delays))-1]
	return d - d/5 + rand.N(2*d/5)
}

// inFlight counts what is being done for each tenant.
type inFlight struct {
	limit int
	mu    sync.Mutex
	count map[uuid.UUID]int
	vain  map[uuid.UUID]bool // who was refused a place since it was taken
}

func newInFlight(limit int) *inFlight {
	return &inFlight{limit: limit, count: map[uuid.UUID]int{}, vain: map[uuid.UUID]bool{}}
}

// enter takes a place, unless the tenant's are all taken.
func (f *inFlight) enter(tenant uuid.UUID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count[tenant] >= f.limit {
		f.vain[tenant] = true
		return false
	}
	f.count[tenant]++
	return true
}

// leave gives a place back, and reports whether one was asked for in vain.
func (f *inFlight) leave(tenant uuid.UUID) (inVain bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	inVain = f.vain[tenant]
	delete(f.vain, tenant)
	if f.count[tenant]--; f.count[tenant] <= 0 {
		delete(f.count, tenant)
	}
	return inVain
}
