// Package admin serves a tenant's admin API: what its back ends do with users, their credentials and sessions, webhooks and the audit log.
//
// Every request carries an API key, which decides the tenant; an operation that names no scope lets nobody in. Handlers translate between
// HTTP and auth/management and hold no rule of it. Routes, bodies and statuses are those of Hanko's admin API (Spec: rest-admin), with
// additions that its clients do not notice.
package admin

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/idempotency"
	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/problem/humaproblem"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// maxBody is the most a request's body may have.
const maxBody = 1 << 20

// Options are what the API needs; all but Calls are required.
type Options struct {
	Registry   *tenants.Registry
	APIKeys    *tenants.APIKeys
	Management *management.Service
	Jobs       *transfer.Jobs
	Webhooks   *webhook.Room
	Audit      *audit.Log
	Tails      *audit.Tails
	// Idempotency keeps the answers to requests that clients may send again.
	Idempotency *idempotency.Keys
	// Calls counts requests; optional.
	Calls *usage.Calls
	// Single says that there is one tenant, whose API is at the root.
	Single  bool
	Ready   func(context.Context) error // whether the database answers
	Log     *slog.Logger
	Version string // of the program
}

// A Server serves the admin API of every tenant.
type Server struct {
	o      Options
	people *management.Service
	router chi.Router
	api    huma.API
	base   http.Handler // what belongs to no tenant
}

// New builds the API.
func New(o Options) *Server {
	s := &Server{o: o, people: o.Management, router: chi.NewRouter()}
	s.router.Use(middleware.Routed)
	notFound := humaproblem.Handler(humaproblem.Compatible, http.StatusNotFound, "not_found", "Not Found")
	s.router.NotFound(notFound.ServeHTTP)
	s.router.MethodNotAllowed(notFound.ServeHTTP)
	c := describeAPI(o.Version)
	use := humaproblem.Configure(&c, humaproblem.Compatible, o.Log)
	s.api = humachi.New(s.router, c)
	s.api.UseMiddleware(use, s.authorize, s.repeatable)
	s.userOperations()
	s.emailOperations()
	s.metadataOperations()
	s.credentialOperations()
	s.sessionOperations()
	s.webhookOperations()
	s.auditOperations()
	s.jobOperations()
	s.base = s.baseRoutes()
	return s
}

// ServeHTTP serves a request: of a tenant, or of none.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if isBase(r.URL.Path) {
		s.base.ServeHTTP(w, r)
		return
	}
	paging.KeepURL(s.tenant(s.router)).ServeHTTP(w, r)
}

// OpenAPI is the description of the API. It is also served at /openapi.json.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }
