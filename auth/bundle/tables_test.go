package bundle

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/ddl"
)

// Whoever adds a table says here whether it moves: a tenant that loses something on its way must not be found out by its people.
func TestTables_AreEachOnOneList(t *testing.T) {
	t.Parallel()

	listed := slices.Concat(before, people, after, events, derived, stays)
	for _, name := range ddl.TenantTables() {
		require.Contains(t, listed, name, "say in tables.go whether rows of %s move with their tenant", name)
	}
	for i, name := range listed {
		require.Contains(t, ddl.TenantTables(), name, "there is no such table")
		require.NotContains(t, listed[:i], name, "it is on two lists")
	}
	for _, name := range slices.Concat(derived, stays) {
		_, ok := movable(name)
		require.False(t, ok, name)
	}
}

// A column that is sealed by the deployment must be opened on the way out: what is called sealed in the schema, or is marked sensitive, is on this list.
func TestTables_ColumnsOfEachKindAreKnown(t *testing.T) {
	t.Parallel()

	sealed := []string{
		"signing_keys.private_key", "saml_certificates.private_key", "webhook_endpoints.secrets", "totp_secrets.secret", "recovery_codes.hash",
	}
	hashes := []string{ // the same in every deployment: of random secrets, or public
		"api_keys.hash", "trusted_devices.token_hash", "webauthn_credentials.credential_id", "webauthn_credentials.credential_hash",
		"webauthn_credentials.public_key", "webauthn_credentials.user_handle", "audit_logs.salt", "audit_logs.commitment", "audit_logs.previous_hash",
		"audit_logs.hash", "audit_checkpoints.hash",
	}
	for _, name := range slices.Concat(before, people, after, events) {
		for _, c := range must(name).Columns {
			if c.Kind == 2 { // bytes
				require.Contains(t, append(sealed, hashes...), name+"."+c.Name, "does the deployment seal it? Then seal.go must open it")
			}
		}
	}
}

// An older bundle is brought to the newest format line by line.
func TestReader_UpgradesOlderLines(t *testing.T) {
	t.Parallel()

	rename := func(kind string, line map[string]json.RawMessage) (map[string]json.RawMessage, error) {
		if kind == "people" {
			line["kind"] = json.RawMessage(`"users"`)
		}
		return line, nil
	}
	r := &reader{number: 7, pending: []upgrade{rename, rename}}
	text, err := r.upgraded("people", map[string]json.RawMessage{"kind": json.RawMessage(`"people"`), "row": json.RawMessage(`{"id":1}`)}, nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"kind":"users","row":{"id":1}}`, string(text))
	require.Len(t, upgrades, Format-1, "each former format has an upgrade")
}

func TestMembers_AreOfOneObjectEachOnce(t *testing.T) {
	t.Parallel()

	for _, text := range []string{
		``, `null`, `[]`, `"x"`, `{`, `{"a":1`, `{"a":1}x`, `{"a":1,"a":2}`, `{"a":1}{}`, `{"a":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`,
	} {
		_, err := members([]byte(text))
		require.Error(t, err, text)
	}
	found, err := members([]byte(` {"a":"[[[\"{","b":{"c":1}} `))
	require.NoError(t, err)
	require.Len(t, found, 2)
}
