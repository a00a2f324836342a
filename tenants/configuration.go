package tenants

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/mergepatch"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// A stored configuration is what differs from the defaults, with its secrets sealed.

// baseConfig is what a tenant's configuration differs from.
func baseConfig(a Addresses, id uuid.UUID, slug, name string, origin Origin) config.Config {
	switch origin {
	case OriginSystem:
		return consoleConfig(a)
	case OriginV1:
		return config.ForPublicURL(a.Public(id, slug)).Named(cmp.Or(name, slug))
	default:
		return config.Default()
	}
}

// configOf is the whole configuration of a tenant, with its secrets in clear.
func (r *Registry) configOf(row *ent.Tenant) (config.Config, error) {
	if r.o.Single != nil && row.ID == SingleID {
		return *r.o.Single, nil
	}
	return openStored(r.o.Keyring, row.ID, baseConfig(r.o.Addresses, row.ID, row.Slug, row.Name, Origin(row.Origin)), row.Config)
}

// shown is the whole configuration of a tenant with its secrets masked. They are not even opened, so a secret that cannot be opened any more
// hides no tenant from its operators.
func (r *Registry) shown(row *ent.Tenant) (config.Config, error) {
	if r.o.Single != nil && row.ID == SingleID {
		return config.Mask(*r.o.Single), nil
	}
	sealed, err := config.Apply(baseConfig(r.o.Addresses, row.ID, row.Slug, row.Name, Origin(row.Origin)), row.Config)
	if err != nil {
		return config.Config{}, fmt.Errorf("read the configuration of tenant %s: %w", row.ID, err)
	}
	return config.Mask(sealed), nil
}

// secretAAD binds a sealed secret to its tenant and place.
func secretAAD(tenantID uuid.UUID, path string) []byte {
	return fmt.Appendf(nil, "tenant-config|%s|%s", tenantID, path)
}

// unreadable says that a stored secret cannot be opened. It is no internal error where an operator asks: she can do something about it.
var unreadable = problem.Conflict("secrets_unreadable",
	"a secret of the configuration cannot be opened: the entry of secrets.keys that sealed it is missing")

// openStored reads a stored configuration. Rules may have changed since it was stored, so it is not checked again.
func openStored(keyring *secret.Keyring, tenantID uuid.UUID, base config.Config, stored []byte) (config.Config, error) {
	sealed, err := config.Apply(base, stored)
	if err != nil {
		return base, fmt.Errorf("read the configuration of tenant %s: %w", tenantID, err)
	}
	full, err := config.OpenSecrets(sealed, func(path, text string) (string, error) {
		plain, err := keyring.OpenString(text, secretAAD(tenantID, path))
		return string(plain), err
	})
	if err != nil {
		return base, unreadable.Wrap(fmt.Errorf("open the configuration of tenant %s: %w", tenantID, err))
	}
	return full, nil
}

// sealConfig is a configuration as it is stored.
func sealConfig(keyring *secret.Keyring, tenantID uuid.UUID, base, full config.Config) (json.RawMessage, error) {
	sealed, err := config.SealSecrets(full, func(path, plain string) (string, error) {
		return keyring.SealString([]byte(plain), secretAAD(tenantID, path)), nil
	})
	if err != nil {
		return nil, fmt.Errorf("seal the configuration of tenant %s: %w", tenantID, err)
	}
	return config.Diff(base, sealed), nil
}

// decodeConfig reads what is to differ from the defaults, with secrets in the place of the mask taken from what is stored. Error:
// invalid_config with every problem.
func decodeConfig(base, stored config.Config, given []byte, strict bool) (config.Config, error) {
	given = bytes.TrimSpace(given)
	switch {
	case len(given) == 0 || string(given) == "null":
		given = []byte("{}")
	case given[0] != '{':
		return config.Config{}, invalidConfig(config.Problems{{Reason: "must be a JSON object"}})
	}
	var options []config.Option
	if strict {
		options = append(options, config.Strict())
	}
	full, problems := config.Decode(base, given, options...)
	full = config.Keep(stored, full)
	if problems = append(problems, full.Validate()...); len(problems) > 0 {
		return full, invalidConfig(problems)
	}
	return full, nil
}

// refusePlain refuses addresses without TLS that a change adds.
func (p *Provisioner) refusePlain(before, after config.Config) error {
	if problems := config.NewPlain(before, after, p.o.AllowsPlain); len(problems) > 0 {
		return invalidConfig(problems)
	}
	return nil
}

func invalidConfig(problems config.Problems) error {
	fields := make([]problem.Field, len(problems))
	for i, p := range problems {
		fields[i] = problem.Field{Path: p.Path, Reason: p.Reason}
	}
	return problem.Invalid("invalid_config", "invalid config", fields...)
}

// decodePatching merges a patch into what is set now.
func decodePatching(c current, patch []byte, strict bool) (config.Config, error) {
	now := config.Diff(c.base, config.Mask(c.full))
	merged, err := mergepatch.Apply(now, patch)
	if refused, ok := errors.AsType[*mergepatch.PatchError](err); ok {
		return config.Config{}, problem.Invalid("invalid_config", "invalid config",
			problem.Field{Reason: "must be a JSON object: " + refused.Err.Error()})
	}
	if err != nil {
		return config.Config{}, err
	}
	return decodeConfig(c.base, c.full, merged, strict)
}

// changesBetween lists what differs, for people to read: secrets are masked.
func changesBetween(before, after config.Config) (json.RawMessage, error) {
	list, err := json.Marshal(config.Changes(before, after))
	if err != nil {
		return nil, fmt.Errorf("list the changes of a configuration: %w", err)
	}
	return list, nil
}

// signingAlg is the algorithm of a tenant's keys made from now on.
func signingAlg(c config.Config) jose.Alg { return jose.Alg(c.Signing.Algorithm) }
