// Package redirect decides which pages a sign-in may return to.
//
// A page is allowed by a pattern only if the whole URL matches it as a glob and, besides, its scheme, host and port do: a glob alone would let
// https://shop.example** lead to https://shop.example.evil.example. Spec: third-party §7.
package redirect

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// MaxPattern and MaxTarget bound, in bytes, what is looked at.
const (
	MaxPattern = 2048
	MaxTarget  = 8192
)

// ErrPattern is wrapped by every refusal to compile a pattern.
var ErrPattern = errors.New("not a valid pattern of redirect URLs")

// A List is what is allowed. It is immutable and safe for concurrent use.
type List struct {
	patterns []pattern
	apps     bool
}

type pattern struct {
	whole *regexp.Regexp
	page  boundary // where an http(s) page must be; the zero one is nowhere
	app   string   // the scheme of an app, in lower case, where the pattern spells one out
}

// Compile makes a list of http and https pages. Empty patterns are passed over. In a pattern * is a run without . and /, ** is any run, ? is one
// character, [abc], [a-z], [!a] and {x,y} are choices and \ escapes. Errors: ErrPattern.
func Compile(patterns []string) (*List, error) { return compile(patterns, false) }

// CompileWithApps is Compile for a list that has apps, too: a pattern whose scheme is spelled out and is neither http nor https, such as
// myapp://**, allows what it matches as a glob. Spec: saml §2. Errors: ErrPattern.
func CompileWithApps(patterns []string) (*List, error) { return compile(patterns, true) }

func compile(patterns []string, apps bool) (*List, error) {
	l := &List{apps: apps}
	for _, text := range patterns {
		if text == "" {
			continue
		}
		if len(text) > MaxPattern {
			return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrPattern, MaxPattern)
		}
		whole, err := compileGlob(text, "./")
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPattern, err)
		}
		p := pattern{whole: whole}
		if scheme, rest, ok := strings.Cut(text, ":"); ok && isScheme(scheme) {
			p.app = strings.ToLower(scheme)
			if authority, ok := strings.CutPrefix(rest, "//"); ok {
				p.page = newBoundary(scheme, authority)
			}
		}
		l.patterns = append(l.patterns, p)
	}
	return l, nil
}

// Allows reports whether target may be returned to. One slash at its end does not count. What has user-info, or a host that browsers and we might
// read differently, never is.
func (l *List) Allows(target string) bool {
	target = strings.TrimSuffix(target, "/")
	u, ok := parse(target)
	if !ok {
		return false
	}
	page := isWeb(u.Scheme)
	if page && !plainHost(u) || !page && (!l.apps || harmful(u.Scheme)) {
		return false
	}
	for _, p := range l.patterns {
		if page && !p.page.has(u) || !page && p.app != u.Scheme {
			continue
		}
		if p.whole.MatchString(target) {
			return true
		}
	}
	return false
}

// parse reads an absolute URL without user-info and without anything that browsers drop or turn into something else.
func parse(target string) (*url.URL, bool) {
	if target == "" || len(target) > MaxTarget {
		return nil, false
	}
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c == 0x7f || c == '\\' {
			return nil, false
		}
	}
	u, err := url.Parse(target)
	if err != nil || !u.IsAbs() || u.User != nil {
		return nil, false
	}
	// An @ before the first slash is user-info to somebody.
	if authority, ok := strings.CutPrefix(target[len(u.Scheme)+1:], "//"); ok && strings.Contains(beforePath(authority), "@") {
		return nil, false
	}
	return u, true
}

func isWeb(scheme string) bool { return scheme == "http" || scheme == "https" }

// harmful are schemes that are no app's: browsers run or show what follows.
func harmful(scheme string) bool {
	switch scheme {
	case "javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source", "ftp", "ws", "wss":
		return true
	}
	return false
}

func isScheme(text string) bool {
	for i, c := range []byte(strings.ToLower(text)) {
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return text != ""
}
