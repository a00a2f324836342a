package transfer_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// place is a database where people are moved to.
type place struct {
	store  *store.Store
	keys   *secret.Keyring
	apps   *totp.Room
	writer *transfer.Writer
	people *user.Directory
	jobs   *transfer.Jobs
	export *transfer.Exporter
	out    *outbox.Writer
}

func newPlace(t testing.TB, st *store.Store) *place {
	t.Helper()
	keys, err := secret.NewKeyring([]string{"the secret of this place"})
	require.NoError(t, err)
	apps := totp.NewRoom(st, keys)
	p := &place{store: st, keys: keys, apps: apps, writer: transfer.NewWriter(st, apps), people: user.NewDirectory(st)}
	p.out = outbox.NewWriter(keys, nil)
	p.export = transfer.NewExporter(st, apps, p.out)
	p.jobs = transfer.NewJobs(st, keys, p.out, p.writer, p.export)
	return p
}

// eachDatabase runs a test on every database.
func eachDatabase(t *testing.T, run func(t *testing.T, p *place), options ...testdb.Option) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) { run(t, newPlace(t, st)) }, options...)
}

// tenant is a new tenant.
func (p *place) tenant(t testing.TB) *tenants.Tenant {
	t.Helper()
	made := &tenants.Tenant{ID: uuid.Must(uuid.NewV7())}
	require.NoError(t, p.store.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(made.ID).SetSlug(made.ID.String()).SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
	}))
	return made
}

// write writes accounts and expects no failure.
func (p *place) write(t testing.TB, in *tenants.Tenant, accounts ...transfer.Account) []transfer.Outcome {
	t.Helper()
	outcomes, err := p.writer.Write(t.Context(), in, accounts)
	require.NoError(t, err)
	require.Len(t, outcomes, len(accounts))
	return outcomes
}

// count is how many people a tenant has.
func (p *place) count(t testing.TB, in *tenants.Tenant) int {
	t.Helper()
	n, err := p.store.Reader().User.Query().Count(scope.With(t.Context(), scope.Tenant(in.ID)))
	require.NoError(t, err)
	return n
}

// named is an account with a username alone.
func named(name string) transfer.Account {
	return transfer.Account{Username: &user.Username{Name: name}}
}

// addressed is an account with one address.
func addressed(address string) transfer.Account {
	return transfer.Account{Emails: []user.Email{{Address: address, IsPrimary: true, IsVerified: true}}}
}

// keyed is an account with a passkey.
func keyed(name, credential, handle string) transfer.Account {
	a := named(name)
	a.Credentials = []transfer.Credential{{CredentialID: []byte(credential), PublicKey: []byte("key"), AttestationType: "none"}}
	if handle != "" {
		a.Credentials[0].UserHandle = []byte(handle)
	}
	return a
}

// codes are what became of accounts, as a text: "written", "exists", or the code of a conflict and where it is.
func codes(outcomes []transfer.Outcome) []string {
	texts := make([]string, len(outcomes))
	for i, o := range outcomes {
		texts[i] = string(o.Status)
		if o.Status == transfer.Rejected {
			texts[i] = fmt.Sprintf("%s at %s", o.Code, o.Field)
		}
	}
	return texts
}
