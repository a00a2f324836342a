package testenv

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
)

// ExpirePasscodes lets the codes that the tenant mailed so far run out just before a moment.
func (s *Tenant) ExpirePasscodes(t testing.TB, now time.Time) {
	t.Helper()
	past := now.UTC().Add(-time.Second).Truncate(time.Microsecond)
	require.NoError(t, s.Change(t, func(ctx context.Context, tx *store.Tx) error {
		rows, err := tx.Passcode.Query().All(ctx)
		if err != nil {
			return err
		}
		for _, p := range rows { // their end cannot be changed
			if err := tx.Passcode.DeleteOneID(p.ID).Exec(ctx); err != nil {
				return err
			}
			err := tx.Passcode.Create().SetID(p.ID).SetFlowID(p.FlowID).SetPurpose(p.Purpose).SetAddress(p.Address).
				SetCodeMAC(p.CodeMAC).SetTries(p.Tries).SetExpiresAt(past).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// ExpireTokens lets the one-time tokens of the tenant run out just before a moment.
func (s *Tenant) ExpireTokens(t testing.TB, now time.Time) {
	t.Helper()
	past := now.UTC().Add(-time.Second).Truncate(time.Microsecond)
	require.NoError(t, s.Change(t, func(ctx context.Context, tx *store.Tx) error {
		rows, err := tx.OneTimeToken.Query().All(ctx)
		if err != nil {
			return err
		}
		for _, k := range rows { // their end cannot be changed
			if err := tx.OneTimeToken.DeleteOneID(k.ID).Exec(ctx); err != nil {
				return err
			}
			err := tx.OneTimeToken.Create().SetID(k.ID).SetUserID(k.UserID).SetHash(k.Hash).SetPurpose(k.Purpose).
				SetNillableIdentityID(k.IdentityID).SetData(k.Data).SetExpiresAt(past).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	}))
}
