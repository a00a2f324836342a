package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
)

// moving is a machine with two tenants, shop and bank.
func moving(t *testing.T) *machine {
	t.Helper()
	m := node(t)
	m.must(t, "migrate", "up")
	m.must(t, "tenant", "create", "shop")
	m.must(t, "tenant", "create", "bank", "--id", "3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10")
	return m
}

const twoUsers = `[{"emails":[{"address":"kim@shop.example","is_primary":true}]},{"username":"sam"}]`

func TestUserImport_ImportsExportsAndRefusesASecondTime(t *testing.T) {
	t.Parallel()

	m := moving(t)
	m.write(t, "users.json", twoUsers)
	require.Contains(t, m.must(t, "user", "import", "-i", "users.json", "--tenant", "shop", "--dry-run"), "2 of 2 users would be imported into shop")
	require.Contains(t, m.must(t, "user", "import", "--inputFile", "users.json", "--tenant", "shop"), "imported 2 users into shop")
	require.Contains(t, m.must(t, "user", "export", "-o", "out.json", "--tenant", "shop"), "exported 2 users of shop")
	out := filepath.Join(m.dir, "out.json")
	info, err := os.Stat(out)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	var users []map[string]any
	raw, err := os.ReadFile(out)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &users))
	require.Len(t, users, 2)
	require.False(t, strings.HasSuffix(string(raw), "\n"))

	m.refuses(t, []string{"user", "import", "-i", "users.json", "--tenant", "shop", "--report", "report.jsonl"}, "2 entries were rejected")
	report, err := os.ReadFile(filepath.Join(m.dir, "report.jsonl"))
	require.NoError(t, err)
	require.Contains(t, string(report), `"code":"email_already_exists"`)
	m.refuses(t, []string{"user", "import", "-i", "users.json", "--tenant", "shop", "--dry-run"}, "2 entries were rejected", `"entry":2`)
	m.refuses(t, []string{"user", "import", "-i", "users.json", "--tenant", "shop", "--atomic"}, "nothing was written", `"entry":1`)
	require.Contains(t, m.must(t, "user", "import", "-i", "users.json", "--tenant_id", "3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10", "--atomic"), "imported 2 users into bank")
	require.Contains(t, m.must(t, "user", "import", "-i", "out.json", "--tenant", "shop", "--keep-existing"), "imported 2 users")
	require.Contains(t, m.run(t, "user", "export", "-o", "all.json", "--tenant", "shop", "--with-credentials").stderr, "warning")
}

func TestUserExport_IsInTheAuditLogAndFailsWhereItCannotBe(t *testing.T) {
	t.Parallel()

	m := moving(t)
	m.write(t, "users.json", twoUsers)
	m.must(t, "user", "import", "-i", "users.json", "--tenant", "shop")
	m.must(t, "user", "export", "-o", "out.json", "--tenant", "shop", "--with-totp")
	s := m.start(t, "serve")
	s.says(t, `"type":"users_exported"`)
	for line := range strings.Lines(s.stdout.text()) {
		if strings.Contains(line, "users_exported") {
			var record struct {
				UserAgent string `json:"user_agent"`
				Details   map[string]any
			}
			require.NoError(t, json.Unmarshal([]byte(line), &record))
			require.Contains(t, record.UserAgent, "user export by ")
			require.Equal(t, map[string]any{
				"api": "cli", "by": "cli", "users": 2.0, "with_credentials": false, "with_totp": true, "with_metadata": false, "with_names": false,
			}, record.Details)
		}
	}
	s.stop(t)

	source, err := dsn.Parse(m.database)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "CREATE TRIGGER broken BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no records today'); END")
	require.NoError(t, err)
	m.refuses(t, []string{"user", "export", "-o", "unrecorded.json", "--tenant", "shop"}, "record the export")
	require.NoFileExists(t, filepath.Join(m.dir, "unrecorded.json"))
}

