package safehttp

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// WebURL reads an absolute URL of the web: http or https, with a host. It is false for everything else, and for a host that does not stay what it is when
// the URL is written and read again: one with a zone (RFC 6874), which means nothing to another machine, or with bytes that are no UTF-8.
func WebURL(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Contains(u.Host, "%") || !utf8.ValidString(u.Host) {
		return nil, false
	}
	return u, true
}
