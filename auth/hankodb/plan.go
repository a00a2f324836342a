package hankodb

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// builtIn is the secret that an installation has which sets none, or only secrets.keys. Spec: config §10 (Q2).
const builtIn = "abcedfghijklmnopqrstuvwxyz"

// A plan is what will be done with one tenant.
type plan struct {
	tenant
	target uuid.UUID
	slug   string
	config json.RawMessage
	opener *secret.Keyring
	kids   []string
	// here says that the tenant exists in this deployment.
	here bool
	// last is when an earlier import of the tenant began that came to its end.
	last     time.Time
	lifespan time.Duration
}

func (p *plan) newTenant() tenants.NewTenant {
	return tenants.NewTenant{ID: p.target, Slug: p.slug, Config: p.config, Origin: tenants.OriginCompatible}
}

// wrongSecret is the refusal to import a tenant whose keys stay closed.
func wrongSecret(tenant uuid.UUID, k key) error {
	return problem.Invalid("wrong_secret", fmt.Sprintf(
		"none of the secrets given opens signing key %d of tenant %s: give every secret of the old installation (secret_keys, or secrets.keys)",
		k.number, tenant))
}

// plan looks at all tenants before anything is written.
func (i *Importer) plan(ctx context.Context, report *Report) ([]*plan, error) {
	opener, err := openerOf(i.o.Secrets)
	if err != nil {
		return nil, err
	}
	for _, kind := range i.o.Skip {
		if !slices.Contains(Skippable(), kind) {
			return nil, problem.Invalid("invalid_import", fmt.Sprintf("%q cannot be left out; these can: %s", kind, strings.Join(Skippable(), ", ")))
		}
	}
	all, err := i.source.tenants(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := i.choose(ctx, all, report)
	if err != nil {
		return nil, err
	}
	plans := make([]*plan, len(chosen))
	for n, t := range chosen {
		p := &plan{tenant: t, target: t.id, slug: i.o.Slugs[t.id], opener: opener, lifespan: 12 * time.Hour}
		if i.n.Single {
			p.target, p.slug = tenants.SingleID, ""
		}
		if err := i.checkKeys(ctx, p); err != nil {
			return nil, err
		}
		if err := i.checkConfig(p); err != nil {
			return nil, err
		}
		plans[n] = p
	}
	return plans, nil
}

// openerOf opens what was sealed under any of the secrets, or the one that is built in. What it seals is never used.
func openerOf(secrets []string) (*secret.Keyring, error) {
	list := []string{secret.Generate()}
	for n, s := range secrets {
		if len(s) < secret.MinLength {
			return nil, problem.Invalid("invalid_import",
				fmt.Sprintf("secret %d has less than %d bytes, so it cannot be one of Hanko's", n+1, secret.MinLength))
		}
		list = append(list, s)
	}
	opener, err := secret.NewKeyring(append(list, builtIn))
	if err != nil {
		return nil, fmt.Errorf("secrets of the old installation: %w", err)
	}
	return opener, nil
}

// choose keeps the tenants that were asked for. The default tenant of an installation with others, which nobody ever signed up to, is left
// out: Hanko makes its row by itself.
func (i *Importer) choose(ctx context.Context, all []tenant, report *Report) ([]tenant, error) {
	wanted := map[uuid.UUID]bool{}
	for _, id := range i.o.Tenants {
		wanted[id] = true
	}
	var chosen []tenant
	for _, t := range all {
		if len(i.o.Tenants) > 0 && !wanted[t.id] {
			continue
		}
		delete(wanted, t.id)
		if t.id == defaultTenant && len(all) > 1 && !slices.Contains(i.o.Tenants, t.id) {
			n, err := i.source.from("users").of(t.id).count(ctx)
			if err != nil {
				return nil, err
			}
			if n == 0 {
				report.Skipped[t.id.String()] = "the default tenant has no users; name it to import it all the same"
				continue
			}
		}
		chosen = append(chosen, t)
	}
	if len(wanted) > 0 {
		return nil, problem.Invalid("invalid_import", fmt.Sprintf("the database has no tenant %s", slices.Collect(maps.Keys(wanted))[0]))
	}
	if i.n.Single && len(chosen) != 1 {
		return nil, problem.Invalid("invalid_import", fmt.Sprintf(
			"this deployment serves one tenant, and the database has %d: name one, or set multi_tenancy.enabled", len(chosen)))
	}
	for id := range i.o.Slugs {
		if !slices.ContainsFunc(chosen, func(t tenant) bool { return t.id == id }) {
			return nil, problem.Invalid("invalid_import", fmt.Sprintf("a slug is given for tenant %s, which is not imported", id))
		}
	}
	return chosen, nil
}

// checkKeys sees that every key of a tenant opens, and is one that this program can use.
func (i *Importer) checkKeys(ctx context.Context, p *plan) error {
	keys, err := i.source.keys(ctx, p.id)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		i.problems.add(Problem{Tenant: p.id, Table: "jwks", Reason: "the tenant has no signing key (its keys may be in a KMS); " +
			"it gets a new one, and tokens from before are not accepted"})
	}
	for _, k := range keys {
		plain, err := p.opener.OpenLegacy(k.sealed)
		if err != nil {
			return wrongSecret(p.id, k)
		}
		parsed, err := jose.ParsePrivate(plain)
		if err != nil {
			return problem.Invalid("invalid_import", fmt.Sprintf("signing key %d of tenant %s cannot be used: %v", k.number, p.id, err))
		}
		p.kids = append(p.kids, parsed.ID())
	}
	return nil
}

// missing names what this version of Hanko does not have yet.
func (s *Source) missing() []string {
	var lacks []string
	for _, table := range []string{
		"tenants", "primary_emails", "usernames", "webauthn_credential_user_handles", "webauthn_credential_transports", "identities",
		"saml_identities", "otp_secrets", "user_metadata", "sessions", "trusted_devices", "jwks", "webhooks", "audit_logs", "saml_providers",
		"saml_idp_metadata", "saml_certificates",
	} {
		if !s.catalog.has(table) {
			lacks = append(lacks, table)
		}
	}
	for _, c := range [][2]string{
		{"identities", "user_id"}, {"identities", "provider_user_id"}, {"otp_secrets", "last_validated_step"},
		{"webauthn_credentials", "mfa_only"}, {"users", "name"},
	} {
		if s.catalog.has(c[0]) && !s.catalog.hasColumn(c[0], c[1]) {
			lacks = append(lacks, c[0]+"."+c[1])
		}
	}
	return lacks
}
