package scope_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/email"
	"github.com/latchkeep/latchkeep/ent/predicate"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/session"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/user"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// house is a tenant with one of each.
type house struct {
	scope                 scope.Scope
	tenant, user, session uuid.UUID
	email                 uuid.UUID
}

func newHouse(t *testing.T, st *store.Store) house {
	t.Helper()
	h := house{tenant: uuid.Must(uuid.NewV7()), user: uuid.Must(uuid.NewV7()), session: uuid.Must(uuid.NewV7()), email: uuid.Must(uuid.NewV7())}
	h.scope = scope.Tenant(h.tenant)
	require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(h.tenant).SetSlug(h.tenant.String()).SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
	}))
	require.NoError(t, st.Do(t.Context(), h.scope, func(ctx context.Context, tx *store.Tx) error {
		at := time.Now()
		tx.User.Create().SetID(h.user).SetName("owner").SetUsername("kim").ExecX(ctx)
		tx.Email.Create().SetID(h.email).SetUserID(h.user).SetPrimaryOf(h.user).SetAddress("kim@shop.example").ExecX(ctx)
		return tx.Session.Create().SetID(h.session).SetUserID(h.user).SetExpiresAt(at.Add(time.Hour)).SetLastUsedAt(at).Exec(ctx)
	}))
	return h
}

// inside runs a probe in a unit of work that is rolled back.
func inside(t *testing.T, st *store.Store, s scope.Scope, probe func(ctx context.Context, tx *store.Tx)) {
	t.Helper()
	err := st.Do(t.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		probe(ctx, tx)
		return context.Canceled
	})
	require.ErrorIs(t, err, context.Canceled)
}

// TestNoScope_ReachesNothing takes each way of reading and writing that ent offers, without a scope.
func TestNoScope_ReachesNothing(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		h := newHouse(t, st)
		known := st.Reader().User.GetX(scope.With(t.Context(), h.scope), h.user)
		no := t.Context()
		empty := scope.With(no, scope.Tenant(uuid.Nil))
		zero := scope.With(no, scope.Scope{})
		reads := map[string]func(context.Context, *ent.Client) error{
			"all":   func(ctx context.Context, c *ent.Client) error { return second(c.User.Query().All(ctx)) },
			"get":   func(ctx context.Context, c *ent.Client) error { return second(c.User.Get(ctx, h.user)) },
			"first": func(ctx context.Context, c *ent.Client) error { return second(c.User.Query().First(ctx)) },
			"only":  func(ctx context.Context, c *ent.Client) error { return second(c.User.Query().Only(ctx)) },
			"exist": func(ctx context.Context, c *ent.Client) error { return second(c.User.Query().Exist(ctx)) },
			"count": func(ctx context.Context, c *ent.Client) error { return second(c.User.Query().Count(ctx)) },
			"ids":   func(ctx context.Context, c *ent.Client) error { return second(c.User.Query().IDs(ctx)) },
			"aggregate": func(ctx context.Context, c *ent.Client) error {
				return second(c.User.Query().Aggregate(ent.Count()).Int(ctx))
			},
			"group by": func(ctx context.Context, c *ent.Client) error {
				return second(c.User.Query().GroupBy(user.FieldName).Strings(ctx))
			},
			"select": func(ctx context.Context, c *ent.Client) error {
				return second(c.User.Query().Select(user.FieldName).Strings(ctx))
			},
			"with edges": func(ctx context.Context, c *ent.Client) error {
				return second(c.User.Query().WithSessions().WithEmails().All(ctx))
			},
			"from an entity":   func(ctx context.Context, _ *ent.Client) error { return second(known.QuerySessions().All(ctx)) },
			"along an edge":    func(ctx context.Context, c *ent.Client) error { return second(c.User.QueryEmails(known).All(ctx)) },
			"query by edge":    func(ctx context.Context, c *ent.Client) error { return second(c.Email.Query().QueryUser().All(ctx)) },
			"debug":            func(ctx context.Context, c *ent.Client) error { return second(c.Debug().User.Query().All(ctx)) },
			"clone":            func(ctx context.Context, c *ent.Client) error { return second(c.User.Query().Clone().All(ctx)) },
			"the tenant":       func(ctx context.Context, c *ent.Client) error { return second(c.Tenant.Get(ctx, h.tenant)) },
			"operators":        func(ctx context.Context, c *ent.Client) error { return second(c.Operator.Query().All(ctx)) },
			"operators' token": func(ctx context.Context, c *ent.Client) error { return second(c.OperatorToken.Query().All(ctx)) },
		}
		writes := map[string]func(context.Context, *ent.Client) error{
			"create":      func(ctx context.Context, c *ent.Client) error { return c.User.Create().Exec(ctx) },
			"create with": func(ctx context.Context, c *ent.Client) error { return c.User.Create().SetTenantID(h.tenant).Exec(ctx) },
			"create bulk": func(ctx context.Context, c *ent.Client) error {
				return c.User.CreateBulk(c.User.Create(), c.User.Create()).Exec(ctx)
			},
			"update": func(ctx context.Context, c *ent.Client) error { return c.User.Update().SetName("x").Exec(ctx) },
			"update one": func(ctx context.Context, c *ent.Client) error {
				return c.User.UpdateOneID(h.user).SetName("x").Exec(ctx)
			},
			"update it":  func(ctx context.Context, c *ent.Client) error { return c.User.UpdateOne(known).SetName("x").Exec(ctx) },
			"delete":     func(ctx context.Context, c *ent.Client) error { return second(c.User.Delete().Exec(ctx)) },
			"delete one": func(ctx context.Context, c *ent.Client) error { return c.User.DeleteOneID(h.user).Exec(ctx) },
			"upsert": func(ctx context.Context, c *ent.Client) error {
				return c.User.Create().SetID(h.user).OnConflictColumns(user.FieldID).UpdateNewValues().Exec(ctx)
			},
			"tenant": func(ctx context.Context, c *ent.Client) error {
				return c.Tenant.UpdateOneID(h.tenant).SetName("x").Exec(ctx)
			},
		}
		for name, ctx := range map[string]context.Context{"none": no, "nil tenant": empty, "zero": zero} {
			for what, read := range reads {
				require.ErrorIs(t, read(ctx, st.Reader()), scope.ErrMissing, "%s, scope %s", what, name)
				inside(t, st, h.scope, func(_ context.Context, tx *store.Tx) {
					require.ErrorIs(t, read(ctx, tx.Client), scope.ErrMissing, "%s in a unit of work, scope %s", what, name)
				})
			}
			for what, write := range writes {
				inside(t, st, h.scope, func(_ context.Context, tx *store.Tx) {
					require.ErrorIs(t, write(ctx, tx.Client), scope.ErrMissing, "%s, scope %s", what, name)
				})
			}
			_, err := st.Raw().IdentifyByEmail(ctx, "kim@shop.example")
			require.ErrorIs(t, err, scope.ErrMissing, "raw statement, scope %s", name)
		}
		require.ErrorIs(t, st.Do(no, scope.Scope{}, func(context.Context, *store.Tx) error { return nil }), scope.ErrMissing)
	}, testdb.WithPool(2))
}

