package isolation_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/internal/contract"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// publicNames say what the parameters of the public API name, by kind of things. A new one has to be said here.
var publicNames = map[string]string{
	"path id": "user", "query domain": "saml domain", "query data": "saml state", "query state": "oauth state", "query code": "oauth code",
	"query action":    nothing, // tried by the tests of flows
	"query cert_only": nothing, "query redirect_to": nothing, "query iss": nothing, "query error": nothing, "query error_description": nothing,
}

// TestPublicAPI_KnowsNothingOfAnotherTenant tries each operation with each thing of the other tenant, and with her session in all its forms.
func TestPublicAPI_KnowsNothingOfAnotherTenant(t *testing.T) {
	each(t, "public API", func(t *testing.T, w *world) {
		w.leave(t)
		w.known = w.ledger(t)
		document := contract.Read(t, w.shop.At("http://latchkeep.test").Client().Get(t, "/_/docs/openapi.json").Body)
		want := 0
		for _, o := range document.Operations() {
			if strings.HasPrefix(o.ID, "flow-") {
				continue
			}
			want += w.publicNames(t, o) + w.publicSessions(t, o)
			w.unchanged(t, o.Route(), "outbox")
		}
		require.True(t, w.bank.session.Valid(t), "the session of the other tenant ended")
		require.Equal(t, want, sum(w.checks), "checks were left out")
	})
}

// leave has somebody of the bank leave for her providers.
func (w *world) leave(t *testing.T) {
	t.Helper()
	for _, h := range []*house{w.shop, w.bank} {
		f := h.Begin(t, "login")
		query := w.env.Consent(t, f.LeaveFor(t, "thirdparty_oauth", "google"), testenv.PartyAccount{Subject: "1", Email: h.kim.Email, EmailVerified: true})
		h.things["oauth state"], h.things["oauth code"] = query.Get("state"), query.Get("code")
		h.things["saml state"] = h.State(t, federation.NewState(h.things["saml domain"], testenv.AppPage, uuid.Nil, time.Now()), federation.PurposeSAML)
		h.left = f
		h.Client().Get(t, "/saml/metadata?domain="+h.things["saml domain"]) // which makes its keys
	}
}

func (w *world) publicNames(t *testing.T, o *contract.Operation) (tried int) {
	t.Helper()
	own := publicRequest(o, w.shop)
	for _, p := range o.Places() {
		kind, said := publicNames[p.String()]
		require.True(t, said || p.In == "body", "say in the test what %s of %s names", p, o.Route())
		if kind == nothing {
			continue
		}
		request, what := own.Put(p, w.bank.things[kind]), o.Route()+" with another tenant's "+p.String()
		client := w.shop.browser()
		for name, value := range w.bank.left.Client.Cookies { // the browser that left from there
			client.Cookies[name] = value
		}
		r := w.try(t, "public API: "+p.In, what, func() testenv.Response { return client.Send(t, o.Method, request.Target(), request.Payload()) }, "outbox")
		w.publicRefusal(t, r, request.Target(), what)
		tried++
	}
	if o.Method == http.MethodPost && strings.HasSuffix(o.Path, "/callback") { // a form
		form := url.Values{"state": {w.bank.things["oauth state"]}, "code": {w.bank.things["oauth code"]}, "SAMLResponse": {"PHg+"},
			"RelayState": {w.bank.things["saml state"]}}.Encode()
		client, what := w.bank.left.Client.Tenant, o.Route()+" with another tenant's form"
		at := &testenv.Client{Tenant: w.shop.Tenant, Header: w.bank.left.Client.With("Content-Type", "application/x-www-form-urlencoded").Header,
			Cookies: w.bank.left.Client.Cookies}
		require.NotEqual(t, client, at.Tenant)
		r := w.try(t, "public API: form", what, func() testenv.Response { return at.Send(t, o.Method, o.Path, []byte(form)) }, "outbox")
		if to := r.Header.Get("Location"); strings.HasPrefix(to, "/thirdparty/callback?") { // it goes on as a link, with the cookies
			r = at.Get(t, to)
		}
		w.publicRefusal(t, r, form, what)
		tried++
	}
	return tried
}

