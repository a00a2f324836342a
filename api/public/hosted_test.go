package public_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

const hostedOn = `{"hosted_page": {"enabled": true}, "third_party": {"allowed_redirect_urls": ["https://shop.example/**"]}}`

func TestHosted_IsServedOnlyWhereItIsSwitchedOn(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop, bank := env.Tenant(t, "shop", hostedOn), env.Tenant(t, "bank")
	for _, path := range []string{"/sign-in", "/profile"} {
		require.Equal(t, http.StatusNotFound, bank.Client().Get(t, path).Status)
		r := shop.Client().Get(t, path)
		require.Equal(t, http.StatusOK, r.Status)
		require.Equal(t, "text/html; charset=utf-8", r.Header.Get("Content-Type"))
		require.Equal(t, "DENY", r.Header.Get("X-Frame-Options"))
		require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
		require.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'", r.Header.Get("Content-Security-Policy"))
	}
	require.Equal(t, http.StatusNotFound, bank.Client().Get(t, asset(t, string(shop.Client().Get(t, "/sign-in").Body))).Status)
}

// asset is the address of the page's script.
func asset(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`src="([^"]*/hosted\.js)"`).FindStringSubmatch(page)
	require.Len(t, found, 2, page)
	return found[1]
}

func TestHosted_LoadsItsFilesBelowTheTenantsAddress(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", hostedOn)
	script := asset(t, string(shop.Client().Get(t, "/sign-in").Body))
	require.True(t, strings.HasPrefix(script, "/_/hosted/"), script)
	for name, kind := range map[string]string{
		"hosted.js": "text/javascript", "hosted.css": "text/css", "hanko-elements.js": "text/javascript", "hanko-elements-i18n.js": "text/javascript",
	} {
		r := shop.Client().Get(t, strings.Replace(script, "hosted.js", name, 1))
		require.Equal(t, http.StatusOK, r.Status, name)
		require.Contains(t, r.Header.Get("Content-Type"), kind)
		require.Contains(t, r.Header.Get("Cache-Control"), "immutable")
		require.NotEmpty(t, r.Body)
	}
	for _, name := range []string{"", "..%2f..%2ftemplates/page.html", "page.html", "hosted.js/"} {
		require.Equal(t, http.StatusNotFound, shop.Client().Get(t, strings.Replace(script, "hosted.js", name, 1)).Status, name)
	}

	byPath := asset(t, string(shop.ByPath().Client().Get(t, "/sign-in").Body))
	require.True(t, strings.HasPrefix(byPath, "/"+shop.ID.String()+"/_/hosted/"), byPath)
	require.Equal(t, http.StatusOK, shop.ByPath().Client().Get(t, strings.TrimPrefix(byPath, "/"+shop.ID.String())).Status)
}

func TestHosted_AsksNobodyToSignUpWhereNobodyCan(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	open, closed := env.Tenant(t, "open", hostedOn), env.Tenant(t, "closed", `{"hosted_page": {"enabled": true}, "account": {"allow_signup": false}}`)
	for _, c := range []struct {
		tenant        *testenv.Tenant
		path, element string
	}{
		{open, "/sign-in", "hanko-auth"}, {open, "/profile", "hanko-profile"}, {closed, "/sign-in", "hanko-login"}, {closed, "/profile", "hanko-profile"},
	} {
		require.Contains(t, string(c.tenant.Client().Get(t, c.path).Body), `data-element="`+c.element+`"`)
	}
	open.SetStatus(t, tenants.StatusReadOnly)
	require.Contains(t, string(open.Client().Get(t, "/sign-in").Body), `data-element="hanko-login"`)
}

func TestHosted_ReturnsOnlyToPagesThatTheTenantAllows(t *testing.T) {
	t.Parallel()

	shop := testenv.OnSQLite(t).Tenant(t, "shop", hostedOn)
	for target, allowed := range map[string]bool{
		"https://shop.example/cart?a=1": true, "https://shop.example.evil.example/cart": false, "//shop.example/cart": false,
		"javascript:alert(1)": false, "https://me@shop.example/cart": false, "/cart": false,
		"https://shop.example/" + strings.Repeat("x", 10_000): false,
	} {
		page := string(shop.Client().Get(t, "/sign-in?return_to="+url.QueryEscape(target)).Body)
		require.Equal(t, !allowed, strings.Contains(page, `data-return-to=""`), "%.100s", target)
		require.Equal(t, allowed, strings.Contains(page, "return_to="), "%.100s", target)
	}
}

func TestHosted_SpeaksTheLanguageOfThePersonWhereItIsOffered(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	all, few := env.Tenant(t, "all", hostedOn), env.Tenant(t, "few", `{"hosted_page": {"enabled": true, "languages": ["de", "pt-BR"]}}`)
	for _, c := range []struct {
		tenant               *testenv.Tenant
		query, accept, wants string
	}{
		{all, "", "", "en"}, {all, "", "de-CH, en;q=0.5", "de"}, {all, "", "pt", "pt-BR"}, {all, "", "tlh", "en"}, {all, "?lang=zh", "de", "zh"},
		{all, "?lang=%22%3E", "de", "de"}, {all, "", strings.Repeat("de,", 1000), "en"}, {all, "", ";;;=", "en"},
		{few, "", "fr", "de"}, {few, "?lang=fr", "pt-PT", "pt-BR"},
	} {
		r := c.tenant.Client().With("Accept-Language", c.accept).Get(t, "/sign-in"+c.query)
		require.Equal(t, c.wants, r.Header.Get("Content-Language"), "%.60v", c)
		require.Contains(t, string(r.Body), `<html lang="`+c.wants+`">`)
		require.Equal(t, "Accept-Language", r.Header.Get("Vary"))
	}
}

func TestHosted_ShowsWhatTheTenantSaysAndNothingOfItIsCode(t *testing.T) {
	t.Parallel()

	shop := testenv.OnSQLite(t).Tenant(t, "shop", `{"hosted_page": {"enabled": true, "title": "</title><script>alert(1)</script>",
		"logo": "https://cdn.shop.example:8443/logo.png?a=1&b=2", "light": {"brand": "#a1B2c3"}, "terms_url": "https://shop.example/terms"}}`)
	r := shop.Client().Get(t, "/sign-in")
	page := string(r.Body)
	require.NotContains(t, page, "<script>alert")
	require.Contains(t, page, "--page-brand: #a1B2c3;")
	require.Contains(t, page, `src="https://cdn.shop.example:8443/logo.png?a=1&amp;b=2"`)
	require.Contains(t, r.Header.Get("Content-Security-Policy"), "img-src 'self' data: https://cdn.shop.example:8443;")
	require.Contains(t, page, `href="https://shop.example/terms"`)
	require.NotContains(t, page, "ZgotmplZ")
}

func TestHosted_WorksForTheOnlyTenant(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.WithFile("multi_tenancy:\n  enabled: false\nhosted_page:\n  enabled: true\n"))
	require.Equal(t, http.StatusOK, env.Single().Client().Get(t, "/sign-in").Status)
}
