package main_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/smtpsink"
)

// hankoFile is a configuration as an installation of Hanko has it, with keys of old.
const hankoFile = `
database:
  url: ${DATABASE}
secrets:
  keys:
    - ` + goodSecret + `
    - ` + otherSecret + `
service:
  name: Corner Shop
server:
  public:
    address: 127.0.0.1:0
    cors:
      allow_origins:
        - https://shop.example
  admin:
    address: 127.0.0.1:0
  management:
    address: 127.0.0.1:0
webauthn:
  relying_party:
    id: shop.example
    display_name: Corner Shop
    origins:
      - https://shop.example
  timeout: 120000
emails:
  require_verification: true
  max_num_of_addresses: 3
password:
  enabled: true
  min_password_length: 10
passcode:
  ttl: 600
  email:
    from_address: login@shop.example
    from_name: Corner Shop
smtp:
  host: ${SMTP_HOST}
  port: ${SMTP_PORT}
session:
  lifespan: 2h
  issuer: https://id.shop.example
  audience: [shop.example, api.shop.example]
  cookie:
    name: shop_session
    same_site: lax
  jwt_template:
    claims:
      plan: basic
rate_limiter:
  enabled: false
flow_locker:
  enabled: true
convert_legacy_config: true
`

// hanko is a machine with that file at the place where it is found by itself, and a mail host.
func hanko(t *testing.T) (*machine, *smtpsink.Sink) {
	t.Helper()
	sink := smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain})
	m := newMachine(t, "LATCHKEEP_SERVER_OPS_ADDRESS=127.0.0.1:0")
	m.write(t, "config/config.yaml", strings.NewReplacer(
		"${DATABASE}", "sqlite://"+filepath.Join(m.dir, "hanko.db"), "${SMTP_HOST}", sink.Host(), "${SMTP_PORT}", sink.Port(),
	).Replace(hankoFile))
	return m, sink
}

func mailsOf(t *testing.T, sink *smtpsink.Sink) func(to string) string {
	return func(to string) string {
		mail, err := sink.Wait(t.Context(), to)
		require.NoError(t, err)
		return mail.Text
	}
}

func TestSingle_AHankoFileServesOneTenantAtTheRoot(t *testing.T) {
	t.Parallel()

	m, sink := hanko(t)
	m.must(t, "migrate", "up")
	s := m.start(t, "serve", "all")
	shop := browse(s.address(t, "public"), "https://shop.example")
	shop.base = "http://shop.example" // behind a proxy that speaks TLS
	for _, old := range []string{
		"emails.require_verification", "emails.max_num_of_addresses", "password.min_password_length", "passcode.ttl", "smtp.host", "webauthn.timeout",
		"server.public.cors.allow_origins", "convert_legacy_config", "flow_locker",
	} {
		require.Contains(t, s.stderr.text(), old, "a warning about a key of old")
	}
	require.Equal(t, 1, strings.Count(s.stderr.text(), "settings read from ./config/config.yaml"))
	require.Equal(t, 200, shop.get(t, "/health/ready").status)

	// Registration, with what the keys of old say: ten characters at least.
	flow := shop.do(t, shop.begin(t, "registration"), "register_login_identifier", "email", "kim@shop.example")
	mail, err := sink.Wait(t.Context(), "kim@shop.example")
	require.NoError(t, err)
	require.Equal(t, "login@shop.example", mail.From)
	require.Contains(t, mail.Header.Get("From"), "Corner Shop")
	flow = shop.do(t, flow, "verify_passcode", "code", codeIn(t, mail.Text))
	refused := shop.act(t, flow, "register_password", "new_password", "ninechars")
	require.Equal(t, 400, refused.status)
	refused.json(t, &flow)
	flow = shop.skipSecondFactor(t, shop.do(t, flow, "register_password", "new_password", password))
	cookie := (&http.Response{Header: flow.reply.header}).Cookies()[0]
	require.Equal(t, "shop_session", cookie.Name)
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	require.True(t, cookie.Secure)
	require.True(t, cookie.HttpOnly)
	require.Equal(t, "/", cookie.Path)
	require.Equal(t, 7200, cookie.MaxAge)

	// The token, as back ends of Hanko check it.
	head, claims := decodeToken(t, token(t, flow))
	require.Equal(t, []string{"alg", "kid", "typ"}, sortedKeys(head))
	require.Equal(t, "RS256", head["alg"])
	require.Equal(t, "JWT", head["typ"])
	require.Equal(t, []any{"shop.example", "api.shop.example"}, claims["aud"])
	require.Equal(t, "https://id.shop.example", claims["iss"])
	require.Equal(t, map[string]any{"address": "kim@shop.example", "is_primary": true, "is_verified": true}, claims["email"])
	require.InDelta(t, 7200, claims["exp"].(float64)-claims["iat"].(float64), 0)
	require.NotContains(t, claims, "jti")
	require.NotContains(t, claims, "nbf")
	require.Equal(t, []any{"otp", "pwd"}, claims["amr"])

	keys := jwks(t, shop)
	require.Len(t, keys, 2, "as many keys as secrets")
	found := false
	for _, key := range keys {
		require.Equal(t, "RSA", key["kty"])
		require.Equal(t, "RS256", key["alg"])
		require.Equal(t, "sig", key["use"])
		require.NotContains(t, key, "d", "no private part")
		found = found || key["kid"] == head["kid"]
	}
	require.True(t, found, "the key that signed is published")

	// And in again. CORS as the key of old says.
	again := shop.fresh()
	require.True(t, shop.valid(t, again.signIn(t, "kim@shop.example")))
	again.header.Set("Origin", "https://shop.example")
	require.Equal(t, "https://shop.example", again.get(t, "/me").header.Get("Access-Control-Allow-Origin"))
	again.header.Set("Origin", "https://elsewhere.example")
	require.Empty(t, again.get(t, "/me").header.Get("Access-Control-Allow-Origin"))
	key := strings.TrimSpace(m.must(t, "tenant", "api-key", singleID))
	require.Regexp(t, `^lka_\w+$`, key)
	require.Equal(t, 404, shop.get(t, "/00000000-0000-0000-0000-000000000001/me").status, "there is no path of a tenant")
	s.stop(t)
	require.NotContains(t, s.stdout.text()+s.stderr.text(), password)
}

