package webhook

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// FuzzCallback wishes for whatever callback: one that is taken can be called as it stands, goes to the host that its text names, and carries no
// credentials and nothing that would begin another header.
func FuzzCallback(f *testing.F) {
	for _, seed := range []string{
		"https://shop.example/hook", "http://[::1]:99/", "//shop.example", "https://", "https://user:pw@shop.example", "HTTPS://shop.example", "https:shop.example",
		"https://shop.example:99999", "https://shop.example\r\nX: y", "https://a b/", "https://%41.example", "https://shop.example/%0d%0a?x#y", "javascript:alert(1)",
		"https://[fe80::1%25eth0]/", "https://:80", "https://shop.example/\x7f", "https://@shop.example", "\x01https://shop.example",
	} {
		f.Add(seed, "user")
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, callback, event string) {
		err := Wish{Callback: callback, Events: []string{event, "user", event}}.check(nil)
		p := problem.From(err)
		require.Equal(t, "invalid_webhook", p.Code, "an event is there twice")
		require.LessOrEqual(t, len(p.Fields), 4)
		if callbackProblem(callback, nil) != "" {
			return
		}
		require.LessOrEqual(t, len(callback), maxCallback)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, callback, http.NoBody)
		require.NoError(t, err)
		require.Equal(t, "https", request.URL.Scheme)
		require.NotEmpty(t, request.URL.Hostname())
		require.Nil(t, request.URL.User)
		require.Equal(t, -1, strings.IndexFunc(request.URL.String(), func(c rune) bool { return c <= ' ' || c == 0x7f }), "%q", request.URL)
		again, err := url.Parse(request.URL.String())
		require.NoError(t, err)
		require.Equal(t, request.URL.Host, again.Host)
	})
}
