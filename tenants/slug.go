package tenants

import (
	"regexp"
	"slices"

	"github.com/google/uuid"
)

var slugPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// reservedSlugs are host names that an operator needs for herself, or that would make a tenant look like a part of the service.
var reservedSlugs = []string{
	"account", "accounts", "admin", "administrator", "api", "assets", "auth", "autoconfig", "autodiscover", "cdn", "console",
	"dashboard", "docs", "email", "files", "ftp", "git", "health", "help", "identity", "imap", "internal", "latchkeep", "livez",
	"localhost", "login", "logout", "mail", "media", "metrics", "mx", "ns", "ns1", "ns2", "oauth", "openid", "ops", "operator",
	"operators", "pop", "pop3", "postmaster", "proxy", "public", "readyz", "register", "registration", "root", "saml",
	"security", "server", "session", "sessions", "signin", "signout", "signup", "smtp", "sso", "static", "status", "support",
	"system", "tenant", "tenants", "thirdparty", "token", "users", "v1", "v2", "webhooks", "webmail", "well-known", "wpad",
	"www", "www1", "www2",
}

// SlugProblem says why a slug cannot be chosen, or is empty. A slug is a DNS label (RFC 1123): it becomes a host name. Names that look like
// a UUID belong to the tenants made without a slug, and "xn--" to internationalised names, which could imitate others.
func SlugProblem(slug string) string {
	switch {
	case slug == "":
		return "must not be empty"
	case len(slug) > 63:
		return "must have at most 63 characters"
	case !slugPattern.MatchString(slug):
		return "must be a DNS label: lower-case letters a-z, digits and hyphens, not starting or ending with a hyphen"
	case len(slug) > 3 && slug[2:4] == "--":
		return "must not have hyphens in the third and fourth place"
	case looksLikeUUID(slug):
		return "must not look like a UUID"
	case slices.Contains(reservedSlugs, slug):
		return "is reserved"
	}
	return ""
}

// plausibleSlug reports whether a host label could be a slug at all, so that nonsense never reaches the database.
func plausibleSlug(s string) bool { return len(s) <= 63 && slugPattern.MatchString(s) }

func looksLikeUUID(s string) bool {
	_, err := uuid.Parse(s)
	return err == nil
}
