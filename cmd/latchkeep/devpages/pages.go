// Package devpages holds the pages that exist only in dev mode: the index, the demo sign-in page and the mail inbox.
//
// It serves embedded files and what it is handed; it decides nothing and is never part of a production server.
package devpages

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"github.com/latchkeep/latchkeep/pkg/elements"
)

//go:embed assets templates
var files embed.FS

// Pages renders the pages of dev mode.
type Pages struct {
	templates *template.Template
}

// New reads the embedded templates.
func New() (*Pages, error) {
	t, err := template.ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	return &Pages{templates: t}, nil
}

// Assets serves the scripts and styles below /_/assets/.
func (p *Pages) Assets() http.Handler {
	root, err := fs.Sub(files, "assets")
	if err != nil {
		panic("devpages: the assets are embedded: " + err.Error())
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(root))
	mux.Handle("/elements/", http.StripPrefix("/elements/", elements.Handler()))
	server := http.StripPrefix("/_/assets", mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		server.ServeHTTP(w, r)
	})
}

// Index is what the front page shows.
type Index struct {
	// Demo is the address of the demo page; Inbox, PublicDocs, ConsolePages … those of the others. Console is the base URL of the console API.
	Home, Demo, Inbox, PublicDocs, AdminDocs, ConsoleDocs, ConsolePages, Console, Ops string
	// DemoAdmin is the base URL of the demo tenant's admin API; empty where there is none.
	DemoAdmin          string
	TokenFile, KeyFile string
	Version            string
}

// Index serves the front page.
func (p *Pages) Index(data Index) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		p.render(w, http.StatusOK, "index.html", indexPage{data, strings.TrimSuffix(data.Demo, "/")})
	})
}

// indexPage adds the base URL of the demo tenant, as a page names it.
type indexPage struct {
	Index
	Tenant string
}

// Demo is what a tenant's demo page needs.
type Demo struct {
	Name string
	// API is the tenant's base URL as the browser sees it, without trailing slash.
	API string
	// Assets is the prefix of the page's scripts.
	Assets string
	Inbox  string
}

// Demo serves a tenant's sign-in page.
func (p *Pages) Demo(w http.ResponseWriter, data Demo) {
	p.render(w, http.StatusOK, "demo.html", data)
}

// render writes a page, or a plain 500: a half-written page would look like a whole one.
func (p *Pages) render(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := p.templates.ExecuteTemplate(&page, name, data); err != nil {
		http.Error(w, "the page cannot be rendered", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(page.Len()))
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "+
			"frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the client is gone
}
