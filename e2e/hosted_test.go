//go:build e2e

package e2e

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A tenant without a front end sends people to its own page, and gets them back.
func TestHostedPage(t *testing.T) {
	needBrowser(t)
	t.Parallel()
	const address, password = "kim@shop.example", "correct horse"
	d := devMode(t)
	shop := d.tenant(t, map[string]any{
		"hosted_page": map[string]any{"enabled": true, "title": "The Corner Shop", "light": map[string]any{"brand": "#7a1fa2"}},
		"third_party": map[string]any{"allowed_redirect_urls": []string{strings.TrimSuffix(d.home, "/")}},
	})
	shop.page = shop.api + "/sign-in"
	p := visit(t, shop, english)
	p.begins(english.signIn)
	(&operator{person: p}).looksRound(t, "hosted page")
	p.register(address, password)
	p.isAt(shop.api + "/profile?lang=en")
	p.sees(address)
	(&operator{person: p}).looksRound(t, "hosted account")
	p.press("Sign out")
	p.signedOut()
	p.isAt(shop.page + "?lang=en")

	p.goTo(shop.page + "?return_to=" + url.QueryEscape(d.home))
	p.byPassword(address, password)
	p.skips(p.words.passkey)
	p.isAt(d.home)

	p.goTo(shop.page + "?return_to=" + url.QueryEscape("https://evil.example/"))
	p.signedIn() // goes to the account, since the tenant does not allow that page
	p.isAt(shop.api + "/profile?lang=en")
	p.goTo(shop.api + "/profile?saml_hint=company")
	p.signedIn()
	p.isAt(shop.api + "/profile?lang=en")

	byPath := visit(t, site{page: d.home + shop.id + "/sign-in", api: d.home + shop.id, mailbox: d.inbox}, german)
	byPath.begins(german.signIn)
	var language string
	byPath.ask("document.documentElement.lang", &language)
	require.Equal(t, "de", language)
}

// isAt waits until the browser shows an address.
func (p *person) isAt(address string) {
	p.t.Helper()
	p.until("the address "+address, "location.href", func(raw json.RawMessage) bool {
		var at string
		return json.Unmarshal(raw, &at) == nil && at == address
	})
}
