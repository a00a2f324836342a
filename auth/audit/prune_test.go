package audit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestPrune_GivesUpTheBeginningAndTheRestStillVerifies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.append(t, r.shop, some(10, nil)...)
		r.append(t, r.bank, some(10, nil)...)
		early, err := r.keeper.Checkpoint(t.Context(), r.bank)
		require.NoError(t, err)
		counted, err := r.keeper.Prunable(t.Context(), r.shop.ID, base.Add(4*time.Minute))
		require.NoError(t, err)

		gone, err := r.keeper.Prune(t.Context(), r.shop.ID, base.Add(4*time.Minute), 3, 0)

		require.NoError(t, err)
		require.Equal(t, 4, gone)
		require.Equal(t, 4, counted)
		report := r.whole(t, r.shop)
		require.EqualValues(t, 4, report.Pruned)
		require.EqualValues(t, 6, report.Records)
		require.Equal(t, 1, report.Checkpoints)
		require.EqualValues(t, 10, r.whole(t, r.bank, &early).Records, "another tenant's stay")
		gone, err = r.keeper.Prune(t.Context(), r.shop.ID, base.Add(4*time.Minute), 3, 0)
		require.NoError(t, err)
		require.Zero(t, gone)

		r.tamper(t, `DELETE FROM audit_logs WHERE sequence = 5 AND tenant_id <> `+"'"+r.bank.ID.String()+"'")
		require.EqualValues(t, 5, r.verify(t, r.shop).Problem.Sequence, "what was not given up is missing")
	})
}

func TestPrune_OfTheWholeLogLetsTheChainGoOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.append(t, r.shop, some(5, nil)...)
		kept, err := r.keeper.Checkpoint(t.Context(), r.shop)
		require.NoError(t, err)
		_, err = r.keeper.Prune(t.Context(), r.shop.ID, time.Now(), 100, 0)
		require.NoError(t, err)
		require.Zero(t, r.whole(t, r.shop, &kept).Records)

		r.append(t, r.shop, some(2, nil)...)

		require.EqualValues(t, 6, r.rows(t, r.shop)[0].Sequence)
		report := r.whole(t, r.shop, &kept)
		require.EqualValues(t, 5, report.Pruned)
		require.EqualValues(t, 7, report.Last)
		_, err = r.keeper.Prune(t.Context(), r.shop.ID, time.Now(), 100, 0)
		require.NoError(t, err)
		require.True(t, r.whole(t, r.shop, &kept).Outlived)
	})
}

func TestPrune_KeepsWhatComesBehindARecordThatIsToStay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		records := some(3, nil)
		records[1].CreatedAt = time.Now()
		r.append(t, r.shop, records...)
		gone, err := r.keeper.Prune(t.Context(), r.shop.ID, time.Now().Add(-time.Hour), 10, 0)
		require.NoError(t, err)
		require.Equal(t, 1, gone)
		require.EqualValues(t, 2, r.whole(t, r.shop).Records)
	})
}

func TestPrune_GoesOnWhereAKilledOneStopped(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.append(t, r.shop, some(6, nil)...)
		_, err := r.keeper.Checkpoint(t.Context(), r.shop)
		require.NoError(t, err)
		r.tamper(t, `UPDATE audit_checkpoints SET pruned_at = created_at`, `DELETE FROM audit_logs WHERE sequence < 3`)
		require.Zero(t, r.whole(t, r.shop).Records, "what is still there was given up")
		gone, err := r.keeper.Prune(t.Context(), r.shop.ID, time.Now(), 2, 0)
		require.NoError(t, err)
		require.Equal(t, 4, gone)
		r.whole(t, r.shop)
	})
}

func TestPrune_AlsoOfRecordsOlderThanTheChain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.append(t, r.shop, some(4, nil)...)
		r.tamper(t, `UPDATE audit_logs SET hash = NULL, previous_hash = NULL, commitment = NULL, salt = NULL`)
		r.append(t, r.shop, some(6, nil)[4:]...)
		_, err := r.keeper.Prune(t.Context(), r.shop.ID, base.Add(2*time.Minute), 100, 0)
		require.NoError(t, err)
		report := r.whole(t, r.shop)
		require.EqualValues(t, 2, report.Unchained)
		require.EqualValues(t, 4, report.Records)
	})
}

