package safehttp_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

func TestWebURL(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"https://shop.example", "http://127.0.0.1:8080/hook?x=%25", "HTTPS://shop.example/", "https://[::1]:443/", "https://b\u00fccher.example", "https://kim@shop.example",
	} {
		u, ok := safehttp.WebURL(good)
		require.True(t, ok, good)
		require.NotEmpty(t, u.Hostname())
	}
	for _, bad := range []string{
		"", "shop.example", "//shop.example", "https://", "https://:80", "https:shop.example", "ftp://shop.example", "javascript:alert(1)", "https://a b",
		"https://[fe80::1%25eth0]/", "https://[::%25%80]", "https://%80.example", "https://shop.example\r\nX: y",
	} {
		_, ok := safehttp.WebURL(bad)
		require.False(t, ok, bad)
	}
}
