package session

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/tenants"
)

// FuzzClaims signs whatever claims with the tenant's own key and reads the token as a session's: what is accepted names a person and a session, and
// what back ends are shown is JSON that says the same.
func FuzzClaims(f *testing.F) {
	const sub, sid = `"sub":"0193e3a4-0000-7000-8000-000000000001"`, `"session_id":"0193e3a4-0000-7000-8000-000000000002"`
	for _, seed := range []string{
		`{}`, `{` + sub + `,` + sid + `,"exp":4102444800,"iat":1}`, `{` + sub + `,` + sid + `,"exp":4102444800.5,"iat":"x"}`, `{` + sid + `,"exp":4102444800}`,
		`{` + sub + `,` + sid + `,"exp":1e300}`, `{` + sub + `,` + sid + `,"exp":4102444800,"email":{"address":7}}`, `{` + sub + `,` + sid + `,"exp":4102444800,"aud":[],"iss":""}`,
		`{` + sub + `,` + sid + `,"exp":9223372036854775807}`, `{` + sub + `,` + sid + `,"exp":253402300800,"iat":-62135596801}`, `{` + sub + `,"session_id":null,"exp":4102444800}`,
		`{` + sub + `,` + sid + `,"exp":4102444800,"subject":"x","expiration":{"a":"\u2028"},"is_valid":false}`, `{"sub":"urn:uuid:0193e3a4-0000-7000-8000-000000000001",` + sid + `,"exp":4102444800}`,
	} {
		f.Add([]byte(seed))
	}
	key, err := jose.Generate(jose.ES256)
	require.NoError(f, err)
	set, err := jose.NewSet(key)
	require.NoError(f, err)
	at := time.Unix(1795446810, 0)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var given map[string]any
		if json.Unmarshal(raw, &given) != nil || given == nil {
			return
		}
		token, err := key.Sign("JWT", given)
		if err != nil {
			return
		}
		claims, err := set.Verify(token, at, jose.Validation{Leeway: clockSkew})
		if err != nil {
			return
		}
		p, ok, err := parse(claims)
		if err != nil {
			require.False(t, ok)
			require.ErrorIs(t, err, errMalformed)
			return
		}
		if !ok {
			require.NotContains(t, given, "session_id")
			return
		}
		require.Equal(t, uuid.MustParse(given["session_id"].(string)), p.sessionID)
		require.Equal(t, uuid.MustParse(given["sub"].(string)), p.userID)
		require.True(t, p.expires.After(at.Add(-clockSkew)))
		var body struct {
			IsValid bool           `json:"is_valid"`
			UserID  uuid.UUID      `json:"user_id"`
			Claims  map[string]any `json:"claims"`
		}
		require.NoError(t, json.Unmarshal(answer(p, 0), &body))
		require.True(t, body.IsValid)
		require.Equal(t, p.userID, body.UserID)
		if _, own := given["subject"]; !own { // a tenant's own claim may take this name: Spec: session §2
			require.Equal(t, p.userID.String(), body.Claims["subject"])
		}
		require.Equal(t, given["session_id"], body.Claims["session_id"])
		require.NotContains(t, body.Claims, "exp")
	})
}

// FuzzCache remembers and forgets sessions in whatever order: a token of a session that was revoked is never found again.
func FuzzCache(f *testing.F) {
	f.Add([]byte{0, 1, 2, 131, 3, 1})
	f.Add([]byte{0, 128, 0, 64, 192, 64})
	f.Fuzz(func(t *testing.T, steps []byte) {
		c := newCache(5)
		gone := map[uuid.UUID]bool{}
		tenant := &tenants.Tenant{ID: uuid.New()}
		for _, step := range steps {
			session := uuid.UUID{15: step % 16}
			switch {
			case step < 128: // one of four spellings of its token
				c.put(tokenHash{step % 16, step / 16 % 4}, &entry{tenantID: tenant.ID, parsed: parsed{sessionID: session}})
			default:
				c.forget(session)
				gone[session] = true
			}
			require.LessOrEqual(t, c.entries.Len(), 5)
			require.Len(t, c.bySession, c.entries.Len(), "one token a session")
			for i := range byte(16) {
				for j := range byte(4) {
					if e := c.get(tokenHash{i, j}); e != nil {
						require.False(t, gone[e.sessionID], "a revoked session's token is not found")
						require.Equal(t, uuid.UUID{15: i}, e.sessionID)
					}
				}
			}
		}
	})
}
