//go:build fixture

package upgrade

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// settings are of a tenant that uses much. Its sessions last for a lifetime; what it names answers nobody.
const settings = `{
	"email": {"require_verification": false, "use_for_authentication": false},
	"passkey": {"acquire_on_registration": "never", "acquire_on_login": "never"},
	"session": {"lifespan": "876000h", "enable_auth_token_header": true},
	"email_delivery": {"enabled": true, "from_address": "login@shop.example", "smtp": {"host": "mail.invalid", "user": "shop", "password": "a password of a mail host"}},
	"webhooks": {"enabled": true, "hooks": [{"callback": "https://hooks.invalid/all", "events": ["user"]}]},
	"third_party": {"error_redirect_url": "https://shop.example/error", "allowed_redirect_urls": ["https://shop.example"], "custom_providers": {"club": {
		"enabled": true, "display_name": "Club", "use_discovery": false, "client_id": "shop", "secret": "a secret of a client",
		"authorization_endpoint": "https://club.invalid/authorize", "token_endpoint": "https://club.invalid/token",
		"userinfo_endpoint": "https://club.invalid/me", "scopes": ["openid", "email"]}}},
	"saml": {"enabled": true, "endpoint_url": "https://login.shop.example", "audience_uri": "urn:shop", "default_redirect_url": "https://shop.example/", "allowed_redirect_urls": ["https://shop.example"],
		"identity_providers": [{"enabled": true, "name": "Office", "domain": "office.example", "metadata_url": "https://office.invalid/metadata"}]}
}`

// TestMakeFixture makes a fixture with the program that LATCHKEEP_UPGRADE_BINARY names. It is run by scripts/make-upgrade-fixture.
func TestMakeFixture(t *testing.T) {
	dir, old := os.Getenv("LATCHKEEP_UPGRADE_FIXTURE"), os.Getenv("LATCHKEEP_UPGRADE_BINARY")
	require.NotEmpty(t, dir, "LATCHKEEP_UPGRADE_FIXTURE names the folder to write")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, dialect := range testdb.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			runs, owner := newDatabase(t, dialect)
			f := populate(t, newProgram(t, old, runs.Raw(), owner.Raw()))
			f.Commit = os.Getenv("LATCHKEEP_UPGRADE_COMMIT")
			sql, note := files(dir, dialect)
			raw, err := json.MarshalIndent(f, "", "  ")
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(note, append(raw, '\n'), 0o644))
			require.NoError(t, os.WriteFile(sql, dump(t, dialect, owner), 0o644))
		})
	}
}

// populate has an earlier program do what its operator, back end and people would.
func populate(t *testing.T, p *program) fixture {
	t.Helper()
	p.must(t, "migrate", "up")
	config := filepath.Join(p.dir, "config.json")
	require.NoError(t, os.WriteFile(config, []byte(settings), 0o600))
	f := fixture{Slug: "shop"}
	var made struct{ ID uuid.UUID }
	require.NoError(t, json.Unmarshal([]byte(p.must(t, "tenant", "create", f.Slug, "--config-file", config, "--output", "json")), &made))
	p.must(t, "tenant", "create", "market")
	f.Tenant = made.ID
	f.APIKey = strings.TrimSpace(p.must(t, "tenant", "api-key", f.Slug, "--name", "back end"))
	stop := p.serve(t)
	defer stop()
	shop := testenv.Elsewhere(t, p.public, f.Slug, f.Tenant)

	kim := shop.SignUp(t, "kim@shop.example", "a horse that no battery staples")
	f.Kim, f.Session = noted(kim), kim.SignIn(t).Token

	pat := shop.SignUp(t, "pat@shop.example", "a goat that no charger feeds")
	pat.Device = device(shop)
	profile := open(t, pat.Session)
	state := profile.Do(t, "webauthn_credential_create")
	profile.Do(t, "webauthn_verify_attestation_response", testenv.Inputs{"public_key": pat.Device.Create(t, state.Payload["creation_options"])})
	byPasskey(t, pat)
	var err error
	f.Pat = noted(pat)
	f.Passkey, err = pat.Device.Keep()
	require.NoError(t, err)

	ann := shop.SignUp(t, "ann@shop.example", "a sheep that no socket knows")
	ann.App = &testenv.App{}
	profile = open(t, ann.Session)
	state = profile.Do(t, "continue_to_otp_secret_creation")
	require.NoError(t, json.Unmarshal(state.Payload["otp_secret"], &ann.App.Secret))
	profile.Do(t, "otp_code_verify", testenv.Inputs{"otp_code": ann.App.Code(t)})
	ann.SignIn(t)
	f.Ann, f.App = noted(ann), ann.App.Secret

	var hook struct{ ID uuid.UUID }
	require.NoError(t, json.Unmarshal(p.call(t, f, "POST", "/webhooks", `{"callback": "https://hooks.invalid/own", "events": ["user"]}`), &hook))
	f.Webhook = hook.ID
	var told []struct{ Type string }
	require.Eventually(t, func() bool {
		return json.Unmarshal(p.call(t, f, "GET", "/audit_logs?per_page=1000", ""), &told) == nil && len(told) >= 8
	}, patience, 200*time.Millisecond, "audit records are written")
	require.True(t, shop.Accepts(t, f.Session))
	return f
}

// open begins the profile flow of a session.
func open(t testing.TB, s *testenv.Session) *testenv.Flow {
	t.Helper()
	c := s.Client.Tenant.Client().Bearer(s.Token)
	c.Can = testenv.Capabilities{WebAuthn: true, Platform: true}
	return c.Begin(t, "profile")
}

func noted(p *testenv.Person) person { return person{p.ID, p.Email, p.Password} }

// dump is the whole database as SQL, by the tool of its kind.
func dump(t testing.TB, name string, owner dsn.Source) []byte {
	t.Helper()
	u, err := url.Parse(owner.Raw())
	require.NoError(t, err)
	switch name {
	case dialect.SQLite:
		return output(t, exec.Command("sqlite3", u.Path, ".dump"))
	case dialect.Postgres:
		admin, err := url.Parse(os.Getenv(testdb.PostgresURL)) // row-level security binds the owner, too
		require.NoError(t, err)
		admin.Path = u.Path
		return withoutCommands(output(t, exec.Command("pg_dump", "--no-owner", "--no-privileges", "--inserts", "--dbname="+admin.String())))
	default:
		password, _ := u.User.Password()
		cmd := exec.Command("mariadb-dump", "--no-defaults", "--protocol=tcp", "--host="+u.Hostname(), "--port="+u.Port(), "--user="+u.User.Username(),
			"--single-transaction", "--no-tablespaces", "--hex-blob", "--skip-comments", "--skip-add-locks", strings.TrimPrefix(u.Path, "/"))
		cmd.Env = append(os.Environ(), "MYSQL_PWD="+password)
		return withoutCommands(output(t, cmd))
	}
}

func output(t testing.TB, cmd *exec.Cmd) []byte {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", cmd.Args[0], &stderr)
	return out
}

// withoutCommands leaves out the lines that only the database's own client understands.
func withoutCommands(dump []byte) []byte {
	var kept strings.Builder
	for line := range strings.Lines(string(dump)) {
		if !strings.HasPrefix(line, `\`) && !strings.HasPrefix(line, `/*M!999999\- enable the sandbox`) {
			kept.WriteString(line)
		}
	}
	return []byte(kept.String())
}
