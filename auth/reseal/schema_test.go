package reseal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/schema/field"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/ent/migrate"
)

// open are the columns of bytes that are not sealed: digests, public keys, and what others chose.
var open = []string{
	"api_keys.hash", "operator_tokens.hash", "operators.invite_hash", "one_time_tokens.hash", "trusted_devices.token_hash",
	"audit_checkpoints.hash", "audit_logs.salt", "audit_logs.commitment", "audit_logs.previous_hash", "audit_logs.hash",
	"idempotency_keys.hash", "idempotency_keys.request_hash", "jobs.source", "metadata_members.name", "metadata_members.value",
	"saml_uses.digest", "webauthn_credentials.credential_id", "webauthn_credentials.credential_hash", "webauthn_credentials.public_key",
	"webauthn_credentials.user_handle",
	"passcodes.code_mac", // derived from the newest secret; gone within reseal.Transient
}

// Whoever adds a column of bytes has to say whether it is sealed, and then what becomes of it when the secret is changed.
func TestPlaces_AreAllColumnsThatHoldSealedTexts(t *testing.T) {
	t.Parallel()

	var sealed []string
	for _, p := range reseal.Places() {
		sealed = append(sealed, p.Name)
	}
	var found []string
	for _, table := range migrate.Tables {
		for _, column := range table.Columns {
			name := table.Name + "." + column.Name
			found = append(found, name)
			if column.Type == field.TypeBytes {
				require.True(t, slices.Contains(sealed, name) != slices.Contains(open, name),
					"%s must be either in reseal.Places or in the list of this test", name)
			}
		}
	}
	for _, name := range append(slices.Clone(sealed), open...) {
		require.Contains(t, found, name, "the schema has no such column")
	}
}

// What the schema calls sealed or sensitive is sealed, or a hash of a password.
func TestPlaces_HaveWhatTheSchemaCallsSealed(t *testing.T) {
	t.Parallel()

	column := regexp.MustCompile(`field\.(?:Bytes|Text|String|JSON)\("(\w+)".*(Sensitive\(\)|Comment\("[^"]*\bsealed\b)`)
	files, err := filepath.Glob("../../ent/schema/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	known := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range column.FindAllStringSubmatch(string(text), -1) {
			if match[1] == "hash" && strings.Contains(match[0], "PHC") {
				continue
			}
			require.True(t, slices.ContainsFunc(reseal.Places(), func(p reseal.Place) bool { return strings.HasSuffix(p.Name, "."+match[1]) }), match[0])
			known++
		}
	}
	require.Greater(t, known, 9)
}
