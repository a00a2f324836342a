package contract

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// A Request is what is sent to an operation.
type Request struct {
	Method string
	// Params are the values of the path's parameters, by name.
	Params map[string]string
	Query  url.Values
	Header http.Header
	// Body is what is encoded as JSON; a Raw is sent as it is; nil is no body.
	Body  any
	Media string

	path string
}

// Raw is a body that is sent as it is.
type Raw string

// Target is the path with its parameters and the query.
func (r Request) Target() string {
	path := r.path
	for name, value := range r.Params {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	if len(r.Query) > 0 {
		path += "?" + r.Query.Encode()
	}
	return path
}

// Payload is the body as it goes over the wire.
func (r Request) Payload() []byte {
	switch b := r.Body.(type) {
	case nil:
		return nil
	case Raw:
		return []byte(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			panic("contract: a body cannot be encoded: " + err.Error())
		}
		return raw
	}
}

func (r Request) clone() Request {
	r.Params, r.Query, r.Header = maps.Clone(r.Params), maps.Clone(r.Query), r.Header.Clone()
	if r.Query == nil {
		r.Query = url.Values{}
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	return r
}

// with is the request with a header.
func (r Request) with(header, value string) Request {
	r = r.clone()
	r.Header.Set(header, value)
	return r
}

// about is the request about something that does not exist, by a parameter of the path.
func (r Request) about(p parameter) Request {
	r = r.clone()
	r.Params[p.name] = uuid.NewString()
	if typeOf(p.schema) == "integer" {
		r.Params[p.name] = "999999"
	}
	return r
}

// Example is a valid request, made of the examples in the document. Params that name things which must exist are to be replaced.
func (o *Operation) Example() Request {
	r := Request{Method: o.Method, path: o.Path, Params: map[string]string{}, Query: url.Values{}}
	for _, p := range o.parameters {
		switch {
		case p.in == "path":
			r.Params[p.name] = text(p.example)
		case p.in == "query" && p.required:
			r.Query.Set(p.name, text(p.example))
		}
	}
	media, schema, _ := o.body()
	if media != "" {
		r.Media, r.Body = media, o.document.sample(schema, 0)
	}
	return r
}

// sample is a value of a schema: its example, else one made of its members' examples.
func (d *Document) sample(raw any, depth int) any {
	schema := d.resolve(raw)
	if e := exampleOf(schema); e != nil {
		return e
	}
	if depth > 8 {
		return nil
	}
	switch typeOf(schema) {
	case "object":
		made := object{}
		for name, member := range at(schema, "properties") {
			if v := d.sample(member, depth+1); v != nil {
				made[name] = v
			}
		}
		return made
	case "array":
		if v := d.sample(schema["items"], depth+1); v != nil {
			return []any{v}
		}
	}
	return schema["default"]
}

// typeOf is the type of a schema, null left aside; empty where any will do.
func typeOf(schema object) string {
	switch t := schema["type"].(type) {
	case string:
		return t
	case []any:
		for _, one := range t {
			if one != "null" {
				return one.(string)
			}
		}
	}
	return ""
}
