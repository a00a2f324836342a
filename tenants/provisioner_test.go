package tenants_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestCreate_TakesThreeStatements(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		for i := range 2 {
			require.Equal(t, 3, s.statements.during(func() { s.tenant(t, fmt.Sprintf("t%d", i)) }), s.statements.sent)
		}
	})
}

func TestCreate_OfManyWhoWantOneSlugOneGetsIt(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		errs := make([]error, 8)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { _, errs[i] = s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "acme"}) })
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			var p *problem.Error
			require.ErrorAs(t, err, &p)
			require.Equal(t, "slug_taken", p.Code)
		}
		require.Equal(t, 1, won)
	})
}

func TestDelete_DataGoesLaterInBatchesAndOnlyThatTenants(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		gone, kept := s.tenant(t, "gone"), s.tenant(t, "kept")
		for _, id := range []uuid.UUID{gone.ID, kept.ID} {
			require.NoError(t, s.store.Do(t.Context(), scope.Tenant(id), func(ctx context.Context, tx *store.Tx) error {
				for i := range 7 {
					u, err := tx.User.Create().Save(ctx)
					if err != nil {
						return err
					}
					if err := tx.Email.Create().SetUserID(u.ID).SetAddress(fmt.Sprintf("u%d@shop.example", i)).SetPrimaryOf(u.ID).Exec(ctx); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		require.NoError(t, s.tenants.Delete(t.Context(), tenants.ByCLI, gone.ID))
		n, err := s.tenants.Purge(t.Context(), 3)
		require.NoError(t, err)
		require.Zero(t, n, "not before its time")

		s.clock.Advance(2 * time.Hour)
		rounds := 0
		for {
			n, err := s.tenants.Purge(t.Context(), 3)
			require.NoError(t, err)
			require.LessOrEqual(t, n, 4)
			if n == 0 {
				break
			}
			rounds++
		}
		require.Greater(t, rounds, 3)
		ctx := scope.With(t.Context(), scope.System("count in a test"))
		require.Equal(t, 7, s.store.Reader().User.Query().CountX(ctx))
		require.Equal(t, 2, s.store.Reader().SigningKey.Query().CountX(ctx), "hers who is kept, and that of the operators")
		_, err = s.tenants.Get(t.Context(), kept.ID)
		require.NoError(t, err)
		again, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "gone", ID: gone.ID})
		require.NoError(t, err)
		found, err := s.registry.ByID(t.Context(), again.ID)
		require.NoError(t, err)
		require.Equal(t, "gone", found.Slug)
	})
}

func TestEdit_ThatChangesNothingKeepsTheSnapshot(t *testing.T) {
	t.Parallel()

	s := on(t, "sqlite3")
	acme := s.tenant(t, "acme")
	before, err := s.registry.ByID(t.Context(), acme.ID)
	require.NoError(t, err)
	same, err := s.tenants.SetStatus(t.Context(), tenants.ByCLI, acme.ID, tenants.StatusActive, "")
	require.NoError(t, err)
	require.Equal(t, acme.Version, same.Version)
	after, err := s.registry.ByID(t.Context(), acme.ID)
	require.NoError(t, err)
	require.Same(t, before, after)
}

func TestTenant_WithASecretThatCannotBeOpenedIsStillSeenByItsOperators(t *testing.T) {
	t.Parallel()

	s := on(t, "sqlite3")
	acme, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{
		Slug: "acme", Config: []byte(`{"email_delivery":{"smtp":{"host":"a.example","port":"587","password":"secret"}}}`),
	})
	require.NoError(t, err)
	foreign, err := secret.NewKeyring([]string{secret.Generate()})
	require.NoError(t, err)
	s.keyring = foreign
	s.registry = s.newRegistry(nil)
	s.tenants = s.newProvisioner(s.registry)

	list, err := s.tenants.List(t.Context(), tenants.Filter{PerPage: 10})
	require.NoError(t, err)
	require.Equal(t, config.Placeholder, list.Items[0].Config.EmailDelivery.SMTP.Password)
	_, err = s.tenants.Edit(t.Context(), tenants.ByCLI, acme.ID, tenants.Edit{Name: new("Acme")})
	require.NoError(t, err)
	_, err = s.tenants.PatchConfig(t.Context(), acme.ID, []byte(`{}`), tenants.How{By: tenants.ByCLI})
	var p *problem.Error
	require.ErrorAs(t, err, &p)
	require.Equal(t, "secrets_unreadable", p.Code)
	_, err = s.registry.ByID(t.Context(), acme.ID)
	require.Equal(t, 500, problem.HTTPStatus(err))
	require.NoError(t, s.tenants.Delete(t.Context(), tenants.ByCLI, acme.ID))
}

