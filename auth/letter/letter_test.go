package letter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/letter"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

func tenant(change func(*config.Config)) *tenants.Tenant {
	c := config.Default()
	change(&c)
	return &tenants.Tenant{Config: &c}
}

func TestWrite_WordsThatCannotBeUsedGiveWayToThoseBuiltIn(t *testing.T) {
	t.Parallel()

	shop := tenant(func(c *config.Config) {
		c.EmailDelivery.Templates = []config.MailTemplate{
			{Template: "login", Text: "{{.NoLongerKnown}}"},
			{Template: "recovery", Subject: "Ours: {{.Code}}"},
		}
	})
	plain := tenant(func(*config.Config) {})
	code := event.MailPayload{Template: mail.TemplateLogin, Code: "123456", TTL: 300}

	l, err := letter.Write(shop, code)
	require.NoError(t, err)
	require.ErrorContains(t, l.Fallback, "names {{.NoLongerKnown}}")
	builtIn, err := letter.Write(plain, code)
	require.NoError(t, err)
	require.NoError(t, builtIn.Fallback)
	require.Equal(t, builtIn.Rendered, l.Rendered)

	code.Template = mail.TemplateRecovery
	l, err = letter.Write(shop, code)
	require.NoError(t, err)
	require.Equal(t, "Ours: 123456", l.Subject, "one wrong text does not cost the others")

	_, err = letter.Write(shop, event.MailPayload{Template: "birthday"})
	require.ErrorIs(t, err, mail.ErrUnknownTemplate)
}
