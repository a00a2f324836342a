package hostile_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// Requests whose end two readers could see in different places are refused, or end where RFC 9112 §6 says and are the last of their connection. What
// is hidden behind such an end is never answered as a request of its own.
func TestSmuggling_NothingHiddenIsAnswered(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	env.Tenant(t, "shop")
	const hidden = "GET /hidden-request HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	post := func(headers string) string {
		return "POST /login HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n"
	}
	for name, c := range map[string]struct {
		request string
		answers []int // 0: the connection ends; 200 where the body does not matter, and is not read
	}{
		"two lengths":               {post("Content-Length: 0\r\nContent-Length: 5\r\n") + hidden, []int{400, 0}},
		"a list of lengths":         {post("Content-Length: 0, 5\r\n") + hidden, []int{400, 0}},
		"a length with a sign":      {post("Content-Length: +0\r\n") + hidden, []int{400, 0}},
		"a negative length":         {post("Content-Length: -1\r\n") + hidden, []int{400, 0}},
		"a hexadecimal length":      {post("Content-Length: 0x0\r\n") + hidden, []int{400, 0}},
		"an enormous length":        {post("Content-Length: 99999999999999999999\r\n") + hidden, []int{400, 0}},
		"a space before the colon":  {post("Content-Length : 0\r\n") + hidden, []int{400, 0}},
		"another coding":            {post("Transfer-Encoding: xchunked\r\n") + hidden, []int{501, 0}},
		"two codings":               {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n") + hidden, []int{501, 0}},
		"a list of codings":         {post("Transfer-Encoding: gzip, chunked\r\n") + hidden, []int{501, 0}},
		"a coding after a tab":      {post("Transfer-Encoding:\tchunked\r\n") + "0\r\n\r\n", []int{200}},
		"a control in the coding":   {post("Transfer-Encoding: \x0bchunked\r\n") + hidden, []int{400, 0}},
		"no size of a chunk":        {post("Transfer-Encoding: chunked\r\n") + "\r\n" + hidden, []int{200, 0}},
		"a size that is none":       {post("Transfer-Encoding: chunked\r\n") + "zz\r\n" + hidden, []int{200, 0}},
		"a size that overflows":     {post("Transfer-Encoding: chunked\r\n") + "fffffffffffffffff\r\n" + hidden, []int{200, 0}},
		"a size with a sign":        {post("Transfer-Encoding: chunked\r\n") + "-1\r\n" + hidden, []int{200, 0}},
		"two hosts":                 {"GET /login HTTP/1.1\r\nHost: " + host + "\r\nHost: bank.latchkeep.test\r\n\r\n", []int{400, 0}},
		"no host":                   {"GET /login HTTP/1.1\r\n\r\n", []int{400, 0}},
		"a host that is none":       {"GET /login HTTP/1.1\r\nHost: a b\r\n\r\n", []int{400, 0}},
		"a name that is none":       {"GET /login HTTP/1.1\r\nHost: " + host + "\r\nX A: y\r\n\r\n", []int{400, 0}},
		"a header without a name":   {"GET /login HTTP/1.1\r\nHost: " + host + "\r\n: y\r\n\r\n", []int{400, 0}},
		"a line that goes on":       {"GET /login HTTP/1.1\r\n Host: " + host + "\r\n\r\n", []int{400, 0}},
		"a control in a header":     {"GET /login HTTP/1.1\r\nHost: " + host + "\r\nX-A: a\x00b\r\n\r\n", []int{400, 0}},
		"a bare CR":                 {"GET /login HTTP/1.1\r\nHost: " + host + "\r\nX-A: a\rX-B: b\r\n\r\n", []int{400, 0}},
		"another protocol":          {"GET /login HTTP/9.9\r\nHost: " + host + "\r\n\r\n", []int{505, 0}},
		"the preface of HTTP/2":     {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{400}},
		"a tunnel":                  {"CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example:80\r\n\r\n", []int{400}},
		"an upgrade to HTTP/2":      {"GET /.well-known/jwks.json HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAA\r\n\r\n", []int{200}},
		"a length of its chunks":    {post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") + "0\r\n\r\n", []int{200}},
		"a trailer that says so":    {post("Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n") + "0\r\nContent-Length: 9\r\n\r\n", []int{400, 0}},
		"a folded coding":           {post("Transfer-Encoding:\r\n chunked\r\n") + "0\r\n\r\n", []int{200}},
		"a whole URL":               {"GET http://" + host + "/.well-known/jwks.json HTTP/1.1\r\nHost: " + host + "\r\n\r\n", []int{200}},
		"a whole URL of another":    {"GET http://nobody.latchkeep.test/.well-known/jwks.json HTTP/1.1\r\nHost: " + host + "\r\n\r\n", []int{404}},
		"a URL of another protocol": {"GET file:///etc/passwd HTTP/1.1\r\nHost: " + host + "\r\n\r\n", []int{404}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := dial(t, listens(t, env, "public"))
			l.write(c.request)
			for i, want := range c.answers {
				r := l.answer(t)
				if want == 0 {
					require.Nil(t, r, "answer %d: the connection goes on", i)
					continue
				}
				require.NotNil(t, r, "answer %d", i)
				require.Equal(t, want, r.StatusCode, "answer %d", i)
			}
		})
	}
	t.Run("nothing was answered twice", func(t *testing.T) {
		for _, said := range env.Log() {
			require.NotContains(t, said, "hidden-request")
		}
	})
}

