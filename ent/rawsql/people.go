package rawsql

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"
)

// peopleAtOnce is how many users one statement reads: more would be too many parameters for some databases.
const peopleAtOnce = 500

// Why raw: as for one person, and a list of twenty would otherwise be four statements.
const people = `SELECT u.id, u.name, u.given_name, u.family_name, u.picture,
	u.username, u.username_id, u.username_created_at, u.username_updated_at,
	NULL, NULL, NULL, u.blocked_at, u.created_at, u.updated_at,
	NULL, NULL, NULL, NULL, NULL, NULL,
	EXISTS (SELECT 1 FROM webauthn_credentials w WHERE w.tenant_id = u.tenant_id AND w.user_id = u.id),
	0 = 1,
	e.id, e.address, e.is_verified, e.primary_of IS NOT NULL, e.created_at, e.updated_at
	FROM users u
	LEFT JOIN emails e ON e.tenant_id = u.tenant_id AND e.user_id = u.id
	WHERE u.tenant_id = ? AND u.id IN (`

// People reads what lists show of users: not their metadata, nor whether they have passwords, authenticator apps or identities. Who does
// not exist is left out; the order is any. The scope must be that of one tenant.
func (q *Queries) People(ctx context.Context, ids []uuid.UUID) ([]*Person, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	var found []*Person
	known := make(map[uuid.UUID]*Person, len(ids))
	for len(ids) > 0 {
		some := ids[:min(len(ids), peopleAtOnce)]
		ids = ids[len(some):]
		rows, err := q.query(ctx, people+marks(len(some))+`)`, append([]any{owner}, list(some)...)...)
		_, err = collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
			p, email, err := scanPerson(rows)
			if err != nil {
				return struct{}{}, err
			}
			if known[p.ID] == nil {
				known[p.ID] = p
				found = append(found, p)
			}
			if email != nil {
				known[p.ID].Emails = append(known[p.ID].Emails, *email)
			}
			return struct{}{}, nil
		})
		if err != nil {
			return nil, fmt.Errorf("read people: %w", err)
		}
	}
	return found, nil
}
