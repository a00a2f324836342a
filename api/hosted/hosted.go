// Package hosted is the sign-in page that a tenant serves by itself, and the account of who is signed in: hanko-elements in the tenant's colours.
//
// It shows what the tenant's configuration says and knows no user: everything about people is between the elements and the public API.
package hosted

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/pkg/elements"
	"github.com/latchkeep/latchkeep/tenants"
)

//go:embed assets templates
var files embed.FS

// Prefix is where the page's own files are, below a tenant's address.
const Prefix = "/_/hosted/"

// Pages are the pages of all tenants. They are safe for concurrent use.
type Pages struct {
	allows  func(t *tenants.Tenant, page string) (bool, error)
	page    *template.Template
	version string // changes when a file does
}

// New makes the pages; allows says which pages a tenant lets sign-ins return to.
func New(allows func(t *tenants.Tenant, page string) (bool, error)) *Pages {
	return &Pages{
		allows:  allows,
		page:    template.Must(template.ParseFS(files, "templates/page.html")),
		version: version(),
	}
}

// version is made of all files, so that a browser that keeps some of them never mixes two programs.
func version() string {
	sum := sha256.New()
	for _, name := range []string{"hosted.css", "hosted.js"} {
		content, err := files.ReadFile("assets/" + name)
		if err != nil {
			panic("hosted: the assets are embedded: " + err.Error())
		}
		sum.Write(content)
	}
	for _, name := range []string{elements.Script, elements.Texts} {
		sum.Write([]byte(elements.Version(name)))
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:9])
}

// Assets serves what the pages load, below Prefix and the version.
func (p *Pages) Assets() http.Handler {
	root, err := fs.Sub(files, "assets")
	if err != nil {
		panic("hosted: the assets are embedded: " + err.Error())
	}
	own, components := http.FileServerFS(root), elements.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		files := own
		switch name {
		case "hosted.css", "hosted.js":
		case elements.Script, elements.Texts:
			files = components
		default:
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // the address has the version
		files.ServeHTTP(w, middleware.Strip(r, "", "/"+name))
	})
}

// view is what the template shows.
type view struct {
	Kind      string // sign-in or profile
	Title     string
	Logo      template.URL
	Element   string // of hanko-elements
	Language  string // as in lang
	Speaks    string // Language as the element names it
	Words     words
	Languages []choice
	Assets    string
	Base      string // of the tenant's API: a path, without trailing slash
	ReturnTo  string
	SignIn    string
	Profile   string
	Cookie    string
	Storage   string
	Terms     string
	Privacy   string
	Colors    [2]colors
}

// colors are those of a page; they were checked to be nothing but colours.
type colors struct{ Background, Text, Brand, BrandText template.CSS }

// A choice is a language to change to.
type choice struct {
	Code, Name, Href string
	Chosen           bool
}

// SignIn serves the sign-in page. Who is signed in goes on to return_to, where the tenant allows that page, else to the account.
func (p *Pages) SignIn(w http.ResponseWriter, r *http.Request) { p.serve(w, r, "sign-in") }

// Profile serves the account of who is signed in; others go to the sign-in page.
func (p *Pages) Profile(w http.ResponseWriter, r *http.Request) { p.serve(w, r, "profile") }

func (p *Pages) serve(w http.ResponseWriter, r *http.Request, kind string) {
	v, err := p.view(r, kind)
	var page bytes.Buffer
	if err == nil {
		err = p.page.Execute(&page, v)
	}
	if err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(page.Len()))
	h.Set("Content-Language", v.Language)
	h.Set("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", policy(string(v.Logo)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(page.Bytes()) // the client is gone
}

// policy lets a page load its own files and its logo, and be framed by nobody. The elements bring their styles along, inline.
func policy(logo string) string {
	images := "'self' data:"
	if u, err := url.Parse(logo); err == nil && u.Scheme == "https" {
		images += " https://" + u.Host // checked with the configuration: nothing but a host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src " + images + "; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

func (p *Pages) view(r *http.Request, kind string) (view, error) {
	req := middleware.From(r.Context())
	t, base := req.Tenant, req.Base
	c := t.Config.HostedPage
	query := r.URL.Query()
	language := choose(c.Languages, query.Get("lang"), r.Header.Get("Accept-Language"))
	v := view{
		Kind: kind, Title: c.Title, Logo: template.URL(c.Logo), //nolint:gosec // checked with the configuration
		Element: element(kind, t), Language: language, Speaks: strings.ReplaceAll(language, "-", ""),
		Words: texts[language], Assets: base + Prefix + p.version + "/", Base: base, Cookie: t.Config.SessionCookieName(), Storage: "latchkeep-" + t.ID.String(),
		Terms: c.TermsURL, Privacy: c.PrivacyURL, Colors: [2]colors{of(c.Light), of(c.Dark)},
	}
	if v.Title == "" {
		v.Title = t.Config.Service.Name
	}
	keep := url.Values{}
	if to := query.Get("return_to"); to != "" {
		allowed, err := p.allows(t, to)
		if err != nil {
			return v, err
		}
		if allowed {
			v.ReturnTo = to
			keep.Set("return_to", to)
		}
	}
	for _, code := range offered(c.Languages) {
		keep.Set("lang", code)
		v.Languages = append(v.Languages, choice{code, texts[code].Name, "?" + keep.Encode(), code == language})
	}
	keep.Del("lang")
	if query.Get("lang") == language {
		keep.Set("lang", language)
	}
	v.SignIn, v.Profile = with(base+"/sign-in", keep), with(base+"/profile", keep)
	return v, nil
}

// element names what a page shows. Where nobody can sign up, nobody is asked to.
func element(kind string, t *tenants.Tenant) string {
	switch {
	case kind == "profile":
		return "hanko-profile"
	case t.Config.Account.AllowSignup && !t.ReadOnly():
		return "hanko-auth"
	default:
		return "hanko-login"
	}
}

func with(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}
