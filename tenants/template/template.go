// Package template has settings that new tenants can begin with. A template is what differs from the defaults, as a merge patch (RFC 7386); it is
// applied once, and the tenant does not know later what it was made from.
package template

import (
	"encoding/json"
	"slices"
	"strings"
)

// A Template is a beginning.
type Template struct {
	Name        string
	Title       string
	Description string // what follows from it, for who chooses
	patch       string
}

// publicURL stands in a patch for the address of the tenant.
const publicURL = "{public_url}"

// List are all templates.
func List() []Template {
	return []Template{
		{
			Name: "passkey_first", Title: "Consumers, passkeys first",
			Description: "People register with an address that they prove, and make a passkey. There are no passwords: who has no passkey at hand signs in " +
				"with a code from a mail, so mail must be delivered. Second factors are not asked for, since a passkey is two in one.",
			patch: `{"password": {"enabled": false}, "mfa": {"enabled": false},
				"passkey": {"enabled": true, "optional": true, "acquire_on_registration": "always", "acquire_on_login": "always"},
				"email": {"enabled": true, "optional": false, "require_verification": true, "use_for_authentication": true},
				"username": {"enabled": false}}`,
		},
		{
			Name: "classic_password", Title: "Address and password",
			Description: "People register with an address that they prove and a password of 10 characters or more, not one of the most common, and may set up an " +
				"authenticator app or a security key. A new password ends the other sessions. Codes from mails prove addresses and recover passwords, but sign nobody in. Passkeys are switched off.",
			patch: `{"passkey": {"enabled": false},
				"password": {"enabled": true, "optional": false, "acquire_on_registration": "always", "acquire_on_login": "always", "min_length": 10, "recovery": true,
					"refuse_common": true, "end_sessions": true},
				"email": {"enabled": true, "optional": false, "require_verification": true, "use_for_authentication": false},
				"mfa": {"enabled": true, "optional": true, "acquire_on_registration": false, "acquire_on_login": false}}`,
		},
		{
			Name: "enterprise_sso", Title: "Companies, single sign-on",
			Description: "People of the mail domains that have an identity provider (SAML) are sent there; add the providers after the tenant. An account is made " +
				"at the first sign-in. Who has no identity provider signs in with a code from a mail. There are no passwords, and nobody is asked for passkeys or " +
				"second factors: the identity provider sees to that. Sessions last 8 hours.",
			patch: `{"saml": {"enabled": true, "audience_uri": "{public_url}", "default_redirect_url": "{public_url}", "allowed_redirect_urls": ["{public_url}"]},
				"password": {"enabled": false}, "mfa": {"enabled": false},
				"passkey": {"enabled": true, "optional": true, "acquire_on_registration": "never", "acquire_on_login": "never"},
				"email": {"enabled": true, "optional": false, "require_verification": true, "use_for_authentication": true},
				"username": {"enabled": false}, "session": {"lifespan": "8h"}}`,
		},
	}
}

// Names are the names of all templates.
func Names() []string {
	list := List()
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Name
	}
	return names
}

// Find gives the template of a name.
func Find(name string) (Template, bool) {
	list := List()
	i := slices.IndexFunc(list, func(t Template) bool { return t.Name == name })
	if i < 0 {
		return Template{}, false
	}
	return list[i], true
}

// Patch is what differs from the defaults of a tenant at an address.
func (t Template) Patch(address string) json.RawMessage {
	return json.RawMessage(strings.ReplaceAll(t.patch, publicURL, address))
}
