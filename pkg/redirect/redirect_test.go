package redirect_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gobwas/glob"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/redirect"
)

func allows(t *testing.T, pattern, target string) bool {
	t.Helper()
	l, err := redirect.Compile([]string{pattern})
	require.NoError(t, err, pattern)
	return l.Allows(target)
}

// The table of third-party §7 and, below it, what it implies.
func TestList_AllowsWhatMatchesAsAWholeAndInItsHost(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{
			"https://*.example.com",
			[]string{"https://a.example.com/", "https://a.example.com"},
			[]string{
				"https://example.com", "https://a.b.example.com", "https://example.com.evil.io", "https://badexample.com",
				"https://a.example.com/cb", "https://a.example.com//", "http://a.example.com", "https://.example.com.evil.io",
			},
		},
		{"https://**.example.com", []string{"https://a.b.example.com", "https://a.example.com"}, []string{"https://badexample.com"}},
		{
			"https://*.example.com**",
			[]string{"https://a.example.com/cb", "https://a.example.com:8443/cb", "https://a.example.com?x=1", "https://a.example.com./cb"},
			[]string{"https://a.example.com.evil.io", "https://a.example.comevil.io/cb", "https://a.example.com:1@evil.io", "https://a.b.example.com/"},
		},
		{"http://127.0.0.1**", []string{"http://127.0.0.1/x", "http://127.0.0.1:8080/x"}, []string{"http://127.0.0.1.evil.io", "http://127.0.0.10/x"}},
		{
			"http://localhost:8888**",
			[]string{"http://localhost:8888/foo", "http://localhost:8888"},
			[]string{"http://localhost:9999/foo", "http://localhost/foo", "http://localhost:88889/foo", "http://localhost:8888.evil.io/foo"},
		},
		{"http://localhost**", []string{"http://localhost", "http://localhost/x", "http://localhost:1/x"}, []string{"http://localhost.evil.io", "http://localhostevil.io"}},
		{
			"https://a.b",
			[]string{"https://a.b", "https://a.b/"},
			[]string{"https://a.b?x=1", "https://A.b", "http://a.b", "https://u@a.b", "https://a.b#x", "https://a.b:443", "https://@a.b", "https://a.b//"},
		},
		{"https://a.b**", []string{"https://a.b?x=1", "https://a.b#x", "https://a.b/x/y?z#f"}, []string{"https://a.bc", "https://a.b.c"}},
		{"https://a.b/*", []string{"https://a.b/x", "https://a.b/x/"}, []string{"https://a.b/x/y", "https://a.b/x.y"}},
		{"https://a.b/{x,y}", []string{"https://a.b/x", "https://a.b/y"}, []string{"https://a.b/z"}},
		{"https://{a,b}.c.d", nil, []string{"https://a.c.d", "https://b.c.d", "https://{a,b}.c.d"}},
		{"**", nil, []string{"https://a.b", "http://localhost", "x://y"}},
		{"https://**", nil, []string{"https://a.b", "https://a.b/x"}},
		{"http**://a.b", nil, []string{"http://a.b", "https://a.b"}},
		{"http://[::1]:3000**", nil, []string{"http://[::1]:3000/x", "http://[::1]:3000", "http://1:3000/x"}},
		{"https://**a.b", []string{"https://xa.b"}, []string{"https://u@a.b", "https://u:p@a.b", "https://a.b@evil.io"}},

		// the port
		{"http://localhost:*", []string{"http://localhost:1"}, []string{"http://localhost:1/x"}},
		{"http://localhost:3*", []string{"http://localhost:3"}, []string{"http://localhost:30", "http://localhost:4"}},
		{"https://a.b:8443/x", []string{"https://a.b:8443/x"}, []string{"https://a.b/x", "https://a.b:443/x", "https://a.b:08443/x"}},
		// the host
		{"https://A.b", []string{"https://A.b"}, []string{"https://a.b"}},
		{"https://a.b.", []string{"https://a.b."}, []string{"https://a.b"}},
		{"https://a**b.*.c/x", nil, []string{"https://a1b.d.c/x", "https://axb.y.c/x"}},
		{"https://**.*.c", nil, []string{"https://a.b.c"}},
		{"https://[ab].c", []string{"https://a.c", "https://b.c"}, []string{"https://d.c"}},
		{"https://a.b***", []string{"https://a.b/x"}, []string{"https://a.b.c"}},
		{"https://a.b****", []string{"https://a.b/x"}, []string{"https://a.b.c", "https://a.bc"}},
		{"https:a.b**", nil, []string{"https://a.b", "https:a.b"}},
		{"//a.b", nil, []string{"//a.b", "https://a.b"}},
		{"myapp://x**", nil, []string{"myapp://x/y"}},
		{"https://a.b/[0-9]?[!x]", []string{"https://a.b/1zy"}, []string{"https://a.b/1zx", "https://a.b/1/y", "https://a.b/azy"}},
		{`https://a.b/\*`, []string{"https://a.b/*"}, []string{"https://a.b/x"}},
	} {
		for _, target := range c.yes {
			require.True(t, allows(t, c.pattern, target), "%s should allow %s", c.pattern, target)
		}
		for _, target := range c.no {
			require.False(t, allows(t, c.pattern, target), "%s must not allow %s", c.pattern, target)
		}
	}
}

