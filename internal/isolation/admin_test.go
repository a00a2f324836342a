package isolation_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/contract"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// nothing is what a parameter names that says how, not what.
const nothing = ""

// adminNames say what the parameters of the admin API name, by kind of things. A new one has to be said here.
var adminNames = map[string]string{
	"path user_id": "user", "path email_id": "email", "path session_id": "session", "path credential_id": "passkey", "path job_id": "job",
	"path delivery_id": "delivery", "path id": "webhook",
	"query user_id": "user", "query actor_user_id": "user", "query endpoint": "endpoint",
	"query email": "address", "query exact_email": "address", "query email_prefix": "address", "query actor_email": "address", "query q": "address",
	"query username": "username", "query username_prefix": "username",
	"query cursor": "cursor", "header Idempotency-Key": "idempotency key", "header If-Match": "entity tag", "header If-None-Match": "entity tag",
	"header Last-Event-ID": "audit record",
	"body user_id":         "user", "body user_ids": "user", "body id": "user", "body endpoint": "endpoint", "body []id": "user", "body [].id": "user",
	"query page": nothing, "query per_page": nothing, "query sort_direction": nothing, "query start_time": nothing, "query end_time": nothing, "query type": nothing,
	"query meta_source_ip": nothing, "query format": nothing, "query skip_invalid": nothing, "query keep_existing": nothing, "query dry_run": nothing,
	"query metadata_key": nothing, "query metadata_value": nothing, "query blocked": nothing, "query created_after": nothing, "query created_before": nothing,
	"query event": nothing, "query state": nothing, "query from": nothing, "query to": nothing,
}

// adminMild are attempts that are not answered by 401, 403 or 404, each for a reason.
var adminMild = map[string]struct {
	status int
	why    string
}{
	"list-emails path user_id":   {200, "the list of nobody's addresses is empty. Spec: rest-admin"},
	"create-user body id":        {409, "ids of users are unique in a deployment; an id is no secret"},
	"delete-users body user_ids": {200, "each id has an answer of its own, which says that there is nobody"},
}

// TestAdminAPI_ReachesNothingOfAnotherTenant tries each operation with each thing of the other tenant, and with the credentials of others.
func TestAdminAPI_ReachesNothingOfAnotherTenant(t *testing.T) {
	each(t, "admin API", func(t *testing.T, w *world) {
		document := contract.Read(t, w.shop.admin.Root().Get(t, "/openapi.json").Body)
		want := 0
		for _, o := range document.Operations() {
			own := adminRequest(o, w.shop)
			want += w.namesOfAnother(t, "admin API", o, own, adminNames, func(p contract.Place) string { return adminKind(o, p) },
				func(r contract.Request) testenv.Response { return send(t, w.shop.admin, r) })
			want += w.adminCredentials(t, o, own)
			w.unchanged(t, o.Route())
		}
		require.Equal(t, want, sum(w.checks), "checks were left out")
	})
}

// adminKind says what a place names.
func adminKind(o *contract.Operation, p contract.Place) string {
	if p.In == "path" && p.Name == "id" && strings.Contains(o.Path, "/endpoints/") {
		return "endpoint"
	}
	if p.String() == "query cursor" {
		return "cursor of " + o.ID
	}
	return adminNames[p.String()]
}

// adminRequest is a request about the house's own things.
func adminRequest(o *contract.Operation, h *house) contract.Request {
	r := o.Example()
	for _, p := range o.Places() {
		if kind := adminKind(o, p); kind != nothing && p.In == "path" {
			r = r.Put(p, h.things[kind])
		}
	}
	if body, ok := r.Body.(map[string]any); ok && o.ID == "create-user" {
		delete(body, "id")
		body["username"], body["emails"] = "new-one", []any{map[string]any{"address": "new@shop.example", "is_primary": true}}
	}
	if o.ID == "patch-metadata" {
		r.Body = map[string]any{"public_metadata": map[string]any{"plan": "free"}}
	}
	return r
}