func TestSingle_KeysAndSessionsOutliveARestartAndANewSecretBringsAKey(t *testing.T) {
	t.Parallel()

	m, sink := hanko(t)
	m.must(t, "migrate", "up")
	s := m.start(t, "serve")
	shop := browse(s.address(t, "public"), "http://shop.example")
	kim := shop.signUp(t, "kim@shop.example", mailsOf(t, sink))
	before := jwks(t, shop)
	s.stop(t)

	s = m.with("LATCHKEEP_SECRETS_KEYS=the-newest-Secret-of-the-tests-1,"+goodSecret+","+otherSecret).start(t, "serve")
	shop = browse(s.address(t, "public"), "http://shop.example")
	after := jwks(t, shop)
	require.Len(t, after, 3)
	for _, key := range before {
		require.Contains(t, after, key)
	}
	require.True(t, shop.valid(t, kim))
	shop.fresh().signIn(t, "kim@shop.example")
	s.stop(t)

	m.with("LATCHKEEP_SECRETS_KEYS=the-newest-Secret-of-the-tests-2").refuses(t, []string{"serve"}, "secrets.keys", "last entry")
}

func TestSingle_CommandsKnowTheOnlyTenantBeforeTheFirstStart(t *testing.T) {
	t.Parallel()

	m, _ := hanko(t)
	m.must(t, "migrate", "up")
	m.must(t, "tenant", "api-key", singleID)
	require.Contains(t, m.must(t, "tenant", "show", singleID), `"name": "Corner Shop"`)
	m.refuses(t, []string{"tenant", "create", "shop"}, "one tenant only")
	m.refuses(t, []string{"tenant", "delete", singleID, "--yes"}, "cannot be deleted")
	m.write(t, "change.json", "{}")
	m.refuses(t, []string{"tenant", "set", singleID, "--config-file", "change.json"}, "file")
	require.Contains(t, m.must(t, "doctor"), "1 looked at")

	// Hanko's spellings.
	m.must(t, "cleanup", "-c", "config/config.yaml", "-t", "flows", "--run")
	m.refuses(t, []string{"cleanup", "-c", "nowhere.yaml"}, "nowhere.yaml")
	m.must(t, "--config", "config/config.yaml", "cleanup")
	m.start(t, "serve", "management").address(t, "console")
}

// singleID is the id of the only tenant.
const singleID = "00000000-0000-0000-0000-000000000001"