// TestNoScope_IsRefusedByEveryEntity goes through all entities, also those that will be added: each must have the mixin, or a rule in the store.
func TestNoScope_IsRefusedByEveryEntity(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		h := newHouse(t, st)
		ctx := reflect.ValueOf(t.Context())
		inside(t, st, h.scope, func(_ context.Context, tx *store.Tx) {
			client := reflect.ValueOf(tx.Client).Elem()
			seen := 0
			for i := range client.NumField() {
				field := client.Type().Field(i)
				query := client.Field(i).MethodByName("Query")
				if !field.IsExported() || !query.IsValid() {
					continue
				}
				seen++
				call := func(builder, end string) error {
					out := client.Field(i).MethodByName(builder).Call(nil)[0].MethodByName(end).Call([]reflect.Value{ctx})
					err, _ := out[len(out)-1].Interface().(error)
					return err
				}
				require.ErrorIs(t, call("Query", "Count"), scope.ErrMissing, "count %s", field.Name)
				require.ErrorIs(t, call("Create", "Exec"), scope.ErrMissing, "create %s", field.Name)
				require.ErrorIs(t, call("Update", "Exec"), scope.ErrMissing, "update %s", field.Name)
				require.ErrorIs(t, call("Delete", "Exec"), scope.ErrMissing, "delete %s", field.Name)
			}
			require.GreaterOrEqual(t, seen, 26)
		})
	})
}

