package main_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/freeport"
)

func TestMigrate_ShowsATableAndDoesItsWorkOnce(t *testing.T) {
	t.Parallel()

	m := node(t)
	before := m.must(t, "migrate", "status")
	require.Regexp(t, `(?m)^VERSION +NAME +STATUS$`, before)
	require.Regexp(t, `(?m)^\d{14} +\w+ +pending$`, before)
	require.Contains(t, before, "run latchkeep migrate up")
	require.Contains(t, m.must(t, "migrate", "up"), "applied ")
	require.Equal(t, "nothing to do\n", m.must(t, "migrate", "up"))
	after := m.must(t, "migrate", "status")
	require.Regexp(t, `(?m)^\d{14} +\w+ +applied \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, after)
	require.Contains(t, after, "up to date")
	require.NotContains(t, after, "pending")
	require.NotEmpty(t, m.must(t, "migrate", "validate"))
}

func TestMigrate_NeedsNoSecretAndNoRunTimeRole(t *testing.T) {
	t.Parallel()

	m := newMachine(t)
	m = m.with("LATCHKEEP_DATABASE_MIGRATE_URL=sqlite://" + filepath.Join(m.dir, "x.db"))
	m.must(t, "migrate", "up")
	m.must(t, "migrate", "status")
}

func TestTenant_IsMadeSeenChangedAndDeletedByCommands(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	m.write(t, "shop.json", `{"service": {"name": "Shop"}, "email_delivery": {"smtp": {"host": "mail.shop.example", "password": "hunter2hunter2hunter2"}}}`)

	var made struct {
		ID, Slug, Name, Status string
		PublicURL              string `json:"public_url"`
		Config                 map[string]map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(m.must(t, "tenant", "create", "shop", "--name", "The shop", "--config-file", "shop.json")), &made))
	require.Equal(t, "shop", made.Slug)
	require.Equal(t, "active", made.Status)
	require.Equal(t, "http://shop.localhost:8000", strings.ReplaceAll(made.PublicURL, ":0", ":8000"))
	require.Equal(t, "Shop", made.Config["service"]["name"])

	require.Contains(t, m.must(t, "tenant", "show", "shop"), made.ID)
	require.Equal(t, m.must(t, "tenant", "show", "shop"), m.must(t, "tenant", "show", made.ID))
	require.Regexp(t, `(?m)^ID +SLUG +STATUS +URL\n`+made.ID+` +shop +active +http://shop\.localhost`, m.must(t, "tenant", "list"))

	m.write(t, "shop.json", `{"service": {"name": "The other shop"}}`)
	dry := m.must(t, "tenant", "set", "shop", "--config-file", "shop.json", "--dry-run")
	require.Contains(t, dry, "The other shop")
	require.Contains(t, m.must(t, "tenant", "show", "shop"), `"name": "Shop"`, "a dry run changes nothing")
	m.must(t, "tenant", "set", "shop", "--config-file", "shop.json", "--name", "Renamed")
	shown := m.must(t, "tenant", "show", "shop")
	require.Contains(t, shown, `"name": "The other shop"`)
	require.Contains(t, shown, `"name": "Renamed"`)

	key := m.must(t, "tenant", "api-key", "shop", "--name", "back end")
	require.Regexp(t, `^lka_\w+\n$`, key)

	m.refuses(t, []string{"tenant", "delete", "shop"}, "--yes")
	require.Contains(t, m.must(t, "tenant", "delete", "shop", "--yes"), "deleted shop ("+made.ID+")")
	m.refuses(t, []string{"tenant", "show", "shop"}, `tenant "shop"`, "no such tenant")
}

func TestTenant_MistakesAreNamedInFull(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	m.must(t, "tenant", "create", "shop")
	m.refuses(t, []string{"tenant", "create", "shop"}, "latchkeep: a tenant with this slug exists\n")
	m.refuses(t, []string{"tenant", "create", "Not A Slug"}, "slug")
	m.refuses(t, []string{"tenant", "create", "console"}, "reserved")
	m.refuses(t, []string{"tenant", "create", "two", "--id", "two"}, "--id")
	m.refuses(t, []string{"tenant", "create"}, "1 arg")
	m.refuses(t, []string{"tenant", "create", "two", "--config-file", "nowhere.json"}, "nowhere.json")
	m.refuses(t, []string{"tenant", "set", "shop"}, "--config-file")
	m.refuses(t, []string{"tenant", "show", "7d9a6bfc-6f0e-4b6b-9d53-0c8f6f2b7a10"}, "no such tenant")

	m.write(t, "bad.json", `{"session": {"limit": 0, "lifespan": "soon", "cookie": {"same_site": "yes"}}, "servise": {"name": "x"}}`)
	m.refuses(t, []string{"tenant", "create", "two", "--config-file", "bad.json"}, "session.limit", "session.lifespan", "session.cookie.same_site", "servise")
	m.refuses(t, []string{"tenant", "set", "shop", "--config-file", "bad.json"}, "session.limit", "session.lifespan", "session.cookie.same_site", "servise")
	m.refuses(t, []string{"tenant", "set", "shop", "--config-file", "bad.json", "--name", "x"}, "session.limit")
	require.NotContains(t, m.must(t, "tenant", "show", "shop"), `"name": "x"`, "a refused change changes nothing")
	m.write(t, "broken.json", `{"session": `)
	m.refuses(t, []string{"tenant", "create", "two", "--config-file", "broken.json"}, "JSON")
	require.NotContains(t, m.must(t, "tenant", "list"), "two")
}

func TestOperatorToken_OpensTheConsoleAsFarAsItsScopesGo(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	all := strings.TrimSpace(m.must(t, "operator", "token", "--name", "ci"))
	reader := strings.TrimSpace(m.must(t, "operator", "token", "--scopes", "tenants:read", "--expires-in", "1h"))
	require.Regexp(t, `^lko_\w+$`, all)
	m.refuses(t, []string{"operator", "token", "--scopes", "everything"}, "scopes[0]", "tenants:read")
	m.refuses(t, []string{"operator", "token", "--tenants", "shop"}, "--tenants")

	s := m.start(t, "serve", "console")
	console := browse(s.address(t, "console"), "http://console.example")
	require.Equal(t, 401, console.get(t, "/v1/tenants").status)
	require.Equal(t, 201, console.as(all).send(t, "POST", "/v1/tenants", map[string]any{"slug": "shop"}).status)
	require.Equal(t, 200, console.as(reader).get(t, "/v1/tenants").status)
	require.Equal(t, 403, console.as(reader).send(t, "POST", "/v1/tenants", map[string]any{"slug": "other"}).status)
	s.stop(t)
	require.NotContains(t, s.stderr.text()+s.stdout.text(), all)
}

func TestConfigCheck_ShowsWhatIsInEffectWithoutSecrets(t *testing.T) {
	t.Parallel()

	m := newMachine(t, "LATCHKEEP_SECRETS_KEYS="+goodSecret+","+otherSecret,
		"LATCHKEEP_DATABASE_URL=postgres://app:hunter2hunter2hunter2@db.example:5432/app", "LATCHKEEP_REDIS_URL=redis://:hunter2hunter2hunter2@redis.example:6379/0")
	said := m.must(t, "config", "check", "--set", "database.pool=7")
	for _, line := range []string{
		"database.url = postgres://app:xxxxx@db.example:5432/app", "database.pool = 7", "secrets.keys = 2 [redacted]", "multi_tenancy.enabled = true",
	} {
		require.Contains(t, said, line)
	}
	m.with("LATCHKEEP_LOG_FORMAT=xml").refuses(t, []string{"config", "check"}, "LATCHKEEP_LOG_FORMAT")
}

func TestCleanup_CountsAndOnlyDeletesWhenTold(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	counted := m.must(t, "cleanup")
	require.Contains(t, counted, "flows: 0")
	require.Contains(t, counted, "audit_logs: 0")
	require.Contains(t, counted, "--run")
	require.NotContains(t, m.must(t, "cleanup", "--run", "-t", "flows", "-s", "10"), "--run")
	m.refuses(t, []string{"cleanup", "-t", "flowers"}, "flowers", "flows")
}

func TestIsReady_AsksTheServerThatTheSettingsName(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	s := m.start(t, "serve")
	for _, name := range []string{"public", "admin", "console", "ops"} {
		address := s.address(t, name)
		require.Equal(t, "ready\n", newMachine(t, "LATCHKEEP_SERVER_"+strings.ToUpper(name)+"_ADDRESS="+address).must(t, "isready", name))
	}
	ops := s.address(t, "ops")
	asker := newMachine(t, "LATCHKEEP_SERVER_OPS_ADDRESS=:"+ops[strings.LastIndex(ops, ":")+1:])
	require.Equal(t, "ready\n", asker.must(t, "isready"))
	s.stop(t)
	asker.refuses(t, []string{"isready"}, "not ready")
	asker.refuses(t, []string{"isready", "nobody"}, `"nobody"`)
}

func TestIsReady_AsksAPublicServerWithTLSOfItsOwnAndOrdersNoCertificate(t *testing.T) {
	t.Parallel()

	var asked atomic.Int32
	authority := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(authority.Close)
	port := freeport.Several(t, 2)
	m := node(t).with("LATCHKEEP_TLS_MODE=auto", "LATCHKEEP_PUBLIC_BASE_URL=https://auth.example.net", "LATCHKEEP_TLS_ACME_DIRECTORY="+authority.URL,
		"LATCHKEEP_SERVER_PUBLIC_ADDRESS=127.0.0.1:"+port[0], "LATCHKEEP_TLS_HTTP_ADDRESS=127.0.0.1:"+port[1])
	m.write(t, "authority.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate().Raw})))
	m = m.with("LATCHKEEP_TLS_ACME_TRUSTED_CA=authority.pem")
	m.must(t, "migrate", "up")
	s := m.start(t, "serve")
	s.address(t, "public")
	require.Equal(t, "ready\n", m.must(t, "isready", "public"))
	require.Zero(t, asked.Load())
	s.stop(t)
	m.refuses(t, []string{"isready", "public"}, "not ready")
}

func TestLog_HasOneLineForARequestAndHealthOnlyWhereAskedFor(t *testing.T) {
	t.Parallel()

	for _, health := range []bool{false, true} {
		m := node(t).with("LATCHKEEP_LOG_LOG_HEALTH_AND_METRICS=" + fmt.Sprint(health))
		m.must(t, "migrate", "up")
		const id = "3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10"
		m.must(t, "tenant", "create", "shop", "--id", id)
		s := m.start(t, "serve")
		asked := map[string]string{
			"public": "/.well-known/jwks.json", "admin": "/users", "console": "/v1/tenants",
		}
		for name, path := range asked {
			browse(s.address(t, name), "http://shop.localhost:8000").get(t, path)
		}
		for name, path := range map[string]string{"public": "/health/ready", "admin": "/health/alive", "ops": "/metrics"} {
			require.Equal(t, 200, browse(s.address(t, name), "http://shop.localhost:8000").get(t, path).status, "%s%s", name, path)
		}
		require.Equal(t, 200, browse(s.address(t, "public"), "http://localhost:8000").get(t, "/"+id+"/health/ready").status)
		s.stop(t)
		lines := map[string]int{}
		for line := range strings.Lines(s.stderr.text()) {
			var l struct{ Path, Method string }
			if json.Unmarshal([]byte(line), &l) == nil && l.Method != "" {
				lines[l.Path]++
			}
		}
		for _, path := range asked {
			require.Equal(t, 1, lines[path], path)
		}
		for _, path := range []string{"/health/ready", "/health/alive", "/" + id + "/health/ready"} {
			require.Equal(t, map[bool]int{true: 1}[health], lines[path], path)
		}
	}
}

func TestVersion_IsOneLine(t *testing.T) {
	t.Parallel()

	m := newMachine(t)
	require.Regexp(t, `^latchkeep \S+ \(go\S+ \w+/\w+\)\n$`, m.must(t, "version"))
	require.Contains(t, m.must(t, "--version"), "latchkeep version")
	require.JSONEq(t, m.must(t, "version", "--output", "json"), m.must(t, "version", "--json"))
}

func TestHelp_NamesEveryCommandAndShowsNoDefaultOfTheDeveloper(t *testing.T) {
	t.Parallel()

	said := newMachine(t, "LATCHKEEP_SECRETS_KEYS="+goodSecret).must(t, "--help")
	for _, name := range []string{"dev", "serve", "worker", "migrate", "tenant", "operator", "config", "doctor", "cleanup", "isready", "schema", "version"} {
		require.Regexp(t, `(?m)^  `+name+` +\w`, said)
	}
	require.Equal(t, said, newMachine(t).must(t))
}

func TestSchema_OfATenantsConfigurationIsWrittenOrPrinted(t *testing.T) {
	t.Parallel()

	m := newMachine(t)
	printed := m.must(t, "schema", "generate", "config", "--output", "-")
	var schema map[string]any
	require.NoError(t, json.Unmarshal([]byte(printed), &schema))
	require.Equal(t, "Config", schema["title"])

	m.must(t, "schema", "generate", "config")
	written, err := os.ReadFile(filepath.Join(m.dir, "json_schema", "hanko.config.json"))
	require.NoError(t, err)
	require.Equal(t, printed, string(written))
	file, err := os.Stat(filepath.Join(m.dir, "json_schema", "hanko.config.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), file.Mode().Perm())
	directory, err := os.Stat(filepath.Join(m.dir, "json_schema"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o750), directory.Mode().Perm())
	for what, is := range map[string][2]string{"config": {"Config", "#/$defs/Config"}, "import": {"User import", "#/$defs/ImportOrExportList"}} {
		require.NoError(t, json.Unmarshal([]byte(m.must(t, "schema", "generate", what, "-o", "-")), &schema))
		require.Equal(t, []any{"https://json-schema.org/draft/2020-12/schema", is[0], is[1]}, []any{schema["$schema"], schema["title"], schema["$ref"]})
	}
	m.must(t, "schema", "generate", "config", "-o", "out/")
	require.FileExists(t, filepath.Join(m.dir, "out", "output.schema.json"))
}

func TestOutput_NamesAFileOnlyWhereItIsNoWayToPrint(t *testing.T) {
	t.Parallel()

	m := newMachine(t)
	var told map[string]string
	m.json(t, &told, "schema", "generate", "import", "-o", "own.json")
	require.Equal(t, "own.json", told["file"])
	require.FileExists(t, filepath.Join(m.dir, "own.json"))
	m.json(t, &told, "schema", "generate", "import")
	require.Equal(t, "json_schema/hanko.user_import.json", told["file"], "where it goes by itself")
	require.NoError(t, json.Unmarshal([]byte(m.must(t, "--output", "json", "schema", "generate", "config")), &told))
	require.Equal(t, "json_schema/hanko.config.json", told["file"])
	require.Equal(t, "written to own.json\n", m.must(t, "schema", "generate", "import", "-o", "own.json", "-o", "text"))
	require.NoFileExists(t, filepath.Join(m.dir, "json"))
	require.NoFileExists(t, filepath.Join(m.dir, "text"))
}

func TestSchema_MarkdownIsThatOfTheDocumentation(t *testing.T) {
	t.Parallel()

	m := newMachine(t)
	page, err := os.ReadFile("../../docs/configuration-tenant.md")
	require.NoError(t, err)
	require.Equal(t, string(page), m.must(t, "schema", "markdown", "config", "-o", "-"))
	var told map[string]string
	for what, file := range map[string]string{"config": "hanko.config", "import": "hanko.user_import"} {
		m.json(t, &told, "schema", "markdown", what)
		require.Equal(t, map[string]string{
			"file": ".generated/docs/" + what + "/" + file + ".md", "schema": ".generated/docs/" + what + "/" + file + ".json",
		}, told)
		written, err := os.ReadFile(filepath.Join(m.dir, told["file"]))
		require.NoError(t, err)
		require.Equal(t, m.must(t, "schema", "markdown", what, "-o", "-"), string(written))
		schema, err := os.ReadFile(filepath.Join(m.dir, told["schema"]))
		require.NoError(t, err)
		require.Equal(t, m.must(t, "schema", "generate", what, "-o", "-"), string(schema))
	}
	require.Contains(t, m.must(t, "schema", "markdown", "import", "--out-path", "-"), "| `emails` | list of [Email](#email) |")
	require.Contains(t, m.must(t, "schema", "markdown", "import", "-o", "elsewhere"), "elsewhere/hanko.user_import.md")
}

func TestOperatorToken_ExpiresWhenItSays(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	brief := strings.TrimSpace(m.must(t, "operator", "token", "--expires-in", "3s"))
	s := m.start(t, "serve", "console")
	console := browse(s.address(t, "console"), "http://console.example").as(brief)
	require.Eventually(t, func() bool { return console.get(t, "/v1/tenants").status == 401 }, 30*time.Second, 50*time.Millisecond)
	m.refuses(t, []string{"operator", "token", "--expires-in", "-1h"}, "--expires-in")
}
