package middleware

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// FuzzTokens sends whatever as proof of a session: no more than a few tokens are looked at, none is empty, and each stands in a header as it is. Space in
// a cookie is not taken off: no token has any.
func FuzzTokens(f *testing.F) {
	for _, seed := range []string{
		"hanko=a", "hanko=a; hanko=b; hanko=c; hanko=d; hanko=e", "hanko=", `hanko="a b"`, "Hanko=a", "hanko=a=b==", ";;;=;hanko", "hanko=a,hanko=b", "__Host-hanko=a",
		strings.Repeat("hanko=x; ", 1000), "hanko=\x00", "$Version=1; hanko=a", "hanko= a",
	} {
		f.Add("Bearer abc", seed)
		f.Add("bearer  ", seed)
		f.Add("Basic a3Vr", seed)
	}
	c := config.Default()
	shop := &tenants.Tenant{Config: &c}
	f.Fuzz(func(t *testing.T, authorization, cookie string) {
		r := &http.Request{Header: http.Header{"Authorization": {authorization, authorization}, "Cookie": {cookie, cookie}}}
		found := tokens(r, shop)
		require.LessOrEqual(t, len(found), maxTokens)
		for _, token := range found {
			require.NotEmpty(t, token)
			require.True(t, strings.Contains(authorization, token) || strings.Contains(cookie, token), "%q", token)
		}
		if token := Bearer(authorization); token != "" {
			require.Equal(t, token, found[0], "a bearer token comes first")
			require.Equal(t, token, Bearer("BEARER "+token))
			require.Equal(t, token, strings.TrimFunc(token, unicode.IsSpace))
		}
	})
}

// FuzzMatch asks for whatever origin with whatever pattern, and compares with a regular expression.
func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{
		{"https://*.shop.example", "https://a.shop.example"}, {"*", ""}, {"?", "é"}, {"a*b*c", "abbc"}, {"**", "x"}, {"*a", "aaab"}, {"", ""}, {"https://shop.example:*", "https://shop.example:1@evil"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 64 || len(text) > maxOrigin {
			return
		}
		if strings.ContainsFunc(pattern+text, func(c rune) bool { return c >= 0x80 }) { // origins are ASCII; ours counts bytes
			return
		}
		want := regexp.MustCompile("(?s)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern)) + "$")
		require.Equal(t, want.MatchString(text), match(pattern, text), "%q %q", pattern, text)
	})
}

// FuzzRequestID sends whatever as id of a request: what is taken over may stand in a header, a line of a log and a column; else one is drawn.
func FuzzRequestID(f *testing.F) {
	for _, seed := range []string{"", "abc", "a b", "a\r\nX: y", "\x7f", "é", strings.Repeat("a", 129), `"`, "<script>", "..%2f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		got := requestID(sent)
		require.NotEmpty(t, got)
		require.LessOrEqual(t, len(got), 128)
		require.Equal(t, -1, strings.IndexFunc(got, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"\<>`, c) }), "%q", got)
		require.Equal(t, got, requestID(got))
	})
}