func publicRequest(o *contract.Operation, h *house) contract.Request {
	r := o.Example()
	for _, p := range o.Places() {
		if kind := publicNames[p.String()]; kind != nothing && p.In != "body" {
			r = r.Put(p, h.things[kind])
		}
	}
	return r
}

// publicRefusal insists that an answer lets nobody in: an error, or a way back to a page that is told of one.
func (w *world) publicRefusal(t *testing.T, r testenv.Response, said, what string) {
	t.Helper()
	if r.Status/100 == 3 {
		to, err := url.Parse(r.Header.Get("Location"))
		require.NoError(t, err)
		assert.NotEmpty(t, to.Query().Get("error"), "%s: %s", what, to)
		assert.Empty(t, to.Query().Get("hanko_token"), what)
	} else {
		assert.Contains(t, []int{400, 401, 403, 404}, r.Status, "%s: %s", what, r.Body)
	}
	w.hides(t, w.bank, r, said, what)
}

// publicSessions tries an operation with the bank's session at the shop: as bearer, as cookie and in the body, by host and by path.
func (w *world) publicSessions(t *testing.T, o *contract.Operation) (tried int) {
	t.Helper()
	token := w.bank.session.Token
	body, err := json.Marshal(map[string]string{"session_token": token})
	require.NoError(t, err)
	for where, tenant := range map[string]*testenv.Tenant{"by host": w.shop.Tenant, "by path": w.shop.ByPath()} {
		for how, client := range map[string]*testenv.Client{
			"bearer": tenant.Client().Bearer(token), "cookie": tenant.Client().With("Cookie", "hanko="+token),
			"body": tenant.Client().With("Content-Type", "application/json"),
		} {
			for _, about := range []*house{w.shop, w.bank} {
				if about == w.shop && strings.HasSuffix(o.Path, "/callback") {
					continue // its own state and code are good, whatever session comes with them
				}
				request, what := publicRequest(o, about), o.Route()+" with another tenant's session, "+where+", "+how+", about "+about.Slug
				var payload []byte
				if how == "body" && o.Method == http.MethodPost {
					payload = body
				}
				r := w.try(t, "public API: session", what, func() testenv.Response { return client.Send(t, o.Method, request.Target(), payload) }, "outbox")
				w.hides(t, w.bank, r, request.Target()+string(payload)+token, what)
				switch o.ID {
				case "look-at-session", "validate-session":
					assert.NotContains(t, string(r.Body), `"is_valid":true`, what)
				case "me", "get-own-user", "logout":
					w.refused(t, r, request.Target()+string(payload)+token, what)
				}
				tried++
			}
		}
	}
	return tried
}

