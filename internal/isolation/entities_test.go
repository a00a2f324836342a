package isolation_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// TestEntities_AreConfinedOneByOne counts and deletes the rows of each entity as one house, and finds its own: there are some of the other, too.
func TestEntities_AreConfinedOneByOne(t *testing.T) {
	each(t, "entities", func(t *testing.T, w *world) {
		undone := errors.New("nothing is to be kept")
		counts := func(s scope.Scope, do func(ctx context.Context, builder func(name string) reflect.Value, name string)) {
			err := w.env.App.Store.Do(t.Context(), s, func(ctx context.Context, tx *store.Tx) error {
				client := reflect.ValueOf(tx.Client).Elem()
				for i := range client.NumField() {
					field := client.Type().Field(i)
					if field.IsExported() && client.Field(i).MethodByName("Query").IsValid() {
						do(ctx, func(name string) reflect.Value { return client.Field(i).MethodByName(name).Call(nil)[0] }, field.Name)
					}
				}
				return undone
			})
			require.ErrorIs(t, err, undone)
		}
		count := func(ctx context.Context, builder reflect.Value, end string) (int, error) {
			out := builder.MethodByName(end).Call([]reflect.Value{reflect.ValueOf(ctx)})
			err, _ := out[1].Interface().(error)
			return int(out[0].Int()), err
		}
		all := map[string]int{}
		counts(scope.System("test"), func(ctx context.Context, builder func(string) reflect.Value, name string) {
			n, err := count(ctx, builder("Query"), "Count")
			require.NoError(t, err)
			all[name] = n
		})
		seen := map[string]int{}
		for _, h := range []*house{w.shop, w.bank} {
			counts(scope.Tenant(h.ID), func(ctx context.Context, builder func(string) reflect.Value, name string) {
				n, err := count(ctx, builder("Query"), "Count")
				if errors.Is(err, store.ErrSystemOnly) {
					return
				}
				require.NoError(t, err)
				require.Positive(t, n, "%s has no %s", h.Slug, name)
				seen[name] += n
			})
		}
		for name, n := range seen {
			w.checks["entities: reading"]++
			others := 0
			if name == "Tenant" || name == "SigningKey" || name == "TenantConfigVersion" || name == "Intent" {
				others = w.ofTheSystem(t, name)
			}
			require.Equal(t, all[name]-others, n, "the houses see of %s what is theirs", name)
		}
		// Nothing hangs on what is deleted by name alone, so each is deleted in a unit of work of its own, which is undone.
		for name := range seen {
			if name == "Tenant" {
				continue
			}
			err := w.env.App.Store.Do(t.Context(), scope.Tenant(w.shop.ID), func(ctx context.Context, tx *store.Tx) error {
				entity := reflect.ValueOf(tx.Client).Elem().FieldByName(name)
				own, err := count(ctx, entity.MethodByName("Query").Call(nil)[0], "Count")
				require.NoError(t, err)
				deleted, err := count(ctx, entity.MethodByName("Delete").Call(nil)[0], "Exec")
				require.NoError(t, err)
				require.Equal(t, own, deleted, "of %s goes what is the house's own", name)
				return undone
			})
			require.ErrorIs(t, err, undone)
			w.checks["entities: deleting"]++
		}
		require.Equal(t, 2*len(seen)-1, sum(w.checks))
	})
}

// ofTheSystem counts rows of tenants that are no house: the operators'.
func (w *world) ofTheSystem(t *testing.T, name string) int {
	t.Helper()
	tables := map[string]string{"Tenant": "tenants", "SigningKey": "signing_keys", "TenantConfigVersion": "tenant_config_versions", "Intent": "outbox"}
	total, theirs := 0, 0
	require.NoError(t, eachRow(t.Context(), w.rows, queries()[tables[name]], func(values []any) {
		total++
		if tenant := tenantOf(values[0]); tenant == w.shop.ID.String() || tenant == w.bank.ID.String() {
			theirs++
		}
	}))
	return total - theirs
}

// TestFlows_AreSealedForTheirTenant moves the row of a conversation from the bank to the shop, as who writes to the database could.
func TestFlows_AreSealedForTheirTenant(t *testing.T) {
	each(t, "moved rows", func(t *testing.T, w *world) {
		f := w.bank.Begin(t, "login")
		f.Do(t, "continue_with_login_identifier", testenv.Inputs{"identifier": w.bank.kim.Email})
		require.Equal(t, "login_method_chooser", f.State.Name)
		_, err := w.rows.ExecContext(t.Context(), "UPDATE flows SET tenant_id = '"+w.shop.ID.String()+"' WHERE id = '"+f.ID()+"'")
		require.NoError(t, err)
		w.known = w.ledger(t)
		client := &testenv.Flow{Client: w.shop.Client(), Name: "login"}
		r := w.try(t, "moved rows"+failing, "a conversation whose row was moved", func() testenv.Response {
			return client.Post(t, f.Href("continue_to_password_login"), f.State.CSRFToken, nil).Response
		})
		require.GreaterOrEqual(t, r.Status, 400, "%s", r.Body)
		require.NotContains(t, string(r.Body), "login_password")
		w.expected = true // it is an error of the program's: rows do not move
	})
}
