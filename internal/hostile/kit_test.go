package hostile_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long any answer may take.
const patience = 30 * time.Second

// An operation is one of an API, as its document announces it.
type operation struct{ method, path string }

// operations are those of a document, but for those that do not end by themselves and those that call others on the network.
func operations(t testing.TB, server http.Handler, document string, leave ...string) []operation {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, document, nil))
	require.Equal(t, http.StatusOK, w.Code, document)
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	var all []operation
	for path, methods := range doc.Paths {
		if slices.ContainsFunc(leave, func(part string) bool { return strings.Contains(path, part) }) {
			continue
		}
		for method := range methods {
			if method = strings.ToUpper(method); method == http.MethodGet || method == http.MethodPost || method == http.MethodPut ||
				method == http.MethodPatch || method == http.MethodDelete {
				all = append(all, operation{method, path})
			}
		}
	}
	require.NotEmpty(t, all)
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// A request as a fuzz test makes it up.
type request struct {
	method, host, path, query string
	header                    http.Header
	body                      []byte
}

// send has a server answer a request as the HTTP library would hand it over. It is refused by the library, or too much, where it reports false.
func send(t *testing.T, server http.Handler, r request) (*httptest.ResponseRecorder, bool) {
	t.Helper()
	if len(r.path)+len(r.query) > 16<<10 || strings.ContainsAny(r.path+r.query, " \r\n\x00") {
		return nil, false
	}
	u, err := url.ParseRequestURI("/" + strings.TrimLeft(r.path, "/") + "?" + r.query)
	if err != nil {
		return nil, false
	}
	for name, values := range r.header {
		for _, v := range values {
			if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				return nil, false
			}
			r.header.Set(name, strings.Trim(v, " \t"))
		}
	}
	q := (&http.Request{
		Method: r.method, URL: u, RequestURI: u.RequestURI(), Host: r.host, Header: r.header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(r.body)), ContentLength: int64(len(r.body)), RemoteAddr: "192.0.2.1:1234",
	}).WithContext(t.Context())
	w := httptest.NewRecorder()
	began := time.Now()
	server.ServeHTTP(w, q)
	require.Less(t, time.Since(began), patience, "%s %s", r.method, u)
	return w, true
}

// requireSound checks what holds for every answer, whatever was asked: nothing of ours failed, and the answer says who may read it and what it is.
func requireSound(t *testing.T, w *httptest.ResponseRecorder, r request) {
	t.Helper()
	require.Less(t, w.Code, 500, "%s %s?%s %q: %s", r.method, r.path, r.query, r.body, w.Body)
	require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	require.NotEmpty(t, w.Header().Get("X-Request-Id"))
	for name, values := range w.Header() {
		for _, v := range values {
			require.False(t, strings.ContainsAny(v, "\r\n\x00"), "%s: %q", name, v)
		}
	}
	if media, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";"); strings.HasSuffix(media, "json") && w.Body.Len() > 0 {
		require.True(t, json.Valid(w.Body.Bytes()), "%s", w.Body)
	}
}

// fill puts values in the place of a pattern's parameters; what it has none for is made up.
func fill(pattern string, values map[string]string, otherwise string) string {
	var b strings.Builder
	for i, part := range strings.Split(pattern, "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		name, ok := strings.CutPrefix(part, "{")
		if !ok {
			b.WriteString(part)
			continue
		}
		value, known := values[strings.TrimRight(name, "}*.")]
		if !known || otherwise != "" && i%2 == 1 {
			value = url.PathEscape(otherwise)
		}
		b.WriteString(value)
	}
	return b.String()
}

// bodies are what every operation is sent to begin with: everything that any of them knows, of the right type and of wrong ones.
func bodies() [][]byte {
	const whole = `{"email":"kim@shop.example","emails":[{"address":"a@b.example","is_primary":true,"is_verified":true}],"username":"kim","identifier":"kim",` +
		`"password":"correct horse battery","new_password":"correct horse battery","code":"123456","otp_code":"123456","name":"x","slug":"a-slug","ids":["x"],` +
		`"status":"suspended","events":["user"],"callback":"https://hook.example/","enabled":true,"user_id":"x","public_metadata":{"a":1},"host":"login.shop.example",` +
		`"scopes":["*"],"expires_at":"2030-01-01T00:00:00Z","config":{"password":{"min_length":9}},"remember_me":true,"patch_metadata":{"a":null},` +
		`"assertion_response":{"id":"x"},"public_key":{"id":"x"},"email_id":"x","passkey_id":"x","passkey_name":"x","session_id":"x","provider":"google",` +
		`"redirect_to":"https://shop.example/","token":"x","code_verifier":"x","webauthn_available":true,"limits":{"users":5},"grants":[{"role":"owner"}]}`
	var object map[string]any
	if err := json.Unmarshal([]byte(whole), &object); err != nil {
		panic(err)
	}
	all := [][]byte{[]byte(whole), []byte(`{}`), []byte(`null`), []byte(`[]`), nil}
	for _, wrong := range []any{nil, -1e300, "", "\u0000\u2028<&\"", strings.Repeat("é", 600), []any{[]any{map[string]any{}}}, map[string]any{"a": map[string]any{}}} {
		for name := range object {
			object[name] = wrong
		}
		body, err := json.Marshal(object)
		if err != nil {
			panic(err)
		}
		all = append(all, body)
	}
	return all
}
