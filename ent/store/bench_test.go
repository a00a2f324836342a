package store_test

import (
	"context"
	"testing"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// BenchmarkStore measures what the program spends per read, raw read, empty unit of work and small unit of work.
func BenchmarkStore(b *testing.B) {
	for _, name := range testdb.Dialects() {
		b.Run(name, func(b *testing.B) {
			st, _ := testdb.New(b, name)
			sc := newTenant(b, st)
			id := newUser(b, st, sc)
			ctx := scope.With(b.Context(), sc)
			b.Run("read", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					st.Reader().User.GetX(ctx, id)
				}
			})
			b.Run("raw", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := st.Raw().IdentifyByID(ctx, id); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("empty unit", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := st.Do(ctx, sc, func(context.Context, *store.Tx) error { return nil }); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("unit", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := st.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error {
						return tx.User.Update().SetName("x").Exec(ctx)
					}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// BenchmarkUnit measures building the client of a unit of work.
func BenchmarkUnit(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		store.NewClient("postgres", nil)
	}
}
