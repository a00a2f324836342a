package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/allowance"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/auth/deadletter"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/maillog"
	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/console/api"
	"github.com/latchkeep/latchkeep/console/web"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/dnspeer"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/clientip"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/domains"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// console is a running operators' API and an operator who may do everything.
type console struct {
	url        string
	token      string
	registry   *tenants.Registry
	tenants    *tenants.Provisioner
	keys       *tenants.APIKeys
	operators  *tenants.OperatorTokens
	people     *operator.Room
	store      *store.Store
	dbURL      string
	statements *atomic.Int64
	log        *strings.Builder
	doc        *api.API
	keyring    *secret.Keyring
	post       *postbox
	peer       *samlpeer.Peer
	saml       *saml.Room
	dns        *dnspeer.Peer
	domains    *domains.Room
	rings      atomic.Int32
}

// newKeys makes keys at once, RSA ones included: their length is not what is tested.
type newKeys struct{}

func (k newKeys) Get(_ context.Context, alg jose.Alg) (*jose.Key, error) { return jose.Generate(alg) }

// eachDatabase runs a test against a console on every database.
func eachDatabase(t *testing.T, run func(t *testing.T, c *console)) {
	t.Helper()
	statements := make(map[string]*atomic.Int64)
	for _, name := range testdb.Dialects() {
		statements[name] = &atomic.Int64{}
	}
	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, url := testdb.New(t, name, testdb.WithStatements(func(string) { statements[name].Add(1) }))
			c := newConsole(t, st)
			c.dbURL, c.statements = url, statements[name]
			run(t, c)
		})
	}
}

// onSQLite gives a console on the database that is quickest to make.
func onSQLite(t *testing.T) *console {
	t.Helper()
	st, url := testdb.New(t, "sqlite3")
	c := newConsole(t, st)
	c.dbURL, c.statements = url, &atomic.Int64{}
	return c
}

