package mergepatch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/mergepatch"
)

// The cases with an object as patch are those of RFC 7386, appendix A.
func TestApply_MergesAsTheRFCSays(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ target, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"a":1,"e":null}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{``, `{"a":1}`, `{"a":1}`},
		{`{"n":12345678901234567890.5}`, `{"m":1e400}`, `{"m":1e400,"n":12345678901234567890.5}`},
		{`{}`, `{"a":"<&>é"}`, `{"a":"<&>é"}`},
	} {
		got, err := mergepatch.Apply([]byte(c.target), []byte(c.patch))
		require.NoError(t, err, "%s", c.patch)
		require.Equal(t, c.want, string(got), "%s into %s", c.patch, c.target)
	}
}

func TestApply_RefusesWhatWouldReplaceEverything(t *testing.T) {
	t.Parallel()

	for _, patch := range []string{`null`, `[]`, `"a"`, `1`, ``, `{`, `{} {}`} {
		_, err := mergepatch.Apply([]byte(`{"a":"b"}`), []byte(patch))
		var refused *mergepatch.PatchError
		require.ErrorAs(t, err, &refused, "%s", patch)
	}
	_, err := mergepatch.Apply([]byte(`[1]`), []byte(`{}`))
	require.Error(t, err, "the target is no object")
}
