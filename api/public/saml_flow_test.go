package public_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	samlroom "github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// plainSAML leaves out what else a sign-in may ask for.
const plainSAML = `{"mfa": {"enabled": false}, "passkey": {"enabled": false}, ` + testenv.Webhook + `}`

// leave enters an address in a flow, and gives the address of the peer that the browser is sent to.
func leave(t testing.TB, f *testenv.Flow, action, address string) string {
	t.Helper()
	s := f.Do(t, action, testenv.Inputs{"email": address})
	require.Equal(t, "thirdparty", s.Name, "%s", s.Response.Body)
	require.Equal(t, []string{"back", "exchange_token"}, s.Offers())
	var to string
	require.NoError(t, json.Unmarshal(s.Payload["redirect_url"], &to))
	return to
}

func TestSAML_FlowsSendToTheProviderOfTheAddressAndTakeTheResult(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		peer := samlpeer.New(t)
		s := newStaff(t, samlTenant(t, env, "shop", plainSAML), peer)
		kim := samlpeer.Emailed("kim-1", "Kim@"+samlDomain)
		peer.Add(kim)

		f := s.Begin(t, "registration")
		a := readAnswer(t, s.post(t, peer.SignIn(t, leave(t, f, "register_login_identifier", "kim@"+samlDomain), kim).Values))
		require.Equal(t, http.StatusFound, a.status, a.query)
		require.Equal(t, samlPage, a.page)
		done := f.Do(t, "exchange_token", testenv.Inputs{"token": a.query.Get("hanko_token")})
		require.Equal(t, "success", done.Name, "%s", done.Response.Body)
		require.JSONEq(t, `["ext:`+peer.EntityID()+`"]`, amr(t, done))
		require.Contains(t, string(done.Payload["user"]), `"provider":"Staff"`)
		require.Contains(t, string(done.Payload["user"]), `"is_verified":true`)

		f = s.Begin(t, "login")
		a = readAnswer(t, s.post(t, peer.SignIn(t, leave(t, f, "continue_with_login_identifier", "kim@"+samlDomain), kim).Values))
		done = f.Do(t, "exchange_token", testenv.Inputs{"token": a.query.Get("hanko_token")})
		require.Equal(t, "success", done.Name, "%s", done.Response.Body)
		require.JSONEq(t, `{"login_method": "third_party", "third_party_provider": "`+peer.EntityID()+`"}`, string(done.Payload["last_login"]))
		require.Equal(t, 1, s.Count(t, "users"))
		require.Equal(t, 1, s.Count(t, "identities"))
		require.Zero(t, s.Count(t, "tokens"))
		s.AuditOf(t, event.ThirdPartySignup, 1)
		s.AuditOf(t, event.ThirdPartySignin, 1)

		// Nobody else's addresses go there.
		for _, address := range []string{"kim@sub." + samlDomain, "kim@other.example"} {
			f = s.Begin(t, "login")
			require.NotEqual(t, "thirdparty", f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": address}).Name)
		}
	}, samlEnv)
}

func TestSAML_WhoBeginsAtTheProviderGetsAFlowOfHerOwn(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		peer := samlpeer.New(t)
		s := newStaff(t, samlTenant(t, env, "shop", plainSAML), peer)
		kim := samlpeer.Emailed("kim-1", "kim@"+samlDomain)
		peer.Add(kim)
		for _, relay := range []string{"", "whatever the peer likes"} {
			a := readAnswer(t, s.post(t, peer.Initiate(t, s.URL(), relay, kim).Values))
			require.Equal(t, http.StatusFound, a.status, a.query)
			require.Equal(t, samlPage, a.page)
			require.Equal(t, "idp_initiated", a.query.Get("saml_hint"))
			f := s.Flow(t, "token_exchange")
			require.Equal(t, "thirdparty", f.State.Name)
			done := f.Do(t, "exchange_token", testenv.Inputs{"token": a.query.Get("hanko_token")})
			require.Equal(t, "success", done.Name, "%s", done.Response.Body)
			require.JSONEq(t, `["ext:`+peer.EntityID()+`"]`, amr(t, done))
		}
		require.Equal(t, 1, s.Count(t, "users"))
	}, samlEnv)
}

func TestSAML_WhoBeginsWithALinkRedeemsInAFlowOfHerOwn(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		peer := samlpeer.New(t)
		s := newStaff(t, samlTenant(t, env, "shop", plainSAML), peer)
		kim := samlpeer.Emailed("kim-1", "kim@"+samlDomain)
		peer.Add(kim)
		a := readAnswer(t, s.post(t, peer.SignIn(t, s.authorize(t, samlPage), kim).Values))
		require.Equal(t, http.StatusFound, a.status, a.query)
		require.False(t, a.query.Has("saml_hint"), "the components would begin at the provider again")
		token := testenv.Inputs{"token": a.query.Get("hanko_token")}

		other := s.Begin(t, "login")
		leave(t, other, "continue_with_login_identifier", "kim@"+samlDomain)
		require.NotEqual(t, "success", other.Do(t, "exchange_token", token).Name, "the form did not ask for it")
		done := s.Flow(t, "token_exchange").Do(t, "exchange_token", token)
		require.Equal(t, "success", done.Name, "%s", done.Response.Body)
	}, samlEnv)
}

