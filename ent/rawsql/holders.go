package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Holders is how much hangs on the credentials of a relying party.
type Holders struct {
	Passkeys     int
	SecurityKeys int
	People       int // who have one or more of either
	// OnlyPasskeys are those of them who have a passkey and no other of the ways to sign in that were asked about.
	OnlyPasskeys int
	// OnlySecurityKeys are those who have a security key and no other second factor.
	OnlySecurityKeys int
}

// Ways are other ways to sign in than by passkey.
type Ways struct{ Password, Email, Identity bool }

// CountHolders counts the tenant's credentials, and the people who have no other way, in one statement.
//
// Why raw: ent would ask once for each number, and its conditions on other tables leave out the tenant, so that no index fits them.
func (q *Queries) CountHolders(ctx context.Context, other Ways) (Holders, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return Holders{}, fmt.Errorf("count holders of credentials: %w", err)
	}
	none := func(table string) string {
		return ` AND NOT EXISTS (SELECT 1 FROM ` + table + ` o WHERE o.tenant_id = c.tenant_id AND o.user_id = c.user_id)`
	}
	var no strings.Builder
	for _, way := range []struct {
		is    bool
		table string
	}{{other.Password, "password_credentials"}, {other.Email, "emails"}, {other.Identity, "identities"}} {
		if way.is {
			no.WriteString(none(way.table))
		}
	}
	rows, err := q.query(ctx, `SELECT
		COALESCE(SUM(CASE WHEN c.mfa_only THEN 0 ELSE 1 END), 0), COALESCE(SUM(CASE WHEN c.mfa_only THEN 1 ELSE 0 END), 0), COUNT(DISTINCT c.user_id),
		COUNT(DISTINCT CASE WHEN NOT c.mfa_only`+no.String()+` THEN c.user_id END),
		COUNT(DISTINCT CASE WHEN c.mfa_only`+none("totp_secrets")+` THEN c.user_id END)
		FROM webauthn_credentials c WHERE c.tenant_id = ?`, owner)
	found, err := collect(rows, err, func(rows *sql.Rows) (h Holders, err error) {
		return h, rows.Scan(&h.Passkeys, &h.SecurityKeys, &h.People, &h.OnlyPasskeys, &h.OnlySecurityKeys)
	})
	if err != nil || len(found) != 1 {
		return Holders{}, fmt.Errorf("count holders of credentials: %w", err)
	}
	return found[0], nil
}
