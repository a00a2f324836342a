// Package totp keeps the secrets of authenticator apps and checks their codes (RFC 6238). How codes are made is pkg/totp's business.
//
// A code is accepted once: the step it belongs to is remembered, and neither it nor an earlier one counts again (RFC 6238 §5.2).
//
// A secret is sealed under the operator's secrets and bound to its tenant and person, so that a row copied to another person opens nothing.
package totp

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/totpsecret"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/pkg/totp"
	"github.com/latchkeep/latchkeep/tenants"
)

// Conflicts with what somebody else did meanwhile.
var (
	// ErrExists: a person has one app at most.
	ErrExists = problem.Conflict("otp_secret_exists", "the user has an authenticator app already")
	// ErrGone: the app was removed.
	ErrGone = problem.Conflict("otp_secret_gone", "the user has no authenticator app any more")
	// ErrUsed: the code, or a later one, was accepted, or the app was replaced.
	ErrUsed = problem.Conflict("otp_code_already_used", "the code was used meanwhile")
)

// A Verdict is what came of a code that somebody typed.
type Verdict int

// The verdicts.
const (
	// Wrong: not a code of hers just now, or she has no app.
	Wrong Verdict = iota
	// Used: the code, or a later one, was accepted before.
	Used
	// Right: the second factor is proven.
	Right
)

// A Room keeps secrets and checks codes.
type Room struct {
	store   *store.Store
	keyring *secret.Keyring
}

// NewRoom keeps secrets in a store, sealed.
func NewRoom(st *store.Store, keyring *secret.Keyring) *Room {
	return &Room{store: st, keyring: keyring}
}

// Check compares a code with those of a person's app just now. The write, which must be committed for the code to count, makes it used;
// it is a conflict (ErrUsed) where the same code was used meanwhile. One statement, also for a person without an app. A secret that cannot
// be opened is an error: her codes would be wrong for ever, and nobody would know why. Spec: flow-login-registration §11.2, limits-and-locks §6.
func (r *Room) Check(ctx context.Context, t *tenants.Tenant, userID uuid.UUID, code string, now time.Time) (Verdict, store.Write, error) {
	row, err := r.store.Reader().TOTPSecret.Query().
		Where(totpsecret.UserID(userID)).
		Only(scope.With(ctx, scope.Tenant(t.ID)))
	if ent.IsNotFound(err) {
		return Wrong, nil, nil
	}
	if err != nil {
		return Wrong, nil, fmt.Errorf("load authenticator app: %w", err)
	}
	plain, err := r.keyring.Open(row.Secret, SealedFor(t.ID, userID))
	if err != nil {
		return Wrong, nil, fmt.Errorf("open secret of authenticator app %s: %w", row.ID, err)
	}
	step, ok := totp.Match(string(plain), code, now)
	switch {
	case !ok:
		return Wrong, nil, nil
	case row.LastValidatedStep != nil && step <= *row.LastValidatedStep:
		return Used, nil, nil
	}
	var resealed []byte
	if !r.keyring.Current(row.Secret) {
		resealed = r.keyring.Seal(plain, SealedFor(t.ID, userID))
	}
	return Right, use(row.ID, step, resealed), nil
}

// use remembers the step of a code that was accepted. The condition, not what was read before, decides between two who use one code at once.
func use(id uuid.UUID, step int64, resealed []byte) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		update := tx.TOTPSecret.Update().
			Where(totpsecret.ID(id), totpsecret.Or(totpsecret.LastValidatedStepIsNil(), totpsecret.LastValidatedStepLT(step))).
			SetLastValidatedStep(step)
		if resealed != nil {
			update.SetSecret(resealed)
		}
		n, err := update.Save(ctx)
		if err == nil && n == 0 {
			err = ErrUsed
		}
		if err != nil {
			return fmt.Errorf("use code of authenticator app: %w", err)
		}
		return nil
	}
}

// Seal is how a person's secret is stored. It is for those who write many people at once; errors: pkg/totp's ErrBrokenSecret.
func (r *Room) Seal(tenant, userID uuid.UUID, secret string) ([]byte, error) {
	if !totp.Valid(secret) {
		return nil, fmt.Errorf("seal secret of authenticator app: %w", totp.ErrBrokenSecret)
	}
	return r.keyring.Seal([]byte(secret), SealedFor(tenant, userID)), nil
}

// Open is the secret that Seal sealed, for those who move people elsewhere. Errors: pkg/secret's ErrUndecryptable.
func (r *Room) Open(tenant, userID uuid.UUID, sealed []byte) (string, error) {
	plain, err := r.keyring.Open(sealed, SealedFor(tenant, userID))
	if err != nil {
		return "", fmt.Errorf("open secret of authenticator app: %w", err)
	}
	return string(plain), nil
}

// Save gives a person a secret whose code of a step was just accepted; step 0 says that none was yet. Its id is the row's, for the audit
// log. Errors: a conflict (ErrExists) where she has one already; pkg/totp's ErrBrokenSecret, for imports.
func (r *Room) Save(t *tenants.Tenant, id, userID uuid.UUID, secret string, step int64) store.Write {
	sealed := r.keyring.Seal([]byte(secret), SealedFor(t.ID, userID))
	return func(ctx context.Context, tx *store.Tx) error {
		if !totp.Valid(secret) {
			return fmt.Errorf("store authenticator app: %w", totp.ErrBrokenSecret)
		}
		row := tx.TOTPSecret.Create().SetID(id).SetUserID(userID).SetSecret(sealed)
		if step != 0 {
			row.SetLastValidatedStep(step)
		}
		err := row.Exec(ctx)
		if store.IsUniqueViolation(err) {
			err = ErrExists
		}
		if err != nil {
			return fmt.Errorf("store authenticator app: %w", err)
		}
		return nil
	}
}

// Delete takes a person's secret away. One that is gone already is a conflict (ErrGone).
func Delete(userID uuid.UUID) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.TOTPSecret.Delete().Where(totpsecret.UserID(userID)).Exec(ctx)
		if err == nil && n == 0 {
			err = ErrGone
		}
		if err != nil {
			return fmt.Errorf("delete authenticator app: %w", err)
		}
		return nil
	}
}

// SealedFor is what the sealed secret of a person is bound to: it binds a secret to its owner. The parts have fixed lengths, so none can pose as another.
func SealedFor(tenant, user uuid.UUID) []byte {
	bound := []byte("totp secret v1")
	bound = append(bound, tenant[:]...)
	return append(bound, user[:]...)
}