func TestUserImport_WritesNothingWhereAnEntryIsBad(t *testing.T) {
	t.Parallel()

	m := moving(t)
	m.write(t, "users.json", `[{"username":"a"},{"username":""},{"emails":[{"address":"zz"}]}]`)
	m.refuses(t, []string{"user", "import", "-i", "users.json", "--tenant", "shop"},
		"Error at entry 2 : Username must have at least 1 character\n", "Error at entry 3 : ", "Found 2 errors.\n", "nothing was imported")
	m.write(t, "stop.json", `[{"username":"a","created_at":"yesterday"},{"username":""}]`)
	require.NotContains(t, m.refuses(t, []string{"user", "import", "-i", "stop.json", "--tenant", "shop"}, "Error at entry 1 : "), "entry 2")
	m.must(t, "user", "export", "-o", "out.json", "--tenant", "shop")
	raw, err := os.ReadFile(filepath.Join(m.dir, "out.json"))
	require.NoError(t, err)
	require.Equal(t, `[]`, string(raw))
	m.refuses(t, []string{"user", "import", "-i", "users.json", "--tenant", "shop", "--skip-invalid"}, "2 entries were rejected", `"entry":2`)
}

func TestUserImport_ReadsTheWholeInputBeforeItAsksTheDatabase(t *testing.T) {
	t.Parallel()

	m := node(t).with("LATCHKEEP_DATABASE_URL=postgres://app:hunter2hunter2hunter2@127.0.0.1:1/app")
	m.write(t, "bad.json", `[{"username":"a"},{"username":""}]`)
	said := m.refuses(t, []string{"user", "import", "-i", "bad.json", "--tenant", "shop"}, "Error at entry 2 : ", "nothing was imported")
	require.NotContains(t, said, "127.0.0.1", "the database was not asked")
	m.write(t, "good.json", `[{"username":"a"}]`)
	m.refuses(t, []string{"user", "import", "-i", "good.json", "--tenant", "shop"}, "127.0.0.1:1")
	m.with("LATCHKEEP_LOG_FORMAT=xml").refuses(t, []string{"user", "import", "-i", "bad.json", "--tenant", "shop"}, "LATCHKEEP_LOG_FORMAT")
}

