package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/pkg/elements"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// page is the address of a page.
func page(path string) templ.SafeURL { return templ.SafeURL(Base + path) }

// of is the address of a page of a tenant.
func of(t *tenants.Record, path string) templ.SafeURL { return page("/t/" + t.ID.String() + path) }

// versions are what tells browsers that a file is another than before.
var versions = fingerprints()

func fingerprints() map[string]string {
	found := map[string]string{}
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		panic("web: the assets are embedded: " + err.Error())
	}
	for _, e := range entries {
		content, err := fs.ReadFile(files, "assets/"+e.Name())
		if err != nil {
			panic("web: the assets are embedded: " + err.Error())
		}
		sum := sha256.Sum256(content)
		found[e.Name()] = base64.RawURLEncoding.EncodeToString(sum[:6])
	}
	return found
}

// asset is the address of a file that is part of the program.
func asset(name string) string { return Base + "/assets/" + name + "?v=" + versions[name] }

// elementsScript is the address of the sign-in form's components.
var elementsScript = Base + "/elements/" + elements.Script + "?v=" + elements.Version(elements.Script)

// A menuEntry is a page of a tenant that the menu leads to.
type menuEntry struct{ section, path, name, scope string }

var tenantEntries = []menuEntry{
	{"overview", "", "Overview", tenants.TenantsRead},
	{"people", "/people", "People", tenants.UsersRead},
	{"jobs", "/jobs", "Imports", tenants.UsersRead},
	{"settings", "/settings", "Settings", tenants.TenantsRead},
	{"domains", "/domains", "Domains", tenants.TenantsRead},
	{"keys", "/keys", "Keys", tenants.KeysRead},
	{"saml", "/saml", "SAML", tenants.TenantsRead},
	{"webhooks", "/webhooks", "Webhooks", tenants.WebhooksRead},
	{"mail", "/mail", "Mail", tenants.TenantsRead},
	{"audit", "/audit", "Audit log", tenants.AuditRead},
	{"usage", "/usage", "Usage", tenants.UsageRead},
}

// nameOf is what a tenant is called.
func nameOf(t *tenants.Record) string { return cmp.Or(t.Name, t.Slug) }

// heading is the title of a failure.
func heading(e *problem.Error) string {
	switch e.Kind.Status() {
	case http.StatusNotFound:
		return "Not found"
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusConflict:
		return "Not possible now"
	case http.StatusServiceUnavailable:
		return "Not available just now"
	}
	if e.Kind.Status() < http.StatusInternalServerError {
		return "That cannot be done"
	}
	return "Something went wrong"
}

// explanation says why, without anything internal.
func explanation(e *problem.Error) string {
	if e.Kind.Status() >= http.StatusInternalServerError {
		return "It was written to the log. Try again in a moment."
	}
	text := sentence(e.Message)
	for _, f := range e.Fields {
		text += " " + f.Path + " " + f.Reason + "."
	}
	return text
}

// moment is a time as people read it.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func momentOr(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return moment(*t)
}

// roleName is a role as people read it.
func roleName(r operator.Role) string {
	for _, o := range rolesOffered() {
		if o.Value == string(r) {
			return o.Label
		}
	}
	return string(r)
}

// scopesText are scopes as people read them.
func scopesText(scopes tenants.Scopes) string {
	if slices.Contains(scopes, tenants.AllScopes) {
		return "everything"
	}
	return strings.Join(scopes, ", ")
}
