package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Methods are ways to sign in.
type Methods struct {
	Password, Passkey, MailCode, ThirdParty bool
}

// having are conditions of which those hold that people have who can use one of the methods.
func (m Methods) having() string {
	var any []string
	for _, way := range []struct {
		on        bool
		condition string
	}{
		{m.Password, "EXISTS (SELECT 1 FROM password_credentials c WHERE c.tenant_id = u.tenant_id AND c.user_id = u.id)"},
		{m.Passkey, "EXISTS (SELECT 1 FROM webauthn_credentials w WHERE w.tenant_id = u.tenant_id AND w.user_id = u.id AND NOT w.mfa_only)"},
		{m.MailCode, "EXISTS (SELECT 1 FROM emails e WHERE e.tenant_id = u.tenant_id AND e.user_id = u.id)"},
		{m.ThirdParty, "EXISTS (SELECT 1 FROM identities i WHERE i.tenant_id = u.tenant_id AND i.user_id = u.id)"},
	} {
		if way.on {
			any = append(any, way.condition)
		}
	}
	if len(any) == 0 {
		return "1 = 0"
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// Stranded counts the people of the tenant who can sign in by one of some methods and by none of others, at most limit of them: they are looked
// for in vain among those who have more, so it walks over all people where there are few.
//
// Why raw: a condition over four tables for each of many people.
func (q *Queries) Stranded(ctx context.Context, before, after Methods, limit int) (int, error) {
	return q.countPeople(ctx, before.having()+" AND NOT "+after.having(), limit)
}

// WithSecondFactor counts the people of the tenant who have an authenticator app or a security key, as asked; at most limit.
//
// Why raw: next to Stranded.
func (q *Queries) WithSecondFactor(ctx context.Context, app, key bool, limit int) (int, error) {
	var any []string
	if app {
		any = append(any, "EXISTS (SELECT 1 FROM totp_secrets s WHERE s.tenant_id = u.tenant_id AND s.user_id = u.id)")
	}
	if key {
		any = append(any, "EXISTS (SELECT 1 FROM webauthn_credentials k WHERE k.tenant_id = u.tenant_id AND k.user_id = u.id AND k.mfa_only)")
	}
	if len(any) == 0 {
		return 0, nil
	}
	return q.countPeople(ctx, "("+strings.Join(any, " OR ")+")", limit)
}

func (q *Queries) countPeople(ctx context.Context, condition string, limit int) (int, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return 0, fmt.Errorf("count people: %w", err)
	}
	rows, err := q.query(ctx, "SELECT COUNT(*) FROM (SELECT 1 AS one FROM users u WHERE u.tenant_id = ? AND "+condition+" LIMIT ?) found", owner, limit)
	counts, err := collect(rows, err, func(rows *sql.Rows) (n int, err error) { return n, rows.Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("count people: %w", err)
	}
	return counts[0], nil
}
