package transfer

import (
	_ "embed"
	"slices"
)

//go:embed import.schema.json
var schema []byte

// Schema is the JSON Schema of the file format (draft 2020-12). Spec: import-export §1.9.
func Schema() []byte { return slices.Clone(schema) }
