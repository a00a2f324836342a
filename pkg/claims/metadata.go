package claims

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// metadata is what is looked up by GJSON path. Spec: session §5.4.
type metadata struct {
	public, unsafe string
	budget         *budget
	shown          string
}

// newMetadata is nil where both documents say nothing.
func newMetadata(public, unsafe string, b *budget) *metadata {
	m := &metadata{public: said(public), unsafe: said(unsafe), budget: b}
	if m.public == "" && m.unsafe == "" {
		return nil
	}
	return m
}

// said is a document, or nothing where it is empty.
func said(document string) string {
	if strings.TrimSpace(document) == "{}" {
		return ""
	}
	return document
}

// Public looks up what everybody may know.
func (m *metadata) Public(path ...string) (string, error) {
	if m == nil {
		return "", errNoMetadata
	}
	return m.lookUp(m.public, path)
}

// Unsafe looks up what the user herself writes.
func (m *metadata) Unsafe(path ...string) (string, error) {
	if m == nil {
		return "", errNoMetadata
	}
	return m.lookUp(m.unsafe, path)
}

// String shows both documents as JSON; none is no text.
func (m *metadata) String() string {
	if m == nil {
		return ""
	}
	if m.shown == "" {
		m.shown = show(m)
	}
	return m.shown
}

// MarshalJSON shows both documents.
func (m *metadata) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Public json.RawMessage `json:"public_metadata,omitempty"`
		Unsafe json.RawMessage `json:"unsafe_metadata,omitempty"`
	}{json.RawMessage(m.public), json.RawMessage(m.unsafe)})
}

// What a lookup may cost. It cannot be stopped once it runs, and modifiers and multipaths can make more of a document than there is.
const (
	maxPath   = 1 << 10
	maxGrowth = 8
)

var (
	errNoMetadata = errors.New("the user has no metadata")
	errPath       = fmt.Errorf("a path may have %d bytes and %d modifiers and selections", maxPath, maxGrowth)
)

func (m *metadata) lookUp(document string, segments []string) (string, error) {
	path := strings.Join(segments, ".")
	growth := strings.Count(path, "@")
	for _, c := range []string{"[", "{", ","} {
		growth += strings.Count(path, c)
	}
	// Indenting by a text of the template's choice is the one modifier that makes something big at once.
	if len(path) > maxPath || growth > maxGrowth || strings.Contains(path, "@pretty:") {
		return "", errPath
	}
	if err := m.budget.spend(1 + len(document)*(1+8*growth)/unit); err != nil {
		return "", err
	}
	if len(segments) == 0 {
		return short(document)
	}
	return short(gjson.Get(document, path).String())
}
