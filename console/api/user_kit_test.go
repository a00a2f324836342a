package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

// wholePerson makes a user who has a password, a passkey, an authenticator app and a session, and an audit record about her.
func (c *console) wholePerson(tb testing.TB, tenant uuid.UUID, name string) (id, session uuid.UUID) {
	tb.Helper()
	u := user.New(uuid.Must(uuid.NewV7()))
	u.SetUsername(name)
	u.AddEmail(name+"@shop.example", true)
	session = uuid.Must(uuid.NewV7())
	digest := sha256.Sum256([]byte{1, 2, 3, 4})
	in := time.Now().Add(time.Hour)
	require.NoError(tb, c.store.Do(tb.Context(), scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) error {
		if err := user.Create(u)(ctx, tx); err != nil {
			return err
		}
		tx.PasswordCredential.Create().SetUserID(u.ID).SetHash("x").ExecX(ctx)
		tx.WebauthnCredential.Create().SetUserID(u.ID).SetCredentialID([]byte{1, 2, 3, 4}).SetCredentialHash(digest[:]).
			SetPublicKey([]byte("x")).SetAaguid(uuid.Nil).SetTransports(nil).ExecX(ctx)
		tx.TOTPSecret.Create().SetUserID(u.ID).SetSecret([]byte("x")).ExecX(ctx)
		tx.Session.Create().SetID(session).SetUserID(u.ID).SetExpiresAt(in).SetLastUsedAt(time.Now()).ExecX(ctx)
		return tx.AuditLog.Create().SetType("login_success").SetSequence(1).SetActorUserID(u.ID).SetActorEmail("k***").SetDetails([]byte(`{"method":"password"}`)).Exec(ctx)
	}))
	return u.ID, session
}

// decode reads an answer's body.
func decode(t *testing.T, a answer, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(a.Text), into), a.Text)
}
