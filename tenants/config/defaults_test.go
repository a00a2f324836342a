package config_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// Every key with its default, as programs written for Hanko expect it. Written by hand: it must not follow the code.
const defaults = `
account.allow_deletion false
account.allow_signup true
cors.allow_origins ["http://localhost:8888"]
cors.unsafe_wildcard_origin_allowed false
email.acquire_on_login true
email.acquire_on_registration true
email.enabled true
email.limit 5
email.max_length 120
email.optional false
email.passcode_charset "numeric"
email.passcode_ttl 300
email.require_verification true
email.use_as_login_identifier true
email.use_for_authentication true
email_delivery.enabled true
email_delivery.from_address "noreply@hanko.io"
email_delivery.dkim.domain ""
email_delivery.dkim.private_key ""
email_delivery.dkim.selector ""
email_delivery.from_name "Hanko"
email_delivery.templates []
email_delivery.smtp.host "localhost"
email_delivery.smtp.password ""
email_delivery.smtp.tls "opportunistic"
password.end_sessions false
password.refuse_common false
email_delivery.smtp.port "465"
email_delivery.smtp.user ""
hosted_page.dark.background "#14161c"
hosted_page.dark.brand "#9db2ff"
hosted_page.dark.brand_text "#10131c"
hosted_page.dark.text "#eceef4"
hosted_page.enabled false
hosted_page.languages []
hosted_page.light.background "#ffffff"
hosted_page.light.brand "#3457d5"
hosted_page.light.brand_text "#ffffff"
hosted_page.light.text "#1b1d24"
hosted_page.logo ""
hosted_page.privacy_url ""
hosted_page.terms_url ""
hosted_page.title ""
mfa.acquire_on_login false
mfa.acquire_on_registration true
mfa.device_trust_cookie_name "hanko-device-token"
mfa.device_trust_duration 2592000000000000
mfa.device_trust_max_users_per_device 20
mfa.device_trust_policy "prompt"
mfa.enabled true
mfa.optional true
mfa.recovery_codes.enabled false
mfa.security_keys.attestation_preference "direct"
mfa.security_keys.authenticator_attachment "cross-platform"
mfa.security_keys.enabled true
mfa.security_keys.limit 10
mfa.security_keys.user_verification "discouraged"
mfa.third_party false
mfa.totp.enabled true
passkey.acquire_on_login "always"
passkey.acquire_on_registration "always"
passkey.attestation_preference "direct"
passkey.enabled true
passkey.limit 10
passkey.optional true
passkey.user_verification "preferred"
password.acquire_on_login "never"
password.acquire_on_registration "always"
password.enabled true
password.min_length 8
password.optional false
password.recovery true
privacy.only_show_actual_login_methods false
privacy.show_account_existence_hints false
saml.allowed_redirect_urls []
saml.audience_uri ""
saml.default_redirect_url ""
saml.enabled false
saml.endpoint_url ""
saml.identity_providers []
saml.options.allow_missing_attributes false
saml.options.force_login false
saml.options.sign_authn_requests false
saml.options.skip_signature_validation false
saml.options.validate_encryption_cert false
secrets.key_management.key_id ""
secrets.key_management.region ""
secrets.key_management.type "local"
secrets.keys []
security_notifications.notifications.email_create.enabled true
security_notifications.notifications.email_delete.enabled true
security_notifications.notifications.mfa_create.enabled true
security_notifications.notifications.mfa_delete.enabled true
security_notifications.notifications.passkey_clone.enabled true
security_notifications.notifications.passkey_create.enabled true
security_notifications.notifications.password_update.enabled true
security_notifications.notifications.primary_email_update.enabled true
service.name "Hanko Authentication Service"
service.primary_domain ""
session.acquire_ip_address true
session.acquire_user_agent true
session.allow_revocation true
session.audience []
session.cookie.domain ""
session.cookie.http_only true
session.cookie.name ""
session.cookie.retention "persistent"
session.cookie.same_site "strict"
session.cookie.secure true
session.enable_auth_token_header false
session.idle_timeout "0m"
session.issuer ""
session.lifespan "12h"
session.limit 5
session.reauthentication_age "0s"
session.show_on_profile true
signing.algorithm "RS256"
signing.rotate_every "0s"
third_party.allowed_redirect_urls []
third_party.custom_providers {}
third_party.default_redirect_url ""
third_party.error_redirect_url ""
third_party.providers.apple.key_id ""
third_party.providers.apple.private_key ""
third_party.providers.apple.team_id ""
third_party.providers.<p>.allow_linking true
third_party.providers.<p>.client_id ""
third_party.providers.<p>.enabled false
third_party.providers.<p>.prompt ""
third_party.providers.<p>.secret ""
third_party.redirect_url ""
username.acquire_on_login true
username.acquire_on_registration true
username.enabled false
username.max_length 32
username.min_length 3
username.optional true
username.use_as_login_identifier true
webauthn.relying_party.display_name "Hanko Authentication Service"
webauthn.relying_party.icon ""
webauthn.relying_party.id "localhost"
webauthn.relying_party.origins ["http://localhost:8888"]
webauthn.timeouts.login 600000
webauthn.timeouts.registration 600000
webhooks.allow_time_expiration false
webhooks.enabled false
webhooks.hooks []
`

