package middleware

import (
	"net/http"
	"strings"

	"github.com/latchkeep/latchkeep/tenants"
)

// maxOrigin bounds the origins that are compared with patterns.
const maxOrigin = 261

const (
	allowedMethods = "GET,POST,PUT,PATCH,DELETE,OPTIONS"
	exposedHeaders = "Retry-After,X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,X-Session-Lifetime,X-Session-Retention"
)

// CORS answers preflight requests and allows a tenant's origins to read its answers (Fetch standard, CORS protocol). An origin that is not
// allowed gets normal answers without the headers.
func CORS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := From(r.Context()).Tenant
		policy, _ := tenants.Memo(t, policyKey{}, func() (*policy, error) { return newPolicy(t), nil })
		h := w.Header()
		h.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		allowed := origin != "" && policy.allows(origin)
		if allowed {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Allow-Credentials", "true")
		}
		if r.Method != http.MethodOptions {
			if allowed {
				h.Set("Access-Control-Expose-Headers", policy.expose)
			}
			next.ServeHTTP(w, r)
			return
		}
		if allowed {
			h.Add("Vary", "Access-Control-Request-Method")
			h.Add("Vary", "Access-Control-Request-Headers")
			h.Set("Access-Control-Allow-Methods", allowedMethods)
			if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
				h.Set("Access-Control-Allow-Headers", asked)
			}
			h.Set("Access-Control-Max-Age", "7200")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

type policyKey struct{}

// A policy is a tenant's CORS setting, ready to be asked.
type policy struct {
	any      bool
	exact    map[string]bool
	patterns []string
	expose   string
}

func newPolicy(t *tenants.Tenant) *policy {
	p := &policy{exact: map[string]bool{}, expose: exposedHeaders}
	if t.Config.Session.EnableAuthTokenHeader {
		p.expose += ",X-Auth-Token"
	}
	for _, o := range t.Config.CORS.AllowOrigins {
		switch {
		case o == "*":
			p.any = t.Config.CORS.UnsafeWildcardOriginAllowed
		case strings.ContainsAny(o, "*?"):
			p.patterns = append(p.patterns, o)
		default:
			p.exact[o] = true
		}
	}
	return p
}

func (p *policy) allows(origin string) bool {
	if p.any || p.exact[origin] {
		return true
	}
	if len(origin) > maxOrigin || !strings.Contains(origin, "://") {
		return false
	}
	for _, pattern := range p.patterns {
		if match(pattern, origin) {
			return true
		}
	}
	return false
}

// match compares a text with a pattern: * is any run of characters, ? is one. It takes time proportional to their lengths' product at most.
func match(pattern, text string) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]) && pattern[p] != '*':
			p++
			t++
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
