package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// An Option changes how a configuration is read.
type Option func(*decoder)

// Strict makes unknown keys problems. Without it they are ignored.
func Strict() Option { return func(d *decoder) { d.strict = true } }

// Decode reads JSON over a base: what is absent or null stays as it is in the base, and a list or map replaces that of the base.
//
// Keys are found by exact name, else in any case. Numbers and texts are converted where the meaning is plain. All problems are returned,
// and the Config then has everything that could be read. Decode says nothing about what Validate finds.
func Decode(base Config, raw []byte, opts ...Option) (Config, Problems) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree any
	err := d.Decode(&tree)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the value")
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		tree = nil
	case err != nil:
		return base, Problems{{Reason: "is not valid JSON: " + err.Error()}}
	}
	return decodeTree(base, tree, opts)
}

// decodeTree reads a tree as encoding/json or a YAML parser makes it.
func decodeTree(base Config, tree any, opts []Option) (Config, Problems) {
	d := &decoder{}
	for _, opt := range opts {
		opt(d)
	}
	c := base
	d.value("", reflect.ValueOf(&c).Elem(), tree)
	d.normalise(&c)
	return c, d.problems
}

type decoder struct {
	strict   bool
	problems Problems
}

// value reads any value into its place. Null changes nothing.
func (d *decoder) value(path string, into reflect.Value, value any) {
	if value == nil {
		return
	}
	if into.Type() == durationType {
		d.scalar(path, into, value)
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.object(path, into, value)
	case reflect.Slice:
		d.list(path, into, value)
	case reflect.Map:
		d.mapping(path, into, value)
	default:
		d.scalar(path, into, value)
	}
}

func (d *decoder) object(path string, into reflect.Value, value any) {
	given, ok := asMap(value)
	if !ok {
		d.problems.add(path, "must be an object, not %s", kindOf(value))
		return
	}
	known := make([]string, 0, into.NumField())
	used := map[string]bool{}
	for i := range into.NumField() {
		name := into.Type().Field(i).Tag.Get("json")
		known = append(known, name)
		if written, ok := lookUp(given, name); ok {
			used[written] = true
			d.value(join(path, name), into.Field(i), given[written])
		}
	}
	if !d.strict {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if used[name] {
			continue
		}
		if meant := nearest(name, known); meant != "" {
			d.problems.add(join(path, name), "is not a known key; did you mean %s?", meant)
		} else {
			d.problems.add(join(path, name), "is not a known key")
		}
	}
}

func (d *decoder) list(path string, into reflect.Value, value any) {
	given, ok := value.([]any)
	if !ok {
		if texts, isTexts := value.([]string); isTexts {
			for _, text := range texts {
				given = append(given, text)
			}
		} else if m, isMap := asMap(value); !isMap || len(m) > 0 {
			given = []any{value} // one element may stand without its list
		}
	}
	list := reflect.MakeSlice(into.Type(), len(given), len(given))
	for i, one := range given {
		element := list.Index(i)
		fillLists(element)
		if one == nil {
			d.problems.add(index(path, i), "must not be null")
		}
		d.value(index(path, i), element, one)
	}
	into.Set(list)
}

func (d *decoder) mapping(path string, into reflect.Value, value any) {
	given, ok := asMap(value)
	if !ok {
		d.problems.add(path, "must be an object, not %s", kindOf(value))
		return
	}
	result := reflect.MakeMapWithSize(into.Type(), len(given))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if err := noNUL(name); err != nil {
			d.problems.add(path, "the names in it %s", err)
			continue
		}
		if into.Type().Elem().Kind() == reflect.Interface {
			free, err := freeValue(given[name], 0)
			if err != nil {
				d.problems.add(join(path, name), "%s", err)
				continue
			}
			element := reflect.New(into.Type().Elem()).Elem()
			if free != nil {
				element.Set(reflect.ValueOf(free))
			}
			result.SetMapIndex(reflect.ValueOf(name), element)
			continue
		}
		if given[name] == nil {
			continue
		}
		element := reflect.New(into.Type().Elem()).Elem()
		fillLists(element)
		d.value(join(path, name), element, given[name])
		result.SetMapIndex(reflect.ValueOf(name), element)
	}
	into.Set(result)
}

// normalise brings values to the form everything else relies on.
func (d *decoder) normalise(c *Config) {
	providers := make(map[string]CustomProvider, len(c.ThirdParty.CustomProviders))
	for _, name := range slices.Sorted(maps.Keys(c.ThirdParty.CustomProviders)) {
		lower := strings.ToLower(name)
		if _, taken := providers[lower]; taken {
			d.problems.add("third_party.custom_providers."+name, "is there twice: names of providers are lower-cased")
		}
		providers[lower] = c.ThirdParty.CustomProviders[name]
	}
	c.ThirdParty.CustomProviders = providers
	c.SAML.EndpointURL = strings.TrimSuffix(c.SAML.EndpointURL, "/")
	if c.Email.PasscodeCharset == "" {
		c.Email.PasscodeCharset = "numeric"
	}
}

// fillLists makes the lists and maps of a new element empty instead of nil.
func fillLists(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		switch field := v.Field(i); field.Kind() {
		case reflect.Slice:
			field.Set(reflect.MakeSlice(field.Type(), 0, 0))
		case reflect.Map:
			field.Set(reflect.MakeMap(field.Type()))
		case reflect.Struct:
			fillLists(field)
		default:
		}
	}
}

// asMap sees an object in what JSON or YAML made.
func asMap(value any) (map[string]any, bool) {
	switch value := value.(type) {
	case map[string]any:
		return value, true
	case map[any]any:
		m := make(map[string]any, len(value))
		for k, v := range value {
			m[fmt.Sprint(k)] = v
		}
		return m, true
	}
	return nil, false
}

// lookUp finds a key by exact name, else in any case; of several the first in alphabetical order.
func lookUp(given map[string]any, name string) (written string, found bool) {
	if _, ok := given[name]; ok {
		return name, true
	}
	for candidate := range given {
		if strings.EqualFold(candidate, name) && (!found || candidate < written) {
			written, found = candidate, true
		}
	}
	return written, found
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
