package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/email"
	entidentity "github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// errNoAddress says that a provider gave a text for an address that is none.
var errNoAddress = errors.New("the e-mail address is not valid")

// look reads what is stored about an account that is in its form. Two statements where the account signs in and nothing else is new.
func (r *Room) look(ctx context.Context, t *tenants.Tenant, s State, a Account) (facts, error) {
	f := facts{config: t.Config, account: a, direct: s.Direct, connecting: s.UserID}
	var err error
	if f.identity, err = r.identity(ctx, t, a); err != nil {
		return f, err
	}
	if f.identity.owner != uuid.Nil {
		return f, r.lookAtOwner(ctx, t, &f)
	}
	owner := s.UserID
	if owner == uuid.Nil {
		if f.address, err = r.address(ctx, t, a.Claims.Email); err != nil || f.address.owner == uuid.Nil {
			return f, err
		}
		owner = f.address.owner
	}
	f.person, err = r.n.Users.Load(ctx, t, owner)
	if isNotFound(err) && s.UserID != uuid.Nil {
		return f, nil
	}
	return f, err
}

// lookAtOwner reads about the person whom an account signs in; in full where something about her will be told.
func (r *Room) lookAtOwner(ctx context.Context, t *tenants.Tenant, f *facts) error {
	var err error
	if f.person, err = r.n.Users.Brief(ctx, t, f.identity.owner); err != nil || !f.moved() {
		return err
	}
	if f.address, err = r.address(ctx, t, f.account.Claims.Email); err != nil {
		return err
	}
	f.person, err = r.n.Users.Load(ctx, t, f.identity.owner)
	return err
}

func (r *Room) identity(ctx context.Context, t *tenants.Tenant, a Account) (identity, error) {
	row, err := r.n.Store.Reader().Identity.Query().
		Where(entidentity.ProviderID(a.Provider), entidentity.Subject(a.Claims.Subject)).
		Only(within(ctx, t))
	switch {
	case ent.IsNotFound(err):
		return identity{}, nil
	case err != nil:
		return identity{}, fmt.Errorf("find an identity: %w", err)
	}
	i := identity{id: row.ID, owner: orNil(row.UserID), emailID: orNil(row.EmailID)}
	if row.SamlDomain != nil {
		i.samlDomain = *row.SamlDomain
	}
	return i, nil
}

func (r *Room) address(ctx context.Context, t *tenants.Tenant, text string) (address, error) {
	if text == "" {
		return address{}, nil
	}
	row, err := r.n.Store.Reader().Email.Query().Where(email.Address(text)).Only(within(ctx, t))
	switch {
	case ent.IsNotFound(err):
		return address{}, nil
	case err != nil:
		return address{}, fmt.Errorf("find an address: %w", err)
	}
	return address{id: row.ID, owner: orNil(row.UserID), verified: row.IsVerified}, nil
}

// within is a context for reads of a tenant's rows.
func within(ctx context.Context, t *tenants.Tenant) context.Context {
	return scope.With(ctx, scope.Tenant(t.ID))
}

func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

// isNotFound reports whether nobody was found.
func isNotFound(err error) bool {
	p, ok := errors.AsType[*problem.Error](err)
	return ok && p.Kind == problem.KindNotFound || errors.Is(err, user.ErrNotFound)
}
