package config

import (
	"encoding/json"
	"reflect"
)

// Diff says how a configuration differs from its defaults: a JSON object with sorted keys that has only what differs. Lists and maps are
// there as a whole.
func Diff(defaults, c Config) json.RawMessage {
	return canonical(difference(reflect.ValueOf(defaults), reflect.ValueOf(c)))
}

// difference has the fields of c that are not as in defaults.
func difference(defaults, c reflect.Value) map[string]any {
	object := map[string]any{}
	for i := range c.NumField() {
		name := nameOf(c.Type().Field(i))
		if c.Field(i).Kind() == reflect.Struct {
			if inner := difference(defaults.Field(i), c.Field(i)); len(inner) > 0 {
				object[name] = inner
			}
			continue
		}
		if !same(defaults.Field(i), c.Field(i)) {
			object[name] = plain(c.Field(i))
		}
	}
	return object
}

// Apply makes the configuration that differs from its defaults by what Diff returned. The error is Problems.
func Apply(defaults Config, diff []byte) (Config, error) {
	c, problems := Decode(defaults, diff)
	return c, problems.Err()
}

// A Change is one setting that was changed.
type Change struct {
	Path string `json:"path"`
	Old  any    `json:"old"` // nil where there was nothing
	New  any    `json:"new"` // nil where there is nothing any more
}

// Changes lists what differs, in the order of the tree and with secrets masked. Lists are compared as a whole, maps name by name.
func Changes(before, after Config) []Change {
	l := changeList{}
	l.compare("", reflect.ValueOf(before), reflect.ValueOf(after), reflect.ValueOf(Mask(before)), reflect.ValueOf(Mask(after)))
	return l
}

type changeList []Change

// compare compares a with b and shows what is at the same place in their masked copies.
func (l *changeList) compare(path string, a, b, shownA, shownB reflect.Value) {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			l.compare(join(path, nameOf(a.Type().Field(i))), a.Field(i), b.Field(i), shownA.Field(i), shownB.Field(i))
		}
	case reflect.Map:
		for _, name := range namesIn(a, b) {
			key := reflect.ValueOf(name)
			inA, inB := a.MapIndex(key), b.MapIndex(key)
			if inA.IsValid() && inB.IsValid() {
				l.compare(join(path, name), inA, inB, shownA.MapIndex(key), shownB.MapIndex(key))
				continue
			}
			*l = append(*l, Change{Path: join(path, name), Old: shown(shownA.MapIndex(key)), New: shown(shownB.MapIndex(key))})
		}
	default:
		if !same(a, b) {
			*l = append(*l, Change{Path: path, Old: shown(shownA), New: shown(shownB)})
		}
	}
}

func shown(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	return plain(v)
}
