package audit

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzDetails records whatever as the details of an event: what is stored can be stored by every database, and commits to the same bytes when it
// is read back, however the database writes it.
func FuzzDetails(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"a":"\u0000","a\u0000":1,"a\ufffd":2}`, `{"n":1e400,"m":100.0,"k":1e2,"z":-0.0}`, `{"n":0.1e-999999999999999999999}`, `{"a":{"b":[null,true,"<&>",1]}}`,
		`{"n":18446744073709551615,"m":18446744073709551616}`, `{} {}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		object, err := parseDetails(raw)
		if err != nil {
			require.ErrorIs(t, err, errNoObject)
			return
		}
		kept := storable(object).(map[string]any)
		text, err := encodeObject(kept)
		require.NoError(t, err)
		require.True(t, utf8.Valid(text))
		require.NotContains(t, string(text), `\u0000`)
		committed := appendValue(nil, kept)
		var indented bytes.Buffer
		require.NoError(t, json.Indent(&indented, text, " ", "\t"))
		for _, stored := range []string{string(text), indented.String(), strings.ReplaceAll(string(text), "<", `\u003c`)} {
			back, err := parseDetails([]byte(stored))
			require.NoError(t, err)
			require.Equal(t, committed, appendValue(nil, back), stored)
			require.Equal(t, committed, appendValue(nil, storable(back)), "it is storable already: %s", stored)
		}
		if changed := strings.Replace(string(text), `":`, `x":`, 1); changed != string(text) {
			if other, err := parseDetails([]byte(changed)); err == nil {
				require.NotEqual(t, committed, appendValue(nil, other), "a changed record is found")
			}
		}
	})
}
