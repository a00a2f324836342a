// Package api is the operators' API: tenants, their configuration and keys, under /v1, and the management API that is compatible with Hanko
// under /tenants.
//
// Every operation needs an operator token whose scope and tenants allow it. Handlers translate between HTTP and the package tenants; no rule
// and no query lives here. What an operation needs and answers is described in its registration, from which the OpenAPI documents come.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/allowance"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/auth/deadletter"
	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/letter"
	"github.com/latchkeep/latchkeep/auth/maillog"
	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/problem/humaproblem"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/domains"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// maxBody is the most a request's body may have: a configuration with many providers is far smaller.
const maxBody = 1 << 20

// Options are what the API needs; all but Session are required.
type Options struct {
	Tenants   *tenants.Provisioner
	Registry  *tenants.Registry
	APIKeys   *tenants.APIKeys
	Operators *tenants.OperatorTokens
	// People are the operators.
	People *operator.Room
	// URL is where the console is, as browsers see it.
	URL string
	// Session is who sends a request by her session in the console. Error: tenants.ErrBadToken for nobody. Optional.
	Session     func(r *http.Request) (*tenants.Principal, error)
	Management  *management.Service
	Mail        letter.Mailer
	DeadLetters *deadletter.Room
	MailLog     *maillog.Room
	SAML        *saml.Room
	Usage       *usage.Room
	Allowance   *allowance.Keeper
	Domains     *domains.Room
	Reseal      *reseal.Room
	Audit       *audit.Log
	Bundles     *bundle.Room
	MaxImport   int64                       // bytes of a bundle
	Ready       func(context.Context) error // whether the database answers
	Log         *slog.Logger
	Version     string // of the program
}

// An API is the console API and the compatible management API.
type API struct {
	o          Options
	router     chi.Router
	v1         huma.API
	compatible huma.API
}

// New makes the API.
func New(o Options) *API {
	a := &API{o: o, router: chi.NewRouter()}
	a.router.Use(middleware.Routed, noStore, paging.KeepURL)
	a.mountV1()
	a.mountCompatible()
	return a
}

// ServeHTTP answers /v1, /tenants, /health and, with a short page, /.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }

// OpenAPI is the description of /v1, for documentation pages. It is also served at /v1/openapi.json and /v1/openapi.yaml.
func (a *API) OpenAPI() *huma.OpenAPI { return a.v1.OpenAPI() }

// CompatibleOpenAPI is the description of the compatible management API. It is also served at /openapi.json and /openapi.yaml.
func (a *API) CompatibleOpenAPI() *huma.OpenAPI { return a.compatible.OpenAPI() }

func (a *API) mountV1() {
	v1 := chi.NewRouter()
	v1.NotFound(humaproblem.Handler(humaproblem.RFC9457, http.StatusNotFound, "not_found", "there is no such route").ServeHTTP)
	v1.MethodNotAllowed(humaproblem.Handler(humaproblem.RFC9457, http.StatusMethodNotAllowed, "method_not_allowed",
		"the route exists, but not with this method").ServeHTTP)
	c := a.config("Latchkeep console API", `Operators provision and manage tenants here.

Every request carries an operator token: `+"`Authorization: Bearer lko_…`"+`. A token has scopes, may be confined to some tenants, and may expire.
Instead, pages of the console's own origin may send the session of an operator who is signed in: what she may do follows from her roles.

Errors are problem details (RFC 9457) with a stable `+"`code`"+`. Configurations have an entity tag: send it back in `+"`If-Match`"+` and a change
that somebody else made meanwhile is not overwritten, but answered with 412. Without `+"`If-Match`"+` the last writer wins; every version is kept and can
be rolled back to.`)
	c.Servers = []*huma.Server{{URL: "/v1"}}
	use := humaproblem.Configure(&c, humaproblem.RFC9457, a.o.Log)
	a.v1 = humachi.New(v1, c)
	a.v1.UseMiddleware(use, a.authenticate)
	a.tenantOperations()
	a.bundleOperations()
	a.deletionOperations()
	a.templateOperations()
	a.configOperations()
	a.claimsOperations()
	a.mailOperations()
	a.deadLetterOperations()
	a.mailLogOperations()
	a.keyOperations()
	a.samlOperations()
	a.domainOperations()
	a.relyingPartyOperations()
	a.operatorOperations()
	a.personOperations()
	a.usageOperations()
	a.quotaOperations()
	a.masterKeyOperations()
	a.userOperations()
	a.router.Mount("/v1", v1)
}

func (a *API) mountCompatible() {
	notFound := humaproblem.Handler(humaproblem.Compatible, http.StatusNotFound, "not_found", "Not Found")
	a.router.NotFound(notFound.ServeHTTP)
	a.router.MethodNotAllowed(notFound.ServeHTTP)
	c := a.config("Latchkeep management API (compatible)", `The management API of Hanko's back end, as programs written for it expect it, with an operator token.

New programs should use the console API under /v1.`)
	use := humaproblem.Configure(&c, humaproblem.Compatible, a.o.Log)
	a.compatible = humachi.New(a.router, c)
	a.compatible.UseMiddleware(use, a.authenticate)
	a.compatibleOperations()
	a.compatibleSAMLOperations()
	a.statusRoutes()
}

func (a *API) config(title, description string) huma.Config {
	c := huma.DefaultConfig(title, a.o.Version)
	c.Info.Description = description
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"operator": {Type: "http", Scheme: "bearer", BearerFormat: tenants.OperatorTokenPrefix + "…", Description: "An operator token."},
	}
	c.Security = []map[string][]string{{"operator": {}}}
	return c
}

// noStore keeps what operators read out of caches.
func noStore(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// stamp is a time as the API shows it.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