func TestUserImport_GoesByNoLimitOfTheConfiguration(t *testing.T) {
	t.Parallel()

	m := moving(t)
	m.write(t, "strict.json", `{"email":{"limit":1,"max_length":20},"username":{"enabled":true,"min_length":10},"password":{"min_length":60},"account":{"allow_signup":false}}`)
	m.must(t, "tenant", "set", "shop", "--config-file", "strict.json")
	m.write(t, "none.json", `[]`)
	require.Contains(t, m.must(t, "user", "import", "-i", "none.json", "--tenant", "shop"), "imported 0 users")
	m.write(t, "users.json", `[{"username":"x","emails":[{"address":"kim@a-name-that-is-longer-than-twenty.example","is_primary":true},{"address":"kim@shop.example"},
		{"address":"kim@x.example"}],"password":{"password":"$2a$10$0/3CaWSFg7piExmq1u6vk.hcGy679sGoiQE/TftsNhQjjeVVtyaSS"}},{"username":"bad name!"}]`)
	require.Contains(t, m.must(t, "user", "import", "-i", "users.json", "--tenant", "shop"), "imported 2 users")
	m.write(t, "out.json", "what was here before")
	m.must(t, "user", "export", "-o", "out.json", "--tenant", "shop")
	info, err := os.Stat(filepath.Join(m.dir, "out.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "whoever could read the file before")
	raw, err := os.ReadFile(filepath.Join(m.dir, "out.json"))
	require.NoError(t, err)
	require.Regexp(t, `"emails":\[\],"username":"bad name!"`, string(raw), "no null")
	require.Equal(t, 3, strings.Count(string(raw), `"address":`))
}

func TestUserImport_MistakesAreNamed(t *testing.T) {
	t.Parallel()

	m := moving(t)
	m.write(t, "users.json", twoUsers)
	m.refuses(t, []string{"user", "import"}, "inputFile", "inputUrl")
	m.refuses(t, []string{"user", "import", "-i", "users.json", "-u", "http://x.example"}, "inputFile", "inputUrl")
	m.refuses(t, []string{"user", "import", "-i", "users.json"}, "--tenant")
	m.refuses(t, []string{"user", "import", "-i", "users.json", "--tenant_id", "shop"}, "--tenant_id must be a UUID")
	m.refuses(t, []string{"user", "import", "-i", "users.json", "--tenant", "nobody"}, `tenant "nobody"`)
	m.refuses(t, []string{"user", "import", "-i", "nowhere.json", "--tenant", "shop"}, "nowhere.json")
	m.refuses(t, []string{"user", "import", "-i", "users.json", "--tenant", "shop", "--batch", "0"}, "--batch")
	m.refuses(t, []string{"user", "import", "-u", "ftp://x.example/users.json", "--tenant", "shop"}, "http or https")
	m.refuses(t, []string{"user", "export", "--tenant", "shop"}, "outputFile")
	for name, content := range map[string]string{"null": "null", "object": "{}", "text": `"x"`, "empty": "", "open": `[{"username":"a"}`} {
		m.write(t, name, content)
		m.refuses(t, []string{"user", "import", "-i", name, "--tenant", "shop"}, "latchkeep: read users: ")
	}
}

func TestUserImport_ReadsFromAnAddress(t *testing.T) {
	t.Parallel()

	m := moving(t)
	padding := strings.Repeat(" ", 33<<20) // what follows the array is not looked at
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/users.json":
			_, _ = fmt.Fprint(w, twoUsers)
		case "/large.json":
			_, _ = fmt.Fprint(w, twoUsers+padding)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	t.Cleanup(source.Close)
	bare := m.with("TMPDIR=" + filepath.Join(m.dir, "nowhere")) // as in the container image, which has no directory but that of the program
	require.Contains(t, bare.must(t, "user", "import", "-u", source.URL+"/users.json", "--tenant", "shop"), "imported 2 users")
	large := []string{"user", "import", "-u", source.URL + "/large.json", "--tenant", "bank"}
	bare.refuses(t, large, "TMPDIR")
	m = m.with("TMPDIR=" + m.dir)
	require.Contains(t, m.must(t, large...), "imported 2 users")
	m.refuses(t, []string{"user", "import", "-u", source.URL + "/other", "--tenant", "bank"}, "status 418")
	left, err := filepath.Glob(filepath.Join(m.dir, "latchkeep-import-*"))
	require.NoError(t, err)
	require.Empty(t, left, "what was fetched is not left behind")
}

func TestUserGenerate_MakesWhatCanBeImported(t *testing.T) {
	t.Parallel()

	m := moving(t)
	bare := newMachine(t)
	bare.dir = m.dir
	bare.must(t, "user", "generate", "-o", "made.json", "-c", "25")
	require.Contains(t, m.must(t, "user", "import", "-i", "made.json", "--tenant", "shop", "--batch", "7"), "imported 25 users")
	bare.must(t, "user", "generate", "--outputFile", "ten.json")
	raw, err := os.ReadFile(filepath.Join(m.dir, "ten.json"))
	require.NoError(t, err)
	require.NotContains(t, string(raw), "\n")
	var made []struct {
		UserID uuid.UUID `json:"user_id"`
		Emails []struct {
			IsPrimary  bool `json:"is_primary"`
			IsVerified bool `json:"is_verified"`
		}
		CreatedAt time.Time `json:"created_at"`
		UpdatedAt time.Time `json:"updated_at"`
	}
	require.NoError(t, json.Unmarshal(raw, &made))
	require.Len(t, made, 10)
	for _, u := range made {
		require.EqualValues(t, 4, u.UserID.Version())
		require.Len(t, u.Emails, 1)
		require.True(t, u.Emails[0].IsPrimary && u.Emails[0].IsVerified)
		require.Equal(t, u.CreatedAt, u.UpdatedAt)
		require.WithinDuration(t, time.Now(), u.CreatedAt, patience)
		require.Equal(t, time.UTC, u.CreatedAt.Location())
	}
	info, err := os.Stat(filepath.Join(m.dir, "ten.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	for _, count := range []string{"0", "-3"} {
		bare.must(t, "user", "generate", "-o", "none.json", "-c", count)
		raw, err := os.ReadFile(filepath.Join(m.dir, "none.json"))
		require.NoError(t, err)
		require.Equal(t, `[]`, string(raw))
	}
	require.Contains(t, bare.must(t, "schema", "generate", "import"), "json_schema/hanko.user_import.json")
}

func TestUserConvertFirebase_WritesBothFiles(t *testing.T) {
	t.Parallel()

	m := moving(t)
	m.write(t, "fb.json", `{"users":[{"localId":"1","email":"kim@shop.example"},{"localId":"2"}]}`)
	m.write(t, "hash.json", `{"algorithm":"SCRYPT","base64_signer_key":"AAAA","base64_salt_separator":"Bw==","rounds":8,"mem_cost":14}`)
	o := m.run(t, "user", "convert", "firebase", "--input", "fb.json", "--config", "hash.json")
	require.Zero(t, o.code, o.stderr)
	require.Contains(t, o.stderr, `user "1" has no password`)
	require.Contains(t, o.stdout, "converted 1 users")
	dlq, err := os.ReadFile(filepath.Join(m.dir, "firebase-dlq.jsonl"))
	require.NoError(t, err)
	require.Contains(t, string(dlq), `"localId":"2"`)
	require.Contains(t, m.must(t, "user", "import", "-i", "hanko-import.json", "--tenant", "shop"), "imported 1 users")

	var told map[string]any
	m.json(t, &told, "user", "convert", "firebase", "--input", "fb.json", "--config", "hash.json", "--output", "other.json")
	require.Equal(t, map[string]any{"users": 1.0, "without_password": 1.0, "rejected": 1.0, "file": "other.json", "rejected_file": "firebase-dlq.jsonl"}, told)
	require.FileExists(t, filepath.Join(m.dir, "other.json"))

	m.write(t, "fb.json", `{"users":[{"localId":"2"}]}`)
	m.refuses(t, []string{"user", "convert", "firebase", "--input", "fb.json", "--config", "hash.json", "--output", "none.json"}, "nobody could be converted")
	require.NoFileExists(t, filepath.Join(m.dir, "none.json"))
	m.write(t, "hash.json", `{"algorithm":"MD5"}`)
	m.refuses(t, []string{"user", "convert", "firebase", "--input", "fb.json", "--config", "hash.json", "--output", "o.json", "--dlq", "d.jsonl"},
		"algorithm must be SCRYPT")
	require.NoFileExists(t, filepath.Join(m.dir, "o.json"), "nothing is written")
	require.NoFileExists(t, filepath.Join(m.dir, "d.jsonl"))
	m.refuses(t, []string{"user", "convert", "firebase", "--input", "fb.json"}, "config")
}

func TestUserImport_OfTheOnlyTenantNeedsNoFlag(t *testing.T) {
	t.Parallel()

	m := node(t).with("LATCHKEEP_MULTI_TENANCY_ENABLED=false")
	m.must(t, "migrate", "up")
	m.write(t, "users.json", twoUsers)
	require.Contains(t, m.must(t, "user", "import", "-i", "users.json", "--tenant_id", "not-a-uuid"), "imported 2 users")
	require.Contains(t, m.must(t, "user", "export", "-o", "out.json"), "exported 2 users")
}
