package config

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// PlainAddresses are the addresses of a configuration to which something secret would be sent without TLS: http:// ones of webhooks, which are sent
// codes and personal data, and of custom providers, which are sent client secrets. Spec: webhooks §7.
func (c *Config) PlainAddresses() []PlainAddress {
	var found []PlainAddress
	add := func(path, text string) {
		if u, err := url.Parse(text); err == nil && strings.EqualFold(u.Scheme, "http") {
			found = append(found, PlainAddress{Path: path, URL: text, Host: u.Hostname()})
		}
	}
	for i, hook := range c.Webhooks.Hooks {
		add(join(index("webhooks.hooks", i), "callback"), hook.Callback)
	}
	providers := reflect.ValueOf(c.ThirdParty.CustomProviders)
	for _, name := range namesIn(providers, providers) {
		p, path := c.ThirdParty.CustomProviders[name], join("third_party.custom_providers", name)
		if p.UseDiscovery {
			add(path+".issuer", p.Issuer)
			continue
		}
		add(path+".authorization_endpoint", p.AuthorizationEndpoint)
		add(path+".token_endpoint", p.TokenEndpoint)
		add(path+".userinfo_endpoint", p.UserinfoEndpoint)
	}
	return found
}

// A PlainAddress is one without TLS.
type PlainAddress struct{ Path, URL, Host string }

// NewPlain finds the plain addresses that a change adds and that allowed does not let through. Those that were there before stay as they are, so
// that a configuration of earlier can be changed elsewhere.
func NewPlain(before, after Config, allowed func(host string) bool) Problems {
	old := before.PlainAddresses()
	var p Problems
	for _, a := range after.PlainAddresses() {
		known := slices.ContainsFunc(old, func(b PlainAddress) bool { return b.URL == a.URL })
		if !known && (allowed == nil || !allowed(a.Host)) {
			p.add(a.Path, "%s", PlainReason)
		}
	}
	return p
}

// PlainReason says why an address without TLS is refused.
const PlainReason = "must begin with https://: secrets are sent there. http:// is for hosts within networks that egress.allow_cidrs of the deployment opens"
