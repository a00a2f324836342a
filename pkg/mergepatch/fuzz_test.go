package mergepatch_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/mergepatch"
)

// FuzzApply merges whatever into whatever, and compares with the pseudo code of RFC 7386 §2.
func FuzzApply(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":"b"}`, `{"a":null}`}, {`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`}, {`{"a":[1]}`, `{"a":{"b":{"c":null}}}`}, {``, `{"a":1e400,"a":-0}`},
		{`{}`, `[]`}, {`{}`, `null`}, {`{}`, `{} {}`}, {`{"é":"\u0000"}`, `{"\u00e9":{"<":"&"}}`}, {`[1]`, `{}`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, target, patch []byte) {
		got, err := mergepatch.Apply(target, patch)
		change, changes := object(patch)
		require.Equal(t, changes, !isPatchError(err), "%s: %v", patch, err)
		if err != nil {
			return
		}
		base, _ := object(target)
		want, err := json.Marshal(merged(base, change))
		require.NoError(t, err)
		wanted, _ := object(want)
		result, isObject := object(got)
		require.True(t, isObject, "%s", got)
		require.Equal(t, wanted, result) // not JSONEq, which knows no number beyond float64
		again, err := mergepatch.Apply(got, patch)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again), "the same patch changes nothing more")
		same, err := mergepatch.Apply(got, []byte(`{}`))
		require.NoError(t, err)
		require.Equal(t, string(got), string(same), "an empty patch changes nothing")
	})
}

func isPatchError(err error) bool {
	_, ok := err.(*mergepatch.PatchError)
	return ok
}

// object is a JSON object as the standard library reads it.
func object(raw []byte) (map[string]any, bool) {
	if !json.Valid(raw) || bytes.TrimLeft(raw, " \t\r\n")[0] != '{' {
		return map[string]any{}, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var o map[string]any
	return o, d.Decode(&o) == nil
}

// merged is MergePatch of the RFC.
func merged(target, patch any) any {
	change, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	base, ok := target.(map[string]any)
	if !ok {
		base = map[string]any{}
	}
	for name, value := range change {
		if value == nil {
			delete(base, name)
		} else {
			base[name] = merged(base[name], value)
		}
	}
	return base
}
