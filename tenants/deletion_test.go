package tenants_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// people puts n people with an address and a session each into a tenant.
func (s *setup) people(t *testing.T, id uuid.UUID, n int) {
	t.Helper()
	require.NoError(t, s.store.Do(t.Context(), scope.Tenant(id), func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			u, err := tx.User.Create().Save(ctx)
			if err != nil {
				return err
			}
			if err := tx.Email.Create().SetUserID(u.ID).SetAddress(fmt.Sprintf("u%d@shop.example", i)).SetPrimaryOf(u.ID).Exec(ctx); err != nil {
				return err
			}
			at := s.clock.Now()
			if err := tx.Session.Create().SetUserID(u.ID).SetExpiresAt(at.Add(time.Hour)).SetLastUsedAt(at).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
}

func requireCode(t *testing.T, err error, code string) {
	t.Helper()
	var p *problem.Error
	require.ErrorAs(t, err, &p)
	require.Equal(t, code, p.Code)
}

// purge runs until nothing is left to do.
func (s *setup) purge(t *testing.T, rows int) {
	t.Helper()
	for range 1000 {
		n, err := s.tenants.Purge(t.Context(), rows)
		require.NoError(t, err)
		if n == 0 {
			return
		}
	}
	t.Fatal("the purge does not end")
}

func TestRestore_BringsADeletedTenantBackAsItWasWithoutItsSessions(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		by := tenants.ByOperator("olga@ops.example")
		shop, bank := s.tenant(t, "shop"), s.tenant(t, "bank")
		s.people(t, shop.ID, 3)
		s.people(t, bank.ID, 2)
		before, err := s.tenants.SetStatus(t.Context(), by, shop.ID, tenants.StatusReadOnly, "an audit")
		require.NoError(t, err)

		deleted, err := s.tenants.DeleteFor(t.Context(), by, shop.ID, nil)
		require.NoError(t, err)
		require.Equal(t, &tenants.Deletion{
			By: by, At: deleted.Deletion.At, PurgeAfter: deleted.Deletion.At.Add(time.Hour), StatusBefore: tenants.StatusReadOnly,
		}, deleted.Deletion)
		_, err = s.registry.ByID(t.Context(), shop.ID)
		require.ErrorIs(t, err, tenants.ErrNotFound)
		_, err = s.tenants.Create(t.Context(), by, tenants.NewTenant{Slug: "shop"})
		requireCode(t, err, "slug_taken")

		s.clock.Advance(time.Minute)
		again, err := s.tenants.DeleteFor(t.Context(), by, shop.ID, new(time.Duration(0)))
		require.NoError(t, err)
		require.Equal(t, deleted.Deletion, again.Deletion, "the second time changes nothing")
		require.Equal(t, deleted.Version, again.Version)

		listed, err := s.tenants.List(t.Context(), tenants.Filter{Page: 1, PerPage: 10, Status: tenants.StatusDeleting})
		require.NoError(t, err)
		require.Len(t, listed.Items, 1)
		require.Equal(t, shop.ID, listed.Items[0].ID)
		listed, err = s.tenants.List(t.Context(), tenants.Filter{Page: 1, PerPage: 10})
		require.NoError(t, err)
		require.Len(t, listed.Items, 1, "deleted ones are in no other list")

		restored, err := s.tenants.Restore(t.Context(), by, shop.ID)
		require.NoError(t, err)
		require.Equal(t, tenants.StatusReadOnly, restored.Status)
		require.Equal(t, "an audit", restored.StatusReason)
		require.Nil(t, restored.Deletion)
		require.Equal(t, before.Config, restored.Config)
		found, err := s.registry.BySlug(t.Context(), "shop")
		require.NoError(t, err)
		require.True(t, found.ReadOnly())
		same, err := s.tenants.Restore(t.Context(), by, shop.ID)
		require.NoError(t, err)
		require.Equal(t, restored.Version, same.Version, "the second time changes nothing")

		in := func(id uuid.UUID) context.Context { return scope.With(t.Context(), scope.Tenant(id)) }
		require.Equal(t, 3, s.store.Reader().User.Query().CountX(in(shop.ID)))
		require.Zero(t, s.store.Reader().Session.Query().CountX(in(shop.ID)), "who was signed in signs in again")
		require.Equal(t, 3, s.store.Reader().Revocation.Query().CountX(in(shop.ID)), "replicas hear of it")
		require.Equal(t, 2, s.store.Reader().Session.Query().CountX(in(bank.ID)))
		s.clock.Advance(48 * time.Hour)
		n, err := s.tenants.Purge(t.Context(), 100)
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestDelete_GraceIsAtMostTheDeployments(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		shop := s.tenant(t, "shop")
		for _, wrong := range []time.Duration{-time.Second, time.Hour + time.Second} {
			_, err := s.tenants.DeleteFor(t.Context(), tenants.ByCLI, shop.ID, &wrong)
			requireCode(t, err, "invalid_grace")
		}
		_, err := s.tenants.PurgeNow(t.Context(), tenants.ByCLI, shop.ID, "shop")
		requireCode(t, err, "not_deleted")
		require.NoError(t, s.tenants.EnsureSystem(t.Context()))
		_, err = s.tenants.DeleteFor(t.Context(), tenants.ByCLI, tenants.SystemID, nil)
		requireCode(t, err, "system_tenant")

		deleted, err := s.tenants.DeleteFor(t.Context(), tenants.ByCLI, shop.ID, new(time.Minute))
		require.NoError(t, err)
		require.Equal(t, time.Minute, deleted.Deletion.PurgeAfter.Sub(deleted.Deletion.At))
		require.ErrorIs(t, s.tenants.Delete(t.Context(), tenants.ByCLI, shop.ID), tenants.ErrNotFound)
		_, err = s.tenants.Restore(t.Context(), tenants.ByCLI, uuid.New())
		require.ErrorIs(t, err, tenants.ErrNotFound)
	})
}

func TestPurge_LeavesASignedReceiptOfWhatWent(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		by := tenants.ByOperator("olga@ops.example")
		shop, bank := s.tenant(t, "shop"), s.tenant(t, "bank")
		s.people(t, shop.ID, 5)
		s.people(t, bank.ID, 1)
		deleted, err := s.tenants.DeleteFor(t.Context(), by, shop.ID, nil)
		require.NoError(t, err)
		_, err = s.tenants.Receipt(t.Context(), shop.ID)
		requireCode(t, err, "receipt_not_found")

		_, err = s.tenants.PurgeNow(t.Context(), by, shop.ID, "bank")
		requireCode(t, err, "wrong_confirmation")
		n, err := s.tenants.Purge(t.Context(), 4)
		require.NoError(t, err)
		require.Zero(t, n, "the grace period lasts")
		for range 2 {
			_, err = s.tenants.PurgeNow(t.Context(), by, shop.ID, "shop")
			require.NoError(t, err)
		}
		n, err = s.tenants.Purge(t.Context(), 4)
		require.NoError(t, err)
		require.Equal(t, 4, n)
		_, err = s.tenants.Restore(t.Context(), by, shop.ID)
		requireCode(t, err, "purge_began")
		left, err := s.tenants.Deleted(t.Context(), shop.ID, "")
		require.NoError(t, err)
		require.True(t, left.Deletion.Begun)
		s.clock.Advance(time.Minute)
		s.purge(t, 4)

		receipt, err := s.tenants.Receipt(t.Context(), shop.ID)
		require.NoError(t, err)
		keys, err := s.tenants.ReceiptKeys(t.Context())
		require.NoError(t, err)
		said, err := receipt.Verify(keys, s.clock.Now())
		require.NoError(t, err)
		require.Equal(t, shop.ID, said.TenantID)
		require.Equal(t, "shop", said.Slug)
		require.Equal(t, by, said.DeletedBy)
		require.Equal(t, deleted.Deletion.At, said.DeletedAt.UTC())
		require.True(t, said.PurgedAt.After(said.DeletedAt))
		require.Equal(t, 5, said.Rows["users"])
		require.Equal(t, 5, said.Rows["emails"])
		require.Equal(t, 5, said.Rows["sessions"])
		require.Equal(t, 1, said.Rows["signing_keys"])
		require.Equal(t, 1, said.Rows["tenants"])
		require.Equal(t, 18, said.Total, said.Rows)
		system, err := s.registry.ByID(t.Context(), tenants.SystemID)
		require.NoError(t, err)
		_, err = receipt.Verify(system.Keys.Set(), s.clock.Now())
		require.NoError(t, err, "the key is in the key set of the console")

		_, err = s.tenants.Get(t.Context(), bank.ID)
		require.NoError(t, err)
		_, err = s.tenants.Create(t.Context(), by, tenants.NewTenant{Slug: "shop", ID: shop.ID})
		require.NoError(t, err, "id and slug are free again")
		require.NoError(t, s.tenants.Delete(t.Context(), by, shop.ID))
		s.clock.Advance(2 * time.Hour)
		s.purge(t, 100)
		newer, err := s.tenants.Receipt(t.Context(), shop.ID)
		require.NoError(t, err)
		require.NotEqual(t, receipt.Signature, newer.Signature, "the newest counts")
	})
}

