package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// decode reads JSON over the defaults.
func decode(t *testing.T, in string) config.Config {
	t.Helper()
	c, problems := config.Decode(config.Default(), []byte(in), config.Strict())
	require.Empty(t, problems)
	return c
}

const provider = `"redirect_url":"https://a.example/thirdparty/callback","error_redirect_url":"https://a.example/error","allowed_redirect_urls":["https://a.example/**"]`

// appleKey is a key as Apple gives it, for JSON; rsaLike is one of another kind.
const (
	appleKey = `-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgh2RRM4CtnBwgb7Ek\nW4c/3tC7dySozK1K1LVUrJPetOqhRANCAARAdIPjSEe/cTDLWSKhsfB/nds+gG04\ndahZ9lePZ9G1sCJgzbkCmcY2GBqUd/HxK5Zw0ZOknhEYTEs7ayo9KSyB\n-----END PRIVATE KEY-----\n`
	otherKey = `-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n`
)

func TestValidate_Accepts(t *testing.T) {
	t.Parallel()

	for _, in := range []string{
		`{}`,
		`{"email_delivery":{"enabled":false,"from_address":"","smtp":{"host":"","port":""}}}`,
		`{"session":{"lifespan":"0s"}}`,
		`{"session":{"lifespan":"-1h"}}`,
		`{"cors":{"allow_origins":["*"],"unsafe_wildcard_origin_allowed":true}}`,
		`{"cors":{"allow_origins":[],"unsafe_wildcard_origin_allowed":true}}`,
		`{"cors":{"allow_origins":["https://*"],"unsafe_wildcard_origin_allowed":true}}`,
		`{"cors":{"allow_origins":["https://*.shop.example","https://pr-?.shop.example","http://localhost:*","http://*.localhost:8000","*://shop.example","https://*.internal","*.shop.example:*"]}}`,
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["https://shop.example","https://www.Shop.example:8443","https://a.b.shop.example/"]}}}`,
		`{"webauthn":{"relying_party":{"id":"server","origins":["http://server:8000"]}}}`,
		`{"webhooks":{"hooks":[{"callback":"bogus","events":["bogus"]}]}}`,
		`{"webhooks":{"enabled":true,"hooks":[{"callback":"","events":[]},{"callback":"http://127.0.0.1:1/x","events":["user","session.delete.passive.limit"]}]}}`,
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","secret":"b"}},` + provider + `}}`,
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","team_id":"t","key_id":"k","private_key":"` + appleKey + `"}},` + provider + `}}`,
		`{"third_party":{"providers":{"apple":{"enabled":false,"client_id":"a","team_id":"t"}}}}`,
		`{"third_party":{"custom_providers":{"a":{"enabled":true,"display_name":"A","client_id":"a","secret":"b","scopes":["openid"],"use_discovery":true,"issuer":"https://idp.example"}},` + provider + `}}`,
		`{"third_party":{"custom_providers":{"a":{"enabled":false}},"allowed_redirect_urls":["https://a.example/"]}}`,
		`{"saml":{"options":{"sign_authn_requests":true},"identity_providers":[{"enabled":false}]}}`,
		`{"saml":{"enabled":true,"endpoint_url":"https://a.example","audience_uri":"urn:a","identity_providers":[{"enabled":true,"name":"I","domain":"shop.example","metadata_url":"https://idp.example/m"},{"domain":"shop.example"}]}}`,
		`{"secrets":{"keys":["0123456789abcdef"]}}`,
		`{"session":{"cookie":{"name":"__Host-s","same_site":"none"}}}`,
		`{"session":{"cookie":{"domain":".Shop.example","secure":false,"same_site":"lax"}}}`,
		`{"email":{"limit":0},"passkey":{"limit":0},"password":{"min_length":0},"mfa":{"device_trust_max_users_per_device":-1,"device_trust_duration":0}}`,
		`{"signing":{"algorithm":"EdDSA"}}`,
	} {
		c := decode(t, in)
		require.Empty(t, c.ValidateSingle(), in)
	}
}