func TestPrune_AForgedCheckpointIsSeen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.append(t, r.shop, some(6, nil)...)
		_, err := r.keeper.Checkpoint(t.Context(), r.shop)
		require.NoError(t, err)
		// Somebody pretends that the first three were pruned.
		r.tamper(t, `UPDATE audit_checkpoints SET sequence = 3, pruned_at = created_at, hash = (SELECT hash FROM audit_logs WHERE sequence = 3)`,
			`DELETE FROM audit_logs WHERE sequence <= 3`)
		problem := r.verify(t, r.shop).Problem
		require.NotNil(t, problem)
		require.Contains(t, problem.Reason, "another thing than was signed")
	})
}

func TestCheckpoint_OutlivesTheKeyThatSignedIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.append(t, r.shop, some(2, nil)...)
		kept, err := r.keeper.Checkpoint(t.Context(), r.shop)
		require.NoError(t, err)
		_, err = r.provisioner.RotateKey(t.Context(), tenants.ByCLI, r.shop.ID)
		require.NoError(t, err)
		for range 2 {
			r.clock = r.clock.Add(24 * 365 * time.Hour)
			_, err = r.provisioner.AdvanceKeys(t.Context(), r.shop.ID)
			require.NoError(t, err)
		}
		keys, err := r.provisioner.SigningKeys(t.Context(), r.shop.ID)
		require.NoError(t, err)
		require.Equal(t, tenants.KeyGone, keys[0].State)

		parsed, err := r.keeper.ParseCheckpoint(t.Context(), r.shop.ID, "\n"+kept.Token+" ")
		require.NoError(t, err)
		require.Equal(t, kept.Hash, parsed.Hash)
		require.Equal(t, 2, r.whole(t, r.shop, &parsed).Checkpoints)

		for _, text := range []string{"", "x", kept.Token[1:], kept.Token[:len(kept.Token)-2]} {
			_, err = r.keeper.ParseCheckpoint(t.Context(), r.shop.ID, text)
			require.ErrorIs(t, err, audit.ErrBadCheckpoint)
		}
		_, err = r.keeper.ParseCheckpoint(t.Context(), r.bank.ID, kept.Token)
		require.ErrorIs(t, err, audit.ErrBadCheckpoint)
	})
}

func TestCheckpoint_IsMadeOnceForARecord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		_, err := r.keeper.Checkpoint(t.Context(), r.shop)
		require.ErrorIs(t, err, audit.ErrEmptyLog)
		r.append(t, r.shop, some(2, nil)...)
		one, err := r.keeper.Checkpoint(t.Context(), r.shop)
		require.NoError(t, err)
		two, err := r.keeper.Checkpoint(t.Context(), r.shop)
		require.NoError(t, err)
		require.Equal(t, one.Token, two.Token)
		require.EqualValues(t, 2, two.Sequence)
	})
}

func TestCheckpoints_AreMadeOfLogsThatGrewOrWaited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		at := base.Add(time.Minute)
		due := audit.NewCheckpoints(r.keeper, func() time.Time { return at })
		r.append(t, r.bank, some(1, nil)...)
		run := func() int {
			n, err := due.Run(t.Context())
			require.NoError(t, err)
			return n
		}
		require.Zero(t, run(), "nothing is due")
		at = base.Add(24 * time.Hour)
		r.append(t, r.shop, some(1000, nil)...)
		require.Equal(t, 2, run(), "the shop's has grown, the bank's is an hour old")
		require.Zero(t, run())
		r.append(t, r.shop, some(1, nil)...)
		at = at.Add(time.Hour)
		require.Zero(t, run(), "one that happened long before it was recorded waits for the next")
		late := some(1, nil)
		late[0].CreatedAt = at
		r.append(t, r.shop, late...)
		at = at.Add(59 * time.Minute)
		require.Zero(t, run())
		at = at.Add(2 * time.Minute)
		require.Equal(t, 1, run())
		require.Equal(t, 2, r.whole(t, r.shop).Checkpoints)
		require.Equal(t, 1, r.whole(t, r.bank).Checkpoints)
	})
}
