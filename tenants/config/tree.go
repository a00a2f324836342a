package config

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// plain turns a value into objects, lists and scalars as encoding/json knows them. A nil list is an empty one: null would mean the default.
func plain(v reflect.Value) any {
	if v.Type() == durationType {
		return Duration(v.Int()).String()
	}
	switch v.Kind() {
	case reflect.Struct:
		object := make(map[string]any, v.NumField())
		for i := range v.NumField() {
			object[nameOf(v.Type().Field(i))] = plain(v.Field(i))
		}
		return object
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(v.Index(i))
		}
		return list
	case reflect.Map:
		object := make(map[string]any, v.Len())
		for _, name := range v.MapKeys() {
			object[name.String()] = plain(v.MapIndex(name))
		}
		return object
	default:
		return v.Interface()
	}
}

// nameOf is the key of a field.
func nameOf(f reflect.StructField) string { return f.Tag.Get("json") }

// isSecret tells whether a field is masked and sealed.
func isSecret(f reflect.StructField) bool { return f.Tag.Get("secret") != "" }

// same compares two values of one type by what they look like as JSON.
func same(a, b reflect.Value) bool {
	if a.Comparable() && b.Comparable() && a.Kind() != reflect.Interface {
		return a.Equal(b)
	}
	return bytes.Equal(canonical(plain(a)), canonical(plain(b)))
}

// canonical is JSON with sorted keys. A Config that was decoded holds nothing that JSON cannot say; what somebody put into a Config by hand
// and JSON cannot say is null.
func canonical(tree any) []byte {
	raw, err := json.Marshal(tree)
	if err != nil {
		return []byte("null")
	}
	return raw
}

// namesIn lists the keys of two maps in order.
func namesIn(a, b reflect.Value) []string {
	names := map[string]bool{}
	for _, m := range []reflect.Value{a, b} {
		for _, name := range m.MapKeys() {
			names[name.String()] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// A place is a secret text somewhere in a Config.
type place func(path, text string) (string, error)

// rewriteSecrets returns a copy with every secret that is not empty replaced.
func rewriteSecrets(c Config, with place) (Config, error) {
	v := reflect.New(reflect.TypeFor[Config]()).Elem()
	v.Set(reflect.ValueOf(c))
	if err := rewrite("", v, false, with); err != nil {
		return c, err
	}
	result, _ := v.Interface().(Config)
	return result, nil
}

// rewrite replaces the secrets below an addressable value and copies every list and map on the way to one.
func rewrite(path string, v reflect.Value, secret bool, with place) error {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if err := rewrite(join(path, nameOf(f)), v.Field(i), isSecret(f), with); err != nil {
				return err
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		for i := range list.Len() {
			if err := rewrite(index(path, i), list.Index(i), secret, with); err != nil {
				return err
			}
		}
		v.Set(list)
	case reflect.Map:
		if v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
			return nil
		}
		object := reflect.MakeMapWithSize(v.Type(), v.Len())
		for _, name := range namesIn(v, v) {
			key := reflect.ValueOf(name)
			element := reflect.New(v.Type().Elem()).Elem()
			element.Set(v.MapIndex(key))
			if err := rewrite(join(path, name), element, secret, with); err != nil {
				return err
			}
			object.SetMapIndex(key, element)
		}
		v.Set(object)
	case reflect.String:
		if !secret || v.String() == "" {
			return nil
		}
		text, err := with(path, v.String())
		if err != nil {
			return err
		}
		v.SetString(text)
	default:
	}
	return nil
}