// Each case has one problem: its path and the beginning of its reason.
func TestValidate_Refuses(t *testing.T) {
	t.Parallel()

	for in, want := range map[string]string{
		`{"email_delivery":{"smtp":{"host":" "}}}`:                             "email_delivery.smtp.host: must not be empty",
		`{"email_delivery":{"smtp":{"port":""}}}`:                              "email_delivery.smtp.port: must not be empty",
		`{"email_delivery":{"smtp":{"port":"smtp"}}}`:                          "email_delivery.smtp.port: must be a number from 1 to 65535",
		`{"email_delivery":{"smtp":{"port":65536}}}`:                           "email_delivery.smtp.port: must be a number",
		`{"email_delivery":{"from_address":"Shop <a@shop.example>"}}`:          "email_delivery.from_address: must be an address such as",
		`{"email_delivery":{"from_address":""}}`:                               "email_delivery.from_address: must be an address",
		`{"email_delivery":{"from_name":"a\r\nBcc: b"}}`:                       "email_delivery.from_name: must be one line",
		`{"email_delivery":{"smtp":{"password":"********"}}}`:                  "email_delivery.smtp.password: is the placeholder, but no secret is stored",
		`{"email_delivery":{"dkim":{"domain":"shop"}}}`:                        "email_delivery.dkim.domain: must be a domain",
		`{"email_delivery":{"dkim":{"domain":"shop.example"}}}`:                "email_delivery.dkim.selector: must be made of",
		`{"email_delivery":{"dkim":{"domain":"shop.example","selector":"a"}}}`: "email_delivery.dkim.private_key: must be a private key in PEM",
		`{"email_delivery":{"dkim":{"domain":"shop.example","selector":"a","private_key":"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n"}}}`: "email_delivery.dkim.domain: must be the domain of email_delivery.from_address",
		`{"email_delivery":{"templates":[{"template":"birthday","text":"x"}]}}`:                                    "email_delivery.templates[0].template: must be one of login",
		`{"email_delivery":{"templates":[{"template":"login","language":"xx","text":"{{.Code}}"}]}}`:               "email_delivery.templates[0].language: must be empty",
		`{"email_delivery":{"templates":[{"template":"login"}]}}`:                                                  "email_delivery.templates[0]: needs a subject, a text or html",
		`{"email_delivery":{"templates":[{"template":"login","subject":"a"},{"template":"login","subject":"b"}]}}`: "email_delivery.templates[1]: is the second one",
		`{"email_delivery":{"templates":[{"template":"login","text":"{{.Password}}"}]}}`:                           "email_delivery.templates[0].text: names {{.Password}}",
		`{"secrets":{"key_management":{"type":"aws_kms","key_id":"a","region":"b"}}}`:                              "secrets.key_management.type: aws_kms is not supported",
		`{"secrets":{"key_management":{"type":"vault"}}}`:                                                          "secrets.key_management.type: must be local or aws_kms, not \"vault\"",
		`{"secrets":{"keys":["0123456789abcdef","short"]}}`:                                                        "secrets.keys[1]: must have at least 16 bytes",
		`{"service":{"name":" "}}`:                                                                                             "service.name: must not be empty",
		`{"session":{"limit":0}}`:                                                                                              "session.limit: must be at least 1, not 0",
		`{"session":{"cookie":{"same_site":"Strict"}}}`:                                                                        "session.cookie.same_site: must be strict, lax or none, not \"Strict\"",
		`{"session":{"cookie":{"retention":"forever"}}}`:                                                                       "session.cookie.retention: must be session, persistent or prompt",
		`{"session":{"cookie":{"same_site":"none","secure":false}}}`:                                                           "session.cookie.same_site: none needs session.cookie.secure",
		`{"session":{"cookie":{"name":"a b"}}}`:                                                                                "session.cookie.name: \"a b\" cannot be the name of a cookie",
		`{"session":{"cookie":{"name":"__secure-a","secure":false}}}`:                                                          "session.cookie.name: begins with __Secure- or __Host-",
		`{"session":{"cookie":{"name":"__Host-a","domain":"shop.example"}}}`:                                                   "session.cookie.name: begins with __Host-, which needs session.cookie.domain to be empty",
		`{"session":{"cookie":{"domain":"https://shop.example"}}}`:                                                             "session.cookie.domain: must be a domain such as",
		`{"session":{"cookie":{"domain":"co.uk"}}}`:                                                                            "session.cookie.domain: must be your own domain",
		`{"session":{"cookie":{"name":"hanko-device-token"}}}`:                                                                 "mfa.device_trust_cookie_name: must not be the name of the session cookie",
		`{"mfa":{"device_trust_cookie_name":"hanko"}}`:                                                                         "mfa.device_trust_cookie_name: must not be the name of the session cookie",
		`{"mfa":{"device_trust_cookie_name":""}}`:                                                                              "mfa.device_trust_cookie_name: must not be empty",
		`{"mfa":{"device_trust_policy":"sometimes"}}`:                                                                          "mfa.device_trust_policy: must be always, prompt or never",
		`{"mfa":{"security_keys":{"authenticator_attachment":"usb"}}}`:                                                         "mfa.security_keys.authenticator_attachment: must be",
		`{"passkey":{"user_verification":""}}`:                                                                                 "passkey.user_verification: must be required, preferred or discouraged",
		`{"passkey":{"acquire_on_login":"maybe"}}`:                                                                             "passkey.acquire_on_login: must be always, conditional or never",
		`{"password":{"acquire_on_registration":"maybe"}}`:                                                                     "password.acquire_on_registration: must be",
		`{"password":{"min_length":73}}`:                                                                                       "password.min_length: must be at most 72, not 73",
		`{"username":{"min_length":9,"max_length":8}}`:                                                                         "username.min_length: must not be above username.max_length (8)",
		`{"email":{"passcode_charset":"emoji"}}`:                                                                               "email.passcode_charset: must be numeric or alphanumeric, not \"emoji\"",
		`{"email":{"passcode_ttl":0}}`:                                                                                         "email.passcode_ttl: must be at least 1",
		`{"signing":{"algorithm":"HS256"}}`:                                                                                    "signing.algorithm: must be ES256, RS256 or EdDSA, not \"HS256\"",
		`{"cors":{"allow_origins":["*"]}}`:                                                                                     "cors.allow_origins: allows every origin",
		`{"cors":{"allow_origins":[]}}`:                                                                                        "cors.allow_origins: allows every origin",
		`{"cors":{"allow_origins":[""]}}`:                                                                                      "cors.allow_origins[0]: must not be empty",
		`{"cors":{"allow_origins":["https://a.example/"]}}`:                                                                    "cors.allow_origins[0]: must not end with /",
		`{"cors":{"allow_origins":["null"]}}`:                                                                                  "cors.allow_origins[0]: \"null\" allows pages of other people too",
		`{"cors":{"allow_origins":["https://*"]}}`:                                                                             "cors.allow_origins[0]: \"https://*\" allows pages of other people",
		`{"cors":{"allow_origins":["https://*:*"]}}`:                                                                           "cors.allow_origins[0]: \"https://*:*\" allows pages",
		`{"cors":{"allow_origins":["https://*shop.example"]}}`:                                                                 "cors.allow_origins[0]: \"https://*shop.example\" allows pages",
		`{"cors":{"allow_origins":["http://localhost*"]}}`:                                                                     "cors.allow_origins[0]: \"http://localhost*\" allows pages",
		`{"cors":{"allow_origins":["https://shop.*"]}}`:                                                                        "cors.allow_origins[0]: \"https://shop.*\" allows pages",
		`{"cors":{"allow_origins":["https://*.com"]}}`:                                                                         "cors.allow_origins[0]: \"https://*.com\" allows pages",
		`{"cors":{"allow_origins":["https://*.github.io"]}}`:                                                                   "cors.allow_origins[0]: \"https://*.github.io\" allows pages",
		`{"webauthn":{"relying_party":{"id":"","origins":["https://a.example"]}}}`:                                             "webauthn.relying_party.id: must not be empty",
		`{"webauthn":{"relying_party":{"id":"https://a.example","origins":["https://a.example"]}}}`:                            "webauthn.relying_party.id: must be a domain such as shop.example, without scheme",
		`{"webauthn":{"relying_party":{"id":"a.example:80","origins":["https://a.example"]}}}`:                                 "webauthn.relying_party.id: must be a domain such as shop.example, without port",
		`{"webauthn":{"relying_party":{"id":"a.example/b","origins":["https://a.example"]}}}`:                                  "webauthn.relying_party.id: must be a domain such as shop.example, without path",
		`{"webauthn":{"relying_party":{"id":"127.0.0.1","origins":["http://127.0.0.1"]}}}`:                                     "webauthn.relying_party.id: must be a domain, not an IP address",
		`{"webauthn":{"relying_party":{"id":"A.example","origins":["https://a.example"]}}}`:                                    "webauthn.relying_party.id: must be in lower case",
		`{"webauthn":{"relying_party":{"id":"*.a.example","origins":["https://a.example"]}}}`:                                  "webauthn.relying_party.id: must be a domain without *",
		`{"webauthn":{"relying_party":{"id":"bücher.example","origins":["https://a.example"]}}}`:                               "webauthn.relying_party.id: must be a domain such as shop.example; write",
		`{"webauthn":{"relying_party":{"id":"com","origins":["https://shop.com"]}}}`:                                           "webauthn.relying_party.id: must be your own domain",
		`{"webauthn":{"relying_party":{"origins":[]}}}`:                                                                        "webauthn.relying_party.origins: must have an entry, such as https://localhost",
		`{"webauthn":{"relying_party":{"origins":["shop.example"]}}}`:                                                          "webauthn.relying_party.origins[0]: must be an origin such as",
		`{"webauthn":{"relying_party":{"origins":["http://localhost/login"]}}}`:                                                "webauthn.relying_party.origins[0]: must be scheme, host and port only",
		`{"webauthn":{"relying_party":{"display_name":""}}}`:                                                                   "webauthn.relying_party.display_name: must not be empty",
		`{"webauthn":{"timeouts":{"login":-1}}}`:                                                                               "webauthn.timeouts.login: must be at least 0",
		`{"webhooks":{"enabled":true,"hooks":[{"callback":"ftp://a"}]}}`:                                                       "webhooks.hooks[0].callback: must be a URL",
		`{"webhooks":{"enabled":true,"hooks":[{"events":["user","user.creat"]}]}}`:                                             "webhooks.hooks[0].events[1]: \"user.creat\" is not an event; did you mean user.create?",
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","team_id":"t","key_id":"k"}},` + provider + `}}`: "third_party.providers.apple.private_key: must not be empty",
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","key_id":"k","private_key":"` + appleKey + `"}},` + provider + `}}`:                                                                                                                                  "third_party.providers.apple.team_id: must not be empty",
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","team_id":"t","private_key":"` + appleKey + `"}},` + provider + `}}`:                                                                                                                                 "third_party.providers.apple.key_id: must not be empty",
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","team_id":"t","key_id":"k","private_key":"` + otherKey + `"}},` + provider + `}}`:                                                                                                                    "third_party.providers.apple.private_key: must be the private key",
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","secret":"s","team_id":"t","key_id":"k","private_key":"` + appleKey + `"}},` + provider + `}}`:                                                                                                       "third_party.providers.apple.secret: must be empty",
		`{"third_party":{"providers":{"apple":{"enabled":true,"team_id":"t","key_id":"k","private_key":"` + appleKey + `"}},` + provider + `}}`:                                                                                                                                    "third_party.providers.apple.client_id: must not be empty",
		`{"third_party":{"custom_providers":{"a":{"enabled":true,"display_name":"A","client_id":"a","secret":"b","scopes":["openid"],"use_discovery":true,"issuer":"https://u:p@idp.example"}},` + provider + `}}`:                                                                 "third_party.custom_providers.a.issuer: must not have a user",
		`{"third_party":{"custom_providers":{"a":{"enabled":true,"display_name":"A","client_id":"a","secret":"b","scopes":["x"],"authorization_endpoint":"https://a.example/#x","token_endpoint":"https://a.example","userinfo_endpoint":"https://a.example"}},` + provider + `}}`: "third_party.custom_providers.a.authorization_endpoint: must not have a user or a fragment",
		`{"third_party":{"custom_providers":{"` + strings.Repeat("a", 201) + `":{}}}}`:                                                                                                                                                                                             "third_party.custom_providers: the name of a provider must have 1 to 200 bytes",
		`{"third_party":{"allowed_redirect_urls":["["]}}`:                                                                                                                  "third_party.allowed_redirect_urls[0]: \"[\" is not a valid pattern",
		`{"third_party":{"error_redirect_url":"{"}}`:                                                                                                                       "third_party.error_redirect_url: \"{\" is not a valid pattern",
		`{"third_party":{"providers":{"apple":{"enabled":true,"secret":"b"}},` + provider + `}}`:                                                                           "third_party.providers.apple.client_id: must not be empty",
		`{"third_party":{"providers":{"github":{"enabled":true,"client_id":"b"}},` + provider + `}}`:                                                                       "third_party.providers.github.secret: must not be empty",
		`{"third_party":{"providers":{"github":{"enabled":true,"client_id":"b","secret":"c"}},` + provider + `,"default_redirect_url":"https://a.example/"}}`:              "third_party.default_redirect_url: must not end with /",
		`{"third_party":{"custom_providers":{"":{}}}}`:                                                                                                                     "third_party.custom_providers: the name of a provider must have 1 to 200 bytes",
		`{"third_party":{"custom_providers":{"a":{"enabled":true,"display_name":"A","client_id":"a","secret":"b","scopes":["x"],"use_discovery":true}},` + provider + `}}`: "third_party.custom_providers.a.issuer: must not be empty when use_discovery is true",
		`{"third_party":{"custom_providers":{"a":{"enabled":true,"display_name":"A","client_id":"a","secret":"b","scopes":["x"],"token_endpoint":"https://a","userinfo_endpoint":"https://a"}},` + provider + `}}`: "third_party.custom_providers.a.authorization_endpoint: must not be empty when use_discovery is false",
		`{"saml":{"allowed_redirect_urls":["https://a/**","{a"]}}`: "saml.allowed_redirect_urls[1]: \"{a\" is not a valid pattern",
		`{"saml":{"options":{"skip_signature_validation":true}}}`:  "saml.options.skip_signature_validation: is refused",
		`{"saml":{"enabled":true,"audience_uri":"urn:a"}}`:         "saml.endpoint_url: must not be empty",
		`{"saml":{"enabled":true,"endpoint_url":"https://a"}}`:     "saml.audience_uri: must not be empty",
		`{"saml":{"enabled":true,"endpoint_url":"https://a","audience_uri":"urn:a","identity_providers":[{"enabled":true,"name":"I","domain":"a.example"}]}}`:                                                                                                        "saml.identity_providers[0].metadata_url: must not be empty",
		`{"saml":{"enabled":true,"endpoint_url":"https://a","audience_uri":"urn:a","identity_providers":[{"enabled":true,"name":"I","domain":"a.example","metadata_url":"https://a"},{"enabled":true,"name":"J","domain":"A.example","metadata_url":"https://a"}]}}`: "saml.identity_providers[1].domain: is the domain of saml.identity_providers[0] too",
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()

			c := decode(t, in)
			problems := c.Validate()
			require.Len(t, problems, 1, "%v", problems)
			require.True(t, strings.HasPrefix(problems[0].String(), want), problems[0].String())
		})
	}
}

