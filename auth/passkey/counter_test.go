package passkey_test

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

func TestCounter_ThatDoesNotGrowIsAClone(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim := s.person(t)
		device := authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, device)
		s.signIn(t, device)
		stolen := device.Clone()
		s.signIn(t, device)
		s.signIn(t, device)
		before := s.credentials(t, kim)

		for range 2 {
			options, c := s.ask(t)
			_, err := s.asserted(t, c, stolen.Get(t, options))
			requireRefused(t, err, passkey.Cloned, kim)
		}
		require.Equal(t, before, s.credentials(t, kim))

		// A broken signature is no sign of a clone: anybody can send one.
		options, c := s.ask(t)
		_, err := s.asserted(t, c, stolen.Clone().Get(t, options, authenticator.Counting(1), authenticator.BadSignature()))
		requireRefused(t, err, passkey.Invalid, kim)
		s.signIn(t, device)
	})
}

func TestCounter_OfZeroIsNoClone(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		synced := authenticator.New(origin, authenticator.Synced())
		s.enrol(t, passkey.Passkey, s.person(t), synced)
		s.signIn(t, synced)
		s.signIn(t, synced)
		s.signIn(t, synced.Clone())

		// One that stopped counting goes on; when it counts again, it must have gone on from where it was.
		kim := s.person(t)
		device := authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, device)
		s.signIn(t, device, authenticator.Counting(7))
		s.signIn(t, device, authenticator.Counting(0))
		s.signIn(t, device, authenticator.Counting(0))
		options, c := s.ask(t)
		_, err := s.asserted(t, c, device.Get(t, options, authenticator.Counting(7)))
		requireRefused(t, err, passkey.Cloned, kim)
		s.signIn(t, device, authenticator.Counting(8))
		s.signIn(t, device, authenticator.Counting(1<<32-1))
	})
}

// Of several requests with one assertion at once, only one may go through.
func TestCounter_LetsOneOfConcurrentReplaysThrough(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim := s.person(t)
		device := authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, device)
		options, c := s.ask(t)
		answer := device.Get(t, options)

		errs := make([]error, 4)
		var saves []store.Write
		for range errs {
			assertion, err := s.asserted(t, c, answer)
			require.NoError(t, err)
			saves = append(saves, assertion.Save)
		}
		var wg sync.WaitGroup
		for i, save := range saves {
			wg.Go(func() { errs[i] = s.try(t, save) })
		}
		wg.Wait()
		through := 0
		for _, err := range errs {
			if err == nil {
				through++
				continue
			}
			require.Equal(t, problem.KindConflict, problem.KindOf(err), "%v", err)
		}
		require.Equal(t, 1, through)
	})
}

func TestBackupState_FollowsTheDevice(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim := s.person(t)
		device := authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, device, authenticator.BackedUp(true, false))
		flags := func() [2]bool {
			c := s.credentials(t, kim)[0]
			return [2]bool{c.BackupEligible, c.BackupState}
		}
		require.Equal(t, [2]bool{true, false}, flags())
		s.signIn(t, device, authenticator.BackedUp(true, true))
		require.Equal(t, [2]bool{true, true}, flags())
		s.signIn(t, device, authenticator.BackedUp(true, false))
		require.Equal(t, [2]bool{true, false}, flags())

		options, c := s.ask(t)
		_, err := s.asserted(t, c, device.Get(t, options))
		requireRefused(t, err, passkey.Invalid, kim)
		require.Equal(t, [2]bool{true, false}, flags())
	})
}

func TestImportedPasskey_KeepsItsUserHandleAndAdoptsItsFirstFlags(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim := s.person(t)
		device := authenticator.New(origin)
		held := device.Import(rpID, []byte("legacy-17"))
		s.imported(t, kim, held)
		options, c := s.ask(t)
		_, err := s.asserted(t, c, device.Get(t, options, authenticator.ByHandle(kim[:])))
		requireRefused(t, err, passkey.Invalid, kim)

		require.Equal(t, kim, s.signIn(t, device, authenticator.BackedUp(true, true)).UserID)
		has := s.credentials(t, kim)[0]
		require.True(t, has.BackupEligible && has.BackupState)
		options, c = s.ask(t)
		_, err = s.asserted(t, c, device.Get(t, options, authenticator.BackedUp(false, false)))
		requireRefused(t, err, passkey.Invalid, kim)
		s.signIn(t, device, authenticator.BackedUp(true, false))
	})
}

// imported gives a person a credential as an import does: it was used elsewhere, and its flags are unknown.
func (s *shop) imported(t testing.TB, userID uuid.UUID, c authenticator.Credential) {
	t.Helper()
	hash := sha256.Sum256(c.ID)
	s.commit(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.WebauthnCredential.Create().SetUserID(userID).SetCredentialID(c.ID).SetCredentialHash(hash[:]).
			SetPublicKey(c.PublicKey()).SetAaguid(uuid.Nil).SetTransports([]string{}).SetUserHandle(c.UserHandle).Exec(ctx)
	})
}
