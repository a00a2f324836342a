package isolation_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/contract"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// consoleNames say what the parameters of the console's APIs name, by kind of things. A new one has to be said here.
var consoleNames = map[string]string{
	"path id": "tenant", "path tenant_id": "tenant", "path user_id": "user", "path session_id": "session", "path credential_id": "passkey",
	"path key_id": "key", "path kid": "kid", "path domain_id": "domain", "path provider_id": "saml provider", "path version": "version",
	"path token_id": "operator token", "path operator_id": "operator",
	"query email": "address", "query username": "username", "query user_id": "user", "query search": "slug", "query slug": "slug",
	"query after": "after", "query cursor": "dead letter",
	"body user_id": "user", "body ids": "dead letter", "body id": "tenant", "body tenants": "tenant", "body tenant_id": "tenant",
	"body copy_from": "tenant", "body grants[].tenants": "tenant",
	"header If-Match": nothing, "query page": nothing, "query per_page": nothing, "query status": nothing, "query limit": nothing, "query kind": nothing,
	"query state": nothing, "query template": nothing, "query rp_id": nothing, "query origins": nothing, "query from": nothing, "query to": nothing,
	"query month": nothing, "query sort": nothing, "query grace": nothing, "query dry_run": nothing,
}

// consoleMild are attempts that are not answered by 401, 403 or 404, each for a reason.
var consoleMild = map[string]struct {
	status int
	why    string
}{
	"discard-dead-letters body ids": {200, "it counts those that were there: none"},
	"retry-dead-letters body ids":   {200, "it counts those that were there: none"},
}

// TestConsoleAPI_IsConfinedToTheTenantsOfItsToken tries each operation of both documents as an operator of one tenant.
func TestConsoleAPI_IsConfinedToTheTenantsOfItsToken(t *testing.T) {
	each(t, "console API", func(t *testing.T, w *world) {
		want := 0
		for api, base := range map[string]string{"console API": "/v1", "compatible API": ""} {
			at := func(h *house) *testenv.Admin {
				a := h.operators.With("Accept", "*/*")
				a.Base += base
				return a
			}
			for _, o := range contract.Read(t, at(w.shop).Get(t, "/openapi.json").Body).Operations() {
				own := consoleRequest(o, w.shop)
				want += w.namesOfAnother(t, api, o, own, consoleNames, func(p contract.Place) string { return consoleKind(o, p) },
					func(r contract.Request) testenv.Response { return send(t, at(w.shop), r) })
				want += w.consoleCredentials(t, api, o, own, at)
				w.unchanged(t, o.Route())
			}
		}
		require.Equal(t, want, sum(w.checks), "checks were left out")
	})
}

func consoleKind(o *contract.Operation, p contract.Place) string {
	kind := consoleNames[p.String()]
	if kind != "after" {
		return kind
	}
	switch {
	case strings.HasSuffix(o.Path, "/dead-letters"):
		return "dead letter"
	case strings.HasSuffix(o.Path, "/users"):
		return "user"
	case strings.HasSuffix(o.Path, "/timeline"):
		return "audit record"
	}
	return "tenant"
}

// consoleRequest is a request about the house's own things.
func consoleRequest(o *contract.Operation, h *house) contract.Request {
	r := o.Example()
	if r.Media != "" && r.Body == nil {
		r.Body = map[string]any{}
	}
	for _, p := range o.Places() {
		if kind := consoleKind(o, p); kind != nothing && (p.In == "path" || p.In == "body") {
			r = r.Put(p, h.things[kind])
		}
	}
	body, _ := r.Body.(map[string]any)
	if strings.HasPrefix(o.ID, "compatible-") && body != nil {
		body["config"] = map[string]any{}
	}
	if strings.Contains(o.Path, "/saml/providers") && body != nil {
		for _, name := range []string{"config", "metadata_xml", "metadata_certificate", "attribute_map"} {
			delete(body, name)
		}
		body["metadata_url"] = "http://127.0.0.1:1/metadata"
	}
	return r
}

// consoleCredentials tries an operation with what opens another door.
func (w *world) consoleCredentials(t *testing.T, api string, o *contract.Operation, own contract.Request, at func(*house) *testenv.Admin) (tried int) {
	t.Helper()
	aboutTenant := strings.Contains(o.Path, "{id}")
	for what, c := range map[string]string{
		"as an operator of another tenant": bearer(w.bank.operators),
		"with an API key of the tenant":    bearer(w.shop.admin),
		"with an API key of another":       bearer(w.bank.admin),
		"with a session of the tenant":     "Bearer " + w.shop.session.Token,
		"with a session of another":        "Bearer " + w.bank.session.Token,
		"with a cookie alone":              "",
	} {
		what = o.Route() + " " + what
		if c == bearer(w.bank.operators) && !aboutTenant {
			continue
		}
		client := at(w.shop).With("Authorization", c).With("Cookie", "hanko="+w.bank.session.Token)
		r := w.try(t, api+": credentials", what, func() testenv.Response { return send(t, client, own) })
		w.refused(t, r, own.Target()+string(own.Payload())+c+w.bank.session.Token, what)
		tried++
	}
	if aboutTenant {
		return tried
	}
	if o.Method != http.MethodGet && slices.ContainsFunc(o.Places(), func(p contract.Place) bool { return consoleKind(o, p) != nothing }) {
		return tried // it may change what is her own; what is not was tried above
	}
	what := o.Route() + " as an operator of one tenant"
	r := w.try(t, api+": about no tenant", what, func() testenv.Response { return send(t, at(w.shop), own) })
	said := own.Target() + string(own.Payload())
	if o.Method != http.MethodGet {
		w.refused(t, r, said, what)
		return tried + 1
	}
	require.Contains(t, []int{200, 401, 403, 404}, r.Status, "%s: %s", what, r.Body)
	w.hides(t, w.bank, r, said, what)
	return tried + 1
}