// adminCredentials tries an operation with what opens another door.
func (w *world) adminCredentials(t *testing.T, o *contract.Operation, own contract.Request) (tried int) {
	t.Helper()
	theirs := adminRequest(o, w.bank)
	for what, c := range map[string]struct {
		base   *testenv.Admin
		bearer string
		about  contract.Request
	}{
		"with another tenant's key":                 {w.shop.admin, bearer(w.bank.admin), own},
		"with another tenant's key about her own":   {w.shop.admin, bearer(w.bank.admin), theirs},
		"at another tenant's path":                  {w.bank.admin, bearer(w.shop.admin), theirs},
		"at another tenant's path about her own":    {w.bank.admin, bearer(w.shop.admin), own},
		"with a session":                            {w.shop.admin, "Bearer " + w.shop.session.Token, own},
		"with another tenant's session":             {w.shop.admin, "Bearer " + w.bank.session.Token, own},
		"with a token of the tenant's operators":    {w.shop.admin, bearer(w.shop.operators), own},
		"with a token of another tenant's":          {w.shop.admin, bearer(w.bank.operators), own},
		"with no credentials, as another's browser": {w.shop.admin, "", own},
	} {
		what = o.Route() + " " + what
		client := c.base.With("Authorization", c.bearer).With("Cookie", "hanko="+w.bank.session.Token)
		r := w.try(t, "admin API: credentials", what, func() testenv.Response { return send(t, client, c.about) })
		w.refused(t, r, c.about.Target()+string(c.about.Payload())+c.base.Base+c.bearer+w.bank.session.Token, what)
		tried++
	}
	return tried
}

func bearer(a *testenv.Admin) string { return a.Header.Get("Authorization") }

// namesOfAnother puts the bank's things into each place of a request of the shop's, one at a time and all together.
func (w *world) namesOfAnother(t *testing.T, api string, o *contract.Operation, own contract.Request, names map[string]string, kindOf func(contract.Place) string,
	ask func(contract.Request) testenv.Response,
) (tried int) {
	t.Helper()
	all, paths := own, 0
	for _, p := range o.Places() {
		_, said := names[p.String()]
		require.True(t, said, "say in the test what %s of %s names", p, o.Route())
		kind := kindOf(p)
		if kind == nothing || (p.In == "query" || p.In == "header") && o.Method != http.MethodGet {
			continue // what says how to change one's own things is tried in TestTokens
		}
		theirs, ok := w.bank.things[kind]
		require.True(t, ok, "%s has no %s", w.bank.Slug, kind)
		r := own.Put(p, theirs)
		if p.In == "path" {
			all = all.Put(p, theirs)
			paths++
		}
		w.oneName(t, api, o, p, r, ask)
		tried++
	}
	if paths > 1 {
		what := o.Route() + " with all names of another tenant"
		r := w.try(t, api+": path", what, func() testenv.Response { return ask(all) })
		w.refused(t, r, all.Target()+string(all.Payload()), what)
		tried++
	}
	return tried
}

func (w *world) oneName(t *testing.T, api string, o *contract.Operation, p contract.Place, request contract.Request, ask func(contract.Request) testenv.Response) {
	t.Helper()
	what := o.Route() + " with another tenant's " + p.String()
	said := request.Target() + string(request.Payload())
	for _, values := range request.Header {
		said += strings.Join(values, " ")
	}
	mild, isMild := adminMild[o.ID+" "+p.String()]
	if m, ok := consoleMild[o.ID+" "+p.String()]; ok && api != "admin API" {
		mild, isMild = m, true
	}
	r := w.try(t, api+": "+p.In, what, func() testenv.Response { return ask(request) })
	switch {
	case isMild:
		require.Equal(t, mild.status, r.Status, "%s (%s): %s", what, mild.why, r.Body)
		w.hides(t, w.bank, r, said, what)
	case p.String() == "query cursor" && api == "admin API":
		require.Equal(t, http.StatusBadRequest, r.Status, "%s: it is no cursor of this list: %s", what, r.Body)
		w.hides(t, w.bank, r, said, what)
	case p.In == "query", p.In == "header":
		require.Contains(t, []int{200, 400, 401, 403, 404, 412}, r.Status, "%s: %s", what, r.Body)
		w.hides(t, w.bank, r, said, what)
	default:
		w.refused(t, r, said, what)
	}
}

// send sends a request; of a stream it reads what comes at once.
func send(t *testing.T, a *testenv.Admin, r contract.Request) testenv.Response {
	t.Helper()
	if r.Media != "" {
		a = a.With("Content-Type", r.Media)
	}
	for name := range r.Header {
		a = a.With(name, r.Header.Get(name))
	}
	if !strings.HasPrefix(r.Target(), "/audit_logs/tail") {
		return a.Send(t, r.Method, r.Target(), r.Payload())
	}
	res := a.Open(t, r.Target())
	defer res.Body.Close()
	body := make([]byte, 4<<10)
	n, _ := res.Body.Read(body)
	return testenv.Response{Status: res.StatusCode, Header: res.Header, Body: body[:n]}
}

func sum(counts map[string]int) (total int) {
	for _, n := range counts {
		total += n
	}
	return total
}
