package oauth

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever a provider tells is read or refused, and what is read can be written and read again.
func FuzzDecodeClaims(f *testing.F) {
	for _, seed := range []string{
		`{"sub":"s","email":"a@b","email_verified":"true","aud":["x"],"address":{"region":"r"},"x":[1,{"y":null}]}`, `{"sub":1e5}`, `{"sub":null}`, `[]`,
	} {
		f.Add([]byte(seed), "sub", "id")
	}
	f.Fuzz(func(t *testing.T, raw []byte, ours, theirs string) {
		told, err := readObject(raw)
		if err != nil {
			return
		}
		claims, err := decodeClaims(mapAttributes(told, map[string]string{ours: theirs}), "client")
		if err != nil {
			return
		}
		text, err := json.Marshal(claims)
		require.NoError(t, err)
		var again map[string]any
		require.NoError(t, json.Unmarshal(text, &again))
		require.NotContains(t, claims.Name+claims.Email+claims.Subject, "\x00")
	})
}

func TestMaxAge_ReadsCacheControl(t *testing.T) {
	t.Parallel()

	for value, want := range map[string]time.Duration{
		"": keptUsually, "public, max-age=600": 10 * time.Minute, "MAX-AGE=\"60\"": time.Minute, "no-store": 0, "max-age=x": keptUsually,
		"max-age=99999999999999": keptUsually, "private, no-cache, max-age=60": 0, "max-age=-1": -time.Second,
	} {
		require.Equal(t, want, maxAge(http.Header{"Cache-Control": {value}}), value)
	}
}
