package settings_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/settings"
)

func TestBaseURL(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"http://localhost:8000":    "http://localhost:8000",
		"HTTPS://Example.COM:443/": "https://example.com",
		"http://example.com:80":    "http://example.com",
		"https://example.com:80":   "https://example.com:80",
		"https://example.com.":     "https://example.com",
		"http://[::1]:8000":        "http://[::1]:8000",
		"http://127.0.0.1":         "http://127.0.0.1",
	} {
		b, err := settings.ParseBaseURL(text)
		require.NoError(t, err, text)
		require.Equal(t, want, b.String())
	}
	for _, text := range []string{"", "example.com", "ftp://x", "http://", "http://u:p@x", "http://x/y", "http://x?y", "http://x?", "http://x#y", "https://*.x", "http:x", "http://:8000", "http://.", "http://x:99999", "http://a..", "http://a_b", "http://-a", "http://bücher.example"} {
		_, err := settings.ParseBaseURL(text)
		require.Error(t, err, text)
	}

	b, err := settings.ParseBaseURL("https://example.com:8443")
	require.NoError(t, err)
	require.Equal(t, "https://shop.example.com:8443", b.Sub("shop").String())
	require.Equal(t, "example.com", b.Domain())
}

func TestLoad_BaseURLsFollowTheListeners(t *testing.T) {
	t.Parallel()

	s := minimal().with("SERVER_PUBLIC_ADDRESS=0.0.0.0:80", "SERVER_ADMIN_ADDRESS=127.0.0.1:9001", "SERVER_MANAGEMENT_ADDRESS=10.0.0.5:9002").must(t)
	require.Equal(t, "http://localhost", s.Public.BaseURL.String())
	require.Equal(t, "http://localhost:9001", s.Admin.BaseURL.String())
	require.Equal(t, "http://10.0.0.5:9002", s.Console.BaseURL.String())
}
