package contract

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// A Fault is a request with one thing wrong.
type Fault struct {
	// Where is the parameter or member, with dots; What is wrong with it.
	Where, What string
	Request     Request
}

// Name tells faults apart.
func (f Fault) Name() string { return f.Where + " " + f.What }

// Faults are requests that break one rule of the document each, made from a valid one.
func (o *Operation) Faults(valid Request) []Fault {
	var found []Fault
	for _, p := range o.parameters {
		for _, w := range wrongText(p.schema) {
			r := valid.clone()
			switch p.in {
			case "path":
				r.Params[p.name] = w.value.(string)
			case "query":
				r.Query = url.Values{p.name: {w.value.(string)}}
			default:
				continue
			}
			found = append(found, Fault{p.in + "." + p.name, w.what, r})
		}
	}
	media, schema, required := o.body()
	if media == "" {
		return found
	}
	add := func(where, what string, body any) {
		r := valid.clone()
		r.Body = body
		found = append(found, Fault{where, what, r})
	}
	add("body", "is no JSON", Raw(`{"a":`))
	if required {
		add("body", "is missing", Raw(""))
	}
	o.document.members(schema, valid.Body, "", add, func(whole any) any { return whole })
	return found
}

// members breaks each member of an object in turn. put puts the broken object where it belongs.
func (d *Document) members(schema object, value any, path string, add func(where, what string, body any), put func(any) any) {
	switch typeOf(schema) {
	case "object":
		if path == "" {
			add("body", "is an array", []any{})
			add("body", "is a number", 7)
		}
		given, ok := value.(object)
		if !ok {
			return
		}
		required := list(schema["required"])
		for _, name := range slices.Sorted(maps.Keys(at(schema, "properties"))) {
			member := d.resolve(at(schema, "properties")[name])
			where := strings.TrimPrefix(path+"."+name, ".")
			with := func(v any) any {
				changed := maps.Clone(given)
				changed[name] = v
				return put(changed)
			}
			if slices.Contains(required, any(name)) {
				without := maps.Clone(given)
				delete(without, name)
				add(where, "is missing", put(without))
			}
			for _, w := range wrong(member) {
				add(where, w.what, with(w.value))
			}
			if inner, ok := given[name]; ok {
				d.members(member, inner, where, add, with)
			}
		}
	case "array":
		given, ok := value.([]any)
		if !ok || len(given) == 0 {
			return
		}
		item := d.resolve(schema["items"])
		with := func(v any) any { return put(append([]any{v}, given[1:]...)) }
		for _, w := range wrong(item) {
			add(path+"[0]", w.what, with(w.value))
		}
		if n, ok := number(schema["maxItems"]); ok {
			add(path, "has too many", put(slices.Repeat(given[:1], int(n)+1)))
		}
		d.members(item, given[0], path+"[0]", add, with)
	}
}

type wrongValue struct {
	what  string
	value any
}

// wrong are values that a schema does not allow.
func wrong(schema object) []wrongValue {
	var found []wrongValue
	switch typeOf(schema) {
	case "string":
		found = append(found, wrongValue{"is a number", 7}, wrongValue{"is an object", object{}})
		found = append(found, wrongText(schema)...)
	case "integer", "number":
		found = append(found, wrongValue{"is a text", "seven"})
		found = append(found, beyond(schema)...)
	case "boolean":
		found = append(found, wrongValue{"is a text", "perhaps"}, wrongValue{"is a number", 7})
	case "array":
		found = append(found, wrongValue{"is a text", "x"}, wrongValue{"is an object", object{}})
		if n, ok := number(schema["minItems"]); ok && n > 0 {
			found = append(found, wrongValue{"is empty", []any{}})
		}
	case "object":
		found = append(found, wrongValue{"is a text", "x"}, wrongValue{"is an array", []any{}})
	}
	return found
}

// wrongText are texts that a schema does not allow, also where it is of a number in a query.
func wrongText(schema object) []wrongValue {
	var found []wrongValue
	switch typeOf(schema) {
	case "integer", "number":
		return []wrongValue{{"is no number", "seven"}}
	case "boolean":
		return []wrongValue{{"is no boolean", "perhaps"}}
	case "string":
	default:
		return nil
	}
	switch schema["format"] {
	case "uuid":
		found = append(found, wrongValue{"is no UUID", "7"})
	case "date-time":
		found = append(found, wrongValue{"is no time", "yesterday"})
	case "email":
		found = append(found, wrongValue{"is no address", "nobody"})
	case "uri":
		found = append(found, wrongValue{"is no URL", "::"})
	case "ip":
		found = append(found, wrongValue{"is no IP address", "nowhere"})
	}
	if len(list(schema["enum"])) > 0 {
		found = append(found, wrongValue{"is none of the choices", "not-a-choice"})
	}
	if n, ok := number(schema["minLength"]); ok && n > 0 {
		found = append(found, wrongValue{"is too short", ""})
	}
	if n, ok := number(schema["maxLength"]); ok {
		found = append(found, wrongValue{"is too long", strings.Repeat("x", int(n)+1)})
	}
	return found
}

func beyond(schema object) []wrongValue {
	var found []wrongValue
	if n, ok := number(schema["minimum"]); ok {
		found = append(found, wrongValue{"is too small", n - 1})
	}
	if n, ok := number(schema["maximum"]); ok {
		found = append(found, wrongValue{"is too big", n + 1})
	}
	return found
}

func number(v any) (float64, bool) {
	if v == nil {
		return 0, false
	}
	var n float64
	_, err := fmt.Sscan(fmt.Sprint(v), &n)
	return n, err == nil
}
