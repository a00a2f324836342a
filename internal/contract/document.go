// Package contract makes tests of an API out of its OpenAPI document, as a client fetches it: a valid request for every operation, requests
// with one fault each, requests under conditions that do not hold, and a check of every answer against what the document says. It knows no
// API in particular.
package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// object is a JSON object of the document.
type object = map[string]any

// A Document is an OpenAPI document (version 3.1).
type Document struct {
	root object

	mu       sync.Mutex // compiling is for one at a time
	compiler *jsonschema.Compiler
}

// schema compiles the schema at a place of the document.
func (d *Document) schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.compiler.Compile(documentURL + "#" + pointer)
}

// documentURL is the name under which schemas are found; nothing is fetched.
const documentURL = "contract:///openapi.json"

// Read reads a document.
func Read(t testing.TB, raw []byte) *Document {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err, "read the document")
	d := &Document{compiler: jsonschema.NewCompiler()}
	d.root, _ = parsed.(object)
	require.NotNil(t, d.root, "the document is an object")
	d.compiler.AssertFormat()
	require.NoError(t, d.compiler.AddResource(documentURL, parsed))
	return d
}

// An Operation is a method of a path.
type Operation struct {
	ID, Method, Path string

	document   *Document
	raw        object
	parameters []parameter
}

type parameter struct {
	name, in string
	required bool
	schema   object
	example  any
}

// Operations are all operations of the document, in the order of their ids.
func (d *Document) Operations() []*Operation {
	var found []*Operation
	for path, item := range at(d.root, "paths") {
		for method, raw := range item.(object) {
			o, ok := raw.(object)
			if !ok || o["operationId"] == nil {
				continue
			}
			op := &Operation{ID: o["operationId"].(string), Method: strings.ToUpper(method), Path: path, document: d, raw: o}
			for _, p := range list(o["parameters"]) {
				op.parameters = append(op.parameters, d.parameter(p.(object)))
			}
			found = append(found, op)
		}
	}
	slices.SortFunc(found, func(a, b *Operation) int { return strings.Compare(a.ID, b.ID) })
	return found
}

func (d *Document) parameter(raw object) parameter {
	p := parameter{schema: d.resolve(raw["schema"]), example: raw["example"]}
	p.name, _ = raw["name"].(string)
	p.in, _ = raw["in"].(string)
	p.required, _ = raw["required"].(bool)
	if p.example == nil {
		p.example = exampleOf(p.schema)
	}
	return p
}

// undocumented are the parameters that the path has and the document does not.
func (o *Operation) undocumented() []string {
	var missing []string
	for part := range strings.SplitSeq(o.Path, "{") {
		name, _, found := strings.Cut(part, "}")
		if found && !slices.ContainsFunc(o.parameters, func(p parameter) bool { return p.in == "path" && p.name == name }) {
			missing = append(missing, name)
		}
	}
	return missing
}

// Route is the method and path of the operation.
func (o *Operation) Route() string { return o.Method + " " + o.Path }

// Statuses are the documented ones, sorted.
func (o *Operation) Statuses() []string { return slices.Sorted(maps.Keys(at(o.raw, "responses"))) }

// body is the media type and schema of the request's body; none where the operation takes no body.
func (o *Operation) body() (media string, schema object, required bool) {
	content := at(o.raw, "requestBody", "content")
	for name, m := range content {
		if media == "" || name == "application/json" {
			media, schema = name, o.document.resolve(m.(object)["schema"])
		}
	}
	required, _ = at(o.raw, "requestBody")["required"].(bool)
	return media, schema, required
}

// resolve follows references.
func (d *Document) resolve(raw any) object {
	schema, _ := raw.(object)
	for schema != nil {
		ref, ok := schema["$ref"].(string)
		if !ok {
			return schema
		}
		var next any = d.root
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			next = next.(object)[part]
		}
		schema, _ = next.(object)
	}
	return schema
}

// at walks down through objects; nil where there is none.
func at(o object, path ...string) object {
	for _, name := range path {
		next, ok := o[name].(object)
		if !ok {
			return nil
		}
		o = next
	}
	return o
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// exampleOf is an example of a schema, or nil.
func exampleOf(schema object) any {
	if examples := list(schema["examples"]); len(examples) > 0 {
		return examples[0]
	}
	return schema["example"]
}

// text is a value as it stands in a path or query.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

// pointer escapes a member's name for a JSON pointer in a URL fragment (RFC 6901 §3, §6).
func pointer(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "+", "%2B", " ", "%20").Replace(n))
	}
	return b.String()
}