// TestTokens_AreWorthNothingAtAnotherTenant takes what is good once, or for a while, at the bank to the shop; then to where it belongs.
func TestTokens_AreWorthNothingAtAnotherTenant(t *testing.T) {
	each(t, "tokens", func(t *testing.T, w *world) {
		w.leave(t)
		shop, bank := w.shop, w.bank
		to, _ := bank.left.Client.ComeBack(t, url.Values{"state": {bank.things["oauth state"]}, "code": {bank.things["oauth code"]}})
		token := to.Query().Get("hanko_token")
		require.NotEmpty(t, token)
		ask, device := shop.Begin(t, "login"), shop.Client()
		device.Can = testenv.Capabilities{WebAuthn: true}
		ceremony := device.Begin(t, "login")
		options := ceremony.Do(t, "webauthn_generate_request_options")
		require.Equal(t, "login_passkey", options.Name)
		coded := shop.Begin(t, "login")
		coded.Do(t, "continue_with_login_identifier", testenv.Inputs{"identifier": shop.kim.Email})
		require.Equal(t, "passcode_confirmation", coded.Do(t, "continue_to_passcode_confirmation").Name)
		w.known = w.ledger(t)

		step := func(what string, do func() testenv.Response) testenv.Response {
			t.Helper()
			r := w.try(t, "tokens: one-time token", what, do, left[""]...)
			assert.NotContains(t, string(r.Body), `"name":"success"`, what)
			assert.Empty(t, r.Header.Get("X-Auth-Token"), what)
			w.hides(t, bank, r, token, what)
			return r
		}
		step("a one-time token in a flow that has just begun", func() testenv.Response {
			return ask.Post(t, ask.Href("exchange_token"), ask.State.CSRFToken, testenv.Inputs{"token": token, "code_verifier": testenv.Verifier}).Response
		})
		step("a one-time token in a flow that waits for one", func() testenv.Response {
			return shop.left.Post(t, shop.left.Href("exchange_token"), shop.left.State.CSRFToken,
				testenv.Inputs{"token": token, "code_verifier": testenv.Verifier}).Response
		})
		step("a one-time token in a conversation that asks for nothing else", func() testenv.Response {
			f := shop.Flow(t, "token_exchange")
			return f.Post(t, f.Href("exchange_token"), f.State.CSRFToken, testenv.Inputs{"token": token}).Response
		})
		passkey := bank.kim.Device.At("http://shop.latchkeep.test")
		answer := w.foreignAssertion(t, passkey, options.Payload["request_options"])
		step("a passkey of another tenant's person", func() testenv.Response {
			return ceremony.Post(t, ceremony.Href("webauthn_verify_assertion_response"), ceremony.State.CSRFToken,
				testenv.Inputs{"assertion_response": answer}).Response
		})
		code := bank.code
		step("a code that was mailed by another tenant", func() testenv.Response {
			return coded.Post(t, coded.Href("verify_passcode"), coded.State.CSRFToken, testenv.Inputs{"code": code}).Response
		})
		w.headers(t)
		s := bank.left.Do(t, "exchange_token", testenv.Inputs{"token": token, "code_verifier": testenv.Verifier})
		require.Equal(t, http.StatusOK, s.Status, "the token was good where it belongs: %s", s.Response.Body)
		w.known = w.ledger(t)
	})
}

// headers takes keys of requests and versions of things to the shop.
func (w *world) headers(t *testing.T) {
	t.Helper()
	hook := func(h *house) string { return `{"callback":"https://hooks.` + h.Slug + `.example/","events":["user"]}` }
	shop := w.shop.admin.With("Idempotency-Key", "only-in-the-bank")
	made := w.bank.admin.With("Idempotency-Key", "only-in-the-bank").Do(t, http.MethodPost, "/webhooks", hook(w.bank))
	require.Equal(t, http.StatusCreated, made.Status)
	w.known = w.ledger(t)
	r := w.try(t, "tokens: idempotency key", "a key of another tenant's request", func() testenv.Response {
		return shop.Do(t, http.MethodPost, "/webhooks", hook(w.bank))
	}, "webhooks", "webhook_endpoints", "idempotency_keys", "outbox", "tenants")
	require.Equal(t, http.StatusCreated, r.Status, "%s", r.Body)
	require.NotEqual(t, string(made.Body), string(r.Body), "it is an answer of its own")
	require.NotEqual(t, "true", r.Header.Get("Idempotency-Replayed"))
	for header, method := range map[string]string{"If-Match": http.MethodPatch, "If-None-Match": http.MethodGet} {
		what := header + " with another tenant's entity tag"
		r := w.try(t, "tokens: entity tag", what, func() testenv.Response {
			a := w.shop.admin.With(header, w.bank.things["entity tag"])
			if method == http.MethodGet {
				return a.Get(t, "/users/"+w.shop.things["user"])
			}
			return a.Do(t, method, "/users/"+w.shop.things["user"], `{"name":"Eve"}`)
		})
		require.True(t, slices.Contains([]int{200, 412}, r.Status) && (method == http.MethodGet) == (r.Status == 200), "%s: %d %s", what, r.Status, r.Body)
	}
}
