package testenv

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
)

// Admin is a back end that talks to a tenant's admin API.
type Admin struct {
	// Base is the API's URL, without trailing slash.
	Base string
	// Header is sent with every request.
	Header http.Header
}

// Admin makes an API key of the tenant with some scopes (all where none is named) and the back end that uses it.
func (s *Tenant) Admin(t testing.TB, scopes ...string) *Admin {
	t.Helper()
	_, plain, err := s.Env.App.APIKeys.Create(t.Context(), tenants.BySystem, nil, s.ID, tenants.NewToken{Name: "a test", Scopes: scopes})
	require.NoError(t, err, "make an API key")
	base := "http://" + s.Env.admin
	if s.ID != tenants.SingleID {
		base += "/" + s.ID.String()
	}
	return &Admin{Base: base, Header: http.Header{"Authorization": {"Bearer " + plain}}}
}

// With is the back end with another header beside its own; an empty value takes the header away.
func (a *Admin) With(name, value string) *Admin {
	other := &Admin{Base: a.Base, Header: a.Header.Clone()}
	other.Header.Set(name, value)
	if value == "" {
		other.Header.Del(name)
	}
	return other
}

// Root is the back end talking to what is below no tenant.
func (a *Admin) Root() *Admin {
	u, err := url.Parse(a.Base)
	if err != nil {
		panic(err) // it was made above
	}
	return &Admin{Base: u.Scheme + "://" + u.Host, Header: a.Header}
}

// Get fetches a path below the API's URL.
func (a *Admin) Get(t testing.TB, path string) Response {
	t.Helper()
	return a.Send(t, http.MethodGet, path, nil)
}

// Do sends a request with a JSON body; a string is sent as it is, nil is no body.
func (a *Admin) Do(t testing.TB, method, path string, body any) Response {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return a.Send(t, method, path, nil)
	case string:
		return a.With("Content-Type", "application/json").Send(t, method, path, []byte(b))
	}
	raw, err := json.Marshal(body)
	require.NoError(t, err)
	return a.With("Content-Type", "application/json").Send(t, method, path, raw)
}

// Send sends a request.
func (a *Admin) Send(t testing.TB, method, path string, body []byte) Response {
	t.Helper()
	r, err := a.TrySend(t.Context(), method, path, body)
	require.NoError(t, err, "%s %s", method, path)
	return r
}

// TrySend sends a request that may fail: the context can call it off.
func (a *Admin) TrySend(ctx context.Context, method, path string, body []byte) (Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.Base+path, bytes.NewReader(body))
	if err != nil {
		return Response{}, err
	}
	req.Header = a.Header.Clone()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return Response{}, err
	}
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	return Response{Status: res.StatusCode, Header: res.Header, Body: read}, err
}

// Open sends a request for what does not end by itself, and returns the answer with its body still coming. It ends with the test, at the latest.
func (a *Admin) Open(t testing.TB, path string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.Base+path, http.NoBody)
	require.NoError(t, err)
	req.Header = a.Header.Clone()
	res, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err, path)
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}
