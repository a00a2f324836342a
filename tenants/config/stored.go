package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// RewriteStored returns a stored configuration, as Diff makes it, with every sealed secret replaced by what a function makes of it; nothing
// else changes, and no default is needed. It gets the place of each, as SealSecrets does. Without any secret the result is what was stored.
func RewriteStored(stored []byte, with func(path, sealed string) (string, error)) (json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(stored))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, fmt.Errorf("read a stored configuration: %w", err)
	}
	changed := false
	tree, err := rewriteTree("", tree, reflect.TypeFor[Config](), false, func(path, text string) (string, error) {
		changed = true
		return with(path, text)
	})
	if err != nil || !changed {
		return stored, err
	}
	return canonical(tree), nil
}

// rewriteTree goes along a tree of JSON by the type that it is of.
func rewriteTree(path string, tree any, t reflect.Type, secret bool, with place) (any, error) {
	var err error
	switch node := tree.(type) {
	case map[string]any:
		for name, inner := range node {
			of, isOne, known := memberOf(t, name)
			if !known {
				continue
			}
			if node[name], err = rewriteTree(join(path, name), inner, of, isOne, with); err != nil {
				return nil, err
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			return tree, nil
		}
		for i, inner := range node {
			if node[i], err = rewriteTree(index(path, i), inner, t.Elem(), secret, with); err != nil {
				return nil, err
			}
		}
	case string:
		if secret && node != "" && t.Kind() == reflect.String {
			return with(path, node)
		}
	}
	return tree, nil
}

// memberOf is the type of a member of an object, and whether it is a secret.
func memberOf(t reflect.Type, name string) (of reflect.Type, secret, known bool) {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if nameOf(t.Field(i)) == name {
				return t.Field(i).Type, isSecret(t.Field(i)), true
			}
		}
	case reflect.Map:
		return t.Elem(), false, t.Elem().Kind() == reflect.Struct
	default:
	}
	return nil, false, false
}
