package passkey_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

const (
	origin = "https://shop.example"
	rpID   = "shop.example"
)

// start is when every test begins.
var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// shop is a tenant on a database, with everything that a test needs to make and use its credentials.
type shop struct {
	*tenants.Tenant
	store *store.Store
	room  *passkey.Room
	now   time.Time
}

// eachDatabase runs a test on every database, with a tenant of its own.
func eachDatabase(t *testing.T, run func(t *testing.T, s *shop), options ...testdb.Option) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) { run(t, newShop(t, st)) }, options...)
}

// onSQLite is a tenant on the database that is quickest to make.
func onSQLite(t testing.TB, configure ...func(*config.Config)) *shop {
	t.Helper()
	st, _ := testdb.New(t, "sqlite3")
	return newShop(t, st, configure...)
}

func newShop(t testing.TB, st *store.Store, configure ...func(*config.Config)) *shop {
	t.Helper()
	c := config.ForPublicURL(origin)
	for _, change := range configure {
		change(&c)
	}
	s := &shop{Tenant: &tenants.Tenant{ID: uuid.Must(uuid.NewV7()), Config: &c}, store: st, room: passkey.NewRoom(st, nil), now: start}
	require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(s.ID).SetSlug(s.ID.String()).SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
	}))
	return s
}

// with is the same tenant after its configuration was changed.
func (s *shop) with(change func(*config.Config)) *shop {
	c := *s.Config
	change(&c)
	changed := *s
	changed.Tenant = &tenants.Tenant{ID: s.ID, Config: &c}
	return &changed
}

func (s *shop) commit(t testing.TB, write store.Write) {
	t.Helper()
	require.NoError(t, s.try(t, write))
}

func (s *shop) try(t testing.TB, write store.Write) error {
	t.Helper()
	return s.store.Do(t.Context(), scope.Tenant(s.ID), write)
}

// person is a new user.
func (s *shop) person(t testing.TB) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	s.commit(t, user.Create(user.New(id)))
	return id
}

// credentials are what a person sees of hers.
func (s *shop) credentials(t testing.TB, userID uuid.UUID) []user.Credential {
	t.Helper()
	u, err := user.NewDirectory(s.store).Load(t.Context(), s.Tenant, userID)
	require.NoError(t, err)
	return u.Credentials
}

// create asks for a credential.
func (s *shop) create(t testing.TB, k passkey.Kind, userID uuid.UUID) (passkey.Options, passkey.Ceremony) {
	t.Helper()
	options, c, err := s.room.Create(s.Tenant, k, passkey.Owner{
		ID: userID, Name: "kim@shop.example", DisplayName: "kim", Has: s.credentials(t, userID),
	}, s.now)
	require.NoError(t, err)
	return options, c
}

// enrol gives a person a credential on a device.
func (s *shop) enrol(t testing.TB, k passkey.Kind, userID uuid.UUID, device *authenticator.Authenticator, lies ...authenticator.Lie) *passkey.Credential {
	t.Helper()
	options, c := s.create(t, k, userID)
	credential, err := s.room.Created(s.Tenant, c, device.Create(t, options, lies...), s.now)
	require.NoError(t, err)
	s.commit(t, passkey.Store(userID, *credential, s.now))
	return credential
}

// ask asks for any passkey.
func (s *shop) ask(t testing.TB) (passkey.Options, passkey.Ceremony) {
	t.Helper()
	options, c, err := s.room.Ask(s.Tenant, s.now)
	require.NoError(t, err)
	return options, c
}

// askFor asks for a person's credentials.
func (s *shop) askFor(t testing.TB, k passkey.Kind, userID uuid.UUID) (passkey.Options, passkey.Ceremony) {
	t.Helper()
	options, c, err := s.room.AskFor(t.Context(), s.Tenant, k, userID, s.now)
	require.NoError(t, err)
	return options, c
}

func (s *shop) asserted(t testing.TB, c passkey.Ceremony, answer json.RawMessage) (*passkey.Assertion, error) {
	t.Helper()
	return s.room.Asserted(t.Context(), s.Tenant, c, answer, s.now)
}

// signIn answers for any passkey and notes its use.
func (s *shop) signIn(t testing.TB, device *authenticator.Authenticator, lies ...authenticator.Lie) *passkey.Assertion {
	t.Helper()
	options, c := s.ask(t)
	assertion, err := s.asserted(t, c, device.Get(t, options, lies...))
	require.NoError(t, err)
	s.commit(t, assertion.Save)
	return assertion
}

// requireRefused checks that an answer was refused for a reason, and whose credential it was.
func requireRefused(t testing.TB, err error, reason passkey.Reason, owner uuid.UUID) {
	t.Helper()
	var refused *passkey.Refused
	require.True(t, errors.As(err, &refused), "%v", err)
	require.Equal(t, reason, refused.Reason, refused.Error())
	require.Equal(t, owner, refused.UserID, refused.Error())
}

// garbage are answers of no form at all.
func garbage() []string {
	return []string{
		"", "null", "true", "7", `""`, "[]", "{}", "{", "\x00", `{"id":"AQID"}`, `{"id":"AQID","rawId":"AQID","type":"public-key"}`,
		`{"id":"AQID","rawId":"AQID","type":"public-key","response":{}}`, `{"id":"AQID","rawId":"AQID","type":"public-key","response":null}`,
		`{"id":"","rawId":"","type":"public-key","response":{"clientDataJSON":"e30"}}`, strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 5_000),
		`{"id":"\n","rawId":"","type":"public-key","response":{"clientDataJSON":"e30"}}`, `{} {}`,
	}
}
