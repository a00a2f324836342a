package main_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/tenants"
)

// Who was given a receipt and the key set needs nothing of the deployment to verify it; with a set of other keys it is refused.
func TestReceipt_IsVerifiedWithTheKeySetAlone(t *testing.T) {
	t.Parallel()

	m := onDatabase(t, dialect.SQLite)
	m.must(t, "tenant", "create", "shop")
	m.must(t, "tenant", "delete", "shop", "--yes")
	receipt := m.must(t, "tenant", "purge", "shop", "--confirm", "shop")

	st, err := store.Open(t.Context(), store.Options{URL: m.database})
	require.NoError(t, err)
	defer st.Close()
	var public []json.RawMessage
	for _, key := range st.Reader().SigningKey.Query().AllX(scope.With(t.Context(), scope.Tenant(tenants.SystemID))) {
		public = append(public, key.PublicJwk)
	}
	require.NotEmpty(t, public)
	another, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	set := func(keys any) string {
		text, err := json.Marshal(map[string]any{"keys": keys})
		require.NoError(t, err)
		return string(text)
	}
	var first map[string]any
	require.NoError(t, json.Unmarshal(public[0], &first))
	var posing map[string]any // another key under the name of the right one
	require.NoError(t, json.Unmarshal(another.PublicJWK(), &posing))
	posing["kid"] = first["kid"]

	alone := newMachine(t) // neither a secret nor a database
	alone.write(t, "receipt.json", receipt)
	alone.write(t, "keys.json", set(public))
	alone.write(t, "other.json", set([]json.RawMessage{another.PublicJWK()}))
	alone.write(t, "posing.json", set([]any{posing}))
	alone.write(t, "none.json", set([]any{}))
	verify := func(keys string) []string {
		return []string{"tenant", "receipt", "verify", "receipt.json", "--jwks", keys}
	}

	require.Contains(t, alone.must(t, verify("keys.json")...), `"slug": "shop"`)
	for _, wrong := range []string{"other.json", "posing.json", "none.json"} {
		alone.refuses(t, verify(wrong), "verify the receipt")
	}
	alone.refuses(t, verify("absent.json"), "--jwks")
	alone.refuses(t, verify("receipt.json"))

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/jwks.json" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(set(public)))
	}))
	defer server.Close()
	require.Contains(t, alone.must(t, verify(server.URL+"/.well-known/jwks.json")...), `"slug": "shop"`)
	alone.refuses(t, verify(server.URL+"/elsewhere"), "--jwks")

	var changed map[string]any
	require.NoError(t, json.Unmarshal([]byte(receipt), &changed))
	changed["signature"] = changed["signature"].(string)[:len(changed["signature"].(string))-6] + "AAAAAA"
	text, err := json.Marshal(changed)
	require.NoError(t, err)
	alone.write(t, "receipt.json", string(text))
	alone.refuses(t, verify("keys.json"), "verify the receipt")
}
