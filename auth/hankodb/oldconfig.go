package hankodb

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// OldConfig is what matters of the configuration file of the old installation.
type OldConfig struct {
	// Secrets, newest first.
	Secrets []string
	// Tenant is the configuration of the default tenant, as far as it is not as usual; nil where the file serves several tenants, whose
	// configurations are in the database.
	Tenant json.RawMessage
	// Warnings tell of keys of old.
	Warnings []string
}

// ReadOldConfig reads a config.yaml of Hanko. Errors name settings and never their values.
func ReadOldConfig(content []byte) (OldConfig, error) {
	var tree map[string]any
	if err := yaml.Unmarshal(content, &tree); err != nil {
		return OldConfig{}, fmt.Errorf("the file is not YAML") // the parser's text quotes it
	}
	o := OldConfig{Secrets: textsAt(tree, "secret_keys")}
	if len(o.Secrets) == 0 {
		o.Secrets = textsAt(mapAt(tree, "secrets"), "keys")
	}
	if several, _ := valueAt(mapAt(tree, "multi_tenancy"), "enabled").(bool); several {
		return o, nil
	}
	full, warnings, problems := config.DecodeMap(config.Default(), tree)
	if err := problems.Err(); err != nil {
		return o, err
	}
	o.Tenant, o.Warnings = config.Diff(config.Default(), full), warnings
	return o, nil
}

func valueAt(tree map[string]any, name string) any {
	for written, value := range tree {
		if strings.EqualFold(written, name) {
			return value
		}
	}
	return nil
}

func mapAt(tree map[string]any, name string) map[string]any {
	inner, _ := valueAt(tree, name).(map[string]any)
	return inner
}

// textsAt is a list of texts; one alone may stand without its list.
func textsAt(tree map[string]any, name string) []string {
	switch value := valueAt(tree, name).(type) {
	case string:
		return []string{value}
	case []any:
		var list []string
		for _, one := range value {
			if one != nil {
				list = append(list, fmt.Sprint(one))
			}
		}
		return list
	}
	return nil
}
