package user

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"sort"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/webauthncredential"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Directory finds the people of tenants.
type Directory struct{ store *store.Store }

// NewDirectory reads from a store.
func NewDirectory(st *store.Store) *Directory { return &Directory{store: st} }

// Load reads everything about a person: one statement, one more where she has WebAuthn credentials, one where she has identities. Error:
// ErrNotFound.
func (d *Directory) Load(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (*User, error) {
	ctx = within(ctx, t)
	row, err := d.person(ctx, id)
	if err != nil {
		return nil, err
	}
	u := fromRow(row)
	if row.HasCredentials {
		if u.Credentials, err = d.credentials(ctx, id); err != nil {
			return nil, err
		}
	}
	if row.HasIdentities {
		if u.Identities, err = d.identities(ctx, id); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// ErrNotFound is the answer where there is no such person in the tenant.
var ErrNotFound = problem.NotFound("user_not_found", "the user does not exist")

// Brief reads a person without her WebAuthn credentials and her identities, in one statement. Error: ErrNotFound.
func (d *Directory) Brief(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (*User, error) {
	row, err := d.person(within(ctx, t), id)
	if err != nil {
		return nil, err
	}
	return fromRow(row), nil
}

func (d *Directory) person(ctx context.Context, id uuid.UUID) (*rawsql.Person, error) {
	row, err := d.store.Raw().Person(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load user %s: %w", id, err)
	}
	if row == nil {
		return nil, ErrNotFound
	}
	return row, nil
}

// within is a context for reads of a tenant's rows.
func within(ctx context.Context, t *tenants.Tenant) context.Context {
	return scope.With(ctx, scope.Tenant(t.ID))
}

func fromRow(row *rawsql.Person) *User {
	u := &User{
		ID: row.ID, Name: row.Name, GivenName: row.GivenName, FamilyName: row.FamilyName, Picture: row.Picture,
		Metadata:  Metadata{Public: row.PublicMetadata, Private: row.PrivateMetadata, Unsafe: row.UnsafeMetadata},
		Password:  (*Secret)(row.Password),
		TOTP:      (*Secret)(row.TOTP),
		BlockedAt: row.BlockedAt,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	if row.Username != "" {
		u.Username = &Username{ID: row.UsernameID, Name: row.Username, CreatedAt: row.UsernameCreatedAt, UpdatedAt: row.UsernameUpdatedAt}
	}
	for _, e := range row.Emails {
		u.Emails = append(u.Emails, Email(e))
	}
	sortEmails(u.Emails)
	return u
}

// credentials are a person's passkeys and security keys, oldest first.
func (d *Directory) credentials(ctx context.Context, id uuid.UUID) ([]Credential, error) {
	rows, err := d.store.Reader().WebauthnCredential.Query().
		Where(webauthncredential.UserID(id)).
		Order(ent.Asc(webauthncredential.FieldCreatedAt, webauthncredential.FieldID)).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load credentials of user %s: %w", id, err)
	}
	found := make([]Credential, len(rows))
	for i, row := range rows {
		found[i] = credentialFromRow(row)
	}
	return found, nil
}

// identities are a person's accounts at third parties, oldest first.
func (d *Directory) identities(ctx context.Context, id uuid.UUID) ([]Identity, error) {
	rows, err := d.store.Reader().Identity.Query().
		Where(identity.UserID(id)).
		Order(ent.Asc(identity.FieldCreatedAt, identity.FieldID)).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load identities of user %s: %w", id, err)
	}
	found := make([]Identity, len(rows))
	for i, row := range rows {
		found[i] = Identity{
			ID: row.ID, ProviderID: row.ProviderID, Subject: row.Subject, EmailID: row.EmailID,
			CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
		}
	}
	return found, nil
}

// sortEmails puts the primary address first, then the oldest.
func sortEmails(emails []Email) {
	sort.SliceStable(emails, func(i, j int) bool {
		if emails[i].IsPrimary != emails[j].IsPrimary {
			return emails[i].IsPrimary
		}
		if !emails[i].CreatedAt.Equal(emails[j].CreatedAt) {
			return emails[i].CreatedAt.Before(emails[j].CreatedAt)
		}
		return bytes.Compare(emails[i].ID[:], emails[j].ID[:]) < 0
	})
}

func credentialFromRow(c *ent.WebauthnCredential) Credential {
	return Credential{
		ID:              base64.RawURLEncoding.EncodeToString(c.CredentialID),
		Name:            c.Name,
		PublicKey:       base64.RawURLEncoding.EncodeToString(c.PublicKey),
		AttestationType: c.AttestationType,
		AAGUID:          c.Aaguid,
		Transports:      c.Transports,
		BackupEligible:  c.BackupEligible != nil && *c.BackupEligible,
		BackupState:     c.BackupState != nil && *c.BackupState,
		MFAOnly:         c.MfaOnly,
		LastUsedAt:      c.LastUsedAt,
		CreatedAt:       c.CreatedAt.UTC(),
	}
}