func TestReceipt_ChangedOrByAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()

	s := on(t, "sqlite3")
	shop := s.tenant(t, "shop")
	require.NoError(t, s.tenants.Delete(t.Context(), tenants.ByCLI, shop.ID))
	s.clock.Advance(2 * time.Hour)
	s.purge(t, 100)
	receipt, err := s.tenants.Receipt(t.Context(), shop.ID)
	require.NoError(t, err)
	keys, err := s.tenants.ReceiptKeys(t.Context())
	require.NoError(t, err)

	var said map[string]any
	require.NoError(t, json.Unmarshal(receipt.Statement, &said))
	said["total"] = 7
	changed := *receipt
	changed.Statement, err = json.Marshal(said)
	require.NoError(t, err)
	_, err = changed.Verify(keys, s.clock.Now())
	require.ErrorIs(t, err, jose.ErrInvalid)
	alone := tenants.Receipt{Signature: receipt.Signature}
	_, err = alone.Verify(keys, s.clock.Now())
	require.NoError(t, err, "the signature holds the statement")

	stranger, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	set, err := jose.NewSet(stranger)
	require.NoError(t, err)
	_, err = receipt.Verify(set, s.clock.Now())
	require.ErrorIs(t, err, jose.ErrInvalid)
	forged, err := stranger.SignPayload(tenants.ReceiptType, receipt.Statement)
	require.NoError(t, err)
	changed.Signature = forged
	_, err = changed.Verify(keys, s.clock.Now())
	require.ErrorIs(t, err, jose.ErrInvalid)
}

func TestReceipts_AreListedNewestFirst(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		for i := range 5 {
			shop := s.tenant(t, fmt.Sprintf("shop%d", i))
			require.NoError(t, s.tenants.Delete(t.Context(), tenants.ByCLI, shop.ID))
			s.clock.Advance(2 * time.Hour)
			s.purge(t, 100)
		}
		var slugs []string
		for after := uuid.Nil; ; {
			page, err := s.tenants.Receipts(t.Context(), after, 2)
			require.NoError(t, err)
			for _, r := range page.Items {
				var said tenants.Statement
				require.NoError(t, json.Unmarshal(r.Statement, &said))
				slugs = append(slugs, said.Slug)
			}
			if after = page.Next; after == uuid.Nil {
				break
			}
		}
		require.Equal(t, []string{"shop4", "shop3", "shop2", "shop1", "shop0"}, slugs)
		_, err := s.tenants.Receipts(t.Context(), uuid.New(), 2)
		requireCode(t, err, "receipt_not_found")
	})
}
