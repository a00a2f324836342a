package samlpeer

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Posted is what the peer has the browser post to the service provider.
type Posted struct {
	Action string
	Values url.Values
}

// SignIn takes a request to the peer, as a browser that was redirected there, signs a person in, and gives what the browser posts then.
func (p *Peer) SignIn(t testing.TB, address string, person Person) Posted {
	t.Helper()
	client := browser(t)
	body := get(t, client, address)
	if next, shown := hidden(body, "next"); shown {
		body = post(t, client, p.URL+"/login", url.Values{"next": {next}, "user": {person.NameID}, "password": {person.Password}})
	}
	return posted(t, body)
}

// Initiate begins at the peer: a person signs in there and opens a service provider by its entity id.
func (p *Peer) Initiate(t testing.TB, sp, relay string, person Person) Posted {
	t.Helper()
	return p.SignIn(t, p.URL+"/initiate?"+url.Values{"sp": {sp}, "relay": {relay}}.Encode(), person)
}

// Post takes a request by post, after signing a person in.
func (p *Peer) Post(t testing.TB, form Posted, person Person) Posted {
	t.Helper()
	client := browser(t)
	post(t, client, p.URL+"/login", url.Values{"next": {"/metadata?"}, "user": {person.NameID}, "password": {person.Password}})
	return posted(t, post(t, client, form.Action, form.Values))
}

// ReadForm reads the form of a page that posts itself.
func ReadForm(t testing.TB, page string) Posted {
	t.Helper()
	return posted(t, page)
}

func browser(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar}
}

func get(t testing.TB, client *http.Client, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	return send(t, client, r)
}

func post(t testing.TB, client *http.Client, address string, values url.Values) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, nil)
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Body = io.NopCloser(strings.NewReader(values.Encode()))
	return send(t, client, r)
}

func send(t testing.TB, client *http.Client, r *http.Request) string {
	t.Helper()
	response, err := client.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s %s: %s", r.Method, r.URL, body)
	return string(body)
}

var (
	action = regexp.MustCompile(`(?is)<form[^>]*\saction="([^"]*)"`)
	input  = regexp.MustCompile(`(?is)<input[^>]*>`)
	name   = regexp.MustCompile(`(?is)\sname="([^"]*)"`)
	value  = regexp.MustCompile(`(?is)\svalue="([^"]*)"`)
)

func posted(t testing.TB, page string) Posted {
	t.Helper()
	found := action.FindStringSubmatch(page)
	require.NotNil(t, found, "no form in %s", page)
	p := Posted{html.UnescapeString(found[1]), url.Values{}}
	for _, field := range input.FindAllString(page, -1) {
		n, v := name.FindStringSubmatch(field), value.FindStringSubmatch(field)
		if n != nil && v != nil {
			p.Values.Set(html.UnescapeString(n[1]), html.UnescapeString(v[1]))
		}
	}
	return p
}

func hidden(page, wanted string) (string, bool) {
	for _, field := range input.FindAllString(page, -1) {
		n, v := name.FindStringSubmatch(field), value.FindStringSubmatch(field)
		if n != nil && v != nil && n[1] == wanted {
			return html.UnescapeString(v[1]), true
		}
	}
	return "", false
}
