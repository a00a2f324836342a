package testenv

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/store"
)

// SignedIn gives a browser a session of the person without a sign-in, as if she had signed in some time ago and not been seen since.
func (p *Person) SignedIn(t testing.TB, c *Client, ago time.Duration) *Session {
	t.Helper()
	snapshot, err := p.Tenant.Env.App.Registry.ByID(t.Context(), p.Tenant.ID)
	require.NoError(t, err)
	at := time.Now().UTC().Add(-ago).Truncate(time.Microsecond)
	expires := time.Now().UTC().Add(time.Hour).Truncate(time.Microsecond)
	s := &Session{Client: c, ID: uuid.Must(uuid.NewV7()), UserID: p.ID}
	key, err := snapshot.Keys.Signer(time.Now())
	require.NoError(t, err)
	s.Token, err = key.Sign("JWT", map[string]any{
		"sub": p.ID.String(), "session_id": s.ID.String(), "iat": at.Unix(), "exp": expires.Unix(), "aud": []string{"tests"},
	})
	require.NoError(t, err)
	require.NoError(t, p.Tenant.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Session.Create().SetID(s.ID).SetUserID(p.ID).SetUserAgent(c.Header.Get("User-Agent")).
			SetCreatedAt(at).SetUpdatedAt(at).SetLastUsedAt(at).SetExpiresAt(expires).Exec(ctx)
	}), "open a session")
	c.Cookies[session.CookieName(snapshot)] = s.Token
	return s
}

// Profile starts a profile flow in the session's browser and reports what the browser can do.
func (s *Session) Profile(t testing.TB) *Flow {
	t.Helper()
	f := s.Client.Flow(t, "profile")
	f.Do(t, "register_client_capabilities", Inputs{"webauthn_available": true})
	return f
}

// AddEmail gives the person a further address.
func (p *Person) AddEmail(t testing.TB, address string, verified bool) uuid.UUID {
	t.Helper()
	at := time.Now().UTC().Truncate(time.Microsecond)
	e := user.Email{ID: uuid.Must(uuid.NewV7()), Address: address, IsVerified: verified, CreatedAt: at, UpdatedAt: at}
	require.NoError(t, p.Tenant.Change(t, user.AddEmailTo(p.ID, e)), "add an address")
	return e.ID
}

// AddCredential gives the person a passkey, or a security key, with which nobody could sign in. Its id is made of the name.
func (p *Person) AddCredential(t testing.TB, name string, mfaOnly bool) {
	t.Helper()
	hash := sha256.Sum256([]byte(name))
	require.NoError(t, p.Tenant.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.WebauthnCredential.Create().SetUserID(p.ID).SetCredentialID([]byte(name)).SetCredentialHash(hash[:]).
			SetPublicKey([]byte("no key")).SetAaguid(uuid.Nil).SetMfaOnly(mfaOnly).SetTransports([]string{}).Exec(ctx)
	}), "add a credential")
}

// AddApp gives the person an authenticator app, with which nobody could sign in.
func (p *Person) AddApp(t testing.TB) {
	t.Helper()
	require.NoError(t, p.Tenant.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.TOTPSecret.Create().SetUserID(p.ID).SetSecret([]byte("no secret")).Exec(ctx)
	}), "add an authenticator app")
}

// AddIdentity gives the person an account at a third party, bound to one of her addresses where one is named. One that is pending waits for
// her confirmation.
func (p *Person) AddIdentity(t testing.TB, provider string, emailID uuid.UUID, pending bool) {
	t.Helper()
	require.NoError(t, p.Tenant.Change(t, func(ctx context.Context, tx *store.Tx) error {
		row := tx.Identity.Create().SetProviderID(provider).SetSubject(uuid.NewString())
		if !pending {
			row.SetUserID(p.ID)
		}
		if emailID != uuid.Nil {
			row.SetEmailID(emailID)
		}
		return row.Exec(ctx)
	}), "add an identity")
}

// Knows gives the person metadata: JSON objects; an empty text leaves one as it is.
func (p *Person) Knows(t testing.TB, public, private, unsafe string) {
	t.Helper()
	require.NoError(t, p.Tenant.Change(t, func(ctx context.Context, tx *store.Tx) error {
		row := tx.User.UpdateOneID(p.ID)
		if public != "" {
			row.SetPublicMetadata(public)
		}
		if private != "" {
			row.SetPrivateMetadata(private)
		}
		if unsafe != "" {
			row.SetUnsafeMetadata(unsafe)
		}
		return row.Exec(ctx)
	}), "give metadata")
}
