package passkey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/internal/authenticator"
)

func TestPasskey_SignsInItsOwner(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim := s.person(t)
		device := authenticator.New(origin)
		made := s.enrol(t, passkey.Passkey, kim, device)
		s.now = s.now.Add(time.Hour)

		assertion := s.signIn(t, device)

		require.Equal(t, kim, assertion.UserID)
		require.Equal(t, device.Credentials()[0].EncodedID(), assertion.CredentialID)
		require.False(t, assertion.MFAOnly)
		has := s.credentials(t, kim)
		require.Len(t, has, 1)
		want := made.Shown(start)
		want.LastUsedAt = &s.now
		require.Equal(t, want, has[0])
		s.signIn(t, device)
	})
}