func TestValidate_FindsEverythingAtOnce(t *testing.T) {
	t.Parallel()

	c := decode(t, `{"third_party":{"providers":{"apple":{"enabled":true}},"custom_providers":{"x":{"enabled":true}}},"session":{"limit":-1},"service":{"name":""}}`)
	var paths []string
	for _, p := range c.Validate() {
		paths = append(paths, p.Path)
	}
	require.ElementsMatch(t, []string{
		"session.limit", "service.name", "third_party.providers.apple.client_id", "third_party.providers.apple.secret",
		"third_party.custom_providers.x.display_name", "third_party.custom_providers.x.client_id", "third_party.custom_providers.x.secret",
		"third_party.custom_providers.x.scopes", "third_party.custom_providers.x.authorization_endpoint",
		"third_party.custom_providers.x.token_endpoint", "third_party.custom_providers.x.userinfo_endpoint",
		"third_party.redirect_url", "third_party.error_redirect_url", "third_party.allowed_redirect_urls",
	}, paths)
}

func TestValidateSingle_WantsAnIdentityProvider(t *testing.T) {
	t.Parallel()

	c := decode(t, `{"saml":{"enabled":true,"endpoint_url":"https://a","audience_uri":"urn:a"}}`)
	require.Empty(t, c.Validate())
	require.Equal(t, "saml.identity_providers", c.ValidateSingle()[0].Path)
}

func TestProblems_NilIsNoError(t *testing.T) {
	t.Parallel()

	c := config.Default()
	require.NoError(t, c.Validate().Err())
	c.Service.Name = ""
	require.EqualError(t, c.Validate().Err(), "service.name: must not be empty: mails and authenticator apps show it")
}
