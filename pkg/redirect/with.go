package redirect

import (
	"net/url"
	"slices"
	"strings"
)

// results are the parameters that clients act on when they are returned to. A page has none but those that we give it.
var results = []string{"hanko_token", "error", "error_description", "saml_hint"}

// With is a page with parameters added to its query: names and values in turn. Results that it has already are taken away. A page that is no
// URL becomes none: it was not allowed.
func With(page string, params ...string) string {
	u, err := url.Parse(page)
	if err != nil {
		return ""
	}
	var query []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); part == "" || err == nil && slices.Contains(results, plain) {
			continue
		}
		query = append(query, part)
	}
	for i := 0; i+1 < len(params); i += 2 {
		query = append(query, params[i]+"="+url.QueryEscape(params[i+1]))
	}
	u.RawQuery = strings.Join(query, "&")
	return u.String()
}