func TestSlug_Rules(t *testing.T) {
	t.Parallel()

	for _, good := range []string{"a", "1", "acme", "a-b", "a--", "shop-2", "x1y"} {
		if good == "a--" {
			require.NotEmpty(t, tenants.SlugProblem(good))
			continue
		}
		require.Empty(t, tenants.SlugProblem(good), good)
	}
	for _, bad := range []string{
		"", "-a", "a-", "A", "a_b", "a.b", "a b", "ä", "xn--a", "ab--c", "www", "api", "admin", "console", "login", "auth", "mail", "static",
		"assets", "docs", "health", "system", uuid.NewString(), "a\n",
	} {
		require.NotEmpty(t, tenants.SlugProblem(bad), bad)
	}
}

func TestAddresses_OfEveryKindOfTenant(t *testing.T) {
	t.Parallel()

	id := uuid.New()
	for _, test := range []struct {
		public string
		single bool
		slug   string
		want   string
	}{
		{"http://localhost:8000", false, "acme", "http://acme.localhost:8000"},
		{"https://auth.example.com", false, "acme", "https://acme.auth.example.com"},
		{"https://auth.example.com/", false, id.String(), "https://auth.example.com/" + id.String()},
		{"http://127.0.0.1:8000", false, "acme", "http://127.0.0.1:8000/" + id.String()},
		{"http://[::1]:8000", false, "acme", "http://[::1]:8000/" + id.String()},
		{"https://auth.example.com", true, id.String(), "https://auth.example.com"},
	} {
		a, err := tenants.NewAddresses(test.public, "https://admin.example.com/", test.single)
		require.NoError(t, err)
		require.Equal(t, test.want, a.Public(id, test.slug))
	}
	for _, bad := range []string{"", "localhost", "ftp://x", "http://", "http://u@x", "http://x?y", "http://x#y", "http://%zz"} {
		_, err := tenants.NewAddresses(bad, "http://x", false)
		require.Error(t, err, bad)
	}
}

func BenchmarkByHost(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		s := on(b, "sqlite3")
		for i := range n {
			s.tenant(b, fmt.Sprintf("t%d", i))
		}
		for i := range n {
			_, err := s.registry.ByHost(b.Context(), fmt.Sprintf("t%d.localhost", i))
			require.NoError(b, err)
		}
		b.Run(fmt.Sprintf("warm/tenants=%d", n), func(b *testing.B) {
			for i := range b.N {
				if _, err := s.registry.ByHost(b.Context(), fmt.Sprintf("t%d.localhost:8000", i%n)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("cold/tenants=%d", n), func(b *testing.B) {
			registry := s.newRegistry(func(o *tenants.RegistryOptions) { o.Size = 1 })
			for i := range b.N {
				if _, err := registry.ByHost(b.Context(), fmt.Sprintf("t%d.localhost:8000", i*7%n)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCreate(b *testing.B) {
	for _, name := range testdb.Dialects() {
		b.Run(name, func(b *testing.B) {
			s := on(b, name)
			for i := range b.N {
				s.tenant(b, fmt.Sprintf("t%d", i))
			}
		})
	}
}

func TestCreate_ListsWhatIsWrongWithTheTenantAndItsConfigurationAtOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, s *setup) {
		_, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{
			Slug: "WWW", Name: "a\x00b", Config: []byte(`{"session": {"limit": 0, "lifespan": "soon"}}`),
		})

		var invalid *problem.Error
		require.ErrorAs(t, err, &invalid)
		var paths []string
		for _, f := range invalid.Fields {
			paths = append(paths, f.Path)
		}
		require.ElementsMatch(t, []string{"slug", "name", "config.session.limit", "config.session.lifespan"}, paths)
	})
}

func TestCreate_NamesTheServiceAfterTheTenant(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, s *setup) {
		named, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "shop", Name: "The Shop"})
		require.NoError(t, err)
		unnamed, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "bank"})
		require.NoError(t, err)

		require.Equal(t, "The Shop", named.Config.Service.Name)
		require.Equal(t, "The Shop", named.Config.EmailDelivery.FromName)
		require.Equal(t, "noreply@shop.localhost", named.Config.EmailDelivery.FromAddress)
		require.Equal(t, "bank", unnamed.Config.WebAuthn.RelyingParty.DisplayName)
	})
}