func TestList_AllowsNothingThatABrowserReadsDifferently(t *testing.T) {
	t.Parallel()

	l, err := redirect.Compile([]string{"https://shop.example**", "https://*.shop.example**", "https://**.shop.example**", "https://**shop.example/**"})
	require.NoError(t, err)
	require.True(t, l.Allows("https://shop.example/cb"))
	for _, target := range []string{
		"", " ", "/", "//shop.example", "///shop.example", "/\\evil.example", "shop.example", "https:shop.example", "https:/shop.example",
		"https:///shop.example", "https://", "https://:443", "https://shop.example@evil.example", "https://shop.example:x@evil.example/",
		"https://evil.example\\.shop.example/", "https://evil.example\\@shop.example/", "https://evil.example/\\shop.example",
		"https://evil.example#.shop.example/", "https://evil.example?.shop.example/", "https://evil.example/.shop.example/",
		"https://evil.example;.shop.example/", "https://evil.example%2f.shop.example/", "https://evil.example%2F@shop.example",
		"https://evil.example%00.shop.example/", "https://evil.example\t.shop.example/", "https://evil\n.shop.example/", "\thttps://shop.example",
		" https://shop.example", "https://shop.example ", "https://evil.example／.shop.example/", "https://evil.example。shop.example/",
		"https://evil.example%E3%80%82shop.example/", "https://evil.example&.shop.example", "https://evil.example<.shop.example",
		"https://shop.example:443:80/", "https://shop.example:-1/", "https://shop.example:x/", "https://shop.example.evil.example",
		"https://shop.example:443.evil.example/", "https://shop.example..evil.example/", "https://[shop.example]/", "https://[::1].shop.example/",
		"https://[::1%25.shop.example]/", "javascript:https://shop.example/", "javascript://shop.example/%0aalert(1)", "data:text/html,https://shop.example/",
		"http://shop.example/cb", "ftp://shop.example/", "https://shop.example" + strings.Repeat("/x", redirect.MaxTarget/2),
	} {
		require.False(t, l.Allows(target), "%q", target)
	}
}

func TestCompileWithApps_AllowsAppsAndKeepsTheBoundaryOfPages(t *testing.T) {
	t.Parallel()

	l, err := redirect.CompileWithApps([]string{"myapp://x**", "com.shop.app:/done", "https://shop.example**", "**", "*pp://y", "javascript:**", "data:**"})
	require.NoError(t, err)
	for target, want := range map[string]bool{
		"myapp://x": true, "myapp://x/y?z=1": true, "MYAPP://x": false, "myapp://y": false, "myapp://u@x": false, "com.shop.app:/done": true,
		"com.shop.app:/done/": true, "com.shop.app:/other": false, "otherapp://x": false, "https://shop.example/cb": true,
		"https://shop.example.evil.io": false, "https://evil.io": false, "javascript:alert(1)": false, "javascript://x/%0aalert(1)": false,
		"data:text/html,x": false, "file:///etc/passwd": false, "app://y": false,
	} {
		require.Equal(t, want, l.Allows(target), target)
	}

	pages, err := redirect.Compile([]string{"myapp://x**", "com.shop.app:/done"})
	require.NoError(t, err)
	require.False(t, pages.Allows("myapp://x"))
	require.False(t, pages.Allows("com.shop.app:/done"))
}