func TestSAML_AnUnverifiedAddressIsConfirmedByWhoHasIt(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		peer := samlpeer.New(t)
		s := newStaff(t, samlTenant(t, env, "shop", plainSAML, `{"email": {"require_verification": true}}`), peer)
		w := samlroom.Wish{Name: "Staff", Domain: samlDomain, MetadataURL: peer.MetadataURL(), Enabled: true}
		_, err := env.App.SAML.Update(t.Context(), "a test", s.ID, s.provider.ID, w)
		require.NoError(t, err)
		kim := samlpeer.Emailed("kim-1", "kim@"+samlDomain)
		peer.Add(kim)

		a := readAnswer(t, s.post(t, peer.SignIn(t, s.authorize(t, samlPage), kim).Values))
		require.Equal(t, "unverified_email", a.query.Get("error"), "a link has nobody to confirm it with, spec saml §6.4")
		require.Zero(t, s.Count(t, "users"))

		a = readAnswer(t, s.post(t, peer.Initiate(t, s.URL(), "", kim).Values))
		require.Equal(t, http.StatusFound, a.status, a.query)
		f := s.Flow(t, "token_exchange")
		require.Equal(t, "passcode_confirmation", f.Do(t, "exchange_token", testenv.Inputs{"token": a.query.Get("hanko_token")}).Name)

		// The attribute can say so, too, by whatever name the operator gave it.
		w.AttributeMap.EmailVerified = "verified"
		_, err = env.App.SAML.Update(t.Context(), "a test", s.ID, s.provider.ID, w)
		require.NoError(t, err)
		eve := samlpeer.Emailed("eve-1", "eve@"+samlDomain)
		eve.Attributes["verified"] = "true"
		peer.Add(eve)
		a = readAnswer(t, s.post(t, peer.SignIn(t, s.authorize(t, samlPage), eve).Values))
		require.Equal(t, http.StatusFound, a.status, a.query)
	}, samlEnv)
}

func TestSAML_WorksAtEveryAddressOfATenant(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		peer := samlpeer.New(t)
		kim := samlpeer.Emailed("kim-1", "kim@"+samlDomain)
		peer.Add(kim)
		byPath := env.CompatibleTenant(t, `{}`)
		configureSAML(t, byPath)
		for _, tenant := range []*testenv.Tenant{samlTenant(t, env, "shop"), byPath} {
			s := newStaff(t, tenant, peer)
			form := peer.SignIn(t, s.authorize(t, samlPage), kim)
			require.Equal(t, tenant.URL()+"/saml/callback", form.Action)
			require.Equal(t, http.StatusFound, readAnswer(t, s.post(t, form.Values)).status)
		}
	}, samlEnv)
}

func TestSAML_FailuresOfTheProviderAreItsPeoplesOnly(t *testing.T) {
	t.Parallel()
	peer := samlpeer.New(t)
	s := newStaff(t, samlTenant(t, testenv.OnSQLite(t, samlEnv), "shop", plainSAML), peer)
	peer.Serve(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }) // nobody waits for it
	kim := samlpeer.Emailed("kim-1", "kim@"+samlDomain)
	peer.Add(kim)
	require.Equal(t, http.StatusFound, readAnswer(t, s.post(t, peer.SignIn(t, s.authorize(t, samlPage), kim).Values)).status)
	f := s.Begin(t, "login")
	require.NotEqual(t, "thirdparty", f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": "kim@other.example"}).Name)
}

func TestSAML_SwitchedOffThereIsNone(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		s := newStaff(t, samlTenant(t, env, "shop"), samlpeer.New(t))
		s.Configure(t, `{"saml": {"enabled": false}}`)
		c := s.Client()
		for _, r := range []testenv.Response{
			c.Get(t, "/saml/metadata?domain="+samlDomain), c.Get(t, "/saml/auth?domain="+samlDomain), c.Get(t, "/saml/request?data=x"),
			s.post(t, url.Values{}),
		} {
			require.Equal(t, http.StatusForbidden, r.Status)
			require.JSONEq(t, `{"code": 403, "message": "Forbidden"}`, string(r.Body))
		}
		f := s.Begin(t, "login")
		require.NotEqual(t, "thirdparty", f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": "kim@" + samlDomain}).Name)
		require.Equal(t, http.StatusForbidden, c.Send(t, http.MethodPost, "/token_exchange", nil).Status)
	}, samlEnv)
}
