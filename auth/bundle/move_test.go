package bundle_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/totpsecret"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// A tenant goes round all databases and comes back as she was.
func TestBundle_MovesEveryRowFromAnyDatabaseToAnyOther(t *testing.T) {
	t.Parallel()

	dialects := testdb.Dialects()
	first := newPlace(t, dialects[0], here)
	made := first.shop(t, "shop")
	file := first.export(t, made.ID)
	want := rows(t, file)
	for i := 1; i <= len(dialects); i++ {
		to := newPlace(t, dialects[i%len(dialects)], elsewhere)
		done, err := to.imports(t, file)
		require.NoError(t, err)
		require.True(t, done.Created)
		require.Equal(t, made.ID, done.Tenant.ID)
		require.Equal(t, tenants.StatusActive, done.Tenant.Status)
		require.Equal(t, "https://shop.login.example.org", done.Tenant.PublicURL)
		require.Equal(t, 2, done.Rows["users"])
		require.Equal(t, 1, done.Domains)

		file = to.export(t, made.ID)
		var got []string
		for _, row := range rows(t, file) {
			if !strings.Contains(row, `"actor":"import:`) {
				got = append(got, row)
			}
		}
		require.Len(t, got, len(want))
		for i := range want { // one by one: a difference is easier to see
			require.Equal(t, want[i], got[i])
		}

		ctx := scope.With(t.Context(), scope.Tenant(made.ID))
		sealed := to.store.Reader().TOTPSecret.Query().Select(totpsecret.FieldUserID, totpsecret.FieldSecret).OnlyX(ctx)
		plain, err := totp.NewRoom(to.store, to.keys).Open(made.ID, sealed.UserID, sealed.Secret)
		require.NoError(t, err)
		require.Equal(t, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", plain)
		_, err = totp.NewRoom(to.store, first.keys).Open(made.ID, sealed.UserID, sealed.Secret)
		require.Error(t, err, "the secrets of the deployment that was left open nothing here")
		moving, err := to.tenants.Depart(t.Context(), made.ID)
		require.NoError(t, err)
		require.Contains(t, string(moving.Config), "of the mail server")
		require.Positive(t, to.store.Reader().MetadataMember.Query().CountX(ctx), "people are found by their metadata")
	}
}

func TestBundle_SaysWhichPasskeysTheMoveBreaksAndKeepsThemWhereAsked(t *testing.T) {
	t.Parallel()

	from := newPlace(t, "sqlite3", here)
	made := from.shop(t, "shop")
	file := from.export(t, made.ID)
	done, err := newPlace(t, "sqlite3", elsewhere).imports(t, file)
	require.NoError(t, err)
	require.True(t, done.Plan.Breaks)
	require.Equal(t, "shop.auth.example.com", done.Plan.From.ID)
	require.Equal(t, "shop.login.example.org", done.Plan.To.ID)
	require.Equal(t, 1, done.Plan.Broken.Passkeys)

	done, err = newPlace(t, "sqlite3", elsewhere).room.Import(t.Context(), tenants.ByCLI, strings.NewReader(string(file)), bundle.ImportOptions{
		Key: ours(), As: tenants.As{KeepRelyingParty: true, Slug: "moved"},
	})
	require.NoError(t, err)
	require.False(t, done.Plan.Breaks)
	require.Equal(t, "shop.auth.example.com", done.Tenant.Config.WebAuthn.RelyingParty.ID)
	require.Equal(t, "https://moved.login.example.org", done.Tenant.PublicURL)

	done, err = newPlace(t, "sqlite3", here).imports(t, file)
	require.NoError(t, err)
	require.False(t, done.Plan.Breaks, "under the same address nothing breaks")
}

func TestBundle_ImportedAgainIsTheSameTenant(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		from, to := newPlace(t, "sqlite3", here), placeOn(t, st, elsewhere)
		made := from.shop(t, "shop")
		file := from.export(t, made.ID)
		_, err := to.imports(t, file)
		require.NoError(t, err)
		_, err = to.tenants.Edit(t.Context(), tenants.ByCLI, made.ID, tenants.Edit{Name: new("Changed since")})
		require.NoError(t, err)
		again, err := to.imports(t, file)
		require.NoError(t, err)
		require.False(t, again.Created)
		require.Equal(t, "Changed since", again.Tenant.Name)

		_, err = to.imports(t, from.export(t, made.ID))
		require.Equal(t, "id_taken", code(err), "another export of the same tenant is another bundle")
		_, err = from.imports(t, file)
		require.Equal(t, "id_taken", code(err), "beside the original there is no room")

		other := to.shop(t, "other")
		from.shop(t, "other")
		_, err = from.imports(t, to.export(t, other.ID))
		require.Equal(t, "slug_taken", code(err))
	})
}

// What was purged comes back from its bundle, as from a backup.
func TestBundle_RestoresATenantThatWasPurged(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		p := placeOn(t, st, here)
		made := p.shop(t, "shop")
		file := p.export(t, made.ID)
		require.NoError(t, p.tenants.Delete(t.Context(), tenants.ByCLI, made.ID))
		_, err := p.imports(t, file)
		require.Equal(t, "id_taken", code(err))
		_, err = p.tenants.PurgeNow(t.Context(), tenants.ByCLI, made.ID, "shop")
		require.NoError(t, err)
		for {
			gone, err := p.tenants.Purge(t.Context(), 1000)
			require.NoError(t, err)
			if gone == 0 {
				break
			}
		}
		done, err := p.imports(t, file)
		require.NoError(t, err)
		require.True(t, done.Created)
		found, err := p.tenants.Get(t.Context(), made.ID)
		require.NoError(t, err)
		require.Equal(t, "shop", found.Slug)
	})
}

func TestBundle_IsRecordedWhereItLeavesAndWhereItArrives(t *testing.T) {
	t.Parallel()

	from, to := newPlace(t, "sqlite3", here), newPlace(t, "sqlite3", elsewhere)
	made := from.shop(t, "shop")
	_, err := to.imports(t, from.export(t, made.ID))
	require.NoError(t, err)
	require.Contains(t, from.recorded(t, made.ID), "tenant_exported")
	require.Contains(t, to.recorded(t, made.ID), "tenant_imported")
}

// recorded are the types of the audit records that wait to be written.
func (p *place) recorded(t testing.TB, id uuid.UUID) []string {
	t.Helper()
	var types []string
	for _, row := range p.store.Reader().Intent.Query().AllX(scope.With(t.Context(), scope.Tenant(id))) {
		text, err := outbox.Open(p.keys, id, row.Kind, row.ID, row.Payload)
		require.NoError(t, err)
		var record struct {
			Type       string `json:"type"`
			ByOperator bool   `json:"by_operator"`
		}
		require.NoError(t, json.Unmarshal(text, &record))
		require.True(t, record.ByOperator, "it is copied to the log of the console")
		types = append(types, record.Type)
	}
	return types
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

// reasons are what an error says of the fields.
func reasons(err error) string {
	var all []string
	for _, f := range problem.From(err).Fields {
		all = append(all, f.Path+" "+f.Reason)
	}
	return strings.Join(all, "; ")
}
