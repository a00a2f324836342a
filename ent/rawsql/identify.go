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
//
// There is one row whether there is such an account or not, and all that is asked of somebody is asked of nobody, too: by how long the answer takes
// nobody is to learn which it was. It is CASE and not COALESCE that puts nobody in the place of NULL: to PostgreSQL the latter might tell something,
// so that row security would keep it from the indexes.
const identify = `SELECT s.id, s.username, s.blocked,
	(SELECT p.address FROM emails p WHERE p.tenant_id = s.tenant AND p.primary_of = s.sought),
	EXISTS (SELECT 1 FROM emails m WHERE m.tenant_id = s.tenant AND m.user_id = s.sought),
	EXISTS (SELECT 1 FROM password_credentials c WHERE c.tenant_id = s.tenant AND c.user_id = s.sought),
	EXISTS (SELECT 1 FROM webauthn_credentials w WHERE w.tenant_id = s.tenant AND w.user_id = s.sought AND NOT w.mfa_only),
	EXISTS (SELECT 1 FROM webauthn_credentials k WHERE k.tenant_id = s.tenant AND k.user_id = s.sought AND k.mfa_only),
	EXISTS (SELECT 1 FROM totp_secrets t WHERE t.tenant_id = s.tenant AND t.user_id = s.sought)
	FROM (SELECT u.id, u.username, u.blocked_at IS NOT NULL AS blocked, CASE WHEN u.id IS NULL THEN ? ELSE u.tenant_id END AS tenant,
			CASE WHEN u.id IS NULL THEN ? ELSE u.id END AS sought
		FROM (SELECT 1 AS n) one `

// IdentifyByEmail finds the account that has the address, verified or not. The address is compared as it is: lower case, trimmed.
// It returns nil where nobody has it. The scope must be that of one tenant.
func (q *Queries) IdentifyByEmail(ctx context.Context, address string) (*Identity, error) {
	return q.identify(ctx, `LEFT JOIN emails e ON e.tenant_id = ? AND e.address = ?
		LEFT JOIN users u ON u.tenant_id = CASE WHEN e.user_id IS NULL THEN ? ELSE e.tenant_id END
			AND u.id = CASE WHEN e.user_id IS NULL THEN ? ELSE e.user_id END`,
		func(owner uuid.UUID) []any { return []any{owner, address, owner, uuid.Nil} })
}

// IdentifyByUsername finds the account of that name, or nil. The scope must be that of one tenant.
func (q *Queries) IdentifyByUsername(ctx context.Context, name string) (*Identity, error) {
	return q.identify(ctx, `LEFT JOIN users u ON u.tenant_id = ? AND u.username = ?`, func(owner uuid.UUID) []any { return []any{owner, name} })
}

// IdentifyByID finds the account with that id, or nil. The scope must be that of one tenant.
func (q *Queries) IdentifyByID(ctx context.Context, id uuid.UUID) (*Identity, error) {
	return q.identify(ctx, `LEFT JOIN users u ON u.tenant_id = ? AND u.id = ?`, func(owner uuid.UUID) []any { return []any{owner, id} })
}

// identify finds an account by a join that leads to it, with the arguments that the join takes in a tenant.
func (q *Queries) identify(ctx context.Context, join string, args func(owner uuid.UUID) []any) (*Identity, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("identify account: %w", err)
	}
	rows, err := q.query(ctx, identify+join+") s", append([]any{owner, uuid.Nil}, args(owner)...)...)
	found, err := collect(rows, err, func(rows *sql.Rows) (*Identity, error) {
		var i Identity
		var id uuid.NullUUID
		var username, email sql.NullString
		err := rows.Scan(&id, &username, &i.Blocked, &email, &i.HasEmails, &i.HasPassword, &i.HasPasskey, &i.HasSecurityKey, &i.HasTOTP)
		i.UserID, i.Username, i.PrimaryEmail, i.HasWebauthn = id.UUID, username.String, email.String, i.HasPasskey || i.HasSecurityKey
		return &i, err
	})
	if err != nil {
		return nil, fmt.Errorf("identify account: %w", err)
	}
	if len(found) == 0 || found[0].UserID == uuid.Nil {
		return nil, nil
	}
	return found[0], nil
}
