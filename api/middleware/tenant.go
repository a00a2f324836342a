package middleware

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// A Resolver finds the tenant that a request is for: by its host, else by the first segment of its path. No header that a client may set
// freely takes part.
type Resolver struct {
	registry *tenants.Registry
	single   bool
	log      *slog.Logger
	calls    *usage.Calls
}

// NewResolver finds tenants in a registry. With single there is one, at every address.
func NewResolver(registry *tenants.Registry, single bool, log *slog.Logger) *Resolver {
	return &Resolver{registry: registry, single: single, log: log}
}

// Counting has the requests of tenants counted, but not what browsers ask beforehand (CORS).
func (v *Resolver) Counting(calls *usage.Calls) *Resolver {
	v.calls = calls
	return v
}

// Tenant resolves the tenant, takes its prefix off the path and hands the request on. base serves what belongs to no tenant.
func (v *Resolver) Tenant(base, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := From(r.Context())
		if v.single {
			v.serve(w, r, next, func() (*tenants.Tenant, error) { return v.registry.ByID(r.Context(), tenants.SingleID) })
			return
		}
		t, err := v.registry.ByHost(r.Context(), r.Host)
		switch {
		case err == nil:
			v.serve(w, r, next, func() (*tenants.Tenant, error) { return t, nil })
			return
		case !errors.Is(err, tenants.ErrNotFound):
			v.fail(w, r, err)
			return
		case v.isTenantHost(r.Host):
			problem.WriteCompatible(w, problem.NotFound("tenant_not_found", "Not Found"))
			return
		}
		segment, rest := Cut(r.URL.Path)
		if isBase(r.URL.Path) {
			base.ServeHTTP(w, r)
			return
		}
		id, err := uuid.Parse(segment)
		if err != nil || len(segment) != 36 {
			problem.WriteCompatible(w, problem.Invalid("malformed_tenant_id", "the first path segment must be the tenant's id"))
			return
		}
		if rest == "" { // the tenant's root is "/{tenant_id}/": without the slash, relative links would leave it
			problem.WriteCompatible(w, problem.NotFound("not_found", "Not Found"))
			return
		}
		req.Base = "/" + segment
		v.serve(w, Strip(r, req.Base, rest), next, func() (*tenants.Tenant, error) { return v.registry.ByID(r.Context(), id) })
	})
}

func (v *Resolver) serve(w http.ResponseWriter, r *http.Request, next http.Handler, find func() (*tenants.Tenant, error)) {
	t, err := find()
	if err != nil {
		v.fail(w, r, err)
		return
	}
	if t.System() { // it is the console's
		v.fail(w, r, tenants.ErrNotFound)
		return
	}
	if r.Method != http.MethodOptions {
		v.calls.Count(t.ID, usage.PublicCalls)
	}
	Enter(r, t, From(r.Context()).Base)
	next.ServeHTTP(w, r)
}

// Enter makes a request one of a tenant's, who is served below base.
func Enter(r *http.Request, t *tenants.Tenant, base string) {
	req := From(r.Context())
	req.Tenant, req.Base = t, base
	req.Client.Tokens = tokens(r, t)
	if cookie, err := r.Cookie(t.Config.MFA.DeviceTrustCookieName); err == nil {
		req.Client.DeviceTrust = cookie.Value
	}
}

func (v *Resolver) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, tenants.ErrNotFound) {
		problem.WriteCompatible(w, problem.NotFound("tenant_not_found", "Not Found"))
		return
	}
	if r.Context().Err() == nil {
		v.log.ErrorContext(r.Context(), "a tenant cannot be read", "host", r.Host, "error", err)
	}
	problem.WriteCompatible(w, problem.Unavailable("tenant_unavailable", err).After(time.Second))
}

// isTenantHost says whether a host lies below the base domain, so that only a tenant could have it.
func (v *Resolver) isTenantHost(host string) bool {
	domain := v.registry.Addresses().Domain()
	if domain == "" {
		return false
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.HasSuffix(strings.ToLower(host), "."+domain)
}

// isBase says whether a path belongs to no tenant: the index, health, documents and what the pages there load.
func isBase(path string) bool {
	switch path {
	case "/", "/favicon.ico", "/robots.txt", "/health/alive", "/health/ready":
		return true
	}
	return strings.HasPrefix(path, "/_/")
}

// Cut takes the first segment off a path.
func Cut(path string) (segment, rest string) {
	segment, rest, found := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !found {
		return segment, ""
	}
	return segment, "/" + rest
}

// Strip returns the request without a prefix of its path.
func Strip(r *http.Request, prefix, rest string) *http.Request {
	short := new(http.Request)
	*short = *r
	short.URL = new(url.URL)
	*short.URL = *r.URL
	short.URL.Path = rest
	short.URL.RawPath = strings.TrimPrefix(r.URL.RawPath, prefix)
	return short
}
