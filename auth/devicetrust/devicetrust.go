// Package devicetrust spares a person the second factor on a device that she, or her tenant, chose to trust.
//
// The device keeps a cookie with one token for each person who uses it; the database keeps the hashes. Spec: flow-login-registration §13,
// data-model (cookie).
package devicetrust

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/trusteddevice"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// tokenSize is the number of random bytes in a token.
const tokenSize = 64

// A Room knows which devices are trusted.
type Room struct{ store *store.Store }

// NewRoom keeps trust in a store.
func NewRoom(st *store.Store) *Room { return &Room{store: st} }

// Trusts reports whether the device with that cookie is trusted for a person. One statement, none where the cookie does not name her or
// the tenant trusts no device.
func (r *Room) Trusts(ctx context.Context, t *tenants.Tenant, userID uuid.UUID, cookie string, now time.Time) (bool, error) {
	if t.Config.MFA.DeviceTrustPolicy == config.TrustNever {
		return false, nil
	}
	token := tokenFor(cookie, userID)
	if token == "" {
		return false, nil
	}
	row, err := r.store.Reader().TrustedDevice.Query().
		Where(trusteddevice.TokenHash(Hash(token)), trusteddevice.UserID(userID)).
		Select(trusteddevice.FieldExpiresAt).
		Only(scope.With(ctx, scope.Tenant(t.ID)))
	switch {
	case ent.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("load trusted device: %w", err)
	}
	return now.Before(row.ExpiresAt), nil
}

// A Grant is trust that is about to be given.
type Grant struct {
	// Cookie goes to the device.
	Cookie *http.Cookie
	// Save stores the trust.
	Save store.Write
}

// Grant makes the device with that cookie trusted for a person, beside the others who use it. It is nil where the tenant's duration is
// none, or the tenant trusts no device. Whether she agreed is the caller's business.
//
// What she had on the device before is left to expire: the old token may still be on its way in another tab.
func (r *Room) Grant(t *tenants.Tenant, userID uuid.UUID, cookie string, now time.Time) (*Grant, error) {
	mfa := t.Config.MFA
	lasts := time.Duration(mfa.DeviceTrustDuration)
	if lasts <= 0 || mfa.DeviceTrustPolicy == config.TrustNever {
		return nil, nil
	}
	token := newToken()
	expires := now.Add(lasts).UTC().Truncate(time.Microsecond)
	save := func(ctx context.Context, tx *store.Tx) error {
		err := tx.TrustedDevice.Create().SetUserID(userID).SetTokenHash(Hash(token)).SetExpiresAt(expires).Exec(ctx)
		if err != nil {
			return fmt.Errorf("store trusted device: %w", err)
		}
		return nil
	}
	all := prepend(entry{userID, token}, parse(cookie))
	return &Grant{
		Cookie: newCookie(mfa.DeviceTrustCookieName, format(all, mfa.DeviceTrustMaxUsersPerDevice, len(mfa.DeviceTrustCookieName)), lasts),
		Save:   save,
	}, nil
}

// Forget ends the trust in all devices of a person: it was given under a password and a factor that are no more, and whoever asked for it may not have been
// her. That there is none is no error.
func Forget(userID uuid.UUID) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.TrustedDevice.Delete().Where(trusteddevice.UserID(userID)).Exec(ctx); err != nil {
			return fmt.Errorf("forget trusted devices: %w", err)
		}
		return nil
	}
}

// newCookie makes the cookie with the attributes of flow-protocol §9. SameSite=None lets pages of the tenant on another site sign in, too.
func newCookie(name, value string, lasts time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/",
		MaxAge:   max(1, int(lasts/time.Second)), // net/http takes 0 for a cookie that ends with the browser
		HttpOnly: true, Secure: true, SameSite: http.SameSiteNoneMode,
	}
}

// Hash is how a token is stored: the SHA-256 of its text. Being random, it needs no salt.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func newToken() string {
	var random [tokenSize]byte
	_, _ = rand.Read(random[:]) // never returns an error
	return base64.URLEncoding.EncodeToString(random[:])
}
