package middleware

import (
	"net/http"
	"strings"

	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/tenants"
)

// maxTokens bounds how many tokens of one request are looked at.
const maxTokens = 4

// tokens are what a request offers to prove a session: bearer tokens first (RFC 6750 §2.1), then cookies of the tenant's name. A token
// without "Bearer" is none.
func tokens(r *http.Request, t *tenants.Tenant) []string {
	var found []string
	for _, value := range r.Header.Values("Authorization") {
		if token := Bearer(value); token != "" {
			found = append(found, token)
		}
	}
	found = append(found, SessionCookies(r, t)...)
	return found[:min(len(found), maxTokens)]
}

// SessionCookies are the tokens in a request's cookies of the tenant's name.
func SessionCookies(r *http.Request, t *tenants.Tenant) []string {
	var found []string
	for _, cookie := range r.CookiesNamed(session.CookieName(t)) {
		if cookie.Value != "" && len(found) < maxTokens {
			found = append(found, cookie.Value)
		}
	}
	return found
}

// Bearer is the token of an Authorization header (RFC 6750 §2.1), or empty.
func Bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
