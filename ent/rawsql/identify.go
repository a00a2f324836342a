package rawsql

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"
)

// Identity is what signing in needs to know of an account before anything is proven.
type Identity struct {
	UserID       uuid.UUID
	PrimaryEmail string // empty where she has none
	Username     string // empty where she has none

	HasEmails      bool
	HasPassword    bool
	HasWebauthn    bool // a passkey or a security key
	HasPasskey     bool
	HasSecurityKey bool // a credential for the second factor alone
	HasTOTP        bool
	Blocked        bool
}

// Why raw: ent would need seven statements, or load rows to learn that they exist, in the most frequent step of every sign-in.
const identify = `SELECT u.id, u.username, u.blocked_at IS NOT NULL,
	(SELECT p.address FROM emails p WHERE p.tenant_id = u.tenant_id AND p.primary_of = u.id),
	EXISTS (SELECT 1 FROM emails m WHERE m.tenant_id = u.tenant_id AND m.user_id = u.id),
	EXISTS (SELECT 1 FROM password_credentials c WHERE c.tenant_id = u.tenant_id AND c.user_id = u.id),
	EXISTS (SELECT 1 FROM webauthn_credentials w WHERE w.tenant_id = u.tenant_id AND w.user_id = u.id AND NOT w.mfa_only),
	EXISTS (SELECT 1 FROM webauthn_credentials k WHERE k.tenant_id = u.tenant_id AND k.user_id = u.id AND k.mfa_only),
	EXISTS (SELECT 1 FROM totp_secrets t WHERE t.tenant_id = u.tenant_id AND t.user_id = u.id)
	FROM users u `

// IdentifyByEmail finds the account that has the address, verified or not. The address is compared as it is: lower case, trimmed.
// It returns nil where nobody has it. The scope must be that of one tenant.
func (q *Queries) IdentifyByEmail(ctx context.Context, address string) (*Identity, error) {
	return q.identify(ctx, `JOIN emails e ON e.tenant_id = u.tenant_id AND e.user_id = u.id WHERE e.tenant_id = ? AND e.address = ?`, address)
}

// IdentifyByUsername finds the account of that name, or nil. The scope must be that of one tenant.
func (q *Queries) IdentifyByUsername(ctx context.Context, name string) (*Identity, error) {
	return q.identify(ctx, `WHERE u.tenant_id = ? AND u.username = ?`, name)
}

// IdentifyByID finds the account with that id, or nil. The scope must be that of one tenant.
func (q *Queries) IdentifyByID(ctx context.Context, id uuid.UUID) (*Identity, error) {
	return q.identify(ctx, `WHERE u.tenant_id = ? AND u.id = ?`, id)
}

func (q *Queries) identify(ctx context.Context, where string, key any) (*Identity, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("identify account: %w", err)
	}
	rows, err := q.query(ctx, identify+where, owner, key)
	found, err := collect(rows, err, func(rows *sql.Rows) (*Identity, error) {
		var i Identity
		var username, email sql.NullString
		err := rows.Scan(&i.UserID, &username, &i.Blocked, &email, &i.HasEmails, &i.HasPassword, &i.HasPasskey, &i.HasSecurityKey, &i.HasTOTP)
		i.Username, i.PrimaryEmail, i.HasWebauthn = username.String, email.String, i.HasPasskey || i.HasSecurityKey
		return &i, err
	})
	if err != nil {
		return nil, fmt.Errorf("identify account: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found[0], nil
}
