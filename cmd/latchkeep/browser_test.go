package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A browser talks to one server, under whatever name.
type browser struct {
	base   string // scheme, host and path before all routes
	header http.Header
	client *http.Client
	jar    map[string]string
}

// browse is a browser that reaches the server at an address under a base URL such as http://demo.localhost:8000.
func browse(address, base string) *browser {
	transport := &http.Transport{
		DisableKeepAlives: true, // the server behind an address may be another one next time
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
	}
	return &browser{
		base: base, client: &http.Client{Transport: transport}, jar: map[string]string{}, header: http.Header{"X-Language": {"en"}},
	}
}

// as is a fresh browser at the same place that sends a bearer token.
func (b *browser) as(token string) *browser {
	other := *b
	other.jar = map[string]string{}
	other.header = b.header.Clone()
	other.header.Set("Authorization", "Bearer "+token)
	return &other
}

// fresh is another browser at the same place.
func (b *browser) fresh() *browser {
	other := *b
	other.jar = map[string]string{}
	return &other
}

// A reply, read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) json(t *testing.T, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(r.body, into), "%s", r.body)
}

func (b *browser) try(ctx context.Context, method, path string, body any) (reply, error) {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return reply{}, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, b.base+path, bytes.NewReader(raw))
	if err != nil {
		return reply{}, err
	}
	req.Header = b.header.Clone()
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range b.jar {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := b.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	for _, c := range res.Cookies() {
		b.jar[c.Name] = c.Value
	}
	return reply{status: res.StatusCode, header: res.Header, body: read}, err
}

func (b *browser) send(t *testing.T, method, path string, body any) reply {
	t.Helper()
	r, err := b.try(t.Context(), method, path, body)
	require.NoError(t, err)
	return r
}

func (b *browser) get(t *testing.T, path string) reply {
	t.Helper()
	return b.send(t, http.MethodGet, path, nil)
}

// valid asks, as a back end does, whether a session token is good.
func (b *browser) valid(t *testing.T, token string) bool {
	t.Helper()
	r := b.as(token).get(t, "/sessions/validate")
	require.Equal(t, http.StatusOK, r.status, "%s", r.body)
	var v struct {
		Valid bool `json:"is_valid"`
	}
	r.json(t, &v)
	return v.Valid
}

// A state of a flow.
type state struct {
	Name      string                     `json:"name"`
	CSRFToken string                     `json:"csrf_token"`
	Payload   map[string]json.RawMessage `json:"payload"`
	Error     *struct{ Code string }     `json:"error"`
	Actions   map[string]struct {
		Href   string
		Inputs map[string]struct{ Value json.RawMessage }
	} `json:"actions"`
	reply reply
}

// begin starts a flow in a browser without passkeys.
func (b *browser) begin(t *testing.T, flow string) state {
	t.Helper()
	return b.do(t, b.read(t, b.send(t, http.MethodPost, "/"+flow, nil)), "register_client_capabilities", "webauthn_available", false)
}

func (b *browser) read(t *testing.T, r reply) state {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, "%s", r.body)
	s := state{reply: r}
	r.json(t, &s)
	return s
}

// do runs an action with inputs, given as names and values in turn.
func (b *browser) do(t *testing.T, s state, action string, inputs ...any) state {
	t.Helper()
	return b.read(t, b.act(t, s, action, inputs...))
}

// act is do where the answer may be a refusal.
func (b *browser) act(t *testing.T, s state, action string, inputs ...any) reply {
	t.Helper()
	require.Contains(t, s.Actions, action, "state %s", s.Name)
	data := map[string]any{}
	for name, in := range s.Actions[action].Inputs {
		if in.Value != nil {
			data[name] = in.Value
		}
	}
	for i := 0; i < len(inputs); i += 2 {
		data[inputs[i].(string)] = inputs[i+1]
	}
	return b.send(t, http.MethodPost, s.Actions[action].Href, map[string]any{"input_data": data, "csrf_token": s.CSRFToken})
}

// password is that of all people.
const password = "correct horse battery"

// signUp registers with a code from a mail and a password, and returns the session's token.
func (b *browser) signUp(t *testing.T, email string, mailTo func(to string) string) string {
	t.Helper()
	s := b.do(t, b.begin(t, "registration"), "register_login_identifier", "email", email)
	require.Equal(t, "passcode_confirmation", s.Name)
	return b.confirm(t, s, codeIn(t, mailTo(email)))
}

// confirm enters the code of a registration, and a password, and leaves out a second factor.
func (b *browser) confirm(t *testing.T, s state, code string) string {
	t.Helper()
	s = b.do(t, s, "verify_passcode", "code", code)
	require.Equal(t, "password_creation", s.Name)
	return token(t, b.skipSecondFactor(t, b.do(t, s, "register_password", "new_password", password)))
}

// skipSecondFactor leaves the state that offers one in a registration.
func (b *browser) skipSecondFactor(t *testing.T, s state) state {
	t.Helper()
	require.Equal(t, "mfa_method_chooser", s.Name)
	return b.do(t, s, "skip")
}

// signIn signs in by password and returns the session's token.
func (b *browser) signIn(t *testing.T, email string) string {
	t.Helper()
	s := b.do(t, b.begin(t, "login"), "continue_with_login_identifier", "email", email)
	if s.Name == "login_method_chooser" {
		s = b.do(t, s, "continue_to_password_login")
	}
	return token(t, b.do(t, s, "password_login", "password", password))
}

// token takes the session out of a flow that succeeded: from the cookie, or from the header where the tenant uses that.
func token(t *testing.T, s state) string {
	t.Helper()
	require.Equal(t, "success", s.Name)
	if header := s.reply.header.Get("X-Auth-Token"); header != "" {
		return header
	}
	for _, c := range (&http.Response{Header: s.reply.header}).Cookies() {
		if strings.Count(c.Value, ".") == 2 {
			return c.Value
		}
	}
	t.Fatal("a success without a session")
	return ""
}

// codeIn is the code in a mail.
func codeIn(t *testing.T, text string) string {
	t.Helper()
	code := regexp.MustCompile(`\b\d{6}\b`).FindString(text)
	require.NotEmpty(t, code, "no code in: %s", text)
	return code
}
