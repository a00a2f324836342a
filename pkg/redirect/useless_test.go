package redirect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/redirect"
)

func TestUseless_FindsPatternsThatAllowNothing(t *testing.T) {
	t.Parallel()

	for pattern, apps := range map[string]bool{
		"https://**": false, "https://**.*.example/**": false, "https:///start": false, "shop.example/**": false, "//shop.example/**": false,
		"*://shop.example/**": false, "http{,s}://shop.example/**": false, "https://{www,app}.shop.example/**": false,
		"https://kim@shop.example/**": false, "https://shöp.example/**": false, `https://shop\.example/**`: false, "https://shop.example:{80,81}/**": false,
		"https://shop.example:8[01]/**": false, "https://shop.example/a b": false, "https://shop.example:http/**": false,
		"shopapp://**": false, "javascript:**": true, "*app://**": true, "/start": true, "https:/shop.example/**": true,
		"http://[::1]:8888/**":  false, // to a glob it is a choice of characters
		"https://shop.example/": true,  // one slash at the end of a given address is dropped before they are compared
	} {
		require.True(t, redirect.Useless(pattern, apps), pattern)
	}
}

func TestUseless_LeavesAloneWhatAllowsSomething(t *testing.T) {
	t.Parallel()

	for pattern, apps := range map[string]bool{
		"https://shop.example": false, "https://shop.example/**": false, "https://shop.example**": false, "https://*.shop.example/**": false,
		"https://**.shop.example": false, "http://localhost:*": false, "https://*:80*": false,
		"https://*.shop.example:8*/?": false, "https://shop.example/{a,b/c*,d[!x]}?": false, "https://SHOP.example/**": false,
		"https://shop.example?next=*": false, "https://*": false, "https://app-[0-9].shop.example/[!a]": false,
		"shopapp://**": true, "com.shop.app:/in": true, "": false, "{": false,
		"https://" + strings.Repeat("*", 600): false,
	} {
		require.False(t, redirect.Useless(pattern, apps), pattern)
	}
}
