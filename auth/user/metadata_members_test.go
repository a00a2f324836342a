package user_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/user"
)

func TestMetadataValue_IsTheSameHoweverItIsWritten(t *testing.T) {
	t.Parallel()

	for _, same := range [][]string{
		{`"pro"`, ` "pro" `, `"\u0070ro"`},
		{`1`, `1.0`, `1e0`, `10e-1`},
		{`{"a":1,"b":[true,null]}`, "{\n\"b\": [true, null], \"a\": 1.00}"},
		{`0.1`, `1e-1`},
		{`12345678901234567890`},
		{`12345678901234567891`},
		{`"1"`},
		{`[]`}, {`{}`}, {`null`}, {`true`}, {`"true"`},
	} {
		first, ok := user.MetadataValue(json.RawMessage(same[0]))
		require.True(t, ok, same[0])
		require.Len(t, first, 16)
		for _, other := range same[1:] {
			digest, ok := user.MetadataValue(json.RawMessage(other))
			require.True(t, ok, other)
			require.Equal(t, first, digest, "%s and %s", same[0], other)
		}
	}
	one, _ := user.MetadataValue(json.RawMessage(`1`))
	text, _ := user.MetadataValue(json.RawMessage(`"1"`))
	require.NotEqual(t, one, text)
	for _, bad := range []string{"", "{", "1 2", "nul"} {
		_, ok := user.MetadataValue(json.RawMessage(bad))
		require.False(t, ok, bad)
	}
	huge, ok := user.MetadataValue(json.RawMessage(`1e` + strings.Repeat("9", 50)))
	require.True(t, ok)
	require.NotEqual(t, one, huge)
}

func TestMetadataRows_TellCategoriesApartAndAreBounded(t *testing.T) {
	t.Parallel()

	rows := user.MetadataRows(user.Metadata{Public: `{"plan":"pro"}`, Private: `{"plan":"pro"}`, Unsafe: `null`})
	require.Len(t, rows, 2)
	require.NotEqual(t, rows[0].Name, rows[1].Name)
	require.Equal(t, rows[0].Value, rows[1].Value)
	require.Equal(t, user.MetadataName(user.PublicMetadata, "plan"), rows[0].Name)

	many := map[string]int{}
	for i := range 100 {
		many[fmt.Sprintf("member%03d", i)] = i
	}
	text, err := json.Marshal(many)
	require.NoError(t, err)
	rows = user.MetadataRows(user.Metadata{Unsafe: string(text)})
	require.Len(t, rows, 64)
	require.Equal(t, user.MetadataName(user.UnsafeMetadata, "member063"), rows[63].Name)
}
