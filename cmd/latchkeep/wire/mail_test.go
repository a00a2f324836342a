package wire_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/internal/smtpsink"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// from is a tenant that names a mail host, or none.
func from(host, port string) *tenants.Tenant {
	c := config.Default()
	if host != "" {
		c.EmailDelivery.SMTP.Host, c.EmailDelivery.SMTP.Port = host, port
	}
	return &tenants.Tenant{ID: uuid.Must(uuid.NewV7()), Slug: "shop", Config: &c}
}

func letter() mail.Message {
	return mail.Message{
		ID: "1", From: mail.Address{Name: "Shop", Address: "login@shop.example"}, To: mail.Address{Address: "kim@shop.example"},
		Subject: "A code", Text: "123456", HTML: "<p>123456</p>",
	}
}

func TestSMTPMailer_ATenantWithoutAMailHostUsesTheOperators(t *testing.T) {
	t.Parallel()

	sink := smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain})
	m := wire.NewSMTPMailer(load(t, "default_email_delivery.enabled", "true", "default_email_delivery.from_address", "login@operator.example",
		"default_email_delivery.from_name", "Operator", "default_email_delivery.smtp.host", sink.Host(), "default_email_delivery.smtp.port", sink.Port()))
	require.NoError(t, m.Send(t.Context(), from("", ""), letter()), "the operator's host may be inside")
	got, err := sink.Wait(t.Context(), "kim@shop.example")
	require.NoError(t, err)
	require.Equal(t, "login@operator.example", got.From)
	require.Contains(t, got.Header.Get("From"), "Operator")
}

func TestSMTPMailer_ATenantsOwnHostMustBePublicUnlessTheOperatorOpensItsNetwork(t *testing.T) {
	t.Parallel()

	sink := smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain})
	for _, host := range []string{sink.Host(), "localhost"} { // the usual host at another port is a host of one's own
		closed := wire.NewSMTPMailer(load(t))
		require.ErrorIs(t, closed.Send(t.Context(), from(host, sink.Port()), letter()), safehttp.ErrForbiddenAddress)
	}
	require.Zero(t, sink.Connections())

	open := wire.NewSMTPMailer(load(t, "egress.allow_cidrs", "127.0.0.0/8"))
	require.NoError(t, open.Send(t.Context(), from(sink.Host(), sink.Port()), letter()))
	got, err := sink.Wait(t.Context(), "kim@shop.example")
	require.NoError(t, err)
	require.Equal(t, "login@shop.example", got.From)
}

func TestSMTPMailer_WithoutAnyMailHostSaysWhatToSet(t *testing.T) {
	t.Parallel()

	require.ErrorContains(t, wire.NewSMTPMailer(load(t)).Send(t.Context(), from("", ""), letter()), "default_email_delivery")
}

func TestSMTPMailer_TheOnlyTenantsHostIsTheOperatorsOwn(t *testing.T) {
	t.Parallel()

	sink := smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain})
	m := wire.NewSMTPMailer(load(t, "multi_tenancy.enabled", "false"))
	require.NoError(t, m.Send(t.Context(), from(sink.Host(), sink.Port()), letter()))
}
