package wire

import (
	"net/http"
	"time"

	"github.com/latchkeep/latchkeep/api/admin"
	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/api/public"
	consoleapi "github.com/latchkeep/latchkeep/console/api"
	"github.com/latchkeep/latchkeep/console/web"
	"github.com/latchkeep/latchkeep/pkg/clientip"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// Where the pages that show the APIs' documents are.
const (
	PublicDocs  = "/_/docs/"
	AdminDocs   = "/docs/"
	ConsoleDocs = "/docs/"
)

// Pages are what dev mode adds to the servers.
type Pages interface {
	// Base serves what belongs to no tenant on the public server.
	Base() http.Handler
	// Assets serves what the pages load, below /_/assets/ of either server and tenant.
	Assets() http.Handler
	// Tenant serves a tenant's front page; base is the path prefix of the tenant.
	Tenant(w http.ResponseWriter, r *http.Request, t *tenants.Tenant, base string)
	// Console serves pages below /dev/ of the console's server.
	Console() http.Handler
}

// handler returns the handler of a server.
func (a *App) handler(name string) http.Handler {
	switch name {
	case "public":
		return a.Public()
	case "admin":
		return a.Admin()
	case "console":
		return a.Console()
	case "http":
		return a.base("http", a.certificates.Plain())
	default:
		return a.Ops()
	}
}

func (a *App) base(server string, next http.Handler) http.Handler {
	ip := a.Settings.Server.IP
	return middleware.Base(middleware.Options{
		IP:        clientip.NewExtractor(ip.Extractor, ip.TrustedProxies),
		Log:       a.Log,
		LogHealth: a.Settings.Log.HealthAndMetrics,
		Server:    server,
		Metrics:   a.metrics,
		Traces:    a.traces,
	}, next)
}

// Public is what apps and browsers talk to.
func (a *App) Public() http.Handler {
	base := http.NewServeMux()
	o := public.Options{
		Flows: a.Flows, Sessions: a.Sessions, Users: a.Users, RoundTrip: a.RoundTrip, SAML: a.SAML, Version: a.options.Version, Base: base,
		Ready: func(r *http.Request) error { return a.healthy(r.Context()) }, // it is a page for people, who are served to the end
		Log:   a.Log,
	}
	pages := http.NewServeMux() // on the hosts of tenants, too, so that the document can be tried out there
	if p := a.options.Pages; p != nil {
		o.Front, o.Pages = p.Tenant, pages
		pages.Handle("/_/assets/", p.Assets())
		base.Handle("/", p.Base())
		base.Handle("/_/assets/", p.Assets())
	}
	if o.Front == nil {
		base.HandleFunc("/", notFound)
	}
	api := public.New(o)
	docs := documentPage("Latchkeep public API", PublicDocs, api.OpenAPI)
	base.Handle(PublicDocs, docs)
	pages.Handle(PublicDocs, docs)
	resolver := middleware.NewResolver(a.Registry, !a.Settings.MultiTenancy.Enabled, a.Log).Counting(a.Calls)
	return a.base("public", resolver.Tenant(api.Base(), middleware.CORS(api)))
}

// Admin is what back ends talk to.
func (a *App) Admin() http.Handler {
	api := admin.New(admin.Options{
		Registry: a.Registry, APIKeys: a.APIKeys, Management: a.Management, Webhooks: a.Webhooks, Idempotency: a.Idempotency, Jobs: a.Jobs,
		Audit: a.AuditLog, Tails: a.tails, Calls: a.Calls, Single: !a.Settings.MultiTenancy.Enabled,
		Ready: a.ready, Version: a.options.Version, Log: a.Log,
	})
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle(AdminDocs, documentPage("Latchkeep admin API", AdminDocs, func() ([]byte, error) { return api.OpenAPI().MarshalJSON() }))
	return a.base("admin", mux)
}

// Console is what operators talk to: the pages, and the API.
func (a *App) Console() http.Handler {
	pages := a.ConsolePages()
	api := consoleapi.New(consoleapi.Options{
		Tenants: a.Provisioner, Registry: a.Registry, APIKeys: a.APIKeys, Operators: a.OperatorTokens, People: a.Operators, Session: pages.Session,
		URL:        a.Settings.Console.BaseURL.String(),
		Management: a.Management, Mail: a.mailer, DeadLetters: a.DeadLetters, MailLog: a.MailLog,
		SAML: a.SAML, Usage: a.Usage, Allowance: a.Allowance,
		Domains: a.Domains, Reseal: a.Reseal, Audit: a.AuditLog, Bundles: a.Bundles, MaxImport: a.Settings.Tenants.MaxImport,
		Ready: a.ready, Version: a.options.Version, Log: a.Log,
	})
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle("/{$}", http.RedirectHandler(web.Base+"/", http.StatusSeeOther))
	mux.Handle(web.Base, http.RedirectHandler(web.Base+"/", http.StatusSeeOther))
	mux.Handle(web.Base+"/", pages)
	mux.Handle(ConsoleDocs, documentPage("Latchkeep console API", ConsoleDocs, func() ([]byte, error) { return api.OpenAPI().MarshalJSON() }))
	if p := a.options.Pages; p != nil {
		mux.Handle("/dev/", p.Console())
		mux.Handle("/_/assets/", p.Assets())
	}
	return a.base("console", mux)
}

// ConsolePages are the pages of the console, with the public API of the operators' own tenant.
func (a *App) ConsolePages() *web.Server {
	return web.New(web.Options{
		Tenants: a.Provisioner, Registry: a.Registry, Operators: a.Operators, OperatorTokens: a.OperatorTokens,
		People: a.Management, Audit: a.AuditLog, Tails: a.tails, Webhooks: a.Webhooks, Mail: a.mailer, DeadLetters: a.DeadLetters, MailLog: a.MailLog, APIKeys: a.APIKeys,
		Domains: a.Domains, Usage: a.Usage, Allowance: a.Allowance, Reseal: a.Reseal, SAML: a.SAML, Jobs: a.Jobs, Bundles: a.Bundles, MaxImport: a.Settings.Tenants.MaxImport,
		URL: a.Settings.Console.BaseURL.String(),
		SignIn: public.New(public.Options{
			Flows: a.Flows, Sessions: a.Sessions, Users: a.Users, RoundTrip: a.RoundTrip, SAML: a.SAML, Version: a.options.Version, Log: a.Log,
		}),
		Consequences: a.Management.Consequences,
		Log:          a.Log, Version: a.options.Version, Now: time.Now,
	})
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	problem.WriteCompatible(w, problem.NotFound("not_found", "there is no such route"))
}
