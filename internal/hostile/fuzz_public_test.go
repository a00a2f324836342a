package hostile_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// FuzzPublic sends whatever to the public server as anybody: nothing fails, nobody is redirected to where the tenant did not say, and nobody gets a
// session.
func FuzzPublic(f *testing.F) {
	env := testenv.OnSQLite(f, testenv.Quiet(), testenv.WithThirdParties())
	shop := env.Tenant(f, "shop", `{"saml":{"enabled":true,"endpoint_url":"http://shop.latchkeep.test","audience_uri":"http://shop.latchkeep.test",
		"default_redirect_url":"https://shop.example/","allowed_redirect_urls":["https://shop.example/**"]},"hosted_page":{"enabled":true},`+testenv.ThirdParty+`}`)
	kim := shop.Person(f, testenv.NewPerson{Email: "kim@shop.example"})
	session := kim.SignedIn(f, shop.Client(), 0)
	server := env.App.Public()
	form := func(response, relay string) string {
		return url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(response))}, "RelayState": {relay}}.Encode()
	}
	const host = "shop.latchkeep.test"
	for _, path := range []string{
		"login", "registration", "profile", "token_exchange", "me", "sessions/validate", "logout", "users/" + kim.ID.String(), ".well-known/jwks.json", ".well-known/webauthn",
		".well-known/config", "thirdparty/auth", "thirdparty/callback", "saml/provider", "saml/metadata", "saml/auth", "saml/callback", "saml/request", "health/alive", "_/sign-in",
		"_/profile", "token", "", "x/../login", "%2e%2e/%00", "openapi.json",
	} {
		for _, method := range []string{"GET", "POST"} {
			f.Add(method, host, path, "action=x%40"+kim.ID.String(), "Bearer x", "hanko=x; hanko_thirdparty_state=x", "de, *;q=0.1", `{"csrf_token":"x","input_data":{"email":"x"}}`)
			f.Add(method, host, path, "code=x&state=x&redirect_to=https%3A%2F%2Fevil.example&provider=google&domain=x&lang=xx", "", "", "\x01", "state=x&code=y&id_token=a.b.c")
		}
	}
	f.Add("POST", host, "saml/callback", "", "", "", "en", form(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" InResponseTo="x" ID="y"><!DOCTYPE x></samlp:Response>`, "https://evil.example"))
	f.Add("POST", host, "saml/callback", "", "", "", "en", form("\x03\x00", strings.Repeat("A", 100)))
	f.Add("OPTIONS", "nobody.latchkeep.test", "login", "", "", "", "", "")
	f.Add("GET", "localhost:99", shop.ID.String()+"/me", "", "Bearer "+session.Token[:40], "hanko="+session.Token[:60], "", "")
	f.Add("TRACE", "[::1]", "//shop", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, method, host, path, query, authorization, cookie, language, body string) {
		if strings.ContainsFunc(host+method, func(c rune) bool { return c <= ' ' || c >= 0x7f }) || method == "" {
			return
		}
		if strings.Contains(authorization+cookie, session.Token) {
			return
		}
		r := request{method: method, host: host, path: path, query: query, body: []byte(body), header: http.Header{}}
		for name, value := range map[string]string{
			"Authorization": authorization, "Cookie": cookie, "Accept-Language": language, "X-Language": language, "Origin": language, "If-None-Match": language,
			"X-Forwarded-For": language, "X-Forwarded-Proto": language, "X-Forwarded-Host": "evil.example", "Traceparent": language, "User-Agent": language,
		} {
			if value != "" {
				r.header.Set(name, value)
			}
		}
		r.header.Set("Content-Type", "application/json")
		if !strings.HasPrefix(body, "{") {
			r.header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w, ok := send(t, server, r)
		if !ok {
			return
		}
		requireSound(t, w, r)
		require.NotContains(t, w.Body.String(), `"is_valid":true`)
		require.NotContains(t, w.Body.String(), "evil.example", "what a client says of hosts is not told back")
		if to := w.Header().Get("Location"); to != "" {
			u, err := url.Parse(to)
			require.NoError(t, err)
			require.NotEqual(t, "evil.example", u.Hostname())
		}
		for _, set := range (&http.Response{Header: w.Header()}).Cookies() {
			require.False(t, set.Name == "hanko" && set.Value != "", "nobody gets a session")
		}
	})
}