// TestTenant_SeesNothingOfAnother has A try everything on B.
func TestTenant_SeesNothingOfAnother(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := newHouse(t, st), newHouse(t, st)
		ctx := scope.With(t.Context(), a.scope)
		r := st.Reader()
		theirs := st.Reader().User.GetX(scope.With(t.Context(), b.scope), b.user)

		_, err := r.User.Get(ctx, b.user)
		require.True(t, ent.IsNotFound(err), "get")
		_, err = r.Tenant.Get(ctx, b.tenant)
		require.True(t, ent.IsNotFound(err), "get tenant")
		require.Equal(t, []uuid.UUID{a.tenant}, r.Tenant.Query().IDsX(ctx), "list tenants")
		require.Equal(t, []uuid.UUID{a.user}, r.User.Query().IDsX(ctx), "list")
		require.Equal(t, []uuid.UUID{a.user}, r.User.Query().Where(user.Or(user.ID(a.user), user.ID(b.user))).IDsX(ctx), "Or cannot widen")
		require.Equal(t, []uuid.UUID{a.user}, r.User.Query().Where(user.Not(user.ID(uuid.New()))).IDsX(ctx), "Not cannot widen")
		require.Empty(t, r.User.Query().Where(user.TenantID(b.tenant)).IDsX(ctx), "naming the other tenant")
		require.Empty(t, theirs.QuerySessions().AllX(ctx), "walking from a row of hers")
		require.Empty(t, r.User.QueryEmails(theirs).AllX(ctx), "walking from a row of hers")
		require.Equal(t, 1, r.Email.Query().Where(email.Address("kim@shop.example")).CountX(ctx), "the same address in both")
		require.Empty(t, r.User.Query().Where(user.HasSessionsWith(session.ID(b.session))).AllX(ctx), "by an edge")
		require.Empty(t, r.Session.Query().Where(session.HasUserWith(user.ID(b.user))).AllX(ctx), "by an edge")
		for _, u := range r.User.Query().WithSessions().WithEmails().AllX(ctx) {
			require.Len(t, u.Edges.Sessions, 1)
			require.Len(t, u.Edges.Emails, 1)
			require.Equal(t, a.session, u.Edges.Sessions[0].ID)
		}
		found, err := st.Raw().IdentifyByEmail(ctx, "kim@shop.example")
		require.NoError(t, err)
		require.Equal(t, a.user, found.UserID)
		found, err = st.Raw().IdentifyByUsername(ctx, "kim")
		require.NoError(t, err)
		require.Equal(t, a.user, found.UserID)
		found, err = st.Raw().IdentifyByID(ctx, b.user)
		require.NoError(t, err)
		require.Nil(t, found)
		_, err = st.Raw().RevokedSince(ctx, time.Time{})
		require.Error(t, err, "what reaches over all tenants is for the system")
		require.ErrorIs(t, second(r.Operator.Query().All(ctx)), store.ErrSystemOnly)
		require.ErrorIs(t, second(r.OperatorToken.Query().All(ctx)), store.ErrSystemOnly)
	})
}

// TestTenant_ChangesNothingOfAnother has A try to change B.
func TestTenant_ChangesNothingOfAnother(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := newHouse(t, st), newHouse(t, st)
		theirs := st.Reader().User.GetX(scope.With(t.Context(), b.scope), b.user)
		at := time.Now()
		probes := map[string]func(context.Context, *ent.Client) error{
			"update by id": func(ctx context.Context, c *ent.Client) error {
				return c.User.UpdateOneID(b.user).SetName("x").Exec(ctx)
			},
			"update it":      func(ctx context.Context, c *ent.Client) error { return c.User.UpdateOne(theirs).SetName("x").Exec(ctx) },
			"its own update": func(ctx context.Context, c *ent.Client) error { return theirs.Update().SetName("x").Exec(ctx) },
			"delete by id":   func(ctx context.Context, c *ent.Client) error { return c.User.DeleteOneID(b.user).Exec(ctx) },
			"delete it":      func(ctx context.Context, c *ent.Client) error { return c.User.DeleteOne(theirs).Exec(ctx) },
			"tenant": func(ctx context.Context, c *ent.Client) error {
				return c.Tenant.UpdateOneID(b.tenant).SetName("x").Exec(ctx)
			},
			"delete tenant": func(ctx context.Context, c *ent.Client) error { return c.Tenant.DeleteOneID(b.tenant).Exec(ctx) },
			"create tenant": func(ctx context.Context, c *ent.Client) error {
				return c.Tenant.Create().SetSlug("x").SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
			},
			"create in her house": func(ctx context.Context, c *ent.Client) error { return c.User.Create().SetTenantID(b.tenant).Exec(ctx) },
			"create one of many": func(ctx context.Context, c *ent.Client) error {
				return c.User.CreateBulk(c.User.Create(), c.User.Create().SetTenantID(b.tenant)).Exec(ctx)
			},
			"point at her user": func(ctx context.Context, c *ent.Client) error {
				return c.Session.Create().SetUserID(b.user).SetExpiresAt(at).SetLastUsedAt(at).Exec(ctx)
			},
			"point at her user as the primary": func(ctx context.Context, c *ent.Client) error {
				return c.Email.Create().SetUserID(a.user).SetPrimaryOf(b.user).SetAddress("x@shop.example").Exec(ctx)
			},
			"move a row to her user": func(ctx context.Context, c *ent.Client) error {
				return c.Email.UpdateOneID(a.email).SetUserID(b.user).Exec(ctx)
			},
			"take her session": func(ctx context.Context, c *ent.Client) error {
				return c.User.UpdateOneID(a.user).AddSessionIDs(b.session).Exec(ctx)
			},
			"take her address": func(ctx context.Context, c *ent.Client) error {
				return c.User.UpdateOneID(a.user).AddEmailIDs(b.email).Exec(ctx)
			},
			"operator": func(ctx context.Context, c *ent.Client) error {
				return c.Operator.Create().SetEmail("x@shop.example").SetGrants([]byte(`[{"role":"owner"}]`)).Exec(ctx)
			},
		}
		for what, probe := range probes {
			inside(t, st, a.scope, func(ctx context.Context, tx *store.Tx) {
				require.Error(t, probe(ctx, tx.Client), what)
			})
		}
		everyone := predicate.User(user.Or(user.ID(a.user), user.ID(b.user)))
		require.NoError(t, st.Do(t.Context(), a.scope, func(ctx context.Context, tx *store.Tx) error {
			require.Equal(t, 1, tx.User.Update().Where(everyone).SetName("changed").SaveX(ctx), "bulk update")
			require.Equal(t, 0, tx.User.Update().Where(user.ID(b.user)).SetName("changed").SaveX(ctx), "bulk update")
			require.Equal(t, 0, tx.Session.Delete().Where(session.ID(b.session)).ExecX(ctx), "bulk delete")
			require.Equal(t, 1, tx.Session.Delete().ExecX(ctx), "bulk delete of all")
			require.Equal(t, 1, tx.Email.Delete().ExecX(ctx), "bulk delete of all")
			return nil
		}))
		sees := scope.With(t.Context(), b.scope)
		require.Equal(t, "owner", st.Reader().User.GetX(sees, b.user).Name)
		require.Equal(t, 1, st.Reader().Session.Query().CountX(sees))
		require.Equal(t, b.user, *st.Reader().Email.GetX(sees, b.email).UserID)
	})
}

