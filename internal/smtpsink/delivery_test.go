package smtpsink_test

import (
	"context"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/smtpsink"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

const kim = "kim@shop.example"

func letter() mail.Message {
	return mail.Message{
		From:    mail.Address{Name: "Shop", Address: "noreply@shop.example"},
		To:      mail.Address{Address: kim},
		Subject: "123456 is your code",
		Text:    "Enter the code:\n\n123456",
		HTML:    "<p>123456</p>",
	}
}

// host is a sink as the settings of a tenant name it.
func host(s *smtpsink.Sink) mail.SMTP {
	return mail.SMTP{Host: s.Host(), Port: s.Port(), RootCAs: s.CertPool()}
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func received(t *testing.T, s *smtpsink.Sink, to string) smtpsink.Message {
	t.Helper()
	m, err := s.Wait(soon(t), to)
	require.NoError(t, err)
	return m
}

func TestSend_TheRecipientGetsBothForms(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{})
	m := letter()
	m.From.Name, m.Subject = "Käse & Co", "123456 – Ihr Code für “Käse & Co”, der lang genug ist, um gefaltet zu werden"
	m.Text = "Grüße & \"mehr\" = ok\n.\nEnde " + strings.Repeat("lang ", 60) + "\n"
	m.Headers = map[string]string{"X-Tenant": "ümlaut"}

	require.NoError(t, host(sink).Send(soon(t), sink, m))

	got := received(t, sink, kim)
	require.Equal(t, "noreply@shop.example", got.From)
	require.Equal(t, m.Subject, got.Subject)
	require.Equal(t, strings.TrimSpace(m.Text), got.Text)
	require.Equal(t, m.HTML, got.HTML)
	require.Equal(t, []string{"multipart/alternative", "text/plain", "text/html"}, got.Parts)
	from, err := got.Header.AddressList("From")
	require.NoError(t, err)
	require.Equal(t, "Käse & Co", from[0].Name)
	require.Equal(t, "noreply@shop.example", from[0].Address)
	require.Equal(t, "<"+kim+">", got.Header.Get("To"))
	require.Equal(t, "auto-generated", got.Header.Get("Auto-Submitted"))
	require.Equal(t, "1.0", got.Header.Get("Mime-Version"))
	require.Regexp(t, `^<[a-z0-9]{20,}@shop\.example>$`, got.Header.Get("Message-Id"))
	require.Equal(t, "=?UTF-8?q?=C3=BCmlaut?=", got.Header.Get("X-Tenant"))
	date, err := got.Header.Date()
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), date, time.Minute)
	require.Empty(t, got.Header.Get("User-Agent")+got.Header.Get("X-Mailer"), "nobody needs to know our version")
	require.Contains(t, string(got.Raw), "Content-Transfer-Encoding: quoted-printable")
	require.NotRegexp(t, `[^\r]\n`, string(got.Raw), "lines end with CRLF")
	for _, line := range strings.Split(string(got.Raw), "\r\n") {
		require.LessOrEqual(t, len(line), 998, "RFC 5322 §2.1.1")
	}
}

func TestSend_AMailWithoutHTMLIsPlain(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{})
	m := letter()
	m.HTML = ""

	require.NoError(t, host(sink).Send(soon(t), sink, m))

	require.Equal(t, []string{"text/plain"}, received(t, sink, kim).Parts)
}

func TestSend_TheMessageIDIsThatOfTheMessageSoThatASecondTryIsKnown(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{})
	m := letter()
	m.ID = "0190c3a2-0000-7000-8000-000000000001"

	require.NoError(t, host(sink).Send(soon(t), sink, m))
	require.NoError(t, host(sink).Send(soon(t), sink, m))

	for range 2 {
		require.Equal(t, "<"+m.ID+"@shop.example>", received(t, sink, kim).Header.Get("Message-Id"))
	}
}

