package hankodb

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/transfer"
)

// once remembers who has an address or username first, of those that several people have in different letters of case. It is for dry runs,
// which write nothing that could collide.
type once struct {
	addresses, usernames map[string]uuid.UUID
}

// clashes finds the addresses and usernames that occur more than once.
func (s *Source) clashes(ctx context.Context, tenant uuid.UUID, into *once) error {
	for _, look := range []struct {
		table, column string
		into          map[string]uuid.UUID
	}{{"emails", "address", into.addresses}, {"usernames", "username", into.usernames}} {
		if !s.catalog.hasColumn(look.table, look.column) {
			continue
		}
		q := s.from(look.table).of(tenant)
		where := ""
		for _, condition := range q.where {
			where = " WHERE " + condition
		}
		rows, err := s.tx.QueryContext(ctx, fmt.Sprintf("SELECT LOWER(TRIM(%s)) FROM %s%s GROUP BY LOWER(TRIM(%s)) HAVING COUNT(*) > 1",
			look.column, look.table, where, look.column), q.args...)
		if err != nil {
			return fmt.Errorf("look for clashes in %s: %w", look.table, err)
		}
		defer rows.Close()
		for rows.Next() {
			var name *string
			if err := rows.Scan(&name); err != nil {
				return fmt.Errorf("look for clashes in %s: %w", look.table, err)
			}
			if name != nil {
				look.into[*name] = uuid.Nil
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("look for clashes in %s: %w", look.table, err)
		}
		if err := rows.Close(); err != nil {
			return fmt.Errorf("look for clashes in %s: %w", look.table, err)
		}
	}
	return nil
}

// judge refuses an account that has what another has.
func (h *once) judge(a *transfer.Account, o *transfer.Outcome) {
	for n, e := range a.Emails {
		if owner, clashes := h.addresses[e.Address]; clashes && owner != uuid.Nil && owner != a.ID {
			o.Status, o.Code, o.Field = transfer.Rejected, transfer.CodeEmailExists, fmt.Sprintf("emails[%d].address", n)
			return
		}
	}
	if a.Username != nil {
		if owner, clashes := h.usernames[a.Username.Name]; clashes && owner != uuid.Nil && owner != a.ID {
			o.Status, o.Code, o.Field = transfer.Rejected, transfer.CodeUsernameExists, "username"
			return
		}
	}
	for _, e := range a.Emails {
		if _, clashes := h.addresses[e.Address]; clashes {
			h.addresses[e.Address] = a.ID
		}
	}
	if a.Username != nil {
		if _, clashes := h.usernames[a.Username.Name]; clashes {
			h.usernames[a.Username.Name] = a.ID
		}
	}
}

// encoded is a credential id as people know it.
type encoded []byte

func (e encoded) String() string { return base64.RawURLEncoding.EncodeToString(e) }
