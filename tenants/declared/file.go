// Package declared makes tenants what a file says they are: settings as code. It reads the file, finds what differs, and changes that through the
// package tenants; it has no rules about tenants of its own.
package declared

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"
)

// A Tenant is what a file says of one. What is left out stays as it is.
type Tenant struct {
	Slug         string          `json:"slug"`
	ID           uuid.UUID       `json:"id"`
	Name         *string         `json:"name"`
	Status       *string         `json:"status"`
	StatusReason *string         `json:"status_reason"`
	Template     string          `json:"template"` // what the configuration goes over
	Config       json.RawMessage `json:"config"`   // the whole of what differs from the defaults
	// What is shown of a tenant and follows from the rest; read over, so that what was shown can be given back.
	PublicURL     string `json:"public_url"`
	AdminURL      string `json:"admin_url"`
	ConfigVersion int    `json:"config_version"`
}

// MaxFile is how long a file may be, in bytes.
const MaxFile = 16 << 20

// Read reads the tenants of a YAML or JSON file: one, a list, or a list under "tenants"; several YAML documents follow one another. ${NAME} in a
// text is replaced by what env says of NAME, $${ is a plain ${. All mistakes are reported at once.
func Read(from io.Reader, env func(string) (string, bool)) ([]Tenant, error) {
	decoder := yaml.NewDecoder(io.LimitReader(from, MaxFile))
	var list []Tenant
	var problems []error
	for {
		var document any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		for _, one := range entries(document) {
			t, err := decode(one, len(list), env)
			list, problems = append(list, t), append(problems, err)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("read the file: there is no tenant in it")
	}
	seen := map[string]bool{}
	for _, t := range list {
		if t.Slug != "" && seen[t.Slug] {
			problems = append(problems, fmt.Errorf("tenant %q is there twice", t.Slug))
		}
		seen[t.Slug] = true
	}
	return list, errors.Join(problems...)
}

// entries are the tenants of a document.
func entries(document any) []any {
	switch d := document.(type) {
	case nil:
		return nil
	case []any:
		return d
	case map[string]any:
		if list, ok := d["tenants"].([]any); ok && len(d) == 1 {
			return list
		}
	}
	return []any{document}
}

func decode(entry any, index int, env func(string) (string, bool)) (Tenant, error) {
	var t Tenant
	where := fmt.Sprintf("tenants[%d]", index)
	if object, ok := entry.(map[string]any); ok {
		if slug, ok := object["slug"].(string); ok {
			where = "tenant " + slug
		}
	}
	filled, problems := fill(entry, "", env)
	raw, err := json.Marshal(filled)
	if err != nil {
		return t, fmt.Errorf("%s: %w", where, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&t); err != nil {
		problems = append(problems, errors.New(strings.TrimPrefix(err.Error(), "json: ")))
	} else if t.Slug == "" {
		problems = append(problems, errors.New("slug is missing"))
	}
	for i, p := range problems {
		problems[i] = fmt.Errorf("%s: %w", where, p)
	}
	return t, errors.Join(problems...)
}

// fill replaces references to the environment in all texts of a value.
func fill(value any, path string, env func(string) (string, bool)) (any, []error) {
	var problems []error
	switch v := value.(type) {
	case string:
		text, err := expand(v, env)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", path, err))
		}
		return text, problems
	case []any:
		list := slices.Clone(v)
		for i := range list {
			var wrong []error
			list[i], wrong = fill(v[i], fmt.Sprintf("%s[%d]", path, i), env)
			problems = append(problems, wrong...)
		}
		return list, problems
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			var wrong []error
			object[name], wrong = fill(member, strings.TrimPrefix(path+"."+name, "."), env)
			problems = append(problems, wrong...)
		}
		return object, problems
	default:
		return value, nil
	}
}

func expand(text string, env func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		if !found {
			b.WriteString(text)
			return b.String(), nil
		}
		if plain, escaped := strings.CutSuffix(before, "$"); escaped {
			b.WriteString(plain + "${")
			text = after
			continue
		}
		name, rest, closed := strings.Cut(after, "}")
		value, known := env(name)
		switch {
		case !closed || name == "":
			return "", errors.New("${ without a name and }: write $${ for the characters themselves")
		case !known:
			return "", fmt.Errorf("the environment has no variable %s", name)
		}
		b.WriteString(before + value)
		text = rest
	}
}
