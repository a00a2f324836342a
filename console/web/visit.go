package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// A visit is a request of an operator who is signed in and may do what the route does.
type visit struct {
	w http.ResponseWriter
	r *http.Request
	s *Server

	Operator *operator.Operator
	Who      *tenants.Principal
	// Tenant is that of the page; nil for pages of none.
	Tenant *tenants.Record
	// Section is where the page is in the menu.
	Section string
}

var errNoPage = problem.NotFound("no_such_page", "There is no such page.")

// maxForm is the most a form may have.
const maxForm = 1 << 20

// guard lets in operators who are signed in and have a route's scope, and sends others to sign in. One who may see a tenant but not do this with it is
// told so; one who may not see it is told that it is not there.
func (s *Server) guard(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known, err := s.signedIn(r)
		switch {
		case errors.Is(err, tenants.ErrBadToken):
			toSignIn(w, r)
			return
		case err != nil:
			s.fail(&visit{w: w, r: r, s: s}, err)
			return
		}
		who := known.Principal()
		v := &visit{w: w, s: s, Operator: known, Who: who}
		v.r = r.WithContext(tenants.WithCaller(tenants.WithPrincipal(r.Context(), who), middleware.Caller(r.Context())))
		if !route.Large {
			v.r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		if err := v.enter(route); err != nil {
			s.fail(v, err)
			return
		}
		if err := route.handle(v); err != nil {
			s.fail(v, err)
		}
	})
}

// signedIn is who is signed in. Error: tenants.ErrBadToken for nobody.
func (s *Server) signedIn(r *http.Request) (*operator.Operator, error) {
	t, err := s.o.Registry.ByID(r.Context(), tenants.SystemID)
	if err != nil {
		return nil, err
	}
	c := middleware.From(r.Context()).Client
	c.Tokens = middleware.SessionCookies(r, t)
	o, _, err := s.o.Operators.SignedIn(r.Context(), c)
	return o, err
}

// Session is who sends a request with the session of an operator, for the console's API. Requests that other sites' pages send count for nothing.
func (s *Server) Session(r *http.Request) (*tenants.Principal, error) {
	if err := s.csrf.Check(r); err != nil {
		return nil, tenants.ErrBadToken
	}
	o, err := s.signedIn(r)
	if err != nil {
		return nil, err
	}
	return o.Principal(), nil
}

// enter checks whether the visitor may do what a route does, and finds the tenant.
func (v *visit) enter(route Route) error {
	if strings.Contains(route.Pattern, "{tenant}") {
		id, err := uuid.Parse(v.param("tenant"))
		if err != nil || !v.Who.May(tenants.TenantsRead, id) {
			return tenants.ErrNotFound
		}
		if v.Tenant, err = v.s.o.Tenants.Get(v.ctx(), id); err != nil {
			return err
		}
		if !v.Who.May(route.Scope, id) {
			return errForbidden
		}
		return nil
	}
	switch {
	case route.Scope == "", route.Anywhere && v.Who.Somewhere(route.Scope), v.Who.Everywhere(route.Scope):
		return nil
	default:
		return errForbidden
	}
}

var errForbidden = problem.Forbidden("insufficient_scope", "Your role does not allow this.")

func (v *visit) ctx() context.Context { return v.r.Context() }

// May reports whether the visitor may do something in the tenant of the page; on a page of none, everywhere.
func (v *visit) May(scope string) bool {
	if v.Tenant == nil {
		return v.Who.Everywhere(scope)
	}
	return v.Who.May(scope, v.Tenant.ID)
}

func (v *visit) param(name string) string { return chi.URLParam(v.r, name) }

// snapshot is the tenant of the page, as the rooms of auth know her.
func (v *visit) snapshot() (*tenants.Tenant, error) {
	return v.s.o.Registry.AtLeast(v.ctx(), v.Tenant.ID, v.Tenant.Version)
}

// id is a part of the path that is an id. Error: errNoPage.
func (v *visit) id(name string) (uuid.UUID, error) {
	id, err := uuid.Parse(v.param(name))
	if err != nil {
		return uuid.Nil, errNoPage
	}
	return id, nil
}

// query is a parameter of the address.
func (v *visit) query(name string) string { return v.r.URL.Query().Get(name) }

// form is a field of the form, without blanks around it.
func (v *visit) form(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }

// show writes a page.
func (v *visit) show(title string, content templ.Component) error {
	return v.showAs(http.StatusOK, title, content)
}

func (v *visit) showAs(status int, title string, content templ.Component) error {
	return v.render(status, layout(v, title, content))
}

// part writes a piece of a page, for a script that puts it in its place.
func (v *visit) part(content templ.Component) error { return v.render(http.StatusOK, content) }

// render writes all or nothing: half a page would look like a whole one.
func (v *visit) render(status int, content templ.Component) error {
	var page bytes.Buffer
	if err := content.Render(v.ctx(), &page); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(page.Bytes()) // the client is gone
	return nil
}

// redirect goes to another page of the console after a form was sent.
func (v *visit) redirect(path string) error {
	http.Redirect(v.w, v.r, Base+path, http.StatusSeeOther)
	return nil
}

// done goes to another page and says there what was done.
func (v *visit) done(path, message string) error {
	http.SetCookie(v.w, &http.Cookie{
		Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString([]byte(message)), Path: Base, MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return v.redirect(path)
}

const flashCookie = "latchkeep_console_done"

// flash is what was done just before, once.
func (v *visit) flash() string {
	c, err := v.r.Cookie(flashCookie)
	if err != nil {
		return ""
	}
	http.SetCookie(v.w, &http.Cookie{Name: flashCookie, Path: Base, MaxAge: -1})
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(text) > 500 {
		return ""
	}
	return string(text)
}

// fail shows what went wrong. What is internal stays in the log.
func (s *Server) fail(v *visit, err error) {
	e := problem.From(err)
	if e.Kind.Status() >= http.StatusInternalServerError {
		s.o.Log.ErrorContext(v.r.Context(), "a page of the console failed", "path", v.r.URL.Path, "error", err)
	}
	if failed := v.showAs(e.Kind.Status(), http.StatusText(e.Kind.Status()), failure(e)); failed != nil {
		http.Error(v.w, "the page cannot be rendered", http.StatusInternalServerError)
	}
}

// toSignIn sends somebody to sign in, and back to where she wanted to go.
func toSignIn(w http.ResponseWriter, r *http.Request) {
	to := Base + "/sign-in"
	if r.Method == http.MethodGet {
		to += "?to=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// within is a path of the console to go to, from an address; the start where it is another.
func within(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, Base+"/") || strings.Contains(address, "\\") || strings.HasPrefix(u.Path, Base+"/auth") {
		return Base + "/"
	}
	return u.RequestURI()
}

// fieldErrors are what is wrong with a form, by the name of the field; what belongs to none is under "".
type fieldErrors map[string]string

// fields are what an error says is wrong with a form. An error that is of no form is returned.
func fields(err error) (fieldErrors, error) {
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || e.Kind.Status() >= http.StatusInternalServerError || e.Kind == problem.KindNotFound {
		return nil, err
	}
	wrong := fieldErrors{}
	if len(e.Fields) == 0 {
		wrong[""] = sentence(e.Message)
	}
	for _, f := range e.Fields {
		if wrong[f.Path] == "" {
			wrong[f.Path] = f.Reason
		}
	}
	return wrong, nil
}

// sentence is a text that begins with a capital letter and ends with a period.
func sentence(text string) string {
	if text == "" {
		return text
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
