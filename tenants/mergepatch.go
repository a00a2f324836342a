package tenants

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// mergePatch applies a merge patch (RFC 7386) to a JSON object. A patch that is no object is refused: it would replace everything.
func mergePatch(target, patch []byte) ([]byte, error) {
	change, err := decodeObject(patch)
	if err != nil {
		return nil, problem.Invalid("invalid_config", "invalid config", problem.Field{Reason: "must be a JSON object: " + err.Error()})
	}
	base, err := decodeObject(target)
	if err != nil {
		return nil, err
	}
	return json.Marshal(merge(base, change))
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
