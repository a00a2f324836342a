// Package public serves a tenant's public API: flows, sessions, keys and health. It is what apps and browsers talk to.
//
// Handlers translate between HTTP and the domain and hold no rule of it. Every operation is part of the OpenAPI document, the flows too.
package public

import (
	"log/slog"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/federation/roundtrip"
	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/problem/humaproblem"
	"github.com/latchkeep/latchkeep/tenants"
)

// Options are what the API works with.
type Options struct {
	Flows    *flows.Flows
	Sessions *session.Service
	Users    *user.Directory
	SAML     *saml.Room
	// RoundTrip takes browsers back from OAuth providers.
	RoundTrip *roundtrip.Room
	// Ready reports whether requests can be served.
	Ready   func(r *http.Request) error
	Version string
	Log     *slog.Logger
	// Front serves a tenant's front page instead of the plain one; optional.
	Front func(w http.ResponseWriter, r *http.Request, t *tenants.Tenant, base string)
	// Pages serves what the front page loads and links to, below /_/; optional.
	Pages http.Handler
	// Base serves what belongs to no tenant, beyond health and documents; optional.
	Base http.Handler
}

// A Server serves the public API of every tenant. The tenant is in the request's context.
type Server struct {
	flows    *flows.Flows
	sessions *session.Service
	users    *user.Directory
	options  Options
	router   chi.Router
	api      huma.API
	document func() ([]byte, error)
}

// New builds the API.
func New(o Options) *Server {
	s := &Server{flows: o.Flows, sessions: o.Sessions, users: o.Users, options: o, router: chi.NewRouter()}
	s.router.Use(middleware.Routed)
	c := apiConfig(o.Version)
	describeErrors := humaproblem.Configure(&c, humaproblem.Compatible, o.Log)
	s.api = humachi.New(s.router, c)
	s.api.UseMiddleware(describeErrors)
	for _, name := range flows.Names() {
		s.router.HandleFunc("/"+name, s.flowHandler(name))
	}
	s.registerSessions()
	s.registerUsers()
	s.registerThirdParty()
	s.registerKeys()
	s.registerRelatedOrigins()
	s.registerSAML()
	s.registerHealth()
	s.registerHosted()
	s.router.Get("/", s.front)
	if o.Pages != nil {
		s.router.Handle("/_/*", o.Pages)
	}
	s.router.NotFound(notFound)
	s.router.MethodNotAllowed(notFound)
	s.document = sync.OnceValues(func() ([]byte, error) { return documentOf(o) })
	return s
}

// documentOf makes the document of the API. What describes the flows is megabytes that serving does not need, so it is made of a server of its own,
// when somebody asks.
func documentOf(o Options) ([]byte, error) {
	doc := New(o).api.OpenAPI()
	documentFlows(doc, o.Flows)
	return doc.MarshalJSON()
}

// ServeHTTP serves a request of a tenant.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if t := middleware.From(r.Context()).Tenant; t.Suspended() && !servedWhenSuspended(r.URL.Path) {
		writeError(w, http.StatusForbidden)
		return
	}
	s.router.ServeHTTP(w, r)
}

// servedWhenSuspended lists what a suspended tenant still answers: its verification keys, and flows, which refuse in their own shape.
func servedWhenSuspended(path string) bool {
	if path == "/.well-known/jwks.json" || path == "/health/alive" || path == "/health/ready" {
		return true
	}
	for _, name := range flows.Names() {
		if path == "/"+name {
			return true
		}
	}
	return false
}

func notFound(w http.ResponseWriter, _ *http.Request) { writeError(w, http.StatusNotFound) }

// front answers at the tenant's root: that there is an API, for people who look.
func (s *Server) front(w http.ResponseWriter, r *http.Request) {
	req := middleware.From(r.Context())
	if s.options.Front != nil {
		s.options.Front(w, r, req.Tenant, req.Base)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	status, line := http.StatusOK, "This sign-in service is up."
	if s.options.Ready != nil {
		if err := s.options.Ready(r); err != nil {
			status, line = http.StatusInternalServerError, "This sign-in service is not available just now."
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">" +
		"<title>Status</title><body style=\"font:16px system-ui;margin:15vh auto;max-width:30rem;padding:0 1rem\"><p>" + line + "</p>")) // the client is gone
}

// OpenAPI is the document of the API as JSON.
func (s *Server) OpenAPI() ([]byte, error) { return s.document() }