func TestCompile_RefusesWhatIsNoPattern(t *testing.T) {
	t.Parallel()

	for _, bad := range []string{"https://a.b/{x", "https://a.b/[x", strings.Repeat("x", redirect.MaxPattern+1)} {
		_, err := redirect.Compile([]string{"https://a.b", bad})
		require.ErrorIs(t, err, redirect.ErrPattern, bad)
	}
	l, err := redirect.Compile([]string{""})
	require.NoError(t, err)
	require.False(t, l.Allows(""))
	require.False(t, l.Allows("https://a.b"))
}

// Whatever is allowed leads to the host that the pattern names.
func FuzzList_StaysOnTheHost(f *testing.F) {
	for _, seed := range []string{
		"https://a.shop.example/", "https://shop.example@evil.example", "https://evil.example\\.shop.example", "https://shop.example.evil.example",
		"https://a.shop.example:1/x?y#z", "https://[::1].shop.example",
	} {
		f.Add(seed)
	}
	l, err := redirect.Compile([]string{"https://shop.example**", "https://*.shop.example**", "https://**.shop.example/**"})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, target string) {
		if !l.Allows(target) {
			return
		}
		rest, ok := strings.CutPrefix(target, "https://")
		if !ok {
			rest, ok = strings.CutPrefix(strings.ToLower(target), "https://")
		}
		require.True(t, ok, target)
		// What a browser takes for the authority: up to the first / \ ? #, without tabs and line ends.
		authority := strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(rest)
		if i := strings.IndexAny(authority, `/\?#`); i >= 0 {
			authority = authority[:i]
		}
		require.NotContains(t, authority, "@")
		host, _, _ := strings.Cut(authority, ":")
		host = strings.TrimSuffix(strings.ToLower(host), ".")
		require.True(t, host == "shop.example" || strings.HasSuffix(host, ".shop.example"), target)
	})
}

// The patterns of a tenant cannot keep the others waiting.
func TestList_TakesLinearTime(t *testing.T) {
	t.Parallel()

	for _, hard := range []string{strings.Repeat("{**a,**aa}", 40), strings.Repeat("**a", 100), strings.Repeat("{a,aa,*}", 100), strings.Repeat("{*,**}", 200)} {
		l, err := redirect.Compile([]string{"https://a.b/" + hard + "[c]"})
		require.NoError(t, err)
		begin := time.Now()
		require.False(t, l.Allows("https://a.b/"+strings.Repeat("a", redirect.MaxTarget-100)))
		require.Less(t, time.Since(begin), 10*time.Second, hard[:8])
	}
}

// A glob means what the library says that it means.
func FuzzGlob_MeansWhatTheLibrarySays(f *testing.F) {
	for _, seed := range []string{"a*b", "a**b", "a?c", "[a-c]x", "[!a.]y", "{a,b*,}c", `\*x`, "***", "{a,{b,c}d}**e", "[^a]", "[a\\]]", "a,b", "{,a}"} {
		f.Add(seed, "abc")
		f.Add(seed, "a.b/c")
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if len(pattern) > 12 || len(path) > 12 || !utf8.ValidString(path) {
			return
		}
		whole := "https://a.b/" + pattern
		want, err := glob.Compile(whole, '.', '/')
		l, ours := redirect.Compile([]string{whole})
		require.Equal(t, err == nil, ours == nil, pattern)
		if err != nil {
			return
		}
		target := "https://a.b/" + path
		allowed, means := l.Allows(target), want.Match(strings.TrimSuffix(target, "/"))
		if strings.Trim(path, "abcxyz./-,") == "" {
			require.Equal(t, means, allowed, "%q %q", pattern, path)
		} else { // what the library allows may be refused for its characters
			require.True(t, means || !allowed, "%q %q", pattern, path)
		}
	})
}
