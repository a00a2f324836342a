package hankodb

import (
	"context"
	"strconv"

	"github.com/google/uuid"
)

// identityColumns are what is read of identities. Before 2025-01-30 the provider was in provider_name, and provider_id was the account there.
func (s *Source) identityColumns() []column {
	cols := text("id", "user_id", "email_id", "provider_id", "data")
	cols = append(cols, times("created_at", "updated_at")...)
	return append(cols, text("provider_user_id", "provider_name")...)
}

func (s *Source) readIdentity(r *row) identity {
	i := identity{
		raw: r.text("id"), id: r.id("id"), user: r.id("user_id"), email: r.id("email_id"), subject: r.text("provider_user_id"), provider: r.text("provider_id"),
		claims: r.text("data"), created: r.time("created_at"), updated: r.time("updated_at"),
	}
	if !s.catalog.hasColumn("identities", "provider_user_id") {
		i.subject, i.provider = r.text("provider_id"), r.text("provider_name")
	}
	return i
}

func (s *Source) identities(ctx context.Context, byID map[uuid.UUID]*person, ids []uuid.UUID) error {
	owners := map[uuid.UUID]*person{} // by address
	var addresses []uuid.UUID
	for _, p := range byID {
		for _, e := range p.emails {
			owners[e.id] = p
			addresses = append(addresses, e.id)
		}
	}
	seen := map[uuid.UUID]bool{}
	take := func(r *row) error {
		i := s.readIdentity(r)
		p := byID[i.user]
		if p == nil && !s.catalog.hasColumn("identities", "user_id") { // before 2025-11-04: whose address it is bound to
			p = owners[i.email]
		}
		if p != nil && !seen[i.id] {
			seen[i.id] = true
			p.identities = append(p.identities, i)
		}
		return nil
	}
	name, list := "user_id", ids
	if !s.catalog.hasColumn("identities", "user_id") {
		name, list = "email_id", addresses
	}
	if len(list) == 0 {
		return nil
	}
	if err := s.from("identities").in(name, list).then("ORDER BY created_at, id").each(ctx, s.identityColumns(), take); err != nil {
		return err
	}
	return s.domains(ctx, byID)
}

// domains reads through which SAML provider identities came.
func (s *Source) domains(ctx context.Context, byID map[uuid.UUID]*person) error {
	at := map[uuid.UUID]*identity{}
	var ids []uuid.UUID
	for _, p := range byID {
		for i := range p.identities {
			at[p.identities[i].id] = &p.identities[i]
			ids = append(ids, p.identities[i].id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return s.from("saml_identities").in("identity_id", ids).then("ORDER BY created_at, id").each(ctx, text("identity_id", "domain"), func(r *row) error {
		if i := at[r.id("identity_id")]; i != nil && i.domain == "" {
			i.domain = r.text("domain")
		}
		return nil
	})
}

// unclaimed reads a tenant's addresses that belong to nobody.
func (s *Source) unclaimed(ctx context.Context, tenant uuid.UUID, after string, limit int) ([]email, error) {
	if !s.catalog.hasColumn("emails", "user_id") {
		return nil, nil
	}
	q := s.from("emails").of(tenant).and("user_id IS NULL")
	q.after(after)
	var found []email
	cols := append(text("id", "address"), append(bools("verified"), times("created_at", "updated_at")...)...)
	err := q.then("ORDER BY id LIMIT "+strconv.Itoa(limit)).each(ctx, cols, func(r *row) error {
		found = append(found, email{
			raw: r.text("id"), id: r.id("id"), address: r.text("address"), verified: r.bool("verified"), created: r.time("created_at"), updated: r.time("updated_at"),
		})
		return nil
	})
	return found, err
}

// pending reads a tenant's identities that belong to nobody: links that were begun in a profile and not confirmed, and those of an unclaimed
// address.
func (s *Source) pending(ctx context.Context, tenant uuid.UUID, after string, limit int) ([]identity, error) {
	q := s.from("identities").of(tenant)
	if s.catalog.hasColumn("identities", "user_id") {
		q.and("user_id IS NULL")
	} else {
		q.and("email_id IN (SELECT id FROM emails WHERE user_id IS NULL)")
	}
	q.after(after)
	var found []identity
	err := q.then("ORDER BY id LIMIT "+strconv.Itoa(limit)).each(ctx, s.identityColumns(), func(r *row) error {
		found = append(found, s.readIdentity(r))
		return nil
	})
	return found, err
}
