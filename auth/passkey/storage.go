package passkey

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/predicate"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/webauthncredential"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// The conflicts of credentials.
var (
	// ErrTaken is the answer where a credential of that id exists in the tenant.
	ErrTaken = problem.Conflict("credential_exists", "the credential is registered already")
	// ErrGone is the answer where a credential, or its owner, was deleted meanwhile.
	ErrGone = problem.Conflict("credential_gone", "the credential or its owner was deleted meanwhile")
	// ErrUsed is the answer where a credential was deleted, or used with the same or a later signature counter, meanwhile.
	ErrUsed = problem.Conflict("credential_used", "the credential was used or deleted meanwhile")
)

// Store gives a person a credential that was made at a time. Errors: a conflict where a credential of that id exists in the tenant, or where
// the person is gone.
func Store(userID uuid.UUID, c Credential, at time.Time) store.Write {
	at = stored(at)
	transports := c.Transports
	if transports == nil {
		transports = []string{}
	}
	return func(ctx context.Context, tx *store.Tx) error {
		err := tx.WebauthnCredential.Create().
			SetUserID(userID).
			SetCredentialID(c.ID).SetCredentialHash(hash(c.ID)).
			SetName(c.Name).
			SetPublicKey(c.PublicKey).SetAttestationType(c.AttestationType).SetAaguid(c.AAGUID).
			SetSignCount(c.SignCount).
			SetBackupEligible(c.BackupEligible).SetBackupState(c.BackupState).
			SetMfaOnly(c.MFAOnly).SetTransports(transports).
			SetLastUsedAt(at).SetCreatedAt(at).SetUpdatedAt(at).
			Exec(ctx)
		switch {
		case store.IsUniqueViolation(err):
			err = ErrTaken
		case store.IsForeignKeyViolation(err):
			err = ErrGone
		case err == nil:
			return nil
		}
		return fmt.Errorf("store credential: %w", err)
	}
}

// Rename names a credential of a person; id in base64url. One that is gone is a conflict.
func Rename(userID uuid.UUID, id, name string) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		changed, err := tx.WebauthnCredential.Update().Where(hers(userID, id)...).SetName(name).Save(ctx)
		if err != nil {
			return fmt.Errorf("rename credential: %w", err)
		}
		if changed == 0 {
			return fmt.Errorf("rename credential: %w", ErrGone)
		}
		return nil
	}
}

// Delete takes a credential from a person; id in base64url. One that is gone already is a conflict.
func Delete(userID uuid.UUID, id string) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		deleted, err := tx.WebauthnCredential.Delete().Where(hers(userID, id)...).Exec(ctx)
		if err != nil {
			return fmt.Errorf("delete credential: %w", err)
		}
		if deleted == 0 {
			return fmt.Errorf("delete credential: %w", ErrGone)
		}
		return nil
	}
}

// noteUse stores what an accepted assertion said. The counter only grows: of two requests with the same assertion one fails. An authenticator
// that stopped counting (0) leaves the counter alone. Errors: ErrUsed.
func noteUse(row *ent.WebauthnCredential, data protocol.AuthenticatorData, at time.Time) store.Write {
	at = stored(at)
	return func(ctx context.Context, tx *store.Tx) error {
		update := tx.WebauthnCredential.Update().
			Where(webauthncredential.ID(row.ID), webauthncredential.UserID(row.UserID)).
			SetBackupEligible(data.Flags.HasBackupEligible()).
			SetBackupState(data.Flags.HasBackupState()).
			SetLastUsedAt(at)
		if data.Counter > 0 {
			update.Where(webauthncredential.SignCountLT(data.Counter)).SetSignCount(data.Counter)
		}
		changed, err := update.Save(ctx)
		if err != nil {
			return fmt.Errorf("note the use of a credential: %w", err)
		}
		if changed == 0 {
			return fmt.Errorf("note the use of a credential: %w", ErrUsed)
		}
		return nil
	}
}

// hers finds a credential of a person by its id in base64url. What is no base64url finds nothing.
func hers(userID uuid.UUID, id string) []predicate.WebauthnCredential {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		raw = nil // no credential has an empty id
	}
	return []predicate.WebauthnCredential{webauthncredential.UserID(userID), webauthncredential.CredentialHash(hash(raw))}
}

// hash is what credentials are looked up by: their ids are too long for an index.
func hash(id []byte) []byte {
	sum := sha256.Sum256(id)
	return sum[:]
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// stored is a time as the databases keep it.
func stored(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }
