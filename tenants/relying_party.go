package tenants

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/relyingparty"
)

// maxOrigins is how many origins a plan is made for.
const maxOrigins = 100

// PlanRelyingParty foretells what another id and other origins of the relying party would do to a tenant's people; an empty id and no origins
// are those it has. Nothing is changed. Errors: ErrNotFound, invalid_plan.
func (p *Provisioner) PlanRelyingParty(ctx context.Context, id uuid.UUID, rpID string, origins []string) (relyingparty.Plan, error) {
	row, err := p.get(ctx, tenant.ID(id))
	if err != nil {
		return relyingparty.Plan{}, err
	}
	if len(origins) > maxOrigins {
		return relyingparty.Plan{}, problem.Invalid("invalid_plan", "the plan cannot be made",
			problem.Field{Path: "origins", Reason: fmt.Sprintf("must be %d at most", maxOrigins)})
	}
	c, err := p.registry.shown(row)
	if err != nil {
		return relyingparty.Plan{}, err
	}
	to := c.WebAuthn.RelyingParty
	if rpID != "" {
		to.ID = rpID
	}
	if len(origins) > 0 {
		to.Origins = origins
	}
	held, err := p.holders(ctx, id, c)
	if err != nil {
		return relyingparty.Plan{}, err
	}
	return relyingparty.Make(c.WebAuthn.RelyingParty, to, held), nil
}

// holders counts the credentials of a tenant, and the people who have none of the other ways that its configuration allows.
func (p *Provisioner) holders(ctx context.Context, id uuid.UUID, c config.Config) (relyingparty.Holders, error) {
	found, err := p.db.Raw().CountHolders(scope.With(ctx, scope.Tenant(id)), rawsql.Ways{
		Password: c.Password.Enabled,
		Email:    c.Email.Enabled && c.Email.UseForAuthentication,
		Identity: c.SAML.Enabled || c.ThirdParty.AnyEnabled(),
	})
	if err != nil {
		return relyingparty.Holders{}, fmt.Errorf("plan the relying party of tenant %s: %w", id, err)
	}
	if !c.MFA.Enabled {
		found.OnlySecurityKeys = 0
	}
	return relyingparty.Holders(found), nil
}

// warnings are what a change of the configuration leads to that an operator should know: what will not work, and whose credentials break.
func (p *Provisioner) warnings(ctx context.Context, id uuid.UUID, now *config.Config, changes []config.Change) (config.Problems, error) {
	all := now.Warnings()
	const path = "webauthn.relying_party.id"
	for _, c := range changes {
		if c.Path != path {
			continue
		}
		held, err := p.holders(ctx, id, *now)
		if err != nil {
			return nil, err
		}
		if held.People > 0 {
			all = append(all, config.Problem{Path: path, Reason: fmt.Sprintf("all %d passkeys and %d security keys of %d people stop working; %d people have "+
				"no other way to sign in, and %d no other second factor. See GET /v1/tenants/{id}/relying-party/plan",
				held.Passkeys, held.SecurityKeys, held.People, held.OnlyPasskeys, held.OnlySecurityKeys)})
		}
	}
	return all, nil
}
