package transfer

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/password"
)

// A batch are the accounts of one transaction.
type batch struct {
	tenant   uuid.UUID
	accounts []Account
	sealed   [][]byte // secrets of authenticator apps
	keep     bool     // a person who is there already is no conflict
	// elsewhere are the tenants of the ids that were taken before.
	elsewhere map[uuid.UUID]uuid.UUID
}

// writeAtOnce writes all accounts that have no conflict among themselves, and leaves those with others to the unique indexes.
func (b *batch) writeAtOnce(ctx context.Context, tx *store.Tx) ([]Outcome, error) {
	known := nothing()
	if err := known.lookHandles(ctx, tx.Client, b.wanted()); err != nil { // they have no unique index
		return nil, fmt.Errorf("look for conflicts: %w", err)
	}
	return b.writeUnlike(ctx, tx, known)
}

// writeOthers writes all accounts that have no conflict.
func (b *batch) writeOthers(ctx context.Context, tx *store.Tx) ([]Outcome, error) {
	known, err := b.look(ctx, tx.Client)
	if err != nil {
		return nil, err
	}
	return b.writeUnlike(ctx, tx, known)
}

// writeUnlike writes those who want nothing that is known to be taken, with a few statements.
func (b *batch) writeUnlike(ctx context.Context, tx *store.Tx, known *taken) ([]Outcome, error) {
	outcomes := b.judge(known)
	var r rows
	for i, o := range outcomes {
		if o.Status == Written {
			r.add(&b.accounts[i], b.sealed[i])
		}
	}
	return outcomes, r.insert(ctx, tx)
}

// writeEach writes the accounts one after the other, so that one who is written by somebody else at this very moment stops nobody but herself.
func (b *batch) writeEach(ctx context.Context, tx *store.Tx) ([]Outcome, error) {
	known, err := b.look(ctx, tx.Client)
	if err != nil {
		return nil, err
	}
	outcomes := b.judge(known)
	for i := range outcomes {
		if outcomes[i].Status != Written {
			continue
		}
		err := tx.Raw.Attempt(ctx, func() error {
			var r rows
			r.add(&b.accounts[i], b.sealed[i])
			return r.insert(ctx, tx)
		})
		if store.IsUniqueViolation(err) {
			outcomes[i].Status, outcomes[i].Code = Rejected, violated(err)
		} else if err != nil {
			return nil, fmt.Errorf("account %d: %w", i, err)
		}
	}
	return outcomes, nil
}

// violated is the code of the conflict that a unique index reported.
func violated(err error) string {
	switch store.ViolatedKey(err) {
	case "user_tenant_id_username":
		return CodeUsernameExists
	case "email_tenant_id_address":
		return CodeEmailExists
	case "webauthncredential_tenant_id_credential_hash":
		return CodeCredentialExists
	case "identity_tenant_id_provider_id_subject":
		return CodeIdentityExists
	}
	return CodeConflict
}

// rows are what accounts become in the database.
type rows struct {
	users       []*ent.User
	emails      []*ent.Email
	passwords   []*ent.PasswordCredential
	credentials []*ent.WebauthnCredential
	secrets     []*ent.TOTPSecret
	identities  []*ent.Identity
	members     []*ent.MetadataMember
}

func (r *rows) add(a *Account, sealed []byte) {
	u := &ent.User{
		ID: a.ID, Name: a.Name, GivenName: a.GivenName, FamilyName: a.FamilyName, Picture: a.Picture,
		PublicMetadata: text(a.Metadata.Public), PrivateMetadata: text(a.Metadata.Private), UnsafeMetadata: text(a.Metadata.Unsafe),
		BlockedAt: a.BlockedAt, CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt,
	}
	if n := a.Username; n != nil {
		u.Username, u.UsernameID, u.UsernameCreatedAt, u.UsernameUpdatedAt = &n.Name, &n.ID, &n.CreatedAt, &n.UpdatedAt
	}
	r.users = append(r.users, u)
	for i := range a.Emails {
		e := &a.Emails[i]
		row := &ent.Email{ID: e.ID, UserID: &a.ID, Address: e.Address, IsVerified: e.IsVerified, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt}
		if e.IsPrimary {
			row.PrimaryOf = &a.ID
		}
		r.emails = append(r.emails, row)
	}
	if p := a.Password; p != nil {
		r.passwords = append(r.passwords, &ent.PasswordCredential{
			ID: p.ID, UserID: a.ID, Hash: p.Hash, Format: int(password.FormatOf(p.Hash)), CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
		})
	}
	if s := a.TOTP; s != nil {
		r.secrets = append(r.secrets, &ent.TOTPSecret{
			ID: s.ID, UserID: a.ID, Secret: sealed, LastValidatedStep: s.LastValidatedStep, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
		})
	}
	for i := range a.Credentials {
		r.credentials = append(r.credentials, credentialRow(a.ID, &a.Credentials[i]))
	}
	for i := range a.Identities {
		r.identities = append(r.identities, identityRow(&a.ID, &a.Identities[i]))
	}
	for _, m := range user.MetadataRows(a.Metadata) {
		r.members = append(r.members, &ent.MetadataMember{ID: uuid.Must(uuid.NewV7()), UserID: a.ID, Name: m.Name, Value: m.Value})
	}
}

func credentialRow(userID uuid.UUID, c *Credential) *ent.WebauthnCredential {
	row := &ent.WebauthnCredential{
		ID: c.ID, UserID: userID, CredentialID: c.CredentialID, CredentialHash: hash(c.CredentialID), Name: c.Name, PublicKey: c.PublicKey,
		AttestationType: c.AttestationType, Aaguid: c.AAGUID, SignCount: c.SignCount, BackupEligible: c.BackupEligible, BackupState: c.BackupState,
		MfaOnly: c.MFAOnly, Transports: c.Transports, LastUsedAt: c.LastUsedAt, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
	if len(c.UserHandle) > 0 {
		row.UserHandle = &c.UserHandle
	}
	return row
}

func identityRow(userID *uuid.UUID, i *Identity) *ent.Identity {
	claims := i.Claims
	if claims == "" {
		claims = "{}"
	}
	return &ent.Identity{
		ID: i.ID, UserID: userID, EmailID: i.EmailID, ProviderID: i.ProviderID, Subject: i.Subject, SamlDomain: i.SAMLDomain, Claims: claims,
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
	}
}

// insert writes the rows, parents before children.
func (r *rows) insert(ctx context.Context, tx *store.Tx) error {
	for _, write := range []func() error{
		func() error { return tx.Raw.InsertUsers(ctx, r.users) },
		func() error { return tx.Raw.InsertEmails(ctx, r.emails) },
		func() error { return tx.Raw.InsertPasswords(ctx, r.passwords) },
		func() error { return tx.Raw.InsertCredentials(ctx, r.credentials) },
		func() error { return tx.Raw.InsertTOTPSecrets(ctx, r.secrets) },
		func() error { return tx.Raw.InsertIdentities(ctx, r.identities) },
		func() error { return tx.Raw.InsertMetadataMembers(ctx, r.members) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// text is a text that may be absent.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
