package settings

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// holdsTenant reports whether the file configures a tenant at top level. The secrets are the process's own.
func (d document) holdsTenant() (written string, ok bool) {
	for _, section := range slices.Concat(tenantSections(), legacySections()) {
		name, v, found := entry(d.root, section)
		if !found || v == nil {
			continue
		}
		if m, isMap := v.(map[string]any); isMap && section == "secrets" {
			if _, _, other := find(m, "key_management"); !other {
				continue
			}
		}
		return name, true
	}
	for _, path := range []string{"server.cors", "server.public.cors"} {
		if _, name, found := find(d.root, path); found {
			return name, true
		}
	}
	return "", false
}

// tenantPart gathers what configures the one tenant of single-tenant mode. With many tenants it is empty, and what is
// there without effect is named.
func tenantPart(doc document, env environment, keys []TenantKey, multi bool, r *report) Tenant {
	if multi {
		warnUnusedTenant(doc, env, keys, r)
		return Tenant{}
	}
	t := Tenant{Values: map[string]any{}, Sources: map[string]string{}}
	for _, section := range slices.Concat(tenantSections(), legacySections()) {
		if written, v, ok := entry(doc.root, section); ok {
			t.Values[written] = v
		}
	}
	if name, v, ok := entry(t.Values, "secrets"); ok {
		if m, isMap := v.(map[string]any); isMap {
			m = maps.Clone(m)
			maps.DeleteFunc(m, func(key string, _ any) bool { return strings.EqualFold(key, "keys") }) // the process's
			t.Values[name] = m
		}
	}
	t.addServerCORS(doc)
	for _, name := range ignoredSections() {
		if written, _, ok := entry(doc.root, name); ok {
			r.warn(doc.origin(written), "is a switch of old without effect: keys of old are mapped where their replacement is absent")
		}
	}
	t.setFromEnv(env, keys, r)
	t.setFromLegacyEnv(env, r)
	return t
}

// addServerCORS hands over the old homes of the CORS settings, which stand in a section of the process.
func (t Tenant) addServerCORS(doc document) {
	server := map[string]any{}
	if v, _, ok := find(doc.root, "server.cors"); ok {
		server["cors"] = v
	}
	if v, _, ok := find(doc.root, "server.public.cors"); ok {
		server["public"] = map[string]any{"cors": v}
	}
	if v, _, ok := find(doc.root, "server.admin.cors"); ok {
		server["admin"] = map[string]any{"cors": v}
	}
	if len(server) > 0 {
		t.Values["server"] = server
	}
}

func (t Tenant) setFromEnv(env environment, keys []TenantKey, r *report) {
	for _, key := range keys {
		for _, name := range key.envNames() {
			val, at, ok := env.get(name, key.Path, key.Kind, r)
			if !ok {
				continue
			}
			if val != nil {
				t.set(key.Path, val, at.Name)
			}
			break
		}
	}
}

// envNames are the variables of a tenant's setting, the winning one first.
func (k TenantKey) envNames() []string {
	names := []string{EnvName(k.Path)}
	if k.Env != "" {
		names = append(names, k.Env)
		if alias := upper(k.Path); alias != k.Env {
			names = append(names, alias)
		}
	}
	return names
}

func (t Tenant) setFromLegacyEnv(env environment, r *report) {
	for _, old := range legacyTenantEnvs() {
		if old.When != "" && !t.legacySwitch(env, old.When) {
			continue
		}
		for _, name := range []string{EnvName(old.Path), upper(old.Path)} {
			val, at, ok := env.get(name, old.Path, old.Kind, r)
			if !ok {
				continue
			}
			r.warn(at, "is a name of old, use %s", joinEnv(old.Now))
			for _, path := range old.Now {
				if _, _, taken := find(t.Values, path); !taken && val != nil {
					t.set(path, val, at.Name)
				}
			}
			break
		}
	}
}

// legacySwitch reads a boolean of old from the environment, else from the file.
func (t Tenant) legacySwitch(env environment, path string) bool {
	for _, name := range []string{EnvName(path), upper(path)} {
		if text, ok := env.vars[name]; ok {
			on, err := fromText(Bool, text)
			return err != nil || on == true // a value that cannot be read is reported by the caller
		}
	}
	v, _, ok := find(t.Values, path)
	on, err := boolFromYAML(v)
	return ok && err == nil && on
}

// set puts a value of the environment at a path. Where the file holds something else than a mapping on the way, the file's
// mistake is left for the tenant's configuration to report.
func (t Tenant) set(path string, val any, source string) {
	if d, ok := val.(time.Duration); ok {
		val = d.String()
	}
	if list, ok := val.([]string); ok {
		entries := make([]any, len(list))
		for i, one := range list {
			entries[i] = one
		}
		val = entries
	}
	parts := strings.Split(path, ".")
	m := t.Values
	for _, part := range parts[:len(parts)-1] {
		name, next, ok := entry(m, part)
		if !ok {
			name = part
		}
		sub, isMap := next.(map[string]any)
		if !isMap {
			if next != nil {
				return
			}
			sub = map[string]any{}
		}
		sub = maps.Clone(sub) // the document stays as read
		m[name], m = sub, sub
	}
	last := parts[len(parts)-1]
	if name, _, ok := entry(m, last); ok {
		last = name
	}
	m[last] = val
	t.Sources[path] = source
}

func joinEnv(paths []string) string {
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = EnvName(path)
	}
	return strings.Join(names, ", ")
}

// warnUnusedTenant says once for the file and once for the environment that a tenant's settings have no effect there.
func warnUnusedTenant(doc document, env environment, keys []TenantKey, r *report) {
	const text = "has no effect on tenants kept in the database; set multi_tenancy.enabled to false to serve one tenant from here"
	if written, ok := doc.holdsTenant(); ok {
		r.warn(doc.origin(written), text)
	}
	for _, key := range keys {
		for _, name := range key.envNames() {
			_, direct := env.vars[name]
			_, indirect := env.vars[name+fileSuffix]
			if direct || indirect && strings.HasPrefix(name, Prefix) {
				r.warn(Origin{Layer: Environment, Name: name}, text)
				return
			}
		}
	}
}
