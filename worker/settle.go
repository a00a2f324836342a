package worker

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// settle writes down what became of a tenant's intents: also where the time of their task is over, for what has happened has happened.
func settle(ctx context.Context, st *store.Store, tenant uuid.UUID, write store.Write) error {
	err := usage.Again(func() error { return st.Do(context.WithoutCancel(ctx), scope.Tenant(tenant), write) })
	if err != nil {
		return fmt.Errorf("note what became of intents: %w", err)
	}
	return nil
}
