package user

import (
	"context"
	"encoding/base64"
	"fmt"
	"sort"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/passwordcredential"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/totpsecret"
	entuser "github.com/latchkeep/latchkeep/ent/user"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Directory finds the people of tenants.
type Directory struct{ store *store.Store }

// NewDirectory reads from a store.
func NewDirectory(st *store.Store) *Directory { return &Directory{store: st} }

// Load reads everything about a person in six statements, whatever she has. It answers problem.NotFound for nobody.
func (d *Directory) Load(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (*User, error) {
	ctx = within(ctx, t)
	row, err := d.store.Reader().User.Query().
		Where(entuser.ID(id)).
		WithEmails().
		WithWebauthnCredentials().
		WithIdentities().
		WithPassword(func(q *ent.PasswordCredentialQuery) {
			q.Select(passwordcredential.FieldUserID, passwordcredential.FieldCreatedAt, passwordcredential.FieldUpdatedAt)
		}).
		WithTotp(func(q *ent.TOTPSecretQuery) {
			q.Select(totpsecret.FieldUserID, totpsecret.FieldCreatedAt, totpsecret.FieldUpdatedAt)
		}).
		Only(ctx)
	if ent.IsNotFound(err) {
		return nil, problem.NotFound("user_not_found", "the user does not exist")
	}
	if err != nil {
		return nil, fmt.Errorf("load user %s: %w", id, err)
	}
	return fromRow(row), nil
}

// within is a context for reads of a tenant's rows.
func within(ctx context.Context, t *tenants.Tenant) context.Context {
	return scope.With(ctx, scope.Tenant(t.ID))
}

func fromRow(row *ent.User) *User {
	u := &User{
		ID: row.ID, Name: row.Name, GivenName: row.GivenName, FamilyName: row.FamilyName, Picture: row.Picture,
		Username:  usernameFromRow(row),
		Metadata:  Metadata{Public: text(row.PublicMetadata), Private: text(row.PrivateMetadata), Unsafe: text(row.UnsafeMetadata)},
		BlockedAt: row.BlockedAt,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	for _, e := range row.Edges.Emails {
		u.Emails = append(u.Emails, Email{
			ID: e.ID, Address: e.Address, IsVerified: e.IsVerified, IsPrimary: e.PrimaryOf != nil,
			CreatedAt: e.CreatedAt.UTC(), UpdatedAt: e.UpdatedAt.UTC(),
		})
	}
	sortEmails(u.Emails)
	if p := row.Edges.Password; p != nil {
		u.Password = &Secret{ID: p.ID, CreatedAt: p.CreatedAt.UTC(), UpdatedAt: p.UpdatedAt.UTC()}
	}
	if o := row.Edges.Totp; o != nil {
		u.TOTP = &Secret{ID: o.ID, CreatedAt: o.CreatedAt.UTC(), UpdatedAt: o.UpdatedAt.UTC()}
	}
	for _, c := range row.Edges.WebauthnCredentials {
		u.Credentials = append(u.Credentials, credentialFromRow(c))
	}
	sort.Slice(u.Credentials, func(i, j int) bool { return u.Credentials[i].CreatedAt.Before(u.Credentials[j].CreatedAt) })
	for _, i := range row.Edges.Identities {
		u.Identities = append(u.Identities, Identity{
			ID: i.ID, ProviderID: i.ProviderID, Subject: i.Subject, EmailID: i.EmailID,
			CreatedAt: i.CreatedAt.UTC(), UpdatedAt: i.UpdatedAt.UTC(),
		})
	}
	sort.Slice(u.Identities, func(i, j int) bool { return u.Identities[i].CreatedAt.Before(u.Identities[j].CreatedAt) })
	return u
}

// sortEmails puts the primary address first, then the oldest.
func sortEmails(emails []Email) {
	sort.SliceStable(emails, func(i, j int) bool {
		if emails[i].IsPrimary != emails[j].IsPrimary {
			return emails[i].IsPrimary
		}
		return emails[i].CreatedAt.Before(emails[j].CreatedAt)
	})
}

func usernameFromRow(row *ent.User) *Username {
	if row.Username == nil || row.UsernameID == nil {
		return nil
	}
	n := &Username{ID: *row.UsernameID, Name: *row.Username, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC()}
	if row.UsernameCreatedAt != nil {
		n.CreatedAt = row.UsernameCreatedAt.UTC()
	}
	if row.UsernameUpdatedAt != nil {
		n.UpdatedAt = row.UsernameUpdatedAt.UTC()
	}
	return n
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

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
