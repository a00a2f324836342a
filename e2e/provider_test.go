//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/oidcpeer"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
)

// ask sends a request to the console API, as an operator does, and reads the answer.
func (d *deployment) ask(t *testing.T, status int, method, path string, body any) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), method, d.console+path, bytes.NewReader(text))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+d.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, status, resp.StatusCode, "%s", answer)
	return answer
}

// pages is the pattern of the pages that a site's sign-in may return to.
func (s site) pages(t *testing.T) (home, pattern string) {
	t.Helper()
	u, err := url.Parse(s.page)
	require.NoError(t, err)
	home = u.Scheme + "://" + u.Host
	return home, home + "**"
}

// providerUser is somebody at the OpenID Connect provider.
func providerUser(name, address string, verified bool) oidcpeer.User {
	return oidcpeer.User{
		ID: "id-of-" + name, Username: name, Password: "password of " + name, FirstName: "Kim", LastName: "Possible", Email: address, EmailVerified: verified,
	}
}

// withProvider is a site whose people may sign in with an OpenID Connect provider, which these are known at.
func (d *deployment) withProvider(t *testing.T, users ...oidcpeer.User) site {
	t.Helper()
	shop := d.tenant(t, nil)
	callback := shop.api + "/thirdparty/callback"
	provider := oidcpeer.Start(t, []oidcpeer.Client{{ID: "shop", Secret: "secret of the shop", RedirectURIs: []string{callback}}}, users...)
	home, pattern := shop.pages(t)
	d.ask(t, http.StatusOK, http.MethodPatch, "/v1/tenants/"+shop.id+"/config", map[string]any{"third_party": map[string]any{
		"redirect_url": callback, "error_redirect_url": home, "allowed_redirect_urls": []string{pattern},
		"custom_providers": map[string]any{"work": map[string]any{
			"enabled": true, "display_name": "Work", "client_id": "shop", "secret": "secret of the shop", "scopes": []string{"openid", "email", "profile"},
			"use_discovery": true, "issuer": provider.Issuer, "allow_linking": true,
		}},
	}})
	return shop
}

// company has the people of a site who have an address of a domain sign in at an identity provider, from now on.
func (d *deployment) company(t *testing.T, shop site, domain string, people ...samlpeer.Person) *samlpeer.Peer {
	t.Helper()
	peer := samlpeer.New(t, samlpeer.SignedRequests())
	peer.Add(people...)
	d.employs(t, shop, domain, fetch(t, peer.MetadataURL()))
	peer.Trust(t, fetch(t, shop.api+"/saml/metadata?domain="+domain))
	return peer
}

// employs has a site trust the identity provider that the metadata describes, for the people who have an address of the domain.
func (d *deployment) employs(t *testing.T, shop site, domain string, metadata []byte) {
	t.Helper()
	home, pattern := shop.pages(t)
	page, err := url.Parse(shop.page)
	require.NoError(t, err)
	query := page.Query()
	query.Set("lang", english.language) // who comes from the company reads English
	page.RawQuery = query.Encode()
	d.ask(t, http.StatusOK, http.MethodPatch, "/v1/tenants/"+shop.id+"/config", map[string]any{"saml": map[string]any{
		"enabled": true, "endpoint_url": shop.api, "audience_uri": shop.api,
		"default_redirect_url": page.String(), "allowed_redirect_urls": []string{home, pattern},
		"options": map[string]any{"sign_authn_requests": true},
	}})
	d.ask(t, http.StatusCreated, http.MethodPost, "/v1/tenants/"+shop.id+"/saml/providers", map[string]any{
		"name": "Work", "domain": domain, "metadata_xml": string(metadata), "enabled": true, "skip_email_verification": true,
	})
}

// fetch reads a page of a site. Its name need not be known to this machine's resolver.
func fetch(t *testing.T, address string) []byte {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	named := u.Host
	u.Host = "127.0.0.1:" + u.Port()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.String(), nil)
	require.NoError(t, err)
	req.Host = named
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", answer)
	return answer
}

// signsInThere fills in the form of a provider, which has the given inputs, and sends it.
func (p *person) signsInThere(nameInput, name, password string) {
	p.t.Helper()
	q := strconv.QuoteToASCII
	p.until("the form of the provider", `(() => {
		const name = document.getElementById(`+q(nameInput)+`);
		if (!name) { return false; }
		name.value = `+q(name)+`;
		document.getElementById("password").value = `+q(password)+`;
		setTimeout(() => name.form.requestSubmit());
		return true;
	})()`, func(raw json.RawMessage) bool { return string(raw) == "true" })
}

// atWork signs in at the OpenID Connect provider.
func (p *person) atWork(u oidcpeer.User) {
	p.t.Helper()
	p.signsInThere("username", u.Username, u.Password)
}
