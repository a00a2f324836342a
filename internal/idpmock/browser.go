package idpmock

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	action = regexp.MustCompile(`action="([^"]*)"`)
	field  = regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`)
)

// A Return is the request that a provider sends the browser back with.
type Return struct {
	Method string // POST from Apple, else GET
	Target string // without query
	Values url.Values
}

// Visit goes to a provider as a browser does.
func Visit(t testing.TB, authorizationURL string) Return {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, authorizationURL, nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	if response.StatusCode == http.StatusFound {
		location, err := response.Location()
		require.NoError(t, err)
		values := location.Query()
		location.RawQuery = ""
		return Return{http.MethodGet, location.String(), values}
	}
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", body)
	to := action.FindSubmatch(body)
	require.NotNil(t, to, "%s", body)
	values := url.Values{}
	for _, match := range field.FindAllSubmatch(body, -1) {
		values.Add(html.UnescapeString(string(match[1])), html.UnescapeString(string(match[2])))
	}
	return Return{http.MethodPost, html.UnescapeString(string(to[1])), values}
}
