package public_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A bad is a request that a broken or hostile client sends, and what it must get.
type bad struct {
	method, path, contentType, body string
	status                          int
	code                            string
}

const (
	jsonType     = "application/json"
	notPermitted = "operation_not_permitted_error"
	technical    = "technical_error"
)

func body(csrf, inputs string) string {
	return `{"csrf_token":"` + csrf + `","input_data":` + inputs + `}`
}

// badRequests are what may be wrong with a request that continues a flow, whatever its state.
func badRequests(f *testenv.Flow, action string) map[string]bad {
	token, href := f.State.CSRFToken, f.Href(action)
	good := body(token, "{}")
	list := map[string]bad{
		"wrong token":              {body: body(strings.Repeat("x", 32), "{}"), status: 403, code: notPermitted},
		"token of nothing":         {body: body("", "{}"), status: 403, code: notPermitted},
		"token in other case":      {body: body(swapCase(token), "{}"), status: 403, code: notPermitted},
		"token cut short":          {body: body(token[:len(token)-1], "{}"), status: 403, code: notPermitted},
		"token with more":          {body: body(token+"A", "{}"), status: 403, code: notPermitted},
		"token of a wrong type":    {body: `{"csrf_token":1}`, status: 400, code: technical},
		"no token":                 {body: `{"input_data":{}}`, status: 403, code: notPermitted},
		"empty object":             {body: `{}`, status: 403, code: notPermitted},
		"empty body":               {status: 403, code: notPermitted},
		"empty body of no type":    {contentType: "-", status: 403, code: notPermitted},
		"broken JSON":              {body: `{"csrf_token":"` + token, status: 400, code: technical},
		"something after the JSON": {body: good + "{}", status: 400, code: technical},
		"an array":                 {body: `[` + good + `]`, status: 400, code: technical},
		"a text":                   {body: `"x"`, status: 400, code: technical},
		"a number":                 {body: `1`, status: 400, code: technical},
		"null":                     {body: `null`, status: 400, code: technical},
		"inputs that are a list":   {body: body(token, `[]`), status: 400, code: technical},
		"inputs that are a text":   {body: body(token, `"x"`), status: 400, code: technical},
		"deep nesting":             {body: body(token, `{"x":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)+`}`), status: 400, code: technical},
		"deep nesting, unclosed":   {body: body(token, strings.Repeat(`{"x":`, 10000)), status: 400, code: technical},
		"too large":                {body: body(token, `{"x":"`+strings.Repeat("x", 1<<20)+`"}`), status: 413, code: technical},
		"text":                     {contentType: "text/plain", body: good, status: 400, code: technical},
		"a form":                   {contentType: "application/x-www-form-urlencoded", body: "csrf_token=" + token, status: 400, code: technical},
		"a form of many parts":     {contentType: "multipart/form-data; boundary=x", body: good, status: 400, code: technical},
		"JSON of no type":          {contentType: "-", body: good, status: 400, code: technical},
		"JSON of an odd type":      {contentType: "application/jsonp", body: good, status: 400, code: technical},
		"unknown action":           {path: f.Href("become_admin"), body: good, status: 403, code: notPermitted},
		"action of another state":  {path: f.Href("password_recovery"), body: good, status: 403, code: notPermitted},
		"action without a flow":    {path: "/login?action=" + action, body: good, status: 400, code: technical},
		"action of an empty flow":  {path: "/login?action=" + action + "%40", body: good, status: 400, code: technical},
		"empty action":             {path: "/login?action=%40" + f.ID(), body: good, status: 400, code: technical},
		"flow that is no id":       {path: "/login?action=" + action + "%40kim", body: good, status: 400, code: technical},
		"two flows":                {path: href + "%40" + f.ID(), body: good, status: 400, code: technical},
		"two actions":              {path: href + "&action=back%40" + f.ID(), body: good, status: 400, code: technical},
		"broken escape":            {path: "/login?action=%zz", body: good, status: 400, code: technical},
		"unknown flow":             {path: "/login?action=" + action + "%40" + uuid.NewString(), body: good, status: 403, code: notPermitted},
		"flow on another path":     {path: strings.Replace(href, "/login", "/registration", 1), body: good, status: 403, code: notPermitted},
		"GET":                      {method: http.MethodGet, status: 404, code: "not_found"},
		"PUT":                      {method: http.MethodPut, body: good, status: 404, code: "not_found"},
		"DELETE":                   {method: http.MethodDelete, status: 404, code: "not_found"},
	}
	for name, b := range list {
		if b.path == "" {
			b.path = href
		}
		if b.method == "" {
			b.method = http.MethodPost
		}
		if b.contentType == "" {
			b.contentType = jsonType
		}
		list[name] = b
	}
	return list
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 32
		}
		if r >= 'A' && r <= 'Z' {
			return r + 32
		}
		return r
	}, s)
}

func (b bad) send(t *testing.T, c *testenv.Client) testenv.State {
	t.Helper()
	c = c.With("Content-Type", b.contentType)
	if b.contentType == "-" {
		c.Header.Del("Content-Type")
	}
	return testenv.ReadState(t, c.Send(t, b.method, b.path, []byte(b.body)))
}

func TestFlow_RefusesBadRequestsAndStaysAsItWas(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"email": {"use_for_authentication": false}, "password": {"recovery": false}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})

		started := shop.Begin(t, "login") // nothing stored yet
		for name, b := range badRequests(started, "continue_with_login_identifier") {
			got := b.send(t, started.Client)
			require.Equal(t, b.status, got.Status, "%s: %s", name, got.Response.Body)
			require.Equal(t, b.code, got.Refusal(), name)
			require.Equal(t, "error", got.Name, name)
			require.Empty(t, got.CSRFToken, name)
		}
		require.Zero(t, shop.Count(t, "flows"))
		require.Equal(t, "login_password", started.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email}).Name)

		f := started
		before := shop.FlowRow(t, f.ID())
		for name, b := range badRequests(f, "password_login") {
			got := b.send(t, f.Client)
			require.Equal(t, b.status, got.Status, "%s: %s", name, got.Response.Body)
			require.Equal(t, b.code, got.Refusal(), name)
			require.Empty(t, got.CSRFToken, name)
			require.Equal(t, before, shop.FlowRow(t, f.ID()), "%s: the flow is as it was", name)
		}
		require.Zero(t, shop.Count(t, "sessions"))
		require.Equal(t, "success", f.Do(t, "password_login", testenv.Inputs{"password": kim.Password}).Name, "the right request still works")
		require.Empty(t, env.Errors(), "none of this is an error of ours")
	})
}

func TestFlow_PutsUpWithHarmlessOddities(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"email": {"use_for_authentication": false}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		for name, b := range map[string]bad{
			"garbage":         {contentType: jsonType, body: "{{{"},
			"a form":          {contentType: "application/x-www-form-urlencoded", body: "a=b"},
			"an empty action": {path: "/login?action=", contentType: "-"},
			"much":            {contentType: jsonType, body: strings.Repeat("x", 1<<20)},
			"other query":     {path: "/login?lang=de", contentType: "-"},
		} {
			b.method = http.MethodPost
			if b.path == "" {
				b.path = "/login"
			}
			require.Equal(t, "preflight", b.send(t, shop.Client()).Name, "start with %s", name)
		}

		f := shop.Begin(t, "login")
		odd := strings.Replace(f.Href("continue_with_login_identifier"), f.ID(), strings.ToUpper(f.ID()), 1)
		odd = strings.Replace(odd, "%40", "@", 1)
		b := bad{method: http.MethodPost, path: odd, contentType: "application/json; charset=utf-8", body: `{"more":[{}],"csrf_token":"` + f.State.CSRFToken +
			`","input_data":{"email":"kim@shop.example","unknown":{"a":[1,2]},"username":null}}`}
		got := b.send(t, f.Client)
		require.Equal(t, "login_password", got.Name, "%s", got.Response.Body)
		f.State = got

		got = f.Post(t, f.Href("password_login"), f.State.CSRFToken, nil) // input_data: null
		require.Equal(t, map[string]string{"password": "value_missing_error"}, got.InputErrors())
		f.State = got
		for _, wrong := range []any{1, true, []string{"x"}, map[string]string{"x": "y"}, nil} {
			got = f.Post(t, f.Href("password_login"), f.State.CSRFToken, testenv.Inputs{"password": wrong})
			require.Equal(t, map[string]string{"password": "value_missing_error"}, got.InputErrors(), "%v", wrong)
			f.State = got
		}
		require.Equal(t, "success", f.Do(t, "password_login", testenv.Inputs{"password": kim.Password}).Name)
		require.Empty(t, env.Errors())
	})
}

func TestFlow_OddTextsAreNoErrorsOfOurs(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"username": {"enabled": true, "optional": false}, "email": {"require_verification": false}}`)
		odd := []string{"\x00", "a\x00b", "a\u2028b", "\U0001F600", "\xff\xfe", "'; DROP TABLE users; --", "%", "\\", strings.Repeat("x", 255), strings.Repeat("é", 127)}
		f := shop.Begin(t, "login")
		for _, text := range odd {
			got := f.Do(t, "continue_with_login_identifier", testenv.Inputs{"identifier": text})
			want := "unknown_username_error"
			if strings.Contains(text, "\x00") {
				want = "value_invalid_error" // no database holds it
			}
			require.Equal(t, map[string]string{"identifier": want}, got.InputErrors(), "%q", text)
		}
		r := shop.Begin(t, "registration")
		for _, text := range odd {
			got := r.Do(t, "register_login_identifier", testenv.Inputs{"email": "kim" + text + "@shop.example", "username": "kim" + text})
			require.Equal(t, 400, got.Status, "%q: %s", text, got.Response.Body)
			require.NotEmpty(t, got.InputErrors(), "%q", text)
		}
		require.Equal(t, "password_creation", r.Do(t, "register_login_identifier", testenv.Inputs{"email": "kim@shop.example", "username": "kim"}).Name)

		// What a client says of itself is stored as far as it can be.
		strange := r.Client.With("User-Agent", strings.Repeat("\xff\xfeé", 200)).With("X-Language", strings.Repeat("\xffz,", 500)).With("X-Request-Id", "\xff'\"")
		r.Client = strange
		r.Do(t, "register_password", testenv.Inputs{"new_password": "ab\U0001F600\xff passes"})
		require.Equal(t, "success", r.Do(t, "skip").Name, "no second factor")
		login := &testenv.Person{Tenant: shop, Username: "kim", Password: "ab\U0001F600\xff passes"}
		require.True(t, login.SignIn(t).Valid(t))
		shop.AuditOf(t, "user_created", 1)
		require.Empty(t, env.Errors())
	})
}

func TestFlow_OtherFlowEndpointsKeepTheirShape(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/token_exchange": {403, "forbidden"},
	} {
		got := testenv.ReadState(t, shop.Client().Send(t, http.MethodPost, path, nil))
		require.Equal(t, want.status, got.Status, path)
		require.Equal(t, want.code, got.Refusal(), path)
	}
	// What is no flow has the other body.
	r := shop.Client().Send(t, http.MethodPost, "/log-in", nil)
	require.Equal(t, 404, r.Status)
	require.JSONEq(t, `{"code":404,"message":"Not Found"}`, string(r.Body))
}
