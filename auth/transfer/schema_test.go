package transfer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/transfer"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(transfer.Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	require.NoError(t, c.AddResource("import.json", doc))
	schema, err := c.Compile("import.json")
	require.NoError(t, err)
	return schema
}

// valid reports whether the schema accepts a text.
func valid(t *testing.T, schema *jsonschema.Schema, input string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(input))
	require.NoError(t, err, input)
	return schema.Validate(doc)
}

func TestSchema_AcceptsWhatIsAcceptedAndRefusesWhatIsNot(t *testing.T) {
	t.Parallel()

	schema := compiled(t)
	for _, good := range []string{
		example, `[]`, `[{"username":"u1"}]`, `[{"emails":[],"username":"u2"}]`, `[{"username":"q","emails":null,"password":null}]`,
		`[{"username":"bad name!"}]`, `[` + credential("") + `]`, `[` + credential(`,"mfa_only":true,"user_handle":null`) + `]`,
		`[{"user_id":"","username":"a"}]`,
	} {
		require.NoError(t, valid(t, schema, good), good)
		_, wrong, err := read(t, good)
		require.NoError(t, err)
		require.Empty(t, wrong)
	}
	for _, bad := range []string{
		`{}`, `null`, `[{}]`, `[{"emails":[]}]`, `[{"username":""}]`, `[{"emails":[{"address":"a@b.co"}]}]`, `[{"username":"a","created_at":"yesterday"}]`,
		`[{"emails":[{"address":"a@b.co","is_primary":true},{"address":"b@b.co","is_primary":true}]}]`,
		`[{"username":"a","otp_secret":{"secret":""}}]`, `[` + credential(`,"transports":["usb","usb"]`) + `]`,
		`[` + credential(`,"mfa_only":true,"user_handle":"h"`) + `]`, `[` + credential(`,"aaguid":[1,2]`) + `]`,
		`[{"username":"a","password":{"password":"plain"}}]`, `[{"username":"a","unknown":1}]`,
	} {
		require.Error(t, valid(t, schema, bad), bad)
	}
	var out bytes.Buffer
	require.NoError(t, transfer.Generate(&out, 3))
	require.NoError(t, valid(t, schema, out.String()), "what is generated")
}

func TestSchema_IsPublished(t *testing.T) {
	t.Parallel()

	published, err := os.ReadFile("../../docs/import.schema.json")
	require.NoError(t, err)
	require.Equal(t, string(transfer.Schema()), string(published), "write it with: latchkeep schema generate import -o docs/import.schema.json")
}

// Entries put together at random, of good values and bad ones: the schema and the reader say the same of each.
func TestSchema_AgreesWithTheReader(t *testing.T) {
	t.Parallel()

	schema := compiled(t)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	refused := 0
	for range 4000 {
		raw, err := json.Marshal([]any{entry(random)})
		require.NoError(t, err)
		input := string(raw)
		accounts, wrong, err := read(t, input)
		reader := len(accounts) == 1
		says := valid(t, schema, input)
		require.Equal(t, reader, says == nil, "seed %d: %s\nschema: %v\nreader: %v %v", seed, input, says, wrong, err)
		if !reader {
			refused++
		}
	}
	require.Greater(t, refused, 400)
	require.Less(t, refused, 3600)
}

// entry is an entry of members that are mostly good.
func entry(r *rand.Rand) map[string]any {
	pick := func(good []any, bad ...any) any {
		if r.IntN(20) == 0 && len(bad) > 0 {
			return bad[r.IntN(len(bad))]
		}
		return good[r.IntN(len(good))]
	}
	maybe := func(into map[string]any, name string, value any) {
		if r.IntN(2) == 0 {
			into[name] = value
		}
	}
	times := func() any {
		return pick([]any{nil, "2024-05-01T12:00:00Z", "2024-05-01T12:00:00.123+02:00"}, "yesterday", 7, "2024-05-01")
	}
	flag := func() any { return pick([]any{nil, true, false}, "yes", 1) }
	secret := func(name string, value any) any {
		made := map[string]any{name: value}
		maybe(made, "created_at", times())
		maybe(made, "updated_at", times())
		return made
	}
	e := map[string]any{}
	maybe(e, "user_id", pick([]any{nil, "", "3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10"}, "x", 7, "00000000-0000-0000-0000-000000000000"))
	maybe(e, "username", pick([]any{nil, "kim", "Kim K!"}, "", " ", 7, strings.Repeat("x", 256)))
	var emails []any
	for i := range r.IntN(3) {
		email := map[string]any{"address": pick([]any{fmt.Sprintf("%d@b.co", i)}, "", "x", 7), "is_primary": pick([]any{i == 0}, true, false, nil, "x")}
		maybe(email, "is_verified", flag())
		emails = append(emails, email)
	}
	maybe(e, "emails", pick([]any{emails}, nil, []any{}, "x"))
	maybe(e, "password", pick([]any{nil, secret("password", pick([]any{bcryptHash, fbHash, argonHash}, "", "plain", 7))}, "x", map[string]any{}))
	maybe(e, "otp_secret", pick([]any{nil, secret("secret", pick([]any{"JBSWY3DPEHPK3PXP", "jbswy3dpehpk3pxp"}, "", "18!", 7))}, "x", map[string]any{}))
	c := map[string]any{
		"id": pick([]any{"YQ", "Y3JlZC0x"}, "", "a b", 7), "public_key": pick([]any{"YQ"}, "", "ä"), "attestation_type": pick([]any{"none"}, "", 7),
	}
	maybe(c, "mfa_only", flag())
	maybe(c, "user_handle", pick([]any{nil, "legacy-17"}, "", strings.Repeat("x", 65)))
	maybe(c, "transports", pick([]any{nil, []any{"usb", "nfc"}, []any{}}, []any{"usb", "usb"}, "usb"))
	maybe(c, "sign_count", pick([]any{nil, 0, 7}, -1, 1.5, "7"))
	maybe(c, "aaguid", pick([]any{nil, "ee882879-721c-4913-9775-3dfcce97072a", "ee882879721c191397753dfcce97072a"}, "x", 7))
	maybe(c, "name", pick([]any{nil, "Phone"}, 7))
	maybe(c, "backup_eligible", flag())
	maybe(c, "last_used_at", times())
	maybe(e, "webauthn_credentials", pick([]any{nil, []any{}, []any{c}}, "x", []any{c, 7}))
	maybe(e, "metadata", pick([]any{nil, map[string]any{}, map[string]any{"public_metadata": map[string]any{"a": 1}, "private_metadata": nil}},
		map[string]any{"unsafe_metadata": []any{}}, map[string]any{"unsafe_metadata": 7}, "x"))
	for _, name := range []string{"name", "given_name", "picture"} {
		maybe(e, name, pick([]any{nil, "x"}, 7))
	}
	for _, name := range []string{"created_at", "updated_at", "blocked_at"} {
		maybe(e, name, times())
	}
	return e
}
