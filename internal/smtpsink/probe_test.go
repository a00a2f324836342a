package smtpsink_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/smtpsink"
)

func TestProbe_DoesEverythingButSend(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		encryption smtpsink.Encryption
		encrypted  bool
	}{"STARTTLS": {smtpsink.StartTLS, true}, "no encryption": {smtpsink.Plain, false}} {
		sink := smtpsink.New(t, smtpsink.Options{Encryption: c.encryption, User: "shop", Password: "secret"})
		smtp := host(sink)
		smtp.User, smtp.Password = "shop", "secret"
		encrypted, err := smtp.Probe(soon(t), sink)
		require.NoError(t, err, name)
		require.Equal(t, c.encrypted, encrypted, name)
		require.Len(t, sink.Logins(), 1)
		require.Empty(t, sink.Messages())
		smtp.Password = "wrong"
		_, err = smtp.Probe(soon(t), sink)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "wrong")
	}
}
