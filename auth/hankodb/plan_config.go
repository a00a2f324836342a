package hankodb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// checkConfig makes a tenant's configuration one that this program takes. Our rules are stricter than Hanko's in places; a setting that breaks
// one gets its default, and is told. In single-tenant mode the configuration is in this deployment's file.
func (i *Importer) checkConfig(p *plan) error {
	if i.n.Single {
		return nil
	}
	tree := map[string]any{}
	if text := strings.TrimSpace(p.tenant.config); text != "" && text != "null" {
		if err := unmarshal([]byte(text), &tree); err != nil {
			i.problems.add(Problem{Tenant: p.id, Table: "tenants", ID: p.id.String(), Reason: "the configuration is no JSON object; the defaults are used"})
			tree = map[string]any{}
		}
	}
	if p.id == defaultTenant && len(tree) == 0 {
		if len(i.o.DefaultConfig) == 0 {
			i.problems.add(Problem{Tenant: p.id, Table: "tenants", ID: p.id.String(), Reason: "the database holds no configuration of the default tenant; " +
				"the defaults are used, which have localhost for a relying party: give the old configuration file"})
		} else if err := unmarshal(i.o.DefaultConfig, &tree); err != nil {
			return fmt.Errorf("configuration of the default tenant: %w", err)
		}
	}
	const attempts = 20
	for range attempts {
		raw, err := json.Marshal(tree)
		if err != nil {
			return fmt.Errorf("configuration of tenant %s: %w", p.id, err)
		}
		p.config = raw
		err = i.n.Provisioner.CheckNew(p.newTenant())
		if err == nil {
			return nil
		}
		invalid, ok := errors.AsType[*problem.Error](err)
		if !ok || !i.withoutInvalid(p, tree, invalid.Fields) {
			return fmt.Errorf("tenant %s: %w", p.id, err)
		}
	}
	return problem.Invalid("invalid_import", fmt.Sprintf("the configuration of tenant %s cannot be made to fit", p.id))
}

// withoutInvalid takes settings out that break a rule, and reports whether any was.
func (i *Importer) withoutInvalid(p *plan, tree map[string]any, fields []problem.Field) bool {
	removed := false
	for _, f := range fields {
		path := strings.TrimPrefix(f.Path, "config.")
		path, _, _ = strings.Cut(path, "[")
		names := strings.Split(path, ".")
		for n := len(names); n > 0; n-- { // what a rule is about may not be set itself: then what it is part of is
			if remove(tree, names[:n]) {
				removed = true
				i.problems.add(Problem{Tenant: p.id, Table: "tenants", ID: p.id.String(), Reason: fmt.Sprintf(
					"config: %s %s; %s has its default", f.Path, f.Reason, strings.Join(names[:n], "."))})
				break
			}
		}
	}
	return removed
}

// remove takes a setting out of a tree, whatever the case of its name.
func remove(tree map[string]any, names []string) bool {
	for name, value := range tree {
		if !strings.EqualFold(name, names[0]) {
			continue
		}
		if len(names) == 1 {
			delete(tree, name)
			return true
		}
		inner, ok := value.(map[string]any)
		return ok && remove(inner, names[1:])
	}
	return false
}

func unmarshal(raw []byte, into *map[string]any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if *into == nil {
		*into = map[string]any{}
	}
	return nil
}
