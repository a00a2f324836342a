package paging_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// FuzzHeaders asks for pages at whatever address: the links lead to the same list and to pages that there are, and nothing in the address gets
// out of its link (RFC 8288 §3).
func FuzzHeaders(f *testing.F) {
	f.Add("/users", "page=2&per_page=20&email=kim%40shop.example", 2, 20, 90)
	f.Add("/users", "", 1, 1, 0)
	f.Add("/a b\"<>,;", `x=1;2&&=&"=<>&page=%zz`, 3, 7, 20)
	f.Fuzz(func(t *testing.T, path, query string, page, perPage, total int) {
		if page < 1 || page > 1<<31 || perPage < 1 || perPage > 1000 || total < 0 || total > 1<<31 { // the APIs see to that
			return
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL = &url.URL{Path: "/" + path, RawQuery: query}
		r.Host = "shop.example"
		var u url.URL
		paging.KeepURL(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { u = paging.URL(r.Context()) })).ServeHTTP(nil, r)
		count, link := paging.Headers(u, page, perPage, total)
		require.Equal(t, strconv.Itoa(total), count)
		last := max(1, (total+perPage-1)/perPage)
		asked := u.Query()
		for one := range strings.SplitSeq(link, ",<") {
			text, rel, ok := strings.Cut(strings.TrimPrefix(one, "<"), `>; rel="`)
			require.True(t, ok, link)
			require.NotContains(t, rel, ">", link)
			require.Equal(t, -1, strings.IndexFunc(text, func(c rune) bool { return c <= ' ' || c == '<' || c == '>' || c == '"' }), link)
			target, err := url.Parse(text)
			require.NoError(t, err)
			require.Equal(t, "shop.example", target.Host)
			require.Equal(t, u.Path, target.Path)
			got := target.Query()
			at, err := strconv.Atoi(got.Get("page"))
			require.NoError(t, err)
			want := map[string]int{"first": 1, "last": last, "next": page + 1, "prev": page - 1}[strings.TrimSuffix(rel, `"`)]
			require.Equal(t, want, at, link)
			require.Equal(t, strconv.Itoa(perPage), got.Get("per_page"))
			for name, values := range asked {
				if name != "page" && name != "per_page" {
					require.Equal(t, values, got[name], "filters are kept")
				}
			}
		}
		next, err := url.Parse(strings.TrimSuffix(strings.TrimPrefix(paging.Next(u, "cursor", count), "<"), `>; rel="next"`))
		require.NoError(t, err)
		require.Equal(t, count, next.Query().Get("cursor"))
		require.Empty(t, paging.URL(t.Context()))
	})
}

// FuzzOpenCursor opens whatever comes as a cursor: only what was made for the list is one, and it gives the place that it was made of.
func FuzzOpenCursor(f *testing.F) {
	keyring, err := secret.NewKeyring([]string{"a secret of tests only"})
	require.NoError(f, err)
	real := paging.SealCursor(keyring, "people", "kim")
	for _, seed := range []string{"", "x", real, real + "=", real[:len(real)-2], paging.SealCursor(keyring, "log", "kim"), strings.ToUpper(real)} {
		f.Add(seed, "sam")
	}
	f.Fuzz(func(t *testing.T, cursor, place string) {
		var got string
		if paging.OpenCursor(keyring, "people", cursor, &got) {
			require.Equal(t, "kim", got, "nobody makes up a place")
		}
		place = strings.ToValidUTF8(place, "\uFFFD") // JSON has no other texts
		require.True(t, paging.OpenCursor(keyring, []string{cursor}, paging.SealCursor(keyring, []string{cursor}, place), &got))
		require.Equal(t, place, got)
	})
}
