package config

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const durationPattern = `^[-+]?(0|(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`

// Schema describes a configuration as JSON Schema, draft 2020-12: every key with its type, default and meaning. It describes what is written
// by the book; reading is more lenient (see Decode), and Validate checks more than a schema can say.
func Schema() []byte {
	s := schema{defs: map[string]any{}}
	s.object(reflect.ValueOf(Default()))
	s.conditions()
	raw, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "Config",
		"$ref":    "#/$defs/Config",
		"$defs":   s.defs,
	}, "", "  ")
	if err != nil {
		return []byte("{}") // cannot be: the tree above is made of texts, numbers, lists and objects
	}
	return append(raw, '\n')
}

type schema struct{ defs map[string]any }

type node = map[string]any

// object defines a type and returns the reference to it. The value has the defaults.
func (s *schema) object(v reflect.Value) node {
	name := v.Type().Name()
	if _, done := s.defs[name]; !done {
		properties := node{}
		s.defs[name] = node{"type": "object", "additionalProperties": false, "properties": properties}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			property := s.property(v.Field(i), f.Tag)
			property["description"] = f.Tag.Get("doc")
			properties[nameOf(f)] = property
		}
	}
	return node{"$ref": "#/$defs/" + name}
}

// property describes a field.
func (s *schema) property(v reflect.Value, tag reflect.StructTag) node {
	if v.Kind() == reflect.Struct {
		return s.object(v)
	}
	property := s.shape(v.Type(), tag)
	property["default"] = plain(v)
	if least, err := strconv.Atoi(tag.Get("minitems")); err == nil {
		property["minItems"] = least
	}
	if unit := tag.Get("unit"); unit != "" {
		property["x-unit"] = unit
	}
	if tag.Get("secret") != "" {
		property["x-secret"] = true
	}
	return property
}

// shape is what a type alone says, with the bounds of its scalars.
func (s *schema) shape(t reflect.Type, tag reflect.StructTag) node {
	if t == durationType {
		return node{"type": []string{"string", "integer"}, "pattern": durationPattern, "x-unit": "duration, a bare number counts nanoseconds"}
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.object(empty(t))
	case reflect.Slice:
		return node{"type": "array", "items": s.shape(t.Elem(), tag)}
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return node{"type": "object"}
		}
		return node{"type": "object", "additionalProperties": s.shape(t.Elem(), "")}
	case reflect.Bool:
		if tag.Get("refused") != "" {
			return node{"type": "boolean", "const": false}
		}
		return node{"type": "boolean"}
	case reflect.Int:
		number := node{"type": "integer"}
		for bound, key := range map[string]string{"min": "minimum", "max": "maximum"} {
			if limit, err := strconv.Atoi(tag.Get(bound)); err == nil {
				number[key] = limit
			}
		}
		return number
	default:
		text := node{"type": "string"}
		if words := enumOf(tag); words != nil {
			refused := strings.Split(tag.Get("refused"), ",")
			text["enum"] = slices.DeleteFunc(words, func(word string) bool { return slices.Contains(refused, word) })
		}
		if least, err := strconv.Atoi(tag.Get("minlen")); err == nil {
			text["minLength"] = least
		}
		return text
	}
}

// empty is a new value of a type with empty lists and maps.
func empty(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	fillLists(v)
	return v
}

// conditions adds what is needed only when something is enabled. Lists of names keep their order, so that the text is always the same.
func (s *schema) conditions() {
	filled := node{"minLength": 1}
	some := node{"minItems": 1}
	isTrue := func(name string) node {
		return node{"properties": node{name: node{"const": true}}, "required": []string{name}}
	}
	// need demands keys with a value; a key that is absent has its default, which is empty.
	need := func(value node, names ...string) node {
		properties := node{}
		for _, name := range names {
			properties[name] = value
		}
		return node{"properties": properties, "required": names}
	}
	s.when("Provider", isTrue("enabled"), need(filled, "client_id", "secret"))
	s.when("Apple", isTrue("enabled"), node{
		"allOf": []any{need(filled, "client_id")},
		"anyOf": []any{need(filled, "secret"), need(filled, "team_id", "key_id", "private_key")},
	})
	s.when("CustomProvider", isTrue("enabled"), node{
		"allOf": []any{need(filled, "display_name", "client_id", "secret"), need(some, "scopes")},
		"if":    isTrue("use_discovery"),
		"then":  need(filled, "issuer"),
		"else":  need(filled, "authorization_endpoint", "token_endpoint", "userinfo_endpoint"),
	})
	var enabled []any
	for f := range reflect.TypeFor[Providers]().Fields() {
		enabled = append(enabled, node{
			"properties": node{"providers": node{"properties": node{nameOf(f): isTrue("enabled")}, "required": []string{nameOf(f)}}},
			"required":   []string{"providers"},
		})
	}
	enabled = append(enabled, node{
		"properties": node{"custom_providers": node{"not": node{"additionalProperties": node{"not": isTrue("enabled")}}}},
		"required":   []string{"custom_providers"},
	})
	s.when("ThirdParty", node{"anyOf": enabled}, node{
		"allOf": []any{need(filled, "redirect_url", "error_redirect_url"), need(some, "allowed_redirect_urls")},
	})
	s.when("SAML", isTrue("enabled"), need(filled, "endpoint_url", "audience_uri"))
}

func (s *schema) when(name string, condition, consequence node) {
	if def, ok := s.defs[name].(node); ok {
		def["if"], def["then"] = condition, consequence
	}
}
