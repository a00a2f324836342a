package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

type keyKey struct{}

var (
	errNoTenant    = problem.NotFound("tenant_not_found", "Not Found")
	errBadTenantID = problem.Invalid("malformed_tenant_id", "the first path segment must be the tenant's id")
	errSuspended   = problem.Forbidden("tenant_suspended", "the tenant is suspended")
	errSpent       = &problem.Error{Kind: problem.KindRateLimited, Code: "quota_exceeded", Message: "the tenant has made the API calls it may make in a day"}
	errReadOnly    = problem.Forbidden("tenant_read_only", "the tenant is read-only")
)

// tenant finds out whose request it is by its API key, insists that the path says the same, and takes the tenant's id off the path. What is
// wrong is told in this order: the key (401), the form of the id (400), the tenant (404), its status (403).
func (s *Server) tenant(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, err := s.o.APIKeys.Authenticate(r.Context(), middleware.Bearer(r.Header.Get("Authorization")))
		if err != nil {
			if errors.Is(err, tenants.ErrBadToken) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="latchkeep"`)
			}
			s.refuse(w, r, err)
			return
		}
		id, base, rest := tenants.SingleID, "", r.URL.Path
		if !s.o.Single {
			segment, after := middleware.Cut(r.URL.Path)
			if id, err = uuid.Parse(segment); err != nil || len(segment) != 36 {
				s.refuse(w, r, errBadTenantID)
				return
			}
			base, rest = "/"+segment, after
		}
		if id != key.TenantID || rest == "" {
			s.refuse(w, r, errNoTenant)
			return
		}
		t, err := s.o.Registry.ByID(r.Context(), id)
		switch {
		case err != nil:
			s.refuse(w, r, err)
			return
		case t.Suspended():
			s.refuse(w, r, errSuspended)
			return
		case t.ReadOnly() && r.Method != http.MethodGet && r.Method != http.MethodHead:
			s.refuse(w, r, errReadOnly)
			return
		}
		if until, over := t.Quotas.Over(quota.APICalls, time.Now()); over {
			s.refuse(w, r, errSpent.After(time.Until(until)))
			return
		}
		s.o.Calls.Count(t.ID, usage.AdminCalls)
		req := middleware.From(r.Context())
		req.Tenant, req.Base = t, base
		r = r.WithContext(context.WithValue(r.Context(), keyKey{}, key))
		next.ServeHTTP(w, middleware.Strip(r, base, rest))
	})
}

// refuse answers where no operation did.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if problem.HTTPStatus(err) >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		s.o.Log.ErrorContext(r.Context(), "request failed", "error", err)
	}
	problem.WriteCompatible(w, err)
}

// authorize lets in whose key has the operation's scope. An operation that names no scope lets nobody in.
func (s *Server) authorize(ctx huma.Context, next func(huma.Context)) {
	needed, _ := ctx.Operation().Metadata[scopeKey].(string)
	if needed == "" || !keyOf(ctx.Context()).Scopes.Allow(needed) {
		err := problem.Forbidden("insufficient_scope", "the API key needs the scope "+needed)
		_ = huma.WriteErr(s.api, ctx, http.StatusForbidden, "authorize", err) // logged by huma where the client has gone
		return
	}
	next(ctx)
}

// keyOf is the API key of the request.
func keyOf(ctx context.Context) tenants.APIKey {
	key, _ := ctx.Value(keyKey{}).(tenants.APIKey)
	return key
}

// tenantOf is the tenant of the request.
func tenantOf(ctx context.Context) *tenants.Tenant { return middleware.From(ctx).Tenant }

// isBase says whether a path belongs to no tenant.
func isBase(path string) bool {
	switch path {
	case "/", "/favicon.ico", "/health/alive", "/health/ready", "/openapi.json", "/openapi.yaml":
		return true
	}
	return false
}
