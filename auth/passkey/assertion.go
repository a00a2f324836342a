package passkey

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/webauthncredential"
	"github.com/latchkeep/latchkeep/tenants"
)

// maxAssertion bounds an assertion, in bytes: client data, authenticator data and a signature.
const maxAssertion = 16 << 10

// Ask asks a browser for any passkey of the tenant's relying party. Spec: flow-login-registration §9.2.
func (r *Room) Ask(t *tenants.Tenant, now time.Time) (Options, Ceremony, error) {
	return ask(t, Passkey, uuid.Nil, nil, now)
}

// AskFor asks a browser for one of a person's credentials: one of her passkeys, or for a second factor any credential of hers.
// One statement.
func (r *Room) AskFor(ctx context.Context, t *tenants.Tenant, k Kind, userID uuid.UUID, now time.Time) (Options, Ceremony, error) {
	query := r.store.Reader().WebauthnCredential.Query().
		Where(webauthncredential.UserID(userID)).
		Order(webauthncredential.ByCreatedAt(), webauthncredential.ByID())
	if k == Passkey {
		query.Where(webauthncredential.MfaOnly(false))
	}
	rows, err := query.
		Select(webauthncredential.FieldCredentialID, webauthncredential.FieldTransports).
		All(scope.With(ctx, scope.Tenant(t.ID)))
	if err != nil {
		return nil, Ceremony{}, fmt.Errorf("load the credentials of user %s: %w", userID, err)
	}
	credentials := make([]user.Credential, len(rows))
	for i, row := range rows {
		credentials[i] = user.Credential{ID: encode(row.CredentialID), Transports: row.Transports}
	}
	options, c, err := ask(t, k, userID, descriptors(credentials), now)
	for _, row := range rows {
		c.Allowed = append(c.Allowed, hash(row.CredentialID))
	}
	return options, c, err
}

func ask(t *tenants.Tenant, k Kind, userID uuid.UUID, allowed []descriptor, now time.Time) (Options, Ceremony, error) {
	uv := verification(t, k)
	wait := timeout(t.Config.WebAuthn.Timeouts.Login, uv)
	c := start(k, false, userID, uv, wait, now)

	var options requestOptions
	p := &options.PublicKey
	p.Challenge = c.Challenge
	p.Timeout = wait.Milliseconds()
	p.RPID = t.Config.WebAuthn.RelyingParty.ID
	p.AllowCredentials = allowed
	p.UserVerification = uv
	raw, err := encodeOptions(options)
	return raw, c, err
}

// Asserted checks a browser's answer (Web Authentication §7.2; spec: flow-login-registration §9.4). One statement. A signature is checked in any case,
// so that the time of a refusal does not tell whether there is such a credential, and whose. Errors: *Refused.
func (r *Room) Asserted(ctx context.Context, t *tenants.Tenant, c Ceremony, answer json.RawMessage, now time.Time) (*Assertion, error) {
	w, err := party(t)
	if err != nil {
		return nil, err
	}
	if c.IsZero() || c.Creation {
		return nil, refuse(c.answerable(false, now))
	}
	parsed, refused := parseAssertion(answer)
	if refused != nil {
		return nil, refused
	}
	row, err := r.find(ctx, t, parsed.RawID)
	switch {
	case err != nil:
		return nil, err
	case row == nil:
		pretend(w, c, parsed)
		return nil, refuse("the credential is unknown")
	case c.Kind == Passkey && row.MfaOnly:
		return nil, refuseFor(row.UserID, MFAOnly, "a security key is no first factor")
	}
	if why := c.mismatch(row, parsed.Response.UserHandle); why != "" {
		pretend(w, c, parsed)
		return nil, refuseFor(row.UserID, Invalid, why)
	}
	if why := c.answerable(false, now); why != "" {
		pretend(w, c, parsed)
		return nil, refuseFor(row.UserID, Invalid, why)
	}
	if err := verify(w, c, row, parsed); err != nil {
		return nil, refuseFor(row.UserID, Invalid, disclosed(err))
	}
	data := parsed.Response.AuthenticatorData
	if data.Counter > 0 && row.SignCount > 0 && data.Counter <= row.SignCount {
		return nil, refuseFor(row.UserID, Cloned, "the signature counter did not grow")
	}
	return &Assertion{
		UserID:       row.UserID,
		CredentialID: encode(row.CredentialID),
		MFAOnly:      row.MfaOnly,
		Save:         noteUse(row, data, now),
		at:           stored(now),
		eligible:     data.Flags.HasBackupEligible(),
		backedUp:     data.Flags.HasBackupState(),
	}, nil
}

