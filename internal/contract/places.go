package contract

import (
	"maps"
	"slices"
	"strings"
)

// A Place is where a request may name something: a parameter, or a member of the body with dots.
type Place struct {
	// In is path, query, header or body.
	In, Name string
}

// String is the place as a person reads it.
func (p Place) String() string { return p.In + " " + p.Name }

// Places are all parameters of the operation, and those members of its body that are ids by their form or name.
func (o *Operation) Places() []Place {
	var found []Place
	for _, p := range o.parameters {
		found = append(found, Place{p.in, p.name})
	}
	if _, schema, _ := o.body(); schema != nil {
		found = append(found, o.document.ids(schema, "", 0)...)
	}
	return found
}

func (d *Document) ids(schema object, path string, depth int) []Place {
	var found []Place
	if depth > 6 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(at(schema, "properties"))) {
		member := d.resolve(at(schema, "properties")[name])
		where := strings.TrimPrefix(path+"."+name, ".")
		if isID(name, member) || isID(name, d.resolve(member["items"])) {
			found = append(found, Place{"body", where})
			continue
		}
		found = append(found, d.ids(member, where, depth+1)...)
	}
	if items := d.resolve(schema["items"]); items != nil {
		found = append(found, d.ids(items, path+"[]", depth+1)...)
	}
	return found
}

func isID(name string, schema object) bool {
	for _, end := range []string{"_id", "_ids"} {
		if strings.HasSuffix(name, end) && typeOf(schema) != "object" {
			return true
		}
	}
	return schema["format"] == "uuid" || name == "id" || name == "ids" || name == "kid"
}

// Put is the request with something else at a place.
func (r Request) Put(p Place, value string) Request {
	r = r.clone()
	switch p.In {
	case "path":
		r.Params[p.Name] = value
	case "query":
		r.Query.Set(p.Name, value)
	case "header":
		r.Header.Set(p.Name, value)
	case "body":
		r.Body = put(r.Body, strings.Split(p.Name, "."), value)
	}
	return r
}

func put(body any, path []string, value string) any {
	name, inList := strings.CutSuffix(path[0], "[]")
	if name == "" { // the body is a list
		return []any{put(object{}, path[1:], value)}
	}
	given, _ := body.(object)
	changed := maps.Clone(given)
	if changed == nil {
		changed = object{}
	}
	switch _, list := changed[name].([]any); {
	case len(path) > 1 && inList:
		changed[name] = []any{put(object{}, path[1:], value)}
	case len(path) > 1:
		changed[name] = put(changed[name], path[1:], value)
	case list || strings.HasSuffix(name, "s"):
		changed[name] = []any{value}
	default:
		changed[name] = value
	}
	return changed
}
