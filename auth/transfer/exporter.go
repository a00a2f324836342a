package transfer

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	entuser "github.com/latchkeep/latchkeep/ent/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// With says what of a person is exported besides her id, addresses, username and times. That she is blocked always is, so that she does not come
// back with a new home.
type With struct {
	Names    bool `json:"with_names,omitempty"`
	Metadata bool `json:"with_metadata,omitempty"`
	// Credentials are password hashes and WebAuthn credentials; TOTP are the secrets of authenticator apps in clear.
	Credentials bool `json:"with_credentials,omitempty"`
	TOTP        bool `json:"with_totp,omitempty"`
}

// Sensitive reports whether the export lets its holder try passwords, or make codes.
func (w With) Sensitive() bool { return w.Credentials || w.TOTP }

// An Exporter reads the people of tenants in the file format. It is safe for concurrent use.
type Exporter struct {
	store *store.Store
	apps  *totp.Room
	out   *outbox.Writer
}

// NewExporter reads from a store; the secrets of authenticator apps are opened by their room. Exports are recorded through the outbox.
func NewExporter(st *store.Store, apps *totp.Room, out *outbox.Writer) *Exporter {
	return &Exporter{store: st, apps: apps, out: out}
}

// exportPage is how many people are read at a time.
const exportPage = 500

// Export writes all people of a tenant as one JSON array, in the order of their ids. It holds a few hundred in memory. tell, which may be nil,
// learns how many are written so far. The export is recorded before it ends: what cannot be recorded has failed, and must not be used.
// Spec: import-export §2.
func (e *Exporter) Export(ctx context.Context, t *tenants.Tenant, who Taker, with With, to io.Writer, tell func(people int)) (int, error) {
	if _, err := io.WriteString(to, "["); err != nil {
		return 0, err
	}
	after, people := uuid.Nil, 0
	for {
		page, last, err := e.page(ctx, t, with, after)
		if err != nil {
			return people, err
		}
		for _, entry := range page {
			if err := writeEntry(to, entry, people == 0); err != nil {
				return people, err
			}
			people++
		}
		if tell != nil {
			tell(people)
		}
		if len(page) < exportPage {
			break
		}
		after = last
	}
	if _, err := io.WriteString(to, "]"); err != nil {
		return people, err
	}
	err := e.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		return e.out.Write(ctx, tx, with.record(t, who, people, nil))
	})
	if err != nil {
		return people, fmt.Errorf("record the export: %w", err)
	}
	return people, nil
}

// writeEntry writes an entry, after a comma unless it is the first.
func writeEntry(to io.Writer, entry Entry, first bool) error {
	text, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("write entry: %w", err)
	}
	if !first {
		text = append([]byte{','}, text...)
	}
	_, err = to.Write(text)
	return err
}

// page reads the people after an id, and the last id.
func (e *Exporter) page(ctx context.Context, t *tenants.Tenant, with With, after uuid.UUID) ([]Entry, uuid.UUID, error) {
	query := e.store.Reader().User.Query().Where(entuser.IDGT(after)).Order(ent.Asc(entuser.FieldID)).Limit(exportPage).WithEmails()
	if with.Credentials {
		query = query.WithPassword().WithWebauthnCredentials()
	}
	if with.TOTP {
		query = query.WithTotp()
	}
	rows, err := query.All(within(ctx, t))
	if err != nil {
		return nil, after, fmt.Errorf("read people: %w", err)
	}
	entries := make([]Entry, len(rows))
	for i, row := range rows {
		if entries[i], err = e.entry(t, row, with); err != nil {
			return nil, after, err
		}
		after = row.ID
	}
	return entries, after, nil
}

func (e *Exporter) entry(t *tenants.Tenant, u *ent.User, with With) (Entry, error) {
	entry := Entry{
		UserID: u.ID.String(), Emails: emailEntries(u), Username: u.Username,
		CreatedAt: at(u.CreatedAt), UpdatedAt: at(u.UpdatedAt), BlockedAt: u.BlockedAt,
	}
	if with.Names {
		entry.Name, entry.GivenName, entry.FamilyName, entry.Picture = text(u.Name), text(u.GivenName), text(u.FamilyName), text(u.Picture)
	}
	if with.Metadata {
		entry.Metadata = metadataEntry(u)
	}
	if p := u.Edges.Password; p != nil {
		entry.Password = &PasswordEntry{Password: p.Hash, CreatedAt: at(p.CreatedAt), UpdatedAt: at(p.UpdatedAt)}
	}
	for _, c := range u.Edges.WebauthnCredentials {
		entry.WebauthnCredentials = append(entry.WebauthnCredentials, credentialEntry(c))
	}
	slices.SortStableFunc(entry.WebauthnCredentials, func(a, b CredentialEntry) int { return a.CreatedAt.Compare(*b.CreatedAt) })
	if s := u.Edges.Totp; s != nil {
		secret, err := e.apps.Open(t.ID, u.ID, s.Secret)
		if err != nil {
			return entry, fmt.Errorf("user %s: %w", u.ID, err)
		}
		entry.OTPSecret = &OTPEntry{Secret: secret, CreatedAt: at(s.CreatedAt), UpdatedAt: at(s.UpdatedAt)}
	}
	return entry, nil
}

// emailEntries are her addresses: the primary one first, then the oldest.
func emailEntries(u *ent.User) []EmailEntry {
	rows := slices.Clone(u.Edges.Emails)
	slices.SortFunc(rows, func(a, b *ent.Email) int {
		switch {
		case (a.PrimaryOf != nil) != (b.PrimaryOf != nil):
			if a.PrimaryOf != nil {
				return -1
			}
			return 1
		case !a.CreatedAt.Equal(b.CreatedAt):
			return a.CreatedAt.Compare(b.CreatedAt)
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	entries := []EmailEntry{}
	for _, e := range rows {
		entries = append(entries, EmailEntry{Address: e.Address, IsPrimary: e.PrimaryOf != nil, IsVerified: e.IsVerified})
	}
	return entries
}

func credentialEntry(c *ent.WebauthnCredential) CredentialEntry {
	encode := base64.RawURLEncoding.EncodeToString
	entry := CredentialEntry{
		ID: encode(c.CredentialID), Name: text(c.Name), PublicKey: encode(c.PublicKey), AttestationType: c.AttestationType, AAGUID: &c.Aaguid,
		SignCount: int64(c.SignCount), LastUsedAt: c.LastUsedAt, CreatedAt: at(c.CreatedAt), UpdatedAt: at(c.UpdatedAt), Transports: c.Transports,
		BackupEligible: c.BackupEligible, BackupState: c.BackupState, MFAOnly: c.MfaOnly,
	}
	if entry.AttestationType == "" {
		entry.AttestationType = "none" // the format demands one
	}
	if c.UserHandle != nil && len(*c.UserHandle) > 0 && !c.MfaOnly && utf8.Valid(*c.UserHandle) {
		handle := string(*c.UserHandle)
		entry.UserHandle = &handle
	}
	return entry
}

func metadataEntry(u *ent.User) *MetadataEntry {
	if u.PublicMetadata == nil && u.PrivateMetadata == nil && u.UnsafeMetadata == nil {
		return nil
	}
	raw := func(text *string) json.RawMessage {
		if text == nil || !json.Valid([]byte(*text)) {
			return nil
		}
		return json.RawMessage(*text)
	}
	return &MetadataEntry{Public: raw(u.PublicMetadata), Private: raw(u.PrivateMetadata), Unsafe: raw(u.UnsafeMetadata)}
}

// at is a time of an entry.
func at(t time.Time) *time.Time {
	t = t.UTC()
	return &t
}
