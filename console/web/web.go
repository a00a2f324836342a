// Package web is the console: the pages with which operators run the deployment.
//
// Pages are rendered on the server and work without scripts, but for signing in; the scripts that there are come from this package. Each route says
// in its registration which scope it needs, and nothing is shown to who does not have it in the tenant that the page is about. Handlers translate
// and delegate: rules and queries live in tenants and auth, as those of the APIs do.
package web

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"

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
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/pkg/elements"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/domains"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

//go:generate go tool templ generate

// Base is where the pages are.
const Base = "/console"

// Options are what the console works with; all are required.
type Options struct {
	Tenants        *tenants.Provisioner
	Registry       *tenants.Registry
	Operators      *operator.Room
	People         *management.Service
	Audit          *audit.Log
	Tails          *audit.Tails
	Webhooks       *webhook.Room
	Mail           letter.Mailer
	DeadLetters    *deadletter.Room
	MailLog        *maillog.Room
	APIKeys        *tenants.APIKeys
	Domains        *domains.Room
	Usage          *usage.Room
	Allowance      *allowance.Keeper
	Reseal         *reseal.Room
	SAML           *saml.Room
	Jobs           *transfer.Jobs
	Bundles        *bundle.Room
	MaxImport      int64 // bytes of a bundle
	OperatorTokens *tenants.OperatorTokens
	// URL is where the console is, as browsers see it.
	URL string
	// Consequences are what a change of a tenant's configuration would mean for her people, in sentences.
	Consequences func(ctx context.Context, t *tenants.Tenant, after *config.Config) ([]string, error)
	// SignIn is the public API of the operators' tenant, without a prefix.
	SignIn  http.Handler
	Log     *slog.Logger
	Version string
	Now     func() time.Time
}

// A Server serves the console below Base.
type Server struct {
	o      Options
	router chi.Router
	csrf   *http.CrossOriginProtection
}

//go:embed assets
var files embed.FS

// New makes the console.
func New(o Options) *Server {
	s := &Server{o: o, router: chi.NewRouter(), csrf: http.NewCrossOriginProtection()}
	s.router.Use(middleware.Routed, headers, s.csrf.Handler, compressed)
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		panic("web: the assets are embedded: " + err.Error())
	}
	s.router.Route(Base, func(r chi.Router) {
		r.Handle("/assets/*", cached(http.StripPrefix(Base+"/assets/", http.FileServerFS(assets))))
		r.Handle("/elements/*", cached(http.StripPrefix(Base+"/elements/", elements.Handler())))
		r.Get("/sign-in", s.signIn)
		r.Get("/join", s.invitation)
		r.Post("/join", s.join)
		r.Post("/sign-out", s.signOut)
		for _, route := range s.Routes() {
			r.Method(route.Method, route.Pattern, s.guard(route))
		}
		r.NotFound(s.guard(Route{handle: func(*visit) error { return errNoPage }}).ServeHTTP)
	})
	return s
}

// ServeHTTP serves a page, or the API that the sign-in form speaks with.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, tenants.ConsoleAuthPath+"/") {
		s.auth(w, r)
		return
	}
	s.router.ServeHTTP(w, r)
}

// headers are those of every page. Only what comes from here is loaded and run, and no other site shows it in a frame.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy(""))
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// compressed compresses pages and what they load. A stream is sent as it comes.
func compressed(next http.Handler) http.Handler {
	small := chimiddleware.Compress(5, "text/html", "text/css", "text/javascript", "image/svg+xml")(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/tail") {
			next.ServeHTTP(w, r)
			return
		}
		small.ServeHTTP(w, r)
	})
}

// policy is the content security policy of a page; styles is what its styles may come from beside our own.
func policy(styles string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'" + styles + "; img-src 'self' data:; connect-src 'self'; form-action 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'"
}

// cached lets browsers keep what is part of the program and changes with it.
func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // addresses have a version
		next.ServeHTTP(w, r)
	})
}
