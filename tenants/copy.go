package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/mergepatch"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/template"
)

// copies are the rows beside its configuration that make up the settings of a tenant.
type copies struct {
	saml  []*ent.SAMLProvider
	hooks []*ent.Webhook
	// endpoints have the secrets of the webhooks, by id.
	endpoints map[uuid.UUID]*ent.WebhookEndpoint
}

// begin puts what a tenant is to begin with, a template or the settings of another tenant, under the configuration that was given for it.
func (p *Provisioner) begin(ctx context.Context, in *NewTenant) (*copies, error) {
	switch {
	case in.Template != "" && in.CopyFrom != uuid.Nil:
		return nil, problem.Invalid("invalid_tenant", "the tenant is not valid",
			problem.Field{Path: "copy_from", Reason: "must not be there beside template"})
	case in.Template != "":
		t, ok := template.Find(in.Template)
		if !ok {
			return nil, problem.Invalid("invalid_tenant", "the tenant is not valid",
				problem.Field{Path: "template", Reason: "must be one of " + strings.Join(template.Names(), ", ")})
		}
		return nil, in.over(t.Patch(p.addresses.Public(in.ID, in.Slug)))
	case in.CopyFrom != uuid.Nil:
		return p.copyOf(ctx, in)
	default:
		return nil, nil
	}
}

// over puts the configuration that was given over another one.
func (in *NewTenant) over(under json.RawMessage) error {
	if text := strings.TrimSpace(string(in.Config)); text == "" || text == "null" {
		in.Config = under
		return nil
	}
	merged, err := mergepatch.Apply(under, in.Config)
	if refused, ok := errors.AsType[*mergepatch.PatchError](err); ok {
		return invalidConfig(config.Problems{{Reason: "must be a JSON object: " + refused.Err.Error()}})
	}
	in.Config = merged
	return err
}

// copyOf reads the settings of a tenant: what differs from its defaults, secrets in clear, so that what follows from its address and name follows
// from those of the copy there.
func (p *Provisioner) copyOf(ctx context.Context, in *NewTenant) (*copies, error) {
	from, err := p.get(ctx, tenant.ID(in.CopyFrom))
	if err != nil || Origin(from.Origin) == OriginSystem {
		return nil, problem.Invalid("invalid_tenant", "the tenant is not valid", problem.Field{Path: "copy_from", Reason: "must be a tenant that exists"})
	}
	base := baseConfig(p.addresses, from.ID, from.Slug, from.Name, Origin(from.Origin))
	full, err := openStored(p.o.Keyring, from.ID, base, from.Config)
	if err != nil {
		return nil, err
	}
	if err := in.over(config.Diff(base, full)); err != nil {
		return nil, err
	}
	found := &copies{endpoints: map[uuid.UUID]*ent.WebhookEndpoint{}}
	ctx = scope.With(ctx, scope.Tenant(from.ID))
	db := p.db.Reader()
	if found.saml, err = db.SAMLProvider.Query().All(ctx); err != nil {
		return nil, fmt.Errorf("read the SAML providers of tenant %s: %w", from.ID, err)
	}
	if found.hooks, err = db.Webhook.Query().All(ctx); err != nil {
		return nil, fmt.Errorf("read the webhooks of tenant %s: %w", from.ID, err)
	}
	endpoints, err := db.WebhookEndpoint.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the webhooks of tenant %s: %w", from.ID, err)
	}
	for _, e := range endpoints {
		found.endpoints[e.ID] = e
	}
	return found, nil
}

// insert writes the copied rows for a new tenant, with ids of their own.
func (c *copies) insert(ctx context.Context, tx *store.Tx, p *Provisioner, to uuid.UUID) error {
	if c == nil {
		return nil
	}
	now := p.now()
	for _, s := range c.saml {
		row := tx.SAMLProvider.Create().SetTenantID(to).SetName(s.Name).SetEntityID(s.EntityID).SetMetadataURL(s.MetadataURL).SetDomain(s.Domain).
			SetEnabled(s.Enabled).SetSkipEmailVerification(s.SkipEmailVerification).SetMetadataXML(s.MetadataXML).
			SetMetadataCertificate(s.MetadataCertificate).SetNillableMetadataFetchedAt(s.MetadataFetchedAt).SetNillableRefreshAt(s.RefreshAt).
			SetCreatedAt(now).SetUpdatedAt(now)
		if len(s.AttributeMap) > 0 {
			row.SetAttributeMap(s.AttributeMap)
		}
		if err := row.Exec(ctx); err != nil {
			return fmt.Errorf("copy a SAML provider: %w", err)
		}
	}
	for _, h := range c.hooks {
		if err := c.insertHook(ctx, tx, p, to, h); err != nil {
			return fmt.Errorf("copy a webhook: %w", err)
		}
	}
	return nil
}

// insertHook copies a webhook with its signing secret, so that its back end knows the messages of both tenants. What was disabled stays so.
func (c *copies) insertHook(ctx context.Context, tx *store.Tx, p *Provisioner, to uuid.UUID, h *ent.Webhook) error {
	var events []HookEvent
	if err := json.Unmarshal(h.Events, &events); err != nil {
		return err
	}
	for i := range events {
		events[i].ID = uuid.Must(uuid.NewV7())
	}
	subscribed, err := json.Marshal(events)
	if err != nil {
		return err
	}
	id, now := uuid.Must(uuid.NewV7()), p.now()
	lifetime := h.ExpiresAt.Sub(h.UpdatedAt)
	if err := tx.Webhook.Create().SetTenantID(to).SetID(id).SetCallback(h.Callback).SetEvents(subscribed).SetEnabled(h.Enabled).
		SetExpiresAt(now.Add(max(lifetime, 0))).SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx); err != nil {
		return err
	}
	e := c.endpoints[h.ID]
	if e == nil || len(e.Secrets) == 0 || p.o.ResealHook == nil {
		return nil
	}
	sealed, err := p.o.ResealHook(h.TenantID, h.ID, to, id, e.Secrets)
	if err != nil {
		return err
	}
	return tx.WebhookEndpoint.Create().SetTenantID(to).SetID(id).SetSecrets(sealed).SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx)
}
