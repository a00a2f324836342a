package isolation_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/authenticator"
)

// foreignAssertion is the best answer that a device of the bank's kim can give to the shop: all of it is right but whose credential it is.
func (w *world) foreignAssertion(t *testing.T, device *authenticator.Authenticator, options json.RawMessage) json.RawMessage {
	t.Helper()
	var credential authenticator.Credential
	for _, c := range device.Credentials() {
		if c.Discoverable {
			credential = c
		}
	}
	require.NotEmpty(t, credential.ID)
	answer, err := device.TryGet(options, authenticator.With(credential.ID), authenticator.FromOrigin("http://shop.latchkeep.test"),
		authenticator.ForRPID("shop.latchkeep.test"), authenticator.ByHandle(w.bank.kim.ID[:]))
	require.NoError(t, err)
	return answer
}
