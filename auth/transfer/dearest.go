package transfer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/password"
)

// tellEvery is how often the processes are told that a tenant has dearer hashes.
const tellEvery = time.Minute

// dearer remembers which tenants got hashes that cost more to check than those of people who sign up, and when that was told. Who is unknown must
// cost as much as the dearest (see auth/password), which a process looks up once for each snapshot of the tenant.
type dearer struct {
	mu   sync.Mutex
	told map[uuid.UUID]time.Time
}

// due reports whether the processes are to be told of what is written.
func (d *dearer) due(tenant uuid.UUID, accounts []Account) bool {
	d.mu.Lock()
	recent := time.Since(d.told[tenant]) < tellEvery
	d.mu.Unlock()
	return !recent && slices.ContainsFunc(accounts, func(a Account) bool {
		return a.Password != nil && password.FormatOf(a.Password.Hash) > password.Argon2id
	})
}

// tell makes every process take a new snapshot of the tenant within seconds. It comes last in a unit of work: others wait for the tenant's row.
func (d *dearer) tell(ctx context.Context, tx *store.Tx, tenant uuid.UUID) error {
	if err := tx.Tenant.UpdateOneID(tenant).AddVersion(1).Exec(ctx); err != nil {
		return fmt.Errorf("tell of dearer hashes: %w", err)
	}
	tx.OnCommit(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.told[tenant] = time.Now()
	})
	return nil
}
