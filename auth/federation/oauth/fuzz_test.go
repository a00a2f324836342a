package oauth

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// says answers every request with one text.
type says []byte

func (s says) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"max-age=9999999999999"}},
		Body: io.NopCloser(bytes.NewReader(s)),
	}, nil
}

// FuzzDocuments publishes whatever as a provider's metadata and as its keys. Endpoints that are taken can be called and are no less protected than
// the issuer; keys are of the kinds and sizes that we verify, and none is for a shared secret.
func FuzzDocuments(f *testing.F) {
	const endpoints = `"issuer":"https://idp.example","authorization_endpoint":"https://idp.example/a","token_endpoint":"https://idp.example/t","userinfo_endpoint":"https://idp.example/u"`
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{` + endpoints + `}`, `{` + endpoints + `,"jwks_uri":"http://idp.example/k"}`, `{` + endpoints + `,"jwks_uri":"https://idp.example/k","id_token_signing_alg_values_supported":["none","HS256","RS256"]}`,
		`{` + endpoints + `,"token_endpoint":"https://user:pw@idp.example/"}`, `{"keys":[{"kty":"oct","k":"AAAA"}]}`, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`, `{"keys":[null,7,{}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","alg":"ES256","use":"sig"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","alg":"none"}]}`,
		`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","issuer":7}]} {}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		r := New(Needs{Client: &http.Client{Transport: says(document)}})
		if m, _, err := r.fetchMetadata(t.Context(), "https://idp.example/.well-known/openid-configuration"); err == nil {
			require.LessOrEqual(t, len(m.issuer), maxURL)
			for _, endpoint := range []string{m.Authorization, m.Token, m.UserInfo, m.Keys} {
				if endpoint == "" {
					continue
				}
				u, err := url.Parse(endpoint)
				require.NoError(t, err)
				require.Equal(t, "https", u.Scheme)
				require.NotEmpty(t, u.Hostname())
				require.LessOrEqual(t, len(endpoint), maxURL)
			}
			require.False(t, slices.ContainsFunc(m.algorithms, func(alg string) bool { return alg == "none" || alg[:2] == "HS" }))
		}
		keys, _, err := r.fetchKeys(t.Context(), "https://idp.example/keys")
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(keys), maxKeys)
		for _, key := range keys {
			require.NotEmpty(t, key.algorithms)
			require.NotEmpty(t, kindOf(key.key))
			for _, alg := range key.algorithms {
				require.Contains(t, algorithmsOf[kindOf(key.key)], alg)
			}
		}
	})
}