// A body is read as it is: nobody unpacks it, so that no small one becomes a large one, and it is no JSON.
func TestBody_ThatIsCompressedIsNotUnpacked(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := io.WriteString(z, `{"email":"kim@shop.example","slug":"another","input_data":{"email":"kim@shop.example"}}`)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	f := shop.Begin(t, "login")
	public := f.Client.With("Content-Type", "application/json").With("Content-Encoding", "gzip").
		Send(t, http.MethodPost, f.State.Actions["continue_with_login_identifier"].Href, packed.Bytes())
	require.Equal(t, http.StatusBadRequest, public.Status, "%s", public.Body)
	admin := shop.Admin(t).With("Content-Encoding", "gzip").With("Content-Type", "application/json").Send(t, http.MethodPost, "/users", packed.Bytes())
	require.Contains(t, []int{http.StatusBadRequest, http.StatusUnsupportedMediaType}, admin.Status, "%s", admin.Body)
}

// Bodies, headers, cookies and JSON that are too much are refused early, on every server.
func TestRequest_ThatIsTooMuchIsRefused(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	admin := shop.Admin(t)
	for _, server := range []string{"public", "admin", "console", "ops"} {
		for name, headers := range map[string]string{
			"one header":   "X-A: " + strings.Repeat("a", 64<<10) + "\r\n",
			"many headers": strings.Repeat("X-A: a\r\n", 8000),
			"many cookies": strings.Repeat("Cookie: hanko=aaaaaaaaaaaaaaaa\r\n", 2000),
			"a long path":  "",
		} {
			l := dial(t, listens(t, env, server))
			path := "/livez"
			if headers == "" {
				path += "?" + strings.Repeat("a", 64<<10)
			}
			l.write("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n")
			if r := l.answer(t); r != nil { // or it was reset while it was still writing
				require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, r.StatusCode, "%s, %s", server, name)
			}
		}
	}
	f := shop.Begin(t, "login")
	href := f.State.Actions["continue_with_login_identifier"].Href
	for name, body := range map[string]string{
		"deep arrays":      strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000),
		"deep objects":     strings.Repeat(`{"input_data":`, 4000) + "1" + strings.Repeat("}", 4000),
		"a member twice":   `{"csrf_token":"a","csrf_token":"b"}`,
		"a huge number":    `{"input_data":{"email":1e999999999}}`,
		"half a surrogate": `{"input_data":{"email":"\ud800"}}`,
		"no UTF-8":         "{\"input_data\":{\"email\":\"\xff\"}}",
		"many members":     `{"a0":0` + strings.Repeat(`,"a":0`, 9000) + `}`,
	} {
		r := f.Client.With("Content-Type", "application/json").Send(t, http.MethodPost, href, []byte(body))
		require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, r.Status, "%s: %s", name, r.Body)
		r = admin.Do(t, http.MethodPost, "/users", body)
		require.Equal(t, http.StatusBadRequest, r.Status, "%s: %s", name, r.Body)
	}
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	require.Equal(t, http.StatusRequestEntityTooLarge, f.Client.With("Content-Type", "application/json").Send(t, http.MethodPost, href, []byte(deep)).Status)
	require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPost, "/users", deep).Status)

	l := dial(t, listens(t, env, "public"))
	l.write("POST " + href + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
	for range 40 { // a body without a length, which is more and more
		l.write("1000\r\n" + strings.Repeat(" ", 0x1000) + "\r\n")
	}
	if r := l.answer(t); r != nil {
		require.Equal(t, http.StatusRequestEntityTooLarge, r.StatusCode)
	}
	l.ended(t, patience)
}

// Of a thousand cookies of the session's name a few are looked at, and none that no key of the tenant signed costs a statement.
func TestCookies_OfAThousandAFewAreLookedAt(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	foreign := bank.Person(t, testenv.NewPerson{Email: "kim@bank.example"}).SignedIn(t, bank.Client(), 0)
	own := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"}).SignedIn(t, shop.Client(), 0)
	cookies := "hanko=" + foreign.Token + strings.Repeat("; hanko=a.b.c", 1000) + "; hanko=" + own.Token
	c := shop.Client().With("Cookie", cookies)
	shop.Client().Get(t, "/sessions/validate") // the tenant is known from here on
	var r testenv.Response
	sent := env.Statements(func() { r = c.Get(t, "/sessions/validate") })
	require.Empty(t, sent)
	require.JSONEq(t, `{"is_valid":false}`, string(r.Body), "the good one is beyond what is looked at")
}

// Which tenant a request is for, and where answers say that things are, is told by Host alone, whoever sends which header, through a trusted proxy or
// not.
func TestHost_NoHeaderChangesWhoseRequestItIs(t *testing.T) {
	t.Parallel()

	for name, options := range map[string][]testenv.Option{
		"nobody is trusted": nil,
		"we are trusted":    {testenv.With("server.ip.extractor", "x_forwarded_for"), testenv.With("server.ip.trusted_proxies", "127.0.0.0/8")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := testenv.OnSQLite(t, options...)
			shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
			own := shop.Client().Get(t, "/.well-known/jwks.json")
			require.Equal(t, http.StatusOK, own.Status)
			require.NotEqual(t, own.Body, bank.Client().Get(t, "/.well-known/jwks.json").Body)
			for _, header := range []string{"X-Forwarded-Host", "X-Host", "X-Original-Host", "X-Forwarded-Server", "Forwarded", "X-Tenant-Id", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override"} {
				for _, value := range []string{"bank.latchkeep.test", "host=bank.latchkeep.test", bank.ID.String(), "/" + bank.ID.String() + "/me", "evil.example", "DELETE"} {
					c := shop.Client().With(header, value)
					require.Equal(t, own.Body, c.Get(t, "/.well-known/jwks.json").Body, "%s: %s", header, value)
					r := c.Send(t, http.MethodPost, "/login", nil)
					require.Equal(t, http.StatusOK, r.Status)
					require.NotContains(t, string(r.Body), "evil.example")
					require.NotContains(t, string(r.Body), "bank")
				}
			}
		})
	}
}
