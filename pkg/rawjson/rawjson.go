package api

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"
)

// object is a JSON object that is passed on as it is.
type object json.RawMessage

// Schema implements huma.SchemaProvider.
func (object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("{}"), nil
	}
	return o, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *object) UnmarshalJSON(raw []byte) error {
	if o == nil {
		return errors.New("object: UnmarshalJSON on nil pointer")
	}
	*o = bytes.Clone(raw)
	return nil
}

// anyJSON is a JSON value that is passed on as it is, so that its owner can say what is wrong with it.
type anyJSON json.RawMessage

// Schema implements huma.SchemaProvider.
func (anyJSON) Schema(huma.Registry) *huma.Schema { return &huma.Schema{} }

// MarshalJSON implements json.Marshaler.
func (v anyJSON) MarshalJSON() ([]byte, error) { return object(v).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (v *anyJSON) UnmarshalJSON(raw []byte) error { return (*object)(v).UnmarshalJSON(raw) }

// toObject encodes what has a JSON form of its own.
func toObject(v any) (object, error) { return json.Marshal(v) }
