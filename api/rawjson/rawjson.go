// Package rawjson carries JSON through an API as it is, so that its owner alone reads it.
package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"
)

// Object is a JSON object that is passed on as it is.
type Object json.RawMessage

// Schema implements huma.SchemaProvider.
func (Object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// MarshalJSON implements json.Marshaler.
func (o Object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("{}"), nil
	}
	return o, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *Object) UnmarshalJSON(raw []byte) error {
	if o == nil {
		return errors.New("rawjson: UnmarshalJSON on nil pointer")
	}
	*o = bytes.Clone(raw)
	return nil
}

// Any is a JSON value that is passed on as it is, so that its owner can say what is wrong with it.
type Any json.RawMessage

// Schema implements huma.SchemaProvider.
func (Any) Schema(huma.Registry) *huma.Schema { return &huma.Schema{} }

// MarshalJSON implements json.Marshaler.
func (v Any) MarshalJSON() ([]byte, error) { return Object(v).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (v *Any) UnmarshalJSON(raw []byte) error { return (*Object)(v).UnmarshalJSON(raw) }

// Encode encodes what has a JSON form of its own.
func Encode(v any) (Object, error) { return json.Marshal(v) }
