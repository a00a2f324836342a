package public_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestMails_AreInTheTenantsWordsAndSigned(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"passkey": {"enabled": false}, "password": {"enabled": false}, "service": {"name": "Fish & Chips"}, "email_delivery": {
			"from_address": "hi@shop.example", "from_name": "Shop",
			"dkim": {"domain": "shop.example", "selector": "s1",
				"private_key": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n"},
			"templates": [{"template": "login", "subject": "{{.ServiceName}}: {{.Code}}", "html": "<b>{{.Code}}</b> {{.ServiceName}}"}]}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		f := shop.Begin(t, "login")
		f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
		m := shop.MailTo(t, kim.Email)
		require.Regexp(t, `^Fish & Chips: \d{6}$`, m.Subject)
		require.Regexp(t, `^<b>\d{6}</b> Fish &amp; Chips$`, m.HTML)
		require.Contains(t, m.Text, "5 minutes", "what is not given stays as it is built in")
		require.Equal(t, "hi@shop.example", m.From)
		require.True(t, m.Signed)
	})
}
