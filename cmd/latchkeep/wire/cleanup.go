package wire

import (
	"context"

	"github.com/latchkeep/latchkeep/worker"
)

// Cleanup counts, or with run deletes, expired rows of the tables.
func (a *App) Cleanup(ctx context.Context, tables []string, size int, run bool) ([]worker.Expired, error) {
	return a.worker.Cleanup(ctx, tables, size, run)
}
