package testenv

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Client is a browser, or a program, that talks to a tenant. It keeps cookies, whatever their attributes. It is for one goroutine.
type Client struct {
	Tenant *Tenant
	// Header is sent with every request.
	Header http.Header
	// Cookies by name, as the browser would send them.
	Cookies map[string]string
	// Can is what the browser tells of itself.
	Can Capabilities
}

// Client is a fresh browser.
func (s *Tenant) Client() *Client {
	return &Client{
		Tenant: s, Cookies: map[string]string{},
		Header: http.Header{"Accept": {"application/json"}, "X-Language": {"en"}, "User-Agent": {"Latchkeep tests"}},
	}
}

// With is the client with another header beside its own.
func (c *Client) With(name, value string) *Client {
	other := *c
	other.Header = c.Header.Clone()
	other.Header.Set(name, value)
	return &other
}

// Bearer is the client with a session token in its header.
func (c *Client) Bearer(token string) *Client { return c.With("Authorization", "Bearer "+token) }

// A Response is an answer, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON decodes the body.
func (r Response) JSON(t testing.TB, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(r.Body, into), "decode %s", r.Body)
}

// Cookie is the cookie of a name that the answer sets, or nil.
func (r Response) Cookie(name string) *http.Cookie {
	for _, c := range (&http.Response{Header: r.Header}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Get fetches a path below the tenant's base URL.
func (c *Client) Get(t testing.TB, path string) Response {
	t.Helper()
	return c.Send(t, http.MethodGet, path, nil)
}

// PostJSON posts a value as JSON.
func (c *Client) PostJSON(t testing.TB, path string, v any) Response {
	t.Helper()
	body, err := json.Marshal(v)
	require.NoError(t, err)
	return c.With("Content-Type", "application/json").Send(t, http.MethodPost, path, body)
}

// Send sends a request and keeps the cookies of the answer. It may be used by several goroutines only while no answer sets cookies.
func (c *Client) Send(t testing.TB, method, path string, body []byte) Response {
	t.Helper()
	r, err := c.try(t, method, path, body)
	require.NoError(t, err, "%s %s", method, path)
	return r
}

func (c *Client) try(t testing.TB, method, path string, body []byte) (Response, error) {
	req, err := http.NewRequestWithContext(t.Context(), method, c.Tenant.base+path, bytes.NewReader(body))
	if err != nil {
		return Response{}, err
	}
	req.Header = c.Header.Clone()
	pairs := make([]string, 0, len(c.Cookies))
	for name, value := range c.Cookies {
		pairs = append(pairs, name+"="+value)
	}
	if len(pairs) > 0 {
		req.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
	res, err := c.Tenant.Env.transport.RoundTrip(req)
	if err != nil {
		return Response{}, err
	}
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	if err != nil {
		return Response{}, err
	}
	for _, cookie := range res.Cookies() {
		if cookie.MaxAge < 0 {
			delete(c.Cookies, cookie.Name)
			continue
		}
		c.Cookies[cookie.Name] = cookie.Value
	}
	return Response{Status: res.StatusCode, Header: res.Header, Body: read}, nil
}
