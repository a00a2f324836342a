package reseal_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// BenchmarkReencrypt tells how many rows a second are sealed anew, and how many are looked at that are under the newest secret already.
func BenchmarkReencrypt(b *testing.B) {
	for _, name := range testdb.Dialects() {
		b.Run(name, func(b *testing.B) {
			st, _ := testdb.New(b, name)
			withSystem(b, st)
			h := build(b, st, ring(b, first))
			const rows, portion = 20_000, 500
			for range rows / portion {
				require.NoError(b, st.Do(b.Context(), scope.Tenant(h.id), func(ctx context.Context, tx *store.Tx) error {
					some := make([]*ent.RecoveryCodeCreate, portion)
					for i := range some {
						some[i] = tx.RecoveryCode.Create().SetUserID(h.user).SetHash(ring(b, first).Seal(make([]byte, 32), recoverycode.SealedFor(h.id, h.user)))
					}
					return tx.RecoveryCode.CreateBulk(some...).Exec(ctx)
				}))
			}
			secrets := [][]string{{second, first}, {first, second}}
			clock := newClock()
			pass := func(r *reseal.Room) reseal.Report {
				report, err := r.Reencrypt(b.Context(), quiet)
				require.NoError(b, err)
				return report
			}
			b.Run("seal", func(b *testing.B) {
				resealed := 0
				for b.Loop() {
					resealed += pass(room(st, ring(b, secrets[0]...), clock)).Resealed
					secrets[0], secrets[1] = secrets[1], secrets[0]
				}
				b.ReportMetric(float64(resealed)/b.Elapsed().Seconds(), "rows/s")
			})
			b.Run("look", func(b *testing.B) {
				looked := 0
				for b.Loop() {
					report, err := room(st, ring(b, secrets[1]...), clock).Count(b.Context(), quiet)
					require.NoError(b, err)
					looked += report.Looked
				}
				b.ReportMetric(float64(looked)/b.Elapsed().Seconds(), "rows/s")
			})
		})
	}
}
