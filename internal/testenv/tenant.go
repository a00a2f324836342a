package testenv

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Tenant of an Env, as its clients reach it.
type Tenant struct {
	Env  *Env
	ID   uuid.UUID
	Slug string

	base string
}

// Tenant makes a tenant, reached by its host name. The configuration is JSON; what it leaves out has its default.
func (e *Env) Tenant(t testing.TB, slug string, config ...string) *Tenant {
	t.Helper()
	in := tenants.NewTenant{Slug: slug, Name: slug}
	if len(config) > 0 {
		in.Config = json.RawMessage(config[0])
	}
	r, err := e.App.Provisioner.Create(t.Context(), tenants.BySystem, in)
	require.NoError(t, err, "create tenant %s", slug)
	return &Tenant{Env: e, ID: r.ID, Slug: slug, base: "http://" + slug + "." + domain}
}

// CompatibleTenant makes a tenant as the management API of Hanko does. It is reached by its id as first segment of the path.
func (e *Env) CompatibleTenant(t testing.TB, config string) *Tenant {
	t.Helper()
	r, err := e.App.Provisioner.Create(t.Context(), tenants.BySystem, tenants.NewTenant{
		Origin: tenants.OriginCompatible, Config: json.RawMessage(config),
	})
	require.NoError(t, err, "create tenant")
	return (&Tenant{Env: e, ID: r.ID, Slug: r.Slug}).ByPath()
}

// Single is the only tenant of a program that runs WithFile.
func (e *Env) Single() *Tenant {
	return &Tenant{Env: e, ID: tenants.SingleID, base: "http://" + domain}
}

// ByPath is the same tenant, reached by its id as first segment of the path.
func (s *Tenant) ByPath() *Tenant {
	other := *s
	other.base = "http://" + domain + "/" + s.ID.String()
	return &other
}

// At is the same tenant, at another base URL: one that may be wrong.
func (s *Tenant) At(base string) *Tenant {
	other := *s
	other.base = base
	return &other
}

// On is the same tenant, served by another program on the same database.
func (s *Tenant) On(replica *Env) *Tenant {
	other := *s
	other.Env = replica
	return &other
}

// URL is the tenant's base URL, without trailing slash.
func (s *Tenant) URL() string { return s.base }

// Configure changes the tenant's configuration by a JSON merge patch.
func (s *Tenant) Configure(t testing.TB, patch string) {
	t.Helper()
	_, err := s.Env.App.Provisioner.PatchConfig(t.Context(), s.ID, json.RawMessage(patch), tenants.How{By: tenants.BySystem})
	require.NoError(t, err, "configure tenant")
}

// SetStatus suspends the tenant, or lets it work again.
func (s *Tenant) SetStatus(t testing.TB, status tenants.Status) {
	t.Helper()
	_, err := s.Env.App.Provisioner.SetStatus(t.Context(), tenants.BySystem, s.ID, status, "a test")
	require.NoError(t, err, "set the tenant's status")
}

// scope is that of the tenant's rows.
func (s *Tenant) scope() scope.Scope { return scope.Tenant(s.ID) }
