package rawsql

import (
	"context"
	"encoding/json"
	"fmt"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
)

// Why raw: ent's bulk creation runs hooks, defaults and validators for each row and builds each statement anew, which takes several times as
// long as the database does; what is written here was checked by its caller. All rows go into the tenant of the scope, whatever they say.

// bulkRows is the most rows of one statement. Where a statement has a mark for each value, larger sets are cut into powers of two, so that a table
// has ten statements at most, which the drivers keep prepared. SQLite allows 32766 values in a statement, MySQL 65535.
const bulkRows = 512

// InsertUsers writes new users. Errors: a unique violation where an id exists in any tenant, or a username in this one.
func (q *Queries) InsertUsers(ctx context.Context, rows []*ent.User) error {
	return insertAll(ctx, q, bulk("users", `id uuid, name text, given_name text, family_name text, picture text, username text, username_id uuid,
		username_created_at timestamptz, username_updated_at timestamptz, public_metadata text, private_metadata text,
		unsafe_metadata text, blocked_at timestamptz, created_at timestamptz, updated_at timestamptz`), rows,
		func(args []any, u *ent.User) []any {
			return append(args, u.ID, u.Name, u.GivenName, u.FamilyName, u.Picture,
				u.Username, u.UsernameID, u.UsernameCreatedAt, u.UsernameUpdatedAt,
				u.PublicMetadata, u.PrivateMetadata, u.UnsafeMetadata, u.BlockedAt, u.CreatedAt, u.UpdatedAt)
		})
}

// InsertEmails writes new addresses. Errors: a unique violation where an address exists in the tenant.
func (q *Queries) InsertEmails(ctx context.Context, rows []*ent.Email) error {
	return insertAll(ctx, q, bulk("emails", `id uuid, user_id uuid, address text, is_verified boolean, primary_of uuid, created_at timestamptz,
		updated_at timestamptz`), rows,
		func(args []any, e *ent.Email) []any {
			return append(args, e.ID, e.UserID, e.Address, e.IsVerified, e.PrimaryOf, e.CreatedAt, e.UpdatedAt)
		})
}

// InsertPasswords writes the password hashes of users who have none.
func (q *Queries) InsertPasswords(ctx context.Context, rows []*ent.PasswordCredential) error {
	return insertAll(ctx, q, bulk("password_credentials", `id uuid, user_id uuid, hash text, format bigint, created_at timestamptz, updated_at timestamptz`), rows,
		func(args []any, p *ent.PasswordCredential) []any {
			return append(args, p.ID, p.UserID, p.Hash, p.Format, p.CreatedAt, p.UpdatedAt)
		})
}

// InsertCredentials writes new WebAuthn credentials. Errors: a unique violation where a credential exists in the tenant.
func (q *Queries) InsertCredentials(ctx context.Context, rows []*ent.WebauthnCredential) error {
	return insertAll(ctx, q, bulk("webauthn_credentials", `id uuid, user_id uuid, credential_id bytea, credential_hash bytea, name text, public_key bytea,
		attestation_type text, aaguid uuid, sign_count bigint, backup_eligible boolean, backup_state boolean,
		mfa_only boolean, transports jsonb, user_handle bytea, last_used_at timestamptz, created_at timestamptz,
		updated_at timestamptz`), rows,
		func(args []any, c *ent.WebauthnCredential) []any {
			return append(args, c.ID, c.UserID, c.CredentialID, c.CredentialHash, c.Name, c.PublicKey,
				c.AttestationType, c.Aaguid, int64(c.SignCount), c.BackupEligible, c.BackupState, c.MfaOnly, array(c.Transports),
				optional(c.UserHandle), c.LastUsedAt, c.CreatedAt, c.UpdatedAt)
		})
}

// InsertTOTPSecrets writes the sealed secrets of the authenticator apps of users who have none.
func (q *Queries) InsertTOTPSecrets(ctx context.Context, rows []*ent.TOTPSecret) error {
	return insertAll(ctx, q, bulk("totp_secrets", `id uuid, user_id uuid, secret bytea, last_validated_step bigint, created_at timestamptz,
		updated_at timestamptz`), rows,
		func(args []any, s *ent.TOTPSecret) []any {
			return append(args, s.ID, s.UserID, s.Secret, s.LastValidatedStep, s.CreatedAt, s.UpdatedAt)
		})
}

