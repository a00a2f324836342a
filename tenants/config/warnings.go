package config

import (
	"github.com/latchkeep/latchkeep/pkg/claims"
	"github.com/latchkeep/latchkeep/pkg/redirect"
)

// Warnings finds what is accepted and yet will not work: claims that cannot be compiled are left out of tokens, some patterns allow no page, and
// colours without contrast cannot be read, and SAML needs a page to return to.
func (c *Config) Warnings() Problems {
	var p Problems
	for _, left := range claims.Compile(c.Session.JWTTemplate.Claims).Problems() {
		p.add(join("session.jwt_template.claims", left.Claim), "is left out of session tokens: %s", left.Reason)
	}
	p.useless("third_party.allowed_redirect_urls", c.ThirdParty.AllowedRedirectURLs, false)
	p.useless("saml.allowed_redirect_urls", c.SAML.AllowedRedirectURLs, true)
	if c.SAML.Enabled && c.SAML.DefaultRedirectURL == "" {
		p.add("saml.default_redirect_url", "is empty: flows cannot send anybody to an identity provider, and nobody can begin at one")
	}
	for _, a := range c.PlainAddresses() {
		p.add(a.Path, "begins with http://: secrets are sent there, and everybody on the way can read them")
	}
	return append(p, c.hostedPageWarnings()...)
}

// maxLookedAt is how many patterns of a list are looked at.
const maxLookedAt = 50

// useless finds patterns that nothing matches.
func (p *Problems) useless(path string, patterns []string, apps bool) {
	reason := "allows no page: a pattern spells out https:// or http://, and then a host, of which it leaves open no more than *, ?, [] or a ** before the rest"
	if apps {
		reason += "; that of an app spells out its scheme"
	}
	for i, pattern := range patterns[:min(len(patterns), maxLookedAt)] {
		if redirect.Useless(pattern, apps) {
			p.add(index(path, i), "%s %s", quote(pattern), reason)
		}
	}
}
