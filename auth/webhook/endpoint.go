package webhook

import (
	"crypto/sha256"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// Where an endpoint comes from.
const (
	SourceDatabase = "database" // a back end made it
	SourceConfig   = "config"   // it stands in the tenant's configuration
)

// ConfiguredID is the id of the endpoint that a tenant's configuration names by its callback. It stays while the callback does. It is a UUID of
// version 8 (RFC 9562 §5.8).
func ConfiguredID(tenant uuid.UUID, callback string) uuid.UUID {
	sum := sha256.Sum256([]byte("webhook-endpoint|" + tenant.String() + "|" + callback))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id
}

// configured is an endpoint of a tenant's configuration. Entries with one callback are one endpoint.
type configured struct {
	ID       uuid.UUID
	Callback string
	Events   []string
}

type configuredKey struct{}

// configuredEndpoints are those of a tenant's configuration that can be called, whether or not it enables them.
func configuredEndpoints(t *tenants.Tenant) []configured {
	all, _ := tenants.Memo(t, configuredKey{}, func() ([]configured, error) { return collectConfigured(t.ID, t.Config.Webhooks.Hooks), nil })
	return all
}

func collectConfigured(tenant uuid.UUID, hooks []config.Hook) []configured {
	var all []configured
	for _, hook := range hooks {
		if hook.Callback == "" {
			continue
		}
		id := ConfiguredID(tenant, hook.Callback)
		at := slices.IndexFunc(all, func(c configured) bool { return c.ID == id })
		if at < 0 {
			at, all = len(all), append(all, configured{ID: id, Callback: hook.Callback})
		}
		all[at].Events = append(all[at].Events, hook.Events...)
	}
	return all
}

// configuredBy finds an endpoint of the configuration by its id.
func configuredBy(t *tenants.Tenant, id uuid.UUID) (configured, bool) {
	all := configuredEndpoints(t)
	at := slices.IndexFunc(all, func(c configured) bool { return c.ID == id })
	if at < 0 {
		return configured{}, false
	}
	return all[at], true
}

// listeners are the endpoints that want to be told of an event: those of the configuration first, where it enables them. Spec: webhooks §5.
func listeners(t *tenants.Tenant, name event.Name) []uuid.UUID {
	var ids []uuid.UUID
	if t.Config.Webhooks.Enabled {
		for _, c := range configuredEndpoints(t) {
			if tenants.Hears(c.Events, string(name)) {
				ids = append(ids, c.ID)
			}
		}
	}
	for _, hook := range t.Hooks {
		if hook.Hears(string(name)) {
			ids = append(ids, hook.ID)
		}
	}
	return ids
}