func TestSend_Encrypts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		offers    smtpsink.Encryption
		policy    mail.TLSPolicy
		port465   bool
		stranger  bool // the certificate is from an authority that nobody knows
		wrongName bool
		encrypted bool
		fails     string
	}{
		"when it is offered":                       {encrypted: true},
		"not, when it is not offered":              {offers: smtpsink.Plain},
		"not, when it is switched off":             {policy: mail.TLSNone},
		"always, when it must":                     {policy: mail.TLSMandatory, encrypted: true},
		"or fails, when it must":                   {policy: mail.TLSMandatory, offers: smtpsink.Plain, fails: "encrypt"},
		"from the first byte on port 465":          {offers: smtpsink.ImplicitTLS, port465: true, encrypted: true},
		"on port 465 even when switched off":       {offers: smtpsink.ImplicitTLS, port465: true, policy: mail.TLSNone, encrypted: true},
		"or fails on port 465":                     {offers: smtpsink.Plain, port465: true, fails: "TLS"},
		"from the first byte, when told so":        {offers: smtpsink.ImplicitTLS, policy: mail.TLSImplicit, encrypted: true},
		"or fails, when told so":                   {offers: smtpsink.Plain, policy: mail.TLSImplicit, fails: "TLS"},
		"not with a stranger":                      {stranger: true, fails: "certificate"},
		"not with a stranger on port 465":          {offers: smtpsink.ImplicitTLS, port465: true, stranger: true, fails: "certificate"},
		"not with somebody else":                   {wrongName: true, fails: "certificate"},
		"not with somebody else on port 465":       {offers: smtpsink.ImplicitTLS, port465: true, wrongName: true, fails: "certificate"},
		"not with a stranger, when it must either": {policy: mail.TLSMandatory, stranger: true, fails: "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := smtpsink.New(t, smtpsink.Options{Encryption: test.offers})
			h := host(sink)
			h.Host, h.TLS = "mail.example", test.policy
			if test.port465 {
				h.Port = "465"
			}
			if test.stranger {
				h.RootCAs = x509.NewCertPool()
			}
			if test.wrongName {
				h.Host = "other.example"
			}

			err := h.Send(soon(t), sink, letter())

			if test.fails != "" {
				require.ErrorContains(t, err, test.fails)
				require.False(t, mail.Permanent(err), "an operator can repair it")
				require.Empty(t, sink.Messages())
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.encrypted, received(t, sink, kim).Encrypted)
		})
	}
}

func TestSend_Authenticates(t *testing.T) {
	t.Parallel()
	for name, mechanisms := range map[string][]string{
		"PLAIN":    {"PLAIN", "LOGIN"},
		"LOGIN":    {"LOGIN"},
		"CRAM-MD5": {"PLAIN", "LOGIN", "CRAM-MD5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := smtpsink.New(t, smtpsink.Options{User: "shop", Password: "päss\nword", Mechanisms: mechanisms})
			h := host(sink)
			h.User, h.Password = "shop", "päss\nword"

			require.NoError(t, h.Send(soon(t), sink, letter()))

			require.Equal(t, "shop", received(t, sink, kim).User)
			require.Equal(t, []string{name}, sink.Logins())
		})
	}
}

func TestSend_WithAUserToAHostThatAsksNoneJustSends(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{})
	h := host(sink)
	h.User, h.Password = "shop", "secret"

	require.NoError(t, h.Send(soon(t), sink, letter()))

	require.Empty(t, received(t, sink, kim).User)
}

// abroad makes connections look as if the host were far away.
type abroad struct{ mail.Dialer }

type distant struct{ net.Conn }

func (distant) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(203, 0, 113, 5), Port: 25} }

func (a abroad) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := a.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return distant{c}, nil
}

func TestSend_ThePasswordIsNeverSentInTheClearExceptOnThisMachine(t *testing.T) {
	t.Parallel()
	plain := smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain, User: "shop", Password: "secret", Mechanisms: []string{"PLAIN", "CRAM-MD5"}})
	secure := smtpsink.New(t, smtpsink.Options{User: "shop", Password: "secret", SecretAuth: true})
	send := func(s *smtpsink.Sink, d mail.Dialer) error {
		h := host(s)
		h.User, h.Password = "shop", "secret"
		return h.Send(soon(t), d, letter())
	}

	err := send(plain, abroad{plain})
	require.ErrorContains(t, err, "not encrypted")
	require.False(t, mail.Permanent(err))
	require.Empty(t, plain.Logins())

	require.NoError(t, send(plain, plain), "on this machine")
	require.NoError(t, send(secure, abroad{secure}), "after STARTTLS")
}