// flatten lists the leaves of a JSON object as "path value".
func flatten(t *testing.T, raw []byte) []string {
	t.Helper()
	var tree map[string]any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	require.NoError(t, d.Decode(&tree))
	var lines []string
	var walk func(path string, value any)
	walk = func(path string, value any) {
		if object, ok := value.(map[string]any); ok && len(object) > 0 {
			for _, name := range slices.Sorted(maps.Keys(object)) {
				walk(strings.TrimPrefix(path+"."+name, "."), object[name])
			}
			return
		}
		text, err := json.Marshal(value)
		require.NoError(t, err)
		lines = append(lines, fmt.Sprintf("%s %s", path, text))
	}
	walk("", tree)
	slices.Sort(lines)
	return lines
}

func TestDefault_HasEveryKeyOfTheTable(t *testing.T) {
	t.Parallel()

	var want []string
	for line := range strings.Lines(strings.TrimSpace(defaults)) {
		line = strings.TrimSpace(line)
		if !strings.Contains(line, "<p>") {
			want = append(want, line)
			continue
		}
		for _, p := range []string{"apple", "discord", "facebook", "github", "google", "linkedin", "microsoft"} {
			want = append(want, strings.Replace(line, "<p>", p, 1))
		}
	}
	slices.Sort(want)
	raw, err := config.MarshalCompatible(config.Default())
	require.NoError(t, err)
	require.Equal(t, want, flatten(t, raw))
}

func TestDefault_IsValid(t *testing.T) {
	t.Parallel()

	c := config.Default()
	require.Empty(t, c.ValidateSingle())
}

func TestForPublicURL_DerivesWhatFollowsFromTheAddress(t *testing.T) {
	t.Parallel()

	for url, want := range map[string]struct{ id, origin, cors, redirect, saml, from string }{
		"https://auth.shop.example": {
			"auth.shop.example", "https://auth.shop.example", "https://auth.shop.example",
			"https://auth.shop.example/thirdparty/callback", "https://auth.shop.example", "noreply@auth.shop.example",
		},
		"HTTPS://Auth.Shop.Example/": {
			"auth.shop.example", "https://auth.shop.example", "https://auth.shop.example",
			"https://auth.shop.example/thirdparty/callback", "https://auth.shop.example", "noreply@auth.shop.example",
		},
		"http://shop.localhost:8000": {
			"shop.localhost", "http://shop.localhost:8000", "http://shop.localhost:8000",
			"http://shop.localhost:8000/thirdparty/callback", "http://shop.localhost:8000", "noreply@shop.localhost",
		},
		"http://localhost:8000/0192": {
			"localhost", "http://localhost:8000", "http://localhost:8000",
			"http://localhost:8000/0192/thirdparty/callback", "http://localhost:8000/0192", "noreply@localhost",
		},
		"http://127.0.0.1:8000/0192": {
			"localhost", "http://localhost:8000", "http://127.0.0.1:8000",
			"http://127.0.0.1:8000/0192/thirdparty/callback", "http://127.0.0.1:8000/0192", "noreply@localhost",
		},
		"http://[::1]": {
			"localhost", "http://localhost", "http://[::1]", "http://[::1]/thirdparty/callback", "http://[::1]", "noreply@localhost",
		},
	} {
		c := config.ForPublicURL(url)
		require.Equal(t, want.id, c.WebAuthn.RelyingParty.ID, url)
		require.Equal(t, []string{want.origin}, c.WebAuthn.RelyingParty.Origins, url)
		require.Equal(t, []string{want.cors}, c.CORS.AllowOrigins, url)
		require.Equal(t, want.redirect, c.ThirdParty.RedirectURL, url)
		require.Equal(t, want.saml, c.SAML.EndpointURL, url)
		require.Equal(t, want.from, c.EmailDelivery.FromAddress, url)
		require.Equal(t, "ES256", c.Signing.Algorithm, url)
		require.Equal(t, config.Default().Service, c.Service, url)
		require.Empty(t, c.Validate(), url)
	}
}

func TestForPublicURL_WithoutHostIsDefaultButForItsAlgorithm(t *testing.T) {
	t.Parallel()

	for _, url := range []string{"", "/path", "::"} {
		require.Equal(t, []string{"signing"}, sections(t, config.Diff(config.Default(), config.ForPublicURL(url))), url)
	}
}

func sections(t *testing.T, raw []byte) []string {
	t.Helper()
	var object map[string]any
	require.NoError(t, json.Unmarshal(raw, &object))
	return slices.Sorted(maps.Keys(object))
}
