package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestCookie_IsAsConfigured(t *testing.T) {
	t.Parallel()

	for want, change := range map[string]func(c *config.Config){
		"hanko=T; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict": func(*config.Config) {},
		"hanko=T; Path=/; HttpOnly; Secure; SameSite=Strict":                func(c *config.Config) { c.Session.Cookie.Retention = "session" },
		"s=T; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict":     func(c *config.Config) { c.Session.Cookie.Name = "s" },
		"hanko=T; Path=/; Domain=shop.example; Max-Age=43200; HttpOnly; Secure; SameSite=Strict": func(c *config.Config) {
			c.Session.Cookie.Domain = ".shop.example"
		},
		"hanko=T; Path=/; Max-Age=43200; SameSite=Lax": func(c *config.Config) {
			c.Session.Cookie.HTTPOnly, c.Session.Cookie.Secure, c.Session.Cookie.SameSite = false, false, "lax"
		},
		"hanko=T; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=None": func(c *config.Config) { c.Session.Cookie.SameSite = "none" },
		"hanko=T; Path=/; Max-Age=43200; HttpOnly; Secure":                func(c *config.Config) { c.Session.Cookie.SameSite = "whatever" },
	} {
		c := config.Default()
		change(&c)
		shop := &tenants.Tenant{Config: &c}
		require.Equal(t, want, session.Cookie(shop, "T", 12*time.Hour, session.RetentionFor(shop, false)).String())
	}
	c := config.Default()
	require.Equal(t, "hanko=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict", session.DeleteCookie(&tenants.Tenant{Config: &c}).String())
}

func TestRetention_IsTheTenantsOrThePersonsChoice(t *testing.T) {
	t.Parallel()

	for configured, want := range map[string][2]session.Retention{ // not remembered, remembered
		"persistent": {session.Persistent, session.Persistent},
		"session":    {session.UntilClose, session.UntilClose},
		"prompt":     {session.UntilClose, session.Persistent},
		"whatever":   {session.Persistent, session.Persistent},
	} {
		c := config.Default()
		c.Session.Cookie.Retention = configured
		shop := &tenants.Tenant{Config: &c}
		require.Equal(t, want[0], session.RetentionFor(shop, false), configured)
		require.Equal(t, want[1], session.RetentionFor(shop, true), configured)
	}
}
