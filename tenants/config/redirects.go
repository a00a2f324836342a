package config

import (
	"net/url"
	"reflect"
	"strings"

	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/redirect"
)

const maxProviderName = 200 // bytes: identities keep it, with custom_ before it

// pattern checks that a pattern of redirect URLs compiles as it will at run time.
func (p *Problems) pattern(path, pattern string) {
	if len(pattern) > redirect.MaxPattern {
		p.add(path, "must not be longer than %d bytes", redirect.MaxPattern)
		return
	}
	if _, err := redirect.Compile([]string{pattern}); err != nil {
		p.add(path, "%s is not a valid pattern: %s", quote(pattern), err)
	}
}

func (p *Problems) patterns(path string, patterns []string) {
	for i, pattern := range patterns {
		p.pattern(index(path, i), pattern)
	}
}

func (p *Problems) thirdParty(t ThirdParty) {
	const path = "third_party"
	p.patterns(path+".allowed_redirect_urls", t.AllowedRedirectURLs)
	p.pattern(path+".error_redirect_url", t.ErrorRedirectURL)
	enabled := false
	for _, b := range t.Providers.BuiltIn() {
		if !b.Provider.Enabled {
			continue
		}
		enabled = true
		if at := join(path+".providers", b.ID); b.ID == "apple" {
			p.apple(at, t.Providers.Apple)
		} else {
			p.credentials(at, b.Provider.ClientID, b.Provider.Secret)
		}
	}
	for _, name := range namesIn(reflect.ValueOf(t.CustomProviders), reflect.ValueOf(t.CustomProviders)) {
		if provider := t.CustomProviders[name]; provider.Enabled {
			enabled = true
			p.customProvider(join(path+".custom_providers", name), provider)
		}
		if blank(name) || len(name) > maxProviderName {
			p.add(path+".custom_providers", "the name of a provider must have 1 to %d bytes", maxProviderName)
		}
	}
	if enabled {
		p.redirects(t)
	}
}

// redirects checks what every provider needs.
func (p *Problems) redirects(t ThirdParty) {
	const path, reason = "third_party.", "must not be empty when a provider is enabled"
	if t.RedirectURL == "" {
		p.add(path+"redirect_url", reason+": it is the public URL followed by /thirdparty/callback")
	} else {
		p.webURL(path+"redirect_url", t.RedirectURL)
	}
	if t.ErrorRedirectURL == "" {
		p.add(path+"error_redirect_url", reason)
	}
	if len(t.AllowedRedirectURLs) == 0 {
		p.add(path+"allowed_redirect_urls", "must have an entry when a provider is enabled")
	}
	for i, allowed := range t.AllowedRedirectURLs {
		p.noSlash(index(path+"allowed_redirect_urls", i), allowed)
	}
	p.noSlash(path+"error_redirect_url", t.ErrorRedirectURL)
	p.noSlash(path+"default_redirect_url", t.DefaultRedirectURL)
}

func (p *Problems) noSlash(path, text string) {
	if strings.HasSuffix(text, "/") {
		p.add(path, "must not end with /: the one of a given URL is dropped before they are compared")
	}
}

func (p *Problems) credentials(path, id, secret string) {
	if id == "" {
		p.add(path+".client_id", "must not be empty when the provider is enabled")
	}
	if secret == "" {
		p.add(path+".secret", "must not be empty when the provider is enabled")
	}
}

// apple checks that there is a client secret, or all that one is made of.
func (p *Problems) apple(path string, a Apple) {
	if a.TeamID == "" && a.KeyID == "" && a.PrivateKey == "" {
		p.credentials(path, a.ClientID, a.Secret)
		return
	}
	p.credentials(path, a.ClientID, "made")
	if a.Secret != "" {
		p.add(path+".secret", "must be empty when there is a private key to make it with")
	}
	for _, part := range []struct{ name, text string }{{"team_id", a.TeamID}, {"key_id", a.KeyID}, {"private_key", a.PrivateKey}} {
		if part.text == "" {
			p.add(join(path, part.name), "must not be empty when one of team_id, key_id and private_key is set")
		}
	}
	if a.KeyID != "" && a.PrivateKey != "" && a.PrivateKey != Placeholder {
		if _, err := jose.ParseES256PEM(a.KeyID, []byte(a.PrivateKey)); err != nil {
			p.add(path+".private_key", "must be the private key that Apple gave: P-256 in PKCS #8 and PEM")
		}
	}
}

func (p *Problems) customProvider(path string, c CustomProvider) {
	if c.DisplayName == "" {
		p.add(path+".display_name", "must not be empty when the provider is enabled")
	}
	p.credentials(path, c.ClientID, c.Secret)
	if len(c.Scopes) == 0 {
		p.add(path+".scopes", "must have an entry when the provider is enabled")
	}
	need := func(name, text, when string) {
		if text == "" {
			p.add(join(path, name), "must not be empty when use_discovery is %s", when)
			return
		}
		p.webURL(join(path, name), text)
		if u, err := url.Parse(text); err == nil && (u.User != nil || strings.Contains(text, "#")) {
			p.add(join(path, name), "must not have a user or a fragment")
		}
	}
	if c.UseDiscovery {
		need("issuer", c.Issuer, "true")
		return
	}
	need("authorization_endpoint", c.AuthorizationEndpoint, "false")
	need("token_endpoint", c.TokenEndpoint, "false")
	need("userinfo_endpoint", c.UserinfoEndpoint, "false")
}

func (p *Problems) saml(s SAML) {
	p.patterns("saml.allowed_redirect_urls", s.AllowedRedirectURLs)
	p.pattern("saml.default_redirect_url", s.DefaultRedirectURL)
	if s.Options.SkipSignatureValidation {
		p.add("saml.options.skip_signature_validation", "is refused: whoever can reach this service could sign in as anybody")
	}
	if !s.Enabled {
		return
	}
	if blank(s.EndpointURL) {
		p.add("saml.endpoint_url", "must not be empty when saml.enabled is true")
	} else {
		p.webURL("saml.endpoint_url", s.EndpointURL)
	}
	if blank(s.AudienceURI) {
		p.add("saml.audience_uri", "must not be empty when saml.enabled is true")
	}
	if _, err := url.Parse(s.DefaultRedirectURL); err != nil {
		p.add("saml.default_redirect_url", "is not a URL")
	}
	domains := map[string]string{}
	for i, idp := range s.IdentityProviders {
		if idp.Enabled {
			p.identityProvider(index("saml.identity_providers", i), idp, domains)
		}
	}
}

// identityProvider checks an enabled provider; domains has the paths of those before it by domain.
func (p *Problems) identityProvider(path string, idp IdentityProvider, domains map[string]string) {
	const reason = "must not be empty when the identity provider is enabled"
	if blank(idp.Name) {
		p.add(path+".name", reason)
	}
	if blank(idp.MetadataURL) {
		p.add(path+".metadata_url", reason)
	} else {
		p.webURL(path+".metadata_url", idp.MetadataURL)
	}
	domain := strings.ToLower(strings.TrimSpace(idp.Domain))
	switch other, taken := domains[domain]; {
	case domain == "":
		p.add(path+".domain", reason)
	case taken:
		p.add(path+".domain", "is the domain of %s too", other)
	case !isDomain(domain):
		p.add(path+".domain", "must be a domain such as shop.example")
	default:
		domains[domain] = path
	}
}