func TestSingle_TheEnvironmentWinsByHankosNamesAndOursByThose(t *testing.T) {
	t.Parallel()

	m, sink := hanko(t)
	m = m.with("SESSION_COOKIE_NAME=from_hanko", "SESSION_AUDIENCE=one,two", "SERVICE_NAME=By Hanko's name", "LATCHKEEP_SERVICE_NAME=By our name",
		"SESSION_ENABLE_AUTH_TOKEN_HEADER=false", "LATCHKEEP_SIGNING_ALGORITHM=ES256")
	m.must(t, "migrate", "up")
	s := m.start(t, "serve", "public")
	shop := browse(s.address(t, "public"), "http://shop.example")
	var text string
	kim := shop.signUp(t, "kim@shop.example", func(to string) string {
		mail, err := sink.Wait(t.Context(), to)
		require.NoError(t, err)
		text = mail.Text
		return text
	})
	require.Contains(t, text, "By our name")
	head, claims := decodeToken(t, kim)
	require.Equal(t, []any{"one", "two"}, claims["aud"])
	require.Equal(t, "ES256", head["alg"])
	require.Contains(t, shop.jar, "from_hanko")
}

func TestSingle_NamesEveryMistakeOfTheTenantAtOnce(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	m.write(t, "config/config.yaml", `
service: {name: ""}
session: {lifespan: bogus, limit: 0, cookie: {same_site: sometimes}}
webauthn: {relying_party: {id: shop.example, origins: ["https://shop.example"]}}
secrets: {key_management: {type: aws_kms}}
third_party: {redirect_url: "https://shop.example/thirdparty/callback", providers: {google: {enabled: true, client_id: x, secret: ""}}}
saml: {enabled: true, endpoint_url: "https://shop.example", audience_uri: "urn:shop"}
email_delivery: {smtp: {host: mail.shop.example, password: hunter2hunter2hunter2}}
`)
	m = m.with("PASSWORD_MIN_LENGTH=12", "EMAIL_PASSCODECHARSET=runes")
	paths := []string{
		"service.name", "session.lifespan", "session.limit", "session.cookie.same_site", "secrets.key_management.type",
		"third_party.providers.google", "saml.identity_providers", "EMAIL_PASSCODECHARSET (environment): email.passcode_charset", "config/config.yaml",
	}
	said := m.refuses(t, []string{"serve"}, paths...)
	require.NotContains(t, said, "PASSWORD_MIN_LENGTH", "that one is right")
	m.refuses(t, []string{"config", "check"}, paths...)

	m.with("PASSWORD_MIN_LENGTH=many").refuses(t, []string{"config", "check"}, "PASSWORD_MIN_LENGTH")
}

func TestSingle_AWrongFileIsRefusedWhereverItIs(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	m.write(t, "config/config.yaml", "service: [\n")
	m.refuses(t, []string{"serve"}, "config/config.yaml", "YAML")
	m.write(t, "config/config.yaml", "service: {name: Shop}\nrate_limiter: {store: redis}\n")
	m.refuses(t, []string{"serve"}, "rate_limiter.store", "redis.url")
	m.write(t, "other.yaml", "service:\n  name: Shop\n\tx: y\n")
	m.refuses(t, []string{"serve", "--config", "other.yaml"}, "other.yaml", "line 2", "YAML")
}

func TestConfigCheck_ShowsTheOnlyTenantWithoutSecrets(t *testing.T) {
	t.Parallel()

	m, _ := hanko(t)
	said := m.with("EMAIL_DELIVERY_SMTP_PASSWORD=hunter2hunter2hunter2").must(t, "config", "check")
	require.Contains(t, said, "multi_tenancy.enabled = false")
	require.Contains(t, said, `"name": "Corner Shop"`)
	require.Contains(t, said, `"min_length": 10`, "keys of old where they belong today")
	require.Contains(t, said, `"password": "`)
}

func decodeToken(t *testing.T, token string) (head, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	for i, into := range []*map[string]any{&head, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, into))
	}
	return head, claims
}

func jwks(t *testing.T, b *browser) []map[string]any {
	t.Helper()
	r := b.get(t, "/.well-known/jwks.json")
	require.Equal(t, 200, r.status)
	var set struct{ Keys []map[string]any }
	r.json(t, &set)
	return set.Keys
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
