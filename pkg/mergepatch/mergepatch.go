// Package mergepatch changes JSON objects by JSON merge patches (RFC 7386).
package mergepatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A PatchError says that a patch is no JSON object. As a merge patch it would replace the whole target, which nobody who changes a part
// of it means.
type PatchError struct{ Err error }

// Error says what is wrong with the patch, without its content.
func (e *PatchError) Error() string { return "the patch is no JSON object: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *PatchError) Unwrap() error { return e.Err }

// Apply merges a patch into a JSON object: members of the patch replace those of the target, objects are merged, null removes. An empty
// target is an empty object. The result is compact JSON with sorted members; numbers stay as they were written.
// Errors: *PatchError where the patch is no object.
func Apply(target, patch []byte) ([]byte, error) {
	change, err := decodeObject(patch)
	if err != nil {
		return nil, &PatchError{err}
	}
	base := map[string]any{}
	if len(target) > 0 {
		if base, err = decodeObject(target); err != nil {
			return nil, fmt.Errorf("merge into a value that is no JSON object: %w", err)
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(merge(base, change)); err != nil {
		return nil, fmt.Errorf("encode what was merged: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func merge(target, patch map[string]any) map[string]any {
	for name, value := range patch {
		switch value := value.(type) {
		case nil:
			delete(target, name)
		case map[string]any:
			inner, ok := target[name].(map[string]any)
			if !ok {
				inner = map[string]any{}
			}
			target[name] = merge(inner, value)
		default:
			target[name] = value
		}
	}
	return target
}

func decodeObject(raw []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON value")
	}
	if object == nil {
		return nil, errors.New("it is null")
	}
	return object, nil
}