// InsertIdentities writes accounts at third parties. Errors: a unique violation where one exists in the tenant.
func (q *Queries) InsertIdentities(ctx context.Context, rows []*ent.Identity) error {
	return insertAll(ctx, q, bulk("identities", `id uuid, user_id uuid, email_id uuid, provider_id text, subject text, saml_domain text, claims text,
		created_at timestamptz, updated_at timestamptz`), rows, func(args []any, i *ent.Identity) []any {
		return append(args, i.ID, i.UserID, i.EmailID, i.ProviderID, i.Subject, i.SamlDomain, i.Claims, i.CreatedAt, i.UpdatedAt)
	})
}

// InsertMetadataMembers writes what makes users findable by their metadata.
func (q *Queries) InsertMetadataMembers(ctx context.Context, rows []*ent.MetadataMember) error {
	return insertAll(ctx, q, bulk("metadata_members", `id uuid, user_id uuid, name bytea, value bytea`), rows,
		func(args []any, m *ent.MetadataMember) []any { return append(args, m.ID, m.UserID, m.Name, m.Value) })
}

// insertAll writes rows; values appends those of one, in the order of the columns.
func insertAll[R any](ctx context.Context, q *Queries, into bulkTable, rows []R, values func([]any, R) []any) error {
	owner, err := tenant(ctx)
	if err != nil {
		return fmt.Errorf("insert rows: %w", err)
	}
	var args []any
	for size := bulkRows; len(rows) > 0; {
		if q.dialect != dialect.Postgres && size > len(rows) {
			size /= 2
			continue
		}
		size = min(size, len(rows))
		args = args[:0]
		for _, row := range rows[:size] {
			args = values(args, row)
		}
		rows = rows[size:]
		if err := q.insertSome(ctx, into, owner, size, args); err != nil {
			return fmt.Errorf("insert rows: %w", err)
		}
	}
	return nil
}

// insertSome writes so many rows with one statement.
func (q *Queries) insertSome(ctx context.Context, into bulkTable, owner uuid.UUID, rows int, values []any) error {
	text, args := into.asArrays(owner, values)
	if q.dialect != dialect.Postgres {
		text, args = into.asRows(owner, rows, values)
	}
	_, err := q.exec(ctx, text, args...)
	return err
}

// optional is a value, or NULL.
func optional(value *[]byte) []byte {
	if value == nil {
		return nil
	}
	return *value
}

// array is a list of texts as a JSON column takes it.
func array(texts []string) string {
	if len(texts) == 0 {
		return "[]"
	}
	encoded, err := json.Marshal(texts)
	if err != nil { // texts only: cannot fail
		return "[]"
	}
	return string(encoded)
}

// Attempt runs fn so that, where it fails, what it did in the transaction is undone and the transaction can go on. It returns the error of fn.
//
// Why raw: ent has no savepoints.
func (q *Queries) Attempt(ctx context.Context, fn func() error) error {
	if _, err := q.db.ExecContext(ctx, `SAVEPOINT attempt`); err != nil {
		return fmt.Errorf("set a savepoint: %w", err)
	}
	failed := fn()
	if failed != nil {
		if _, err := q.db.ExecContext(ctx, `ROLLBACK TO SAVEPOINT attempt`); err != nil {
			return fmt.Errorf("go back to a savepoint: %w (after: %w)", err, failed)
		}
	}
	if _, err := q.db.ExecContext(ctx, `RELEASE SAVEPOINT attempt`); err != nil {
		return fmt.Errorf("release a savepoint: %w", err)
	}
	return failed
}

// UserTenants finds which of the users exist, in whichever tenant, and where.
//
// Why raw: two columns by the primary key, where ent would read the whole person.
func (q *Queries) UserTenants(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("find the tenants of users: %w", err)
	}
	found := map[uuid.UUID]uuid.UUID{}
	if len(ids) == 0 {
		return found, nil
	}
	rows, err := q.db.QueryContext(ctx, q.bind(`SELECT id, tenant_id FROM users WHERE id IN (`+marks(len(ids))+`)`), list(ids)...)
	if err != nil {
		return nil, fmt.Errorf("find the tenants of users: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, owner uuid.UUID
		if err := rows.Scan(&id, &owner); err != nil {
			return nil, fmt.Errorf("find the tenants of users: %w", err)
		}
		found[id] = owner
	}
	return found, rows.Err()
}
