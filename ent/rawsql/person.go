package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Person is a user's row with her addresses, and what else she has. Times are UTC.
type Person struct {
	ID                                   uuid.UUID
	Name, GivenName, FamilyName, Picture string

	// Username and its id are empty where she has none.
	Username                             string
	UsernameID                           uuid.UUID
	UsernameCreatedAt, UsernameUpdatedAt time.Time

	// Metadata are JSON objects as text, empty where unset.
	PublicMetadata, PrivateMetadata, UnsafeMetadata string

	BlockedAt            *time.Time
	CreatedAt, UpdatedAt time.Time

	Emails []PersonEmail
	// Password and TOTP are nil where she has none.
	Password, TOTP *PersonSecret
	// What takes further statements to read.
	HasCredentials, HasIdentities bool
}

// PersonEmail is an address of a person.
type PersonEmail struct {
	ID                    uuid.UUID
	Address               string
	IsVerified, IsPrimary bool
	CreatedAt, UpdatedAt  time.Time
}

// PersonSecret says that a password or a TOTP secret exists.
type PersonSecret struct {
	ID                   uuid.UUID
	CreatedAt, UpdatedAt time.Time
}

// Why raw: ent sends a statement for each kind of row that belongs to a user, also where she has none, and this is read at the end of every
// sign-in.
const person = `SELECT u.id, u.name, u.given_name, u.family_name, u.picture,
	u.username, u.username_id, u.username_created_at, u.username_updated_at,
	u.public_metadata, u.private_metadata, u.unsafe_metadata, u.blocked_at, u.created_at, u.updated_at,
	p.id, p.created_at, p.updated_at, t.id, t.created_at, t.updated_at,
	EXISTS (SELECT 1 FROM webauthn_credentials w WHERE w.tenant_id = u.tenant_id AND w.user_id = u.id),
	EXISTS (SELECT 1 FROM identities i WHERE i.tenant_id = u.tenant_id AND i.user_id = u.id),
	e.id, e.address, e.is_verified, e.primary_of IS NOT NULL, e.created_at, e.updated_at
	FROM users u
	LEFT JOIN password_credentials p ON p.tenant_id = u.tenant_id AND p.user_id = u.id
	LEFT JOIN totp_secrets t ON t.tenant_id = u.tenant_id AND t.user_id = u.id
	LEFT JOIN emails e ON e.tenant_id = u.tenant_id AND e.user_id = u.id
	WHERE u.tenant_id = ? AND u.id = ?`

// Person reads a person, or nil where there is none. The scope must be that of one tenant.
func (q *Queries) Person(ctx context.Context, id uuid.UUID) (*Person, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("read person: %w", err)
	}
	var found *Person
	rows, err := q.query(ctx, person, owner, id)
	_, err = collect(rows, err, func(rows *sql.Rows) (struct{}, error) { // one row for each address
		p, email, err := scanPerson(rows)
		if err != nil {
			return struct{}{}, err
		}
		if found == nil {
			found = p
		}
		if email != nil {
			found.Emails = append(found.Emails, *email)
		}
		return struct{}{}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read person: %w", err)
	}
	return found, nil
}

func scanPerson(rows *sql.Rows) (*Person, *PersonEmail, error) {
	var p Person
	var username, public, private, unsafe, address sql.NullString
	var nameID, passwordID, totpID, emailID uuid.NullUUID
	var named, renamed, blocked sql.NullTime
	var passwordMade, passwordChanged, totpMade, totpChanged, emailMade, emailChanged sql.NullTime
	var verified, primary sql.NullBool
	err := rows.Scan(&p.ID, &p.Name, &p.GivenName, &p.FamilyName, &p.Picture,
		&username, &nameID, &named, &renamed,
		&public, &private, &unsafe, &blocked, &p.CreatedAt, &p.UpdatedAt,
		&passwordID, &passwordMade, &passwordChanged, &totpID, &totpMade, &totpChanged,
		&p.HasCredentials, &p.HasIdentities,
		&emailID, &address, &verified, &primary, &emailMade, &emailChanged)
	if err != nil {
		return nil, nil, err
	}
	p.CreatedAt, p.UpdatedAt = p.CreatedAt.UTC(), p.UpdatedAt.UTC()
	p.Username, p.UsernameID = username.String, nameID.UUID
	p.UsernameCreatedAt, p.UsernameUpdatedAt = either(named, p.CreatedAt), either(renamed, p.UpdatedAt)
	p.PublicMetadata, p.PrivateMetadata, p.UnsafeMetadata = public.String, private.String, unsafe.String
	if blocked.Valid {
		at := blocked.Time.UTC()
		p.BlockedAt = &at
	}
	p.Password, p.TOTP = secretOf(passwordID, passwordMade, passwordChanged), secretOf(totpID, totpMade, totpChanged)
	if !emailID.Valid {
		return &p, nil, nil
	}
	return &p, &PersonEmail{
		ID: emailID.UUID, Address: address.String, IsVerified: verified.Bool, IsPrimary: primary.Bool,
		CreatedAt: emailMade.Time.UTC(), UpdatedAt: emailChanged.Time.UTC(),
	}, nil
}

func secretOf(id uuid.NullUUID, created, updated sql.NullTime) *PersonSecret {
	if !id.Valid {
		return nil
	}
	return &PersonSecret{ID: id.UUID, CreatedAt: created.Time.UTC(), UpdatedAt: updated.Time.UTC()}
}

func either(t sql.NullTime, otherwise time.Time) time.Time {
	if t.Valid {
		return t.Time.UTC()
	}
	return otherwise
}
