package user

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
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
	"github.com/latchkeep/latchkeep/tenants/config"
)

// ErrNotFound is the answer where a tenant has no such person.
var ErrNotFound = problem.NotFound("user_not_found", "the user does not exist")

// A Directory finds the people of tenants.
type Directory struct{ store *store.Store }

// NewDirectory reads from a store.
func NewDirectory(st *store.Store) *Directory { return &Directory{store: st} }

// Load reads everything about a person: one statement, one more where she has WebAuthn credentials, one where she has identities. It answers
// ErrNotFound for nobody.
func (d *Directory) Load(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (*User, error) {
	return load(within(ctx, t), d.store.Raw(), d.store.Reader(), id)
}

// LoadIn is Load inside of a unit of work.
func LoadIn(ctx context.Context, tx *store.Tx, id uuid.UUID) (*User, error) {
	return load(ctx, tx.Raw, tx.Client, id)
}

func load(ctx context.Context, raw *rawsql.Queries, client *ent.Client, id uuid.UUID) (*User, error) {
	row, err := person(ctx, raw, id)
	if err != nil {
		return nil, err
	}
	u := fromRow(row)
	if row.HasCredentials {
		found, err := credentials(ctx, client, id)
		if err != nil {
			return nil, err
		}
		u.Credentials = found[id]
	}
	if row.HasIdentities {
		if u.Identities, err = identities(ctx, client, id); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// Brief reads a person without her WebAuthn credentials and her identities, in one statement. Error: ErrNotFound.
func (d *Directory) Brief(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (*User, error) {
	row, err := person(within(ctx, t), d.store.Raw(), id)
	if err != nil {
		return nil, err
	}
	return fromRow(row), nil
}

func person(ctx context.Context, raw *rawsql.Queries, id uuid.UUID) (*rawsql.Person, error) {
	row, err := raw.Person(ctx, id)
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
	SortEmails(u.Emails)
	return u
}

// Many reads what lists show of people: not their metadata, nor whether they have passwords, authenticator apps or identities. It keeps
// the order of the ids and leaves out who is gone. One statement for up to 500, one more where anybody has WebAuthn credentials.
func (d *Directory) Many(ctx context.Context, t *tenants.Tenant, ids []uuid.UUID) ([]*User, error) {
	ctx = within(ctx, t)
	rows, err := d.store.Raw().People(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("load users: %w", err)
	}
	byID := make(map[uuid.UUID]*User, len(rows))
	var holders []uuid.UUID
	for _, row := range rows {
		byID[row.ID] = fromRow(row)
		if row.HasCredentials {
			holders = append(holders, row.ID)
		}
	}
	for some := range slices.Chunk(holders, manyAtOnce) {
		found, err := credentials(ctx, d.store.Reader(), some...)
		if err != nil {
			return nil, err
		}
		for id, list := range found {
			byID[id].Credentials = list
		}
	}
	users := make([]*User, 0, len(rows))
	for _, id := range ids {
		if u := byID[id]; u != nil {
			users = append(users, u)
		}
	}
	return users, nil
}

// manyAtOnce is of how many people one statement reads the credentials.
const manyAtOnce = 500

// credentials are people's passkeys and security keys, oldest first.
func credentials(ctx context.Context, client *ent.Client, ids ...uuid.UUID) (map[uuid.UUID][]Credential, error) {
	rows, err := client.WebauthnCredential.Query().
		Where(webauthncredential.UserIDIn(ids...)).
		Order(ent.Asc(webauthncredential.FieldCreatedAt, webauthncredential.FieldID)).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load credentials: %w", err)
	}
	found := make(map[uuid.UUID][]Credential, len(ids))
	for _, row := range rows {
		found[row.UserID] = append(found[row.UserID], credentialFromRow(row))
	}
	return found, nil
}

// identities are a person's accounts at third parties, oldest first. One statement, one more where any is at a SAML identity provider.
func identities(ctx context.Context, client *ent.Client, id uuid.UUID) ([]Identity, error) {
	rows, err := client.Identity.Query().
		Where(identity.UserID(id)).
		Order(ent.Asc(identity.FieldCreatedAt, identity.FieldID)).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load identities of user %s: %w", id, err)
	}
	providers, err := samlProviders(ctx, client, rows)
	if err != nil {
		return nil, err
	}
	found := make([]Identity, len(rows))
	for i, row := range rows {
		found[i] = Identity{
			ID: row.ID, ProviderID: row.ProviderID, Subject: row.Subject, EmailID: row.EmailID,
			CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
		}
		if !config.IsOAuth(row.ProviderID) {
			found[i].SAML = providers.of(row)
		}
	}
	return found, nil
}

// SortEmails puts the primary address first, then the oldest.
func SortEmails(emails []Email) {
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
