package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/agext/levenshtein"
	koanfyaml "github.com/knadh/koanf/parsers/yaml"
	"go.yaml.in/yaml/v3"
)

// DefaultFile is read when no file is named; it need not exist.
const DefaultFile = "./config/config.yaml"

// maxFile bounds the size of a configuration file in bytes.
const maxFile = 4 << 20

// A document is a parsed file.
type document struct {
	name string
	root map[string]any
	node *yaml.Node // for lines and spelling only
}

// A value is one setting as a layer gives it.
type value struct {
	val    any
	origin Origin
}

// readDocument reads and parses the file. Without a file at the default path it returns an empty document.
func readDocument(name string, explicit bool, read func(string) ([]byte, error), r *report) (document, bool) {
	doc := document{name: name, root: map[string]any{}}
	at := Origin{Layer: File, Name: name}
	content, err := read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !explicit:
		r.inform(Origin{}, "no file at %s, using defaults, environment and flags", name)
		doc.name = ""
		return doc, true
	case err != nil:
		r.problem("", at, fmt.Sprintf("cannot be read: %v", withoutPath(err)), "check the path and its permissions")
		return doc, false
	case len(content) > maxFile:
		r.problem("", at, fmt.Sprintf("is larger than %d bytes", maxFile), "name a configuration file")
		return doc, false
	}
	root, err := parseYAML(content)
	if err != nil {
		r.problem("", at, err.Error(), "correct the file, or name another with --config")
		return doc, false
	}
	if root != nil {
		doc.root = root
	}
	var node yaml.Node
	if yaml.Unmarshal(content, &node) == nil && len(node.Content) > 0 {
		doc.node = node.Content[0]
	}
	r.inform(Origin{}, "settings read from %s", name)
	return doc, true
}

// parseYAML parses without ever repeating a value of the file in its error.
func parseYAML(content []byte) (root map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil { // the parser is third-party code fed with an operator's file
			root, err = nil, errors.New("is not valid YAML")
		}
	}()
	root, err = koanfyaml.Parser().Unmarshal(content)
	if err != nil {
		return nil, errors.New(yamlReason(err))
	}
	normalised, _ := normalise(root).(map[string]any)
	return normalised, nil
}

// yamlReason turns a parser's error into one without values: the parser quotes what it could not decode.
func yamlReason(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := ""
	if found := regexp.MustCompile(`line (\d+)`).FindString(text); found != "" {
		line = " (" + found + ")"
	}
	switch {
	case strings.Contains(text, "already defined"):
		return "has a key twice" + line
	case strings.Contains(text, "cannot unmarshal"):
		return "must hold a mapping of keys to values" + line
	case strings.Contains(text, "unknown anchor"):
		return "refers to an unknown anchor" + line
	case strings.Contains(text, "excessive aliasing"), strings.Contains(text, "contains itself"):
		return "expands to too much through aliases"
	case strings.Contains(text, "found character that cannot start any token"):
		return "is not valid YAML" + line + ": tabs cannot indent, and @ and ` must be quoted"
	default:
		return "is not valid YAML" + line
	}
}

// normalise makes every mapping a map[string]any.
func normalise(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, sub := range v {
			v[name] = normalise(sub)
		}
		return v
	case map[any]any:
		out := make(map[string]any, len(v))
		for name, sub := range v {
			out[fmt.Sprint(name)] = normalise(sub)
		}
		return out
	case []any:
		for i, sub := range v {
			v[i] = normalise(sub)
		}
		return v
	default:
		return v
	}
}

// entry finds a key in a mapping: exactly, else without regard to case. It returns the key as written.
func entry(m map[string]any, name string) (written string, v any, ok bool) {
	if v, ok = m[name]; ok {
		return name, v, true
	}
	for candidate := range m {
		if strings.EqualFold(candidate, name) && (!ok || candidate < written) {
			written, v, ok = candidate, m[candidate], true
		}
	}
	return written, v, ok
}

// find walks a dotted path and returns the value and the path as written. An absent or null value is not found.
func find(m map[string]any, path string) (v any, written string, ok bool) {
	v = m
	var parts []string
	for part := range strings.SplitSeq(path, ".") {
		sub, isMap := v.(map[string]any)
		if !isMap {
			return nil, "", false
		}
		name, next, found := entry(sub, part)
		if !found || next == nil {
			return nil, "", false
		}
		parts, v = append(parts, name), next
	}
	return v, strings.Join(parts, "."), true
}

// A spelling is how a value is written in the file, as far as that is known: a scalar, or the scalars of a list.
type spelling struct {
	text    string
	entries []string
}

// entry is the spelling of one entry of a list.
func (s spelling) entry(i int) string {
	if i < len(s.entries) {
		return s.entries[i]
	}
	return ""
}

