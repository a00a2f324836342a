package public_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestSAML_SignsUpSignsInAndLinks(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		peer := samlpeer.New(t)
		s := newStaff(t, samlTenant(t, env, "shop"), peer)
		kim := samlpeer.Emailed("kim-1", "kim@"+samlDomain)
		peer.Add(kim)

		for _, done := range []event.AuditType{event.ThirdPartySignup, event.ThirdPartySignin} {
			form := peer.SignIn(t, s.authorize(t, samlPage+"?next=1"), kim)
			require.Equal(t, s.URL()+"/saml/callback", form.Action)
			a := readAnswer(t, s.post(t, form.Values))
			require.Equal(t, http.StatusFound, a.status, a.query)
			require.Equal(t, samlPage, a.page)
			require.NotEmpty(t, a.query.Get("hanko_token"))
			require.Equal(t, "1", a.query.Get("next"))
			require.Empty(t, a.query.Get("saml_hint"))
			s.AuditOf(t, done, 1)
		}
		require.Equal(t, 1, s.Count(t, "users"))

		eve := s.Person(t, testenv.NewPerson{Email: "eve@" + samlDomain})
		known := samlpeer.Emailed("eve-1", eve.Email)
		peer.Add(known)
		a := readAnswer(t, s.post(t, peer.SignIn(t, s.authorize(t, samlPage), known).Values))
		require.Equal(t, http.StatusFound, a.status, a.query)
		require.Equal(t, eve.ID, s.AuditOf(t, event.ThirdPartyLinking, 1)[0].Actor)
		require.Equal(t, 2, s.Count(t, "users"))
	}, samlEnv)
}

// Where a tenant has no page of its own for what goes wrong, nobody is sent in circles.
func TestSAML_RefusesWhereThereIsNoPageToTell(t *testing.T) {
	t.Parallel()
	peer := samlpeer.New(t)
	s := newStaff(t, samlTenant(t, testenv.OnSQLite(t, samlEnv), "shop", `{"saml": {"default_redirect_url": ""}}`), peer)
	kim := samlpeer.Emailed("kim-1", "kim@"+samlDomain)
	peer.Add(kim)
	for _, r := range []testenv.Response{
		s.Client().Get(t, "/saml/auth?domain="+samlDomain+"&redirect_to=none"),
		s.Client().Get(t, "/saml/auth?domain=other.example&redirect_to="+samlPage),
		s.post(t, url.Values{"SAMLResponse": {"none"}}),
		s.post(t, url.Values{"RelayState": {"hanko_spi_none"}, "SAMLResponse": {"none"}}),
		s.post(t, peer.Initiate(t, s.URL(), "", kim).Values),
	} {
		require.Equal(t, http.StatusBadRequest, r.Status, "%s", r.Body)
		require.Empty(t, r.Header.Get("Location"))
	}
	a := readAnswer(t, s.Client().With("Referer", "https://shop.example/page").Get(t, "/saml/auth?domain=other.example&redirect_to="+samlPage))
	require.Equal(t, http.StatusSeeOther, a.status)
	require.Equal(t, "https://shop.example/page", a.page)

	signedIn := readAnswer(t, s.post(t, peer.SignIn(t, s.authorize(t, samlPage), kim).Values))
	require.Equal(t, http.StatusFound, signedIn.status, signedIn.query)
	require.Equal(t, samlPage, signedIn.page)
}

func TestSAML_RoutesThatThereAreNot(t *testing.T) {
	t.Parallel()
	shop := samlTenant(t, testenv.OnSQLite(t, samlEnv), "shop")
	for _, path := range []string{"/saml/logout", "/saml/provider?domain=" + samlDomain} {
		require.Equal(t, http.StatusNotFound, shop.Client().Get(t, path).Status, path)
		require.Equal(t, http.StatusNotFound, shop.Client().Send(t, http.MethodPost, path, nil).Status, path)
	}
}
