// Package oidcpeer runs an OpenID Connect provider that others wrote (zitadel/oidc), so that what we believe of the protocol is held against somebody
// else's belief. It listens on this machine and has a page to sign in on, for browsers and for tests that speak HTTP.
package oidcpeer

import (
	"context"
	"crypto/rand"
	"html"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

// A User is somebody who can sign in at the provider.
type User struct {
	ID, Username, Password     string
	FirstName, LastName, Email string
	EmailVerified              bool
}

// A Client may send browsers to the provider; it makes itself known by HTTP Basic.
type Client struct {
	ID, Secret   string
	RedirectURIs []string
}

// A Server is the provider. Its discovery document is below Issuer.
type Server struct{ Issuer string }

// Start runs the provider until the test ends.
func Start(t testing.TB, clients []Client, users ...User) *Server {
	t.Helper()
	router := chi.NewRouter()
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)

	registered := map[string]*storage.Client{}
	for _, c := range clients {
		registered[c.ID] = storage.WebClient(c.ID, c.Secret, c.RedirectURIs...)
	}
	people := people{}
	for _, u := range users {
		people[u.ID] = &storage.User{
			ID: u.ID, Username: u.Username, Password: u.Password, FirstName: u.FirstName, LastName: u.LastName,
			Email: u.Email, EmailVerified: u.EmailVerified, PreferredLanguage: language.German,
		}
	}
	kept := storage.NewStorageWithClients(people, registered)
	config := &op.Config{CodeMethodS256: true, AuthMethodPost: true, SupportedUILocales: []language.Tag{language.English}}
	_, err := rand.Read(config.CryptoKey[:])
	require.NoError(t, err)
	provider, err := op.NewProvider(config, kept, op.StaticIssuer(server.URL), op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	login := login{kept, op.AuthCallbackURL(provider)}
	router.Get("/login/username", login.show)
	router.Post("/login/username", op.NewIssuerInterceptor(provider.IssuerFromRequest).HandlerFunc(login.check))
	router.Mount("/", provider)
	return &Server{Issuer: server.URL}
}

// login is the page to sign in on.
type login struct {
	storage *storage.Storage
	goOn    func(ctx context.Context, request string) string
}

var form = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in at the provider</title>
<form method="post"><input type="hidden" name="id" value="{{.ID}}"><p role="alert">{{.Error}}</p>
<p><label>User <input id="username" name="username" autocomplete="username"></label></p>
<p><label>Password <input id="password" name="password" type="password"></label></p>
<p><button id="sign-in" type="submit">Sign in</button></p></form></html>`))

func (l login) show(w http.ResponseWriter, r *http.Request) {
	l.render(w, r.FormValue("authRequestID"), "")
}

func (login) render(w http.ResponseWriter, id, fault string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = form.Execute(w, struct{ ID, Error string }{id, fault})
}

func (l login) check(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("id")
	if err := l.storage.CheckUsernamePassword(r.PostFormValue("username"), r.PostFormValue("password"), id); err != nil {
		l.render(w, id, "That is not right.")
		return
	}
	http.Redirect(w, r, l.goOn(r.Context(), id), http.StatusFound)
}

type people map[string]*storage.User

// GetUserByID implements storage.UserStore.
func (p people) GetUserByID(id string) *storage.User { return p[id] }

// GetUserByUsername implements storage.UserStore.
func (p people) GetUserByUsername(name string) *storage.User {
	for _, u := range p {
		if u.Username == name {
			return u
		}
	}
	return nil
}

// ExampleClientID implements storage.UserStore.
func (people) ExampleClientID() string { return "service" }

var hidden = regexp.MustCompile(`name="id" value="([^"]*)"`)

// SignIn goes to the provider as a browser does, fills in its form, and gives the URL that the browser is sent back to, without going there.
func (s *Server) SignIn(t testing.TB, authorizationURL, username, password string) *url.URL {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	var back *url.URL
	issuer, err := url.Parse(s.Issuer)
	require.NoError(t, err)
	client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != issuer.Host {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	send := func(method, address string, form url.Values) string {
		request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		require.NoError(t, err)
		if form != nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		response, err := client.Do(request)
		require.NoError(t, err)
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(body)
	}
	page := send(http.MethodGet, authorizationURL, nil)
	if back != nil {
		return back
	}
	id := hidden.FindStringSubmatch(page)
	require.NotNil(t, id, "no form to sign in on: %s", page)
	page = send(http.MethodPost, s.Issuer+"/login/username", url.Values{
		"id": {html.UnescapeString(id[1])}, "username": {username}, "password": {password},
	})
	require.NotNil(t, back, "not sent back: %s", page)
	return back
}
