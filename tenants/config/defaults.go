package config

import (
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Default has the defaults of a tenant that was made for programs written for Hanko.
func Default() Config {
	provider := Provider{AllowLinking: true}
	on := Notification{Enabled: true}
	return Config{
		Account: Account{AllowSignup: true},
		CORS:    CORS{AllowOrigins: []string{"http://localhost:8888"}},
		Email: Email{
			Enabled: true, AcquireOnRegistration: true, AcquireOnLogin: true, RequireVerification: true, Limit: 5, MaxLength: 120,
			UseAsLoginIdentifier: true, UseForAuthentication: true, PasscodeTTL: 300, PasscodeCharset: "numeric",
		},
		EmailDelivery: EmailDelivery{
			Templates: []MailTemplate{},
			Enabled:   true, FromAddress: "noreply@hanko.io", FromName: "Hanko", SMTP: SMTP{Host: "localhost", Port: "465", TLS: "opportunistic"},
		},
		HostedPage: defaultHostedPage(),
		MFA: MFA{
			Enabled: true, Optional: true, AcquireOnRegistration: true,
			DeviceTrustPolicy: TrustPrompt, DeviceTrustDuration: Duration(720 * time.Hour),
			DeviceTrustCookieName: "hanko-device-token", DeviceTrustMaxUsersPerDevice: 20,
			TOTP: TOTP{Enabled: true},
			SecurityKeys: SecurityKeys{
				Enabled: true, Limit: 10, AuthenticatorAttachment: "cross-platform", AttestationPreference: "direct",
				UserVerification: "discouraged",
			},
		},
		Passkey: Passkey{
			Enabled: true, Optional: true, AcquireOnRegistration: AcquireAlways, AcquireOnLogin: AcquireAlways,
			UserVerification: "preferred", AttestationPreference: "direct", Limit: 10,
		},
		Password: Password{
			Enabled: true, AcquireOnRegistration: AcquireAlways, AcquireOnLogin: AcquireNever, MinLength: 8, Recovery: true,
		},
		SAML:    SAML{AllowedRedirectURLs: []string{}, IdentityProviders: []IdentityProvider{}},
		Secrets: Secrets{Keys: []string{}, KeyManagement: KeyManagement{Type: "local"}},
		SecurityNotifications: SecurityNotifications{Notifications: Notifications{
			PasswordUpdate: on, PrimaryEmailUpdate: on, EmailCreate: on, EmailDelete: on, PasskeyCreate: on, MFACreate: on, MFADelete: on, PasskeyClone: on,
		}},
		Service: Service{Name: "Hanko Authentication Service"},
		Session: Session{
			Lifespan: Duration(12 * time.Hour), Audience: []string{}, Limit: 5,
			AllowRevocation: true, ShowOnProfile: true, AcquireIPAddress: true, AcquireUserAgent: true,
			Cookie:      Cookie{HTTPOnly: true, Secure: true, SameSite: "strict", Retention: RetentionPersistent},
			JWTTemplate: JWTTemplate{Claims: map[string]any{}},
		},
		Signing: Signing{Algorithm: "RS256"},
		ThirdParty: ThirdParty{
			AllowedRedirectURLs: []string{},
			Providers: Providers{
				Apple: Apple{AllowLinking: true}, Discord: provider, GitHub: provider, Google: provider, LinkedIn: provider, Microsoft: provider,
				Facebook: provider,
			},
			CustomProviders: map[string]CustomProvider{},
		},
		Username: Username{
			Optional: true, AcquireOnRegistration: true, AcquireOnLogin: true, UseAsLoginIdentifier: true, MinLength: 3, MaxLength: 32,
		},
		WebAuthn: WebAuthn{
			RelyingParty: RelyingParty{
				ID: "localhost", DisplayName: "Hanko Authentication Service", Origins: []string{"http://localhost:8888"},
			},
			Timeouts: Timeouts{Registration: 600000, Login: 600000},
		},
		Webhooks: Webhooks{Hooks: []Hook{}},
	}
}

// ForPublicURL has the defaults of a tenant that is reached at a URL: those of Default, with what follows from the address. Credentials
// cannot be made for an IP address; there the relying party is localhost.
func ForPublicURL(publicURL string) Config {
	c := Default()
	c.Signing.Algorithm = "ES256"
	u, err := url.Parse(strings.TrimRight(publicURL, "/"))
	if err != nil || u.Hostname() == "" {
		return c
	}
	u.Host = strings.ToLower(u.Host)
	host, origin := u.Hostname(), u.Scheme+"://"+u.Host
	c.CORS.AllowOrigins = []string{origin}
	c.ThirdParty.RedirectURL = u.String() + "/thirdparty/callback"
	c.SAML.EndpointURL = u.String()
	if _, err := netip.ParseAddr(host); err == nil {
		host, origin = "localhost", u.Scheme+"://localhost"
		if u.Port() != "" {
			origin += ":" + u.Port()
		}
	}
	c.WebAuthn.RelyingParty.ID = host
	c.WebAuthn.RelyingParty.Origins = []string{origin}
	c.EmailDelivery.FromAddress = "noreply@" + host
	return c
}

// Named gives what people see of a tenant its name: mails, authenticator apps and passkeys.
func (c Config) Named(name string) Config {
	c.Service.Name, c.EmailDelivery.FromName, c.WebAuthn.RelyingParty.DisplayName = name, name, name
	return c
}
