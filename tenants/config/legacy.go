package config

import (
	"strings"
)

// DecodeMap reads a YAML document over a base, as Decode does. Keys of old are taken where the key of today is absent. The warnings, one
// for each key of old, say what became of it. Settings of the process that stand in the same document are passed over.
func DecodeMap(base Config, values map[string]any, opts ...Option) (Config, []string, Problems) {
	tree := copyMaps(values)
	var warnings []string
	serverSide := truthy(at(tree, "session.server_side.enabled"))
	for _, key := range legacyKeys() {
		value := at(tree, key.old)
		if value == nil {
			continue
		}
		if key.old == "session.server_side.limit" && !serverSide {
			warnings = append(warnings, key.old+" is a key of old without effect: session.server_side.enabled is not true")
			continue
		}
		warnings = append(warnings, key.old+" "+key.move(tree, value))
	}
	for _, path := range passedOver() {
		remove(tree, path)
	}
	c, problems := decodeTree(base, tree, opts)
	return c, warnings, problems
}

// A legacyKey is a key of old and what took its place.
type legacyKey struct {
	old     string
	now     []string // empty: nothing did
	convert func(any) any
}

// move puts the value to its places of today and says what became of it. A value of nil after conversion means nothing is set.
func (k legacyKey) move(tree map[string]any, value any) string {
	if len(k.now) == 0 {
		return "is a key of old without effect"
	}
	if k.convert != nil {
		value = k.convert(value)
	}
	var set, taken []string
	for _, path := range k.now {
		switch {
		case at(tree, path) != nil:
			taken = append(taken, path)
		case value != nil && put(tree, path, value):
			set = append(set, path)
		}
	}
	text := "is a key of old, use " + strings.Join(k.now, ", ")
	if len(taken) > 0 && len(set) == 0 {
		text += "; it has no effect because that is set"
	}
	return text
}

// legacyKeys lists the keys of old. Of two with the same place of today the first wins.
func legacyKeys() []legacyKey {
	one := func(old string, now ...string) legacyKey { return legacyKey{old: old, now: now} }
	keys := []legacyKey{
		one("server.public.cors.allow_origins", "cors.allow_origins"),
		one("server.cors.allow_origins", "cors.allow_origins"),
		one("server.public.cors.unsafe_wildcard_origin_allowed", "cors.unsafe_wildcard_origin_allowed"),
		one("server.cors.unsafe_wildcard_origin_allowed", "cors.unsafe_wildcard_origin_allowed"),
	}
	for _, block := range []string{"server.public.cors", "server.cors"} {
		for _, name := range []string{"enabled", "allow_credentials", "allow_methods", "expose_headers", "max_age"} {
			keys = append(keys, one(block+"."+name))
		}
	}
	keys = append(keys,
		one("server.admin.cors"),
		one("emails.require_verification", "email.require_verification"),
		one("emails.max_num_of_addresses", "email.limit"),
		one("password.min_password_length", "password.min_length"),
		one("passcode.ttl", "email.passcode_ttl"),
		one("email_delivery.email.from_address", "email_delivery.from_address"),
		one("email_delivery.email.from_name", "email_delivery.from_name"),
		one("passcode.email.from_address", "email_delivery.from_address"),
		one("passcode.email.from_name", "email_delivery.from_name"),
	)
	for _, block := range []string{"smtp", "passcode.smtp"} {
		for _, name := range []string{"host", "port", "user", "password"} {
			keys = append(keys, one(block+"."+name, "email_delivery.smtp."+name))
		}
	}
	return append(keys,
		one("webauthn.timeout", "webauthn.timeouts.registration", "webauthn.timeouts.login"),
		one("webauthn.user_verification", "passkey.user_verification"),
		legacyKey{
			old: "webauthn.relying_party.origin", now: []string{"webauthn.relying_party.origins"},
			convert: func(value any) any { return []any{value} },
		},
		legacyKey{
			old: "session.server_side.enabled",
			now: []string{"session.allow_revocation", "session.acquire_ip_address", "session.acquire_user_agent", "session.show_on_profile"},
			convert: func(value any) any {
				if truthy(value) {
					return true
				}
				return nil
			},
		},
		one("session.server_side.limit", "session.limit"),
	)
}

// passedOver lists what a document may hold beside the settings of a tenant: settings of the process, and keys of old once they were read.
func passedOver() []string {
	return []string{
		"audit_log", "database", "debug", "default_email_delivery", "flow_locker", "log", "multi_tenancy", "rate_limiter", "secret_keys", "server",
		"convert_legacy_config", "convert_legacy_server_side_session_config",
		"emails", "passcode", "smtp", "password.min_password_length", "email_delivery.email",
		"webauthn.timeout", "webauthn.user_verification", "webauthn.relying_party.origin", "session.server_side",
	}
}

func truthy(value any) bool {
	b, err := toBool(value)
	return err == nil && b
}

// copyMaps copies a tree as far as keys are moved in it: its objects, with texts as keys.
func copyMaps(tree map[string]any) map[string]any {
	result := make(map[string]any, len(tree))
	for name, value := range tree {
		if inner, ok := asMap(value); ok {
			result[name] = copyMaps(inner)
		} else {
			result[name] = value
		}
	}
	return result
}

// at is the value at a path, nil when there is none.
func at(tree map[string]any, path string) any {
	var value any = tree
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		written, ok := lookUp(object, name)
		if !ok {
			return nil
		}
		value = object[written]
	}
	return value
}

// put sets the value at a path. It fails where something on the way is no object; the decoder reports that.
func put(tree map[string]any, path string, value any) bool {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		written, found := lookUp(tree, name)
		if !found {
			written = name
		}
		if tree[written] == nil {
			tree[written] = map[string]any{}
		}
		inner, ok := tree[written].(map[string]any)
		if !ok {
			return false
		}
		tree = inner
	}
	last := names[len(names)-1]
	if written, found := lookUp(tree, last); found {
		last = written
	}
	tree[last] = value
	return true
}

// remove drops a path in every spelling.
func remove(tree map[string]any, path string) {
	names := strings.Split(path, ".")
	if len(names) > 1 {
		inner, _ := at(tree, strings.Join(names[:len(names)-1], ".")).(map[string]any)
		tree = inner
	}
	for name := range tree {
		if strings.EqualFold(name, names[len(names)-1]) {
			delete(tree, name)
		}
	}
}
