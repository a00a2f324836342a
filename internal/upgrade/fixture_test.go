package upgrade

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/authenticator"
)

// The one master secret of all fixtures.
const secret = "the secret of databases that are kept for tests"

// A fixture is what must be known about a database of an earlier version to sign its people in.
type fixture struct {
	Commit string    `json:"commit"`
	Slug   string    `json:"slug"`
	Tenant uuid.UUID `json:"tenant"`
	APIKey string    `json:"api_key"`
	// Kim signs in with her password. She was signed in, and her session lasts for years.
	Kim     person `json:"kim"`
	Session string `json:"session"`
	// Pat has a passkey beside her password, Ann an authenticator app.
	Pat     person             `json:"pat"`
	Passkey authenticator.Kept `json:"passkey"`
	Ann     person             `json:"ann"`
	App     string             `json:"app"`
	// Webhook is one that was made through the admin API.
	Webhook uuid.UUID `json:"webhook"`
}

type person struct {
	ID       uuid.UUID `json:"id"`
	Email    string    `json:"email"`
	Password string    `json:"password"`
}

// files are the dump and the note for a kind of database.
func files(dir, dialect string) (dump, note string) {
	return filepath.Join(dir, dialect+".sql"), filepath.Join(dir, dialect+".json")
}

func readFixture(t testing.TB, dir, dialect string) (fixture, string) {
	t.Helper()
	dump, note := files(dir, dialect)
	raw, err := os.ReadFile(note)
	require.NoError(t, err)
	var f fixture
	require.NoError(t, json.Unmarshal(raw, &f))
	content, err := os.ReadFile(dump)
	require.NoError(t, err)
	return f, string(content)
}
