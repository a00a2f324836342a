package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/session"
)

func TestDevice_NamesSystemAndBrowser(t *testing.T) {
	t.Parallel()

	const webkit = "(KHTML, like Gecko) "
	for header, want := range map[string]string{
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 " + webkit + "Chrome/141.0.0.0 Safari/537.36":                   "macOS (Chrome)",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 " + webkit + "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0":           "Windows (Edge)",
		"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0":                                                            "Linux (Firefox)",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 " + webkit + "Version/18.6 Mobile/15E148 Safari/604.1": "iOS (Safari)",
		"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 " + webkit + "Chrome/141.0.0.0 Mobile Safari/537.36":                   "Android (Chrome)",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 " + webkit + "Version/18.6 Safari/605.1.15":                   "macOS (Safari)",
		"curl/8.5.0": "curl",
		"(((":        "(((",
	} {
		require.Equal(t, want, session.Device(header), header)
	}
}