func newConsole(t *testing.T, st *store.Store) *console {
	t.Helper()
	keyring, err := secret.NewKeyring([]string{secret.Generate()})
	require.NoError(t, err)
	addresses, err := tenants.NewAddresses("http://localhost:8000", "http://localhost:8001", false)
	require.NoError(t, err)
	c := &console{store: st, keyring: keyring, log: &strings.Builder{}, post: &postbox{}, peer: samlpeer.New(t)}
	log := slog.New(slog.NewTextHandler(c.log, nil))
	out := outbox.NewWriter(keyring, func() {})
	c.registry = tenants.NewRegistry(tenants.RegistryOptions{Store: st, Keyring: keyring, Addresses: addresses})
	c.tenants = tenants.NewProvisioner(tenants.ProvisionerOptions{Store: st, Keyring: keyring, Registry: c.registry, Keys: newKeys{}, Outbox: out})
	c.keys = tenants.NewAPIKeys(st, log, time.Now)
	c.operators = tenants.NewOperatorTokens(st, log, time.Now)
	_, c.token, err = c.operators.Create(t.Context(), tenants.ByCLI, nil, tenants.NewOperatorToken{
		NewToken: tenants.NewToken{Name: "test", Scopes: []string{tenants.AllScopes, tenants.CredentialsExport}},
	})
	require.NoError(t, err)
	users := user.NewDirectory(st)
	c.saml = saml.NewRoom(saml.Needs{
		Store: st, Outbox: out, Keyring: keyring, Registry: c.registry, AllowHTTP: true, Log: log,
		Linker: federation.New(federation.Needs{Store: st, Outbox: out, Users: users, Log: log}),
		Client: safehttp.NewClient(safehttp.NewDialer(safehttp.Options{AllowLoopback: true}), saml.FetchTimeout),
	})
	c.dns = dnspeer.New(t)
	c.domains = domains.NewRoom(domains.Needs{
		Store: st, Outbox: out, Registry: c.registry, Tenants: c.tenants, Resolver: c.dns.Resolver(), Log: log,
	})
	sessions := session.New(st, out, func() {}, 10, log)
	require.NoError(t, c.tenants.EnsureSystem(t.Context()))
	c.people = operator.NewRoom(operator.Needs{Store: st, Outbox: out, Registry: c.registry, Users: users, Sessions: sessions, Now: time.Now})
	c.operators.HeldBy(c.people.Held)
	c.doc = api.New(api.Options{
		People: c.people, URL: "http://console.example", Session: web.New(web.Options{
			Tenants: c.tenants, Registry: c.registry, Operators: c.people, OperatorTokens: c.operators, SignIn: http.NotFoundHandler(), Log: log, Now: time.Now,
		}).Session,
		SAML: c.saml, Usage: usage.NewRoom(st),
		Allowance: allowance.NewKeeper(allowance.Needs{Store: st, Outbox: out, Registry: c.registry, Usage: usage.NewRoom(st), Log: log}),
		Domains:   c.domains, Bundles: bundle.NewRoom(bundle.Needs{Store: st, Keyring: keyring, Tenants: c.tenants, Log: log, Version: "test"}), MaxImport: 1 << 20,
		Audit:   audit.NewLog(st, keyring),
		Reseal:  reseal.NewRoom(reseal.Needs{Store: st, Keyring: keyring, Outbox: out, Log: log}),
		Tenants: c.tenants, Registry: c.registry, APIKeys: c.keys, Operators: c.operators,
		Management: management.New(management.Needs{
			Store: st, Outbox: out, Keyring: keyring, Users: users, Sessions: sessions,
		}),
		MailLog: maillog.NewRoom(st), Mail: c.post, DeadLetters: deadletter.NewRoom(st, out, func() { c.rings.Add(1) }), Ready: st.Ping, Log: log, Version: "test",
	})
	server := httptest.NewServer(middleware.Base(middleware.Options{
		IP: clientip.NewExtractor("direct", nil), Log: slog.New(slog.DiscardHandler), Server: "console",
	}, c.doc))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// answer is what the API said.
type answer struct {
	Status int
	Header http.Header
	Text   string
	JSON   map[string]any // nil where the body is no object
}

// get is a member, found by its dotted path.
func (a answer) get(path string) any {
	var at any = a.JSON
	for _, name := range strings.Split(path, ".") {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[name]
	}
	return at
}

func (a answer) str(path string) string {
	s, _ := a.get(path).(string)
	return s
}

// do sends a request with the operator's token; headers are pairs and win.
func (c *console) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.url+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	a := answer{Status: resp.StatusCode, Header: resp.Header, Text: string(text)}
	_ = json.Unmarshal(text, &a.JSON) // some bodies are no objects
	return a
}

// must is do, with the status expected.
func (c *console) must(t *testing.T, status int, method, path, body string, headers ...string) answer {
	t.Helper()
	a := c.do(t, method, path, body, headers...)
	require.Equal(t, status, a.Status, "%s %s: %s", method, path, a.Text)
	return a
}

// tenant makes a tenant and gives its id.
func (c *console) tenant(t *testing.T, slug string) string {
	t.Helper()
	return c.must(t, 201, "POST", "/v1/tenants", `{"slug":"`+slug+`"}`).str("id")
}

// problem checks an error of /v1.
func (a answer) problem(t *testing.T, status int, code string) {
	t.Helper()
	require.Equal(t, status, a.Status, a.Text)
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
	require.Equal(t, code, a.str("code"), a.Text)
	require.EqualValues(t, status, a.get("status"))
}

// compatibleError checks an error of the compatible API.
func (a answer) compatibleError(t *testing.T, status int) {
	t.Helper()
	require.Equal(t, status, a.Status, a.Text)
	require.Equal(t, "application/json", a.Header.Get("Content-Type"))
	require.Len(t, a.JSON, 2, a.Text)
	require.EqualValues(t, status, a.get("code"))
	require.NotEmpty(t, a.str("message"))
}

func newID() string { return uuid.NewString() }
