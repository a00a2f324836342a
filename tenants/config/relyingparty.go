package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// maxLabels is how many labels of registrable domains browsers count in the document of related origins (Web Authentication Level 3, §5.11.1).
const maxLabels = 5

func (p *Problems) relyingParty(rp RelyingParty) {
	const path = "webauthn.relying_party"
	if blank(rp.DisplayName) {
		p.add(path+".display_name", "must not be empty: authenticators show it")
	}
	reason := notADomain(rp.ID)
	if reason != "" {
		p.add(path+".id", "%s", reason)
	}
	if len(rp.Origins) == 0 {
		p.add(path+".origins", "must have an entry, such as https://%s", rp.ID)
	}
	labels := map[string]bool{} // of registrable domains
	for i, origin := range rp.Origins {
		p.origin(index(path+".origins", i), origin, rp.ID, reason == "", labels)
	}
}

// notADomain says why a text cannot be the id of a relying party. Empty: it can.
func notADomain(id string) string {
	_, notIP := netip.ParseAddr(strings.Trim(id, "[]"))
	switch {
	case blank(id):
		return "must not be empty: it is the domain that credentials are made for"
	case notIP == nil:
		return "must be a domain, not an IP address: browsers refuse those; use localhost on your own machine"
	case strings.Contains(id, "://"):
		return "must be a domain such as shop.example, without scheme"
	case strings.Contains(id, "/"):
		return "must be a domain such as shop.example, without path"
	case strings.Contains(id, ":"):
		return "must be a domain such as shop.example, without port"
	case strings.Contains(id, "*"):
		return "must be a domain without *: it stands for its subdomains anyway"
	case strings.ToLower(id) != id:
		return "must be in lower case"
	case !isDomain(id):
		return "must be a domain such as shop.example; write other letters in their xn-- form"
	case isPublicSuffix(id):
		return "must be your own domain: names below " + id + " belong to many people, so browsers refuse it"
	}
	return ""
}

// androidApp is how Android names an app in client data: by the SHA-256 of its signing certificate.
var androidApp = regexp.MustCompile(`^android:apk-key-hash:[A-Za-z0-9_-]{43}$`)

// origin checks an origin whose pages use credentials of the relying party with an id. Origins of the web are of its domain, or related to it:
// browsers allow those whose registrable domains have few enough labels, counted in labels. Those of other apps are taken as they are.
func (p *Problems) origin(path, origin, id string, idIsDomain bool, labels map[string]bool) {
	u, err := url.Parse(origin)
	switch {
	case blank(origin):
		p.add(path, "must not be empty")
	case strings.HasPrefix(strings.ToLower(origin), "android:"):
		if !androidApp.MatchString(origin) {
			p.add(path, "must be android:apk-key-hash: and the SHA-256 of the app's signing certificate in base64url without padding, "+
				"43 characters, not %s", quote(origin))
		}
	case err != nil || u.Scheme == "":
		p.add(path, "must be an origin such as https://shop.example, not %s", quote(origin))
	case u.Scheme != "http" && u.Scheme != "https":
	case u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		p.add(path, "must be scheme, host and port only, such as https://shop.example, not %s", quote(origin))
	case strings.Contains(u.Host, "*"):
		p.add(path, "must name one host: %s stands for many, and origins are compared letter by letter", quote(origin))
	case idIsDomain:
		p.related(path, u, id, labels)
	}
}

// related checks an origin of the web against the domain of the relying party. See [maxLabels].
func (p *Problems) related(path string, origin *url.URL, id string, labels map[string]bool) {
	own := within(origin.Hostname(), id)
	label := registrableLabel(origin.Hostname())
	switch {
	case !own && origin.Scheme != "https":
		p.add(path, "%s is neither %s nor one of its subdomains, and only https:// origins can be related to it; "+
			"http:// is for localhost and its subdomains, with webauthn.relying_party.id localhost", quote(origin.String()), id)
	case !own && label == "":
		p.add(path, "%s is neither %s nor one of its subdomains, and has no domain of its own, so browsers refuse credentials there; "+
			"change webauthn.relying_party.id or this origin", quote(origin.String()), id)
	case !own && registrableLabel(id) == "":
		p.add(path, "%s is not related to %s: browsers look for the list of related origins at https://%s/.well-known/webauthn, "+
			"and that is no public host; change webauthn.relying_party.id or this origin", quote(origin.String()), id, id)
	case label != "" && !labels[label] && len(labels) == maxLabels:
		p.add(path, "%s has a sixth name: browsers read the related origins at https://%s/.well-known/webauthn (which must be this tenant, or "+
			"pass on to it), and take five different names there: the part before .com, .co.uk or another public suffix",
			quote(origin.String()), id)
	case label != "":
		labels[label] = true
	}
}

// registrableLabel is the first label of a host's registrable domain, "shop" of www.shop.co.uk; "" where it has none.
func registrableLabel(host string) string {
	host = strings.ToLower(host)
	if !isDomain(host) {
		return ""
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	label, _, _ := strings.Cut(domain, ".")
	return label
}

// within tells whether a host is a domain or one of its subdomains.
func within(host, domain string) bool {
	host = strings.ToLower(host)
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// Problems finds all that is wrong with a relying party.
func (rp RelyingParty) Problems() Problems {
	var p Problems
	p.relyingParty(rp)
	return p
}
