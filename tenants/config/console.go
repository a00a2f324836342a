package config

import "strings"

// ConsoleCookie is the name of the cookie that operators' sessions are in. It differs from that of tenants, which may share the host.
const ConsoleCookie = "latchkeep_console"

// ForConsole has the defaults of the tenant in which operators sign in, reached at a URL of the console: those of ForPublicURL, but that nobody
// signs up by herself, and that sessions are short and leave nothing behind.
func ForConsole(publicURL string) Config {
	c := ForPublicURL(publicURL).Named("Latchkeep")
	c.Account.AllowSignup = false
	c.Session.Cookie.Name = ConsoleCookie
	c.Session.Cookie.SameSite = "lax" // who follows a link into the console is signed in there
	c.Session.Cookie.Secure = strings.HasPrefix(publicURL, "https:")
	c.Session.Limit = 20
	c.MFA.DeviceTrustCookieName = "latchkeep_console_device"
	c.Passkey.UserVerification = "required"
	return c
}