// TestSystem_MustNameTheTenantOfANewRow: with the reach of all tenants there is none to fall back on.
func TestSystem_MustNameTheTenantOfANewRow(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := newHouse(t, st), newHouse(t, st)
		system := scope.System("test")
		inside(t, st, system, func(ctx context.Context, tx *store.Tx) {
			require.ErrorContains(t, tx.User.Create().Exec(ctx), "must name the tenant")
			require.ErrorContains(t, tx.User.Create().SetTenantID(uuid.Nil).Exec(ctx), "must name the tenant")
		})
		inside(t, st, system, func(ctx context.Context, tx *store.Tx) {
			require.NoError(t, tx.User.Create().SetTenantID(a.tenant).Exec(ctx))
			require.Equal(t, 3, tx.User.Query().CountX(ctx))
		})
		inside(t, st, system, func(ctx context.Context, tx *store.Tx) {
			require.Error(t, tx.Email.Create().SetTenantID(a.tenant).SetUserID(b.user).SetAddress("x@shop.example").Exec(ctx),
				"even the system cannot tie the rows of two tenants together")
		})
		inside(t, st, system, func(ctx context.Context, tx *store.Tx) {
			require.Error(t, tx.User.Create().SetTenantID(uuid.New()).Exec(ctx), "a tenant that does not exist")
		})
		require.ErrorIs(t, second(st.Raw().IdentifyByID(scope.With(t.Context(), system), a.user)), rawsql.ErrNeedsTenant)
	})
}

// TestDelete_TakesAllThatHangsOnIt: a user's rows go with her, a tenant's with it, and no one else's.
func TestDelete_TakesAllThatHangsOnIt(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := newHouse(t, st), newHouse(t, st)
		require.NoError(t, st.Do(t.Context(), a.scope, func(ctx context.Context, tx *store.Tx) error {
			tx.Identity.Create().SetProviderID("google").SetSubject("1").SetUserID(a.user).SetEmailID(a.email).ExecX(ctx)
			return tx.User.DeleteOneID(a.user).Exec(ctx)
		}))
		ctx := scope.With(t.Context(), a.scope)
		require.Zero(t, st.Reader().Email.Query().CountX(ctx)+st.Reader().Session.Query().CountX(ctx)+st.Reader().Identity.Query().CountX(ctx))
		require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
			return tx.Tenant.DeleteOneID(b.tenant).Exec(ctx)
		}))
		all := scope.With(t.Context(), scope.System("test"))
		require.Zero(t, st.Reader().User.Query().CountX(all)+st.Reader().Email.Query().CountX(all)+st.Reader().Session.Query().CountX(all))
		require.Equal(t, 1, st.Reader().Tenant.Query().CountX(all))
	})
}

func second[T any](_ T, err error) error { return err }