func parseAssertion(answer json.RawMessage) (*protocol.ParsedCredentialAssertionData, *Refused) {
	if len(answer) > maxAssertion {
		return nil, refuse("the answer is too long")
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return nil, refuse(disclosed(err))
	}
	if len(parsed.RawID) > maxID {
		return nil, refuse("the credential id is too long")
	}
	return parsed, nil
}

// find looks for a credential in the tenant, and reads of it what checking an answer takes, so that one that there is costs little more than one that
// there is not. An authenticator binds its credentials to a domain, but two tenants may share one.
func (r *Room) find(ctx context.Context, t *tenants.Tenant, id []byte) (*ent.WebauthnCredential, error) {
	row, err := r.store.Reader().WebauthnCredential.Query().
		Where(webauthncredential.CredentialHash(hash(id))).
		Select(webauthncredential.FieldUserID, webauthncredential.FieldCredentialID, webauthncredential.FieldCredentialHash, webauthncredential.FieldPublicKey,
			webauthncredential.FieldSignCount, webauthncredential.FieldBackupEligible, webauthncredential.FieldMfaOnly, webauthncredential.FieldUserHandle).
		Only(scope.With(ctx, scope.Tenant(t.ID)))
	switch {
	case ent.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("find a credential: %w", err)
	}
	return row, nil
}

// mismatch says why a credential cannot answer a ceremony, whatever was signed. Empty: it can. Without an allow-list the authenticator found
// the person, so it must name her; with one it may, and then rightly.
func (c Ceremony) mismatch(row *ent.WebauthnCredential, userHandle []byte) string {
	allowed := func(h []byte) bool { return bytes.Equal(h, row.CredentialHash) }
	switch {
	case c.UserID != uuid.Nil && c.UserID != row.UserID:
		return "the credential belongs to another user"
	case len(c.Allowed) > 0 && !slices.ContainsFunc(c.Allowed, allowed):
		return "the credential is not among those that were asked for"
	case len(c.Allowed) == 0 && len(userHandle) == 0:
		return "the user handle is missing"
	case len(userHandle) > 0 && !bytes.Equal(userHandle, handleOf(row)):
		return "the user handle is another user's"
	}
	return ""
}

// handleOf is the user handle that a credential was made for: the bytes of the user's id, unless it was imported with another.
func handleOf(row *ent.WebauthnCredential) []byte {
	if row.UserHandle != nil && len(*row.UserHandle) > 0 {
		return *row.UserHandle
	}
	return row.UserID[:]
}

// verify checks what was signed, and by whom: type, challenge, origin, relying party, flags, signature. An imported credential that was never
// used has the backup eligibility that it first claims.
func verify(w *webauthn.WebAuthn, c Ceremony, row *ent.WebauthnCredential, parsed *protocol.ParsedCredentialAssertionData) error {
	eligible := parsed.Response.AuthenticatorData.Flags.HasBackupEligible()
	if row.BackupEligible != nil {
		eligible = *row.BackupEligible
	}
	p := person{handle: handleOf(row), credential: []webauthn.Credential{{
		ID:        row.CredentialID,
		PublicKey: row.PublicKey,
		Flags:     webauthn.CredentialFlags{BackupEligible: eligible},
	}}}
	_, err := w.ValidateLogin(p, webauthn.SessionData{
		Challenge:        c.Challenge,
		UserID:           p.handle,
		UserVerification: protocol.UserVerificationRequirement(c.Verification),
	}, parsed)
	return err
}
