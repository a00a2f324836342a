package smtpsink_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/smtpsink"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

func TestSend_NoValueBeginsAnotherHeader(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{})
	for _, evil := range []string{
		"a\r\nBcc: eve@evil.example", "a\nBcc: eve@evil.example", "a\rBcc: eve@evil.example", "a\r\n\r\nBcc: eve@evil.example",
		"a\r\n Bcc: eve@evil.example", "a\u2028Bcc: eve@evil.example", "a\x00\r\nBcc: eve@evil.example", "\r\n.\r\nMAIL FROM:<eve@evil.example>",
		"=?utf-8?q?a=0D=0ABcc:_eve@evil.example?=", "a\" <eve@evil.example>, \"b", strings.Repeat("x", 5000) + "\r\nBcc: eve@evil.example",
	} {
		m := letter()
		m.Subject, m.From.Name, m.To.Name = evil, evil, evil
		m.Headers = map[string]string{"X-Note": evil}

		require.NoError(t, host(sink).Send(soon(t), sink, m))

		got := received(t, sink, kim)
		require.Empty(t, got.Header.Get("Bcc"))
		require.NotContains(t, got.Subject, "\n")
		require.Equal(t, "Enter the code:\n\n123456", got.Text, "the header ends where it should")
		from, err := got.Header.AddressList("From")
		require.NoError(t, err)
		require.Len(t, from, 1)
		require.Equal(t, "noreply@shop.example", from[0].Address)
		to, err := got.Header.AddressList("To")
		require.NoError(t, err)
		require.Len(t, to, 1)
		require.Equal(t, kim, to[0].Address)
		for name := range got.Header {
			require.Contains(t, []string{
				"Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "X-Auto-Response-Suppress",
				"X-Note",
			}, name)
		}
	}
	require.Equal(t, len(sink.Messages()), sink.Connections(), "one mail each")
}

func TestSend_ADotAloneDoesNotEndTheText(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{})
	m := letter()
	m.Text = "one\n.\nMAIL FROM:<eve@evil.example>\n..\ntwo"

	require.NoError(t, host(sink).Send(soon(t), sink, m))

	require.Equal(t, m.Text, received(t, sink, kim).Text)
	require.Len(t, sink.Messages(), 1)
}

func TestSend_AnAddressThatIsNoneIsRefusedForGood(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{})
	for _, address := range []string{
		"", "kim", "@shop.example", "kim@", "kim@shop.example\r\nRCPT TO:<eve@evil.example>", "kim@shop.example>\r\nDATA", "kim@shop.example, eve@evil.example",
		"Kim <kim@shop.example>", "kim@shop.example> SIZE=1", "kim @shop.example", "kim@shop\u202e.example", "kim@-ä-.example", "kim@shop..example",
		strings.Repeat("k", 400) + "@shop.example", "kim\x00@shop.example",
	} {
		m := letter()
		m.To.Address = address
		err := host(sink).Send(soon(t), sink, m)
		require.True(t, mail.Permanent(err), "%q: %v", address, err)

		m = letter()
		m.From.Address = address
		require.True(t, mail.Permanent(host(sink).Send(soon(t), sink, m)), address)
	}
	require.Zero(t, sink.Connections())
}

func TestSend_AHeaderOfOursCannotBeReplaced(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{})
	for _, name := range []string{"bcc", "To", "FROM", "subject", "Content-Type", "message-id", "Date", "Auto-Submitted", "", "X Y", "X:Y", "X\r\nBcc", "Ü"} {
		m := letter()
		m.Headers = map[string]string{name: "eve@evil.example"}

		require.True(t, mail.Permanent(host(sink).Send(soon(t), sink, m)), name)
	}
	m := letter()
	m.ID = "a@b>\r\nBcc: eve@evil.example"
	require.True(t, mail.Permanent(host(sink).Send(soon(t), sink, m)))
	require.Zero(t, sink.Connections())
}

func TestSend_AddressesOfTheWorld(t *testing.T) {
	t.Parallel()
	ascii := smtpsink.New(t, smtpsink.Options{})
	world := smtpsink.New(t, smtpsink.Options{International: true})
	m := letter()

	m.To.Address = "kim@käse.example"
	require.NoError(t, host(ascii).Send(soon(t), ascii, m), "domains have a form in ASCII")
	received(t, ascii, "kim@xn--kse-qla.example")

	m.To.Address = "käthe@käse.example"
	require.True(t, mail.Permanent(host(ascii).Send(soon(t), ascii, m)), "names have none")
	require.NoError(t, host(world).Send(soon(t), world, m))
	received(t, world, "käthe@xn--kse-qla.example")
}