// locate finds line and spelling of a path as written; best effort: aliases and merged mappings are not followed.
func (d document) locate(written string) (line int, as spelling) {
	node := d.node
	for part := range strings.SplitSeq(written, ".") {
		if node == nil || node.Kind != yaml.MappingNode {
			return line, as
		}
		var next *yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == part {
				line, next = node.Content[i].Line, node.Content[i+1]
			}
		}
		node = next
	}
	switch {
	case node == nil:
	case node.Kind == yaml.ScalarNode:
		as.text = node.Value
	case node.Kind == yaml.SequenceNode:
		for _, one := range node.Content {
			as.entries = append(as.entries, one.Value) // empty for what is no scalar
		}
	}
	return line, as
}

func (d document) origin(written string) Origin {
	line, _ := d.locate(written)
	return Origin{Layer: File, Name: written, File: d.name, Line: line}
}

// layer reads every known key of the document.
func (d document) layer(keys []Key, r *report) map[string]value {
	values := map[string]value{}
	for _, key := range keys {
		names := key.paths()
		for i, path := range append(names, key.Legacy...) {
			raw, written, ok := find(d.root, path)
			if !ok {
				continue
			}
			line, as := d.locate(written)
			at := Origin{Layer: File, Name: written, File: d.name, Line: line}
			if old, taken := values[key.Path]; taken {
				r.warn(at, "is ignored because %s is set too", old.origin.Name)
				continue
			}
			val, err := fromYAML(key, raw, as)
			if err != nil {
				r.problem(key.Path, at, err.Error(), "")
				values[key.Path] = value{origin: at}
				continue
			}
			if isEmptyList(val) && key.Secret {
				continue // an empty list of secrets is no secret
			}
			if i >= len(names) {
				r.warn(at, "is a key of old, use %s", key.Path)
			}
			if _, spelled := raw.(string); key.Kind == Duration && !spelled && val != any(time.Duration(0)) {
				r.warn(at, "a bare number counts nanoseconds: this is %v; write a unit", val)
			}
			values[key.Path] = value{val: val, origin: at}
		}
	}
	return values
}

func isEmptyList(v any) bool {
	list, ok := v.([]string)
	return ok && len(list) == 0
}

// checkNames warns about keys that nobody reads and reports known parents that hold no mapping.
func (d document) checkNames(keys []Key, r *report) {
	known := knownPaths(keys)
	tenant := slices.Concat(tenantSections(), legacySections(), ignoredSections())
	d.walk(d.root, "", "", known, tenant, r)
}

// knownPaths maps every path of the file, and every parent of one, to whether it is a leaf.
func knownPaths(keys []Key) map[string]bool {
	known := map[string]bool{}
	for _, key := range keys {
		for _, path := range append(key.paths(), key.Legacy...) {
			known[path] = true
			for i := strings.LastIndexByte(path, '.'); i > 0; i = strings.LastIndexByte(path[:i], '.') {
				if _, ok := known[path[:i]]; !ok {
					known[path[:i]] = false
				}
			}
		}
	}
	return known
}

func (d document) walk(m map[string]any, prefix, written string, known map[string]bool, tenant []string, r *report) {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		path, here := strings.ToLower(name), name
		if prefix == "" && slices.Contains(tenant, path) {
			continue
		}
		if prefix != "" {
			path, here = prefix+"."+path, written+"."+name
		}
		if isServerCORS(path) {
			continue
		}
		leaf, ok := known[path]
		sub, isMap := m[name].(map[string]any)
		switch {
		case !ok:
			if text := suggestion(path, known, tenant); text != "" {
				r.warn(d.origin(here), "is not a known key and is ignored; did you mean %s?", text)
			} else {
				r.warn(d.origin(here), "is not a known key and is ignored")
			}
		case leaf || m[name] == nil:
		case !isMap:
			r.problem(path, d.origin(here), "must be a mapping of keys to values", "")
		default:
			d.walk(sub, path, here, known, tenant, r)
		}
	}
}

// isServerCORS reports whether a path is one of the old homes of a tenant's CORS settings.
func isServerCORS(path string) bool {
	return path == "server.cors" || path == "server.public.cors" || path == "server.admin.cors"
}

// suggestion finds the known path that looks most like the unknown one; empty when none is near.
func suggestion(path string, known map[string]bool, more []string) string {
	candidates := slices.Clone(more)
	for candidate := range known {
		candidates = append(candidates, candidate)
	}
	return nearest(path, candidates)
}

func nearest(name string, candidates []string) string {
	best, distance := "", max(2, len(name)/4)+1
	slices.Sort(candidates)
	for _, candidate := range candidates {
		if d := levenshtein.Distance(name, candidate, nil); d < distance {
			best, distance = candidate, d
		}
	}
	return best
}
