package rawsql_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func TestPerson_HasEverythingInOneStatement(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc, other := newTenant(t, st), newTenant(t, st)
		kim, sam, nameID := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
		first, second, password, totp := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
		at := time.Now().UTC().Truncate(time.Microsecond)
		later := at.Add(time.Second)
		do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
			tx.User.Create().SetID(kim).SetName("Kim").SetPicture("https://shop.example/kim.png").SetBlockedAt(at).
				SetUsername("kim").SetUsernameID(nameID).SetUsernameCreatedAt(at).SetUsernameUpdatedAt(later).
				SetPublicMetadata(`{"a":1}`).SetUnsafeMetadata(`{"b":2}`).SetCreatedAt(at).SetUpdatedAt(later).ExecX(ctx)
			tx.Email.Create().SetID(first).SetUserID(kim).SetAddress("kim@shop.example").SetPrimaryOf(kim).SetCreatedAt(at).SetUpdatedAt(later).ExecX(ctx)
			tx.Email.Create().SetID(second).SetUserID(kim).SetAddress("k@shop.example").SetIsVerified(true).SetCreatedAt(later).SetUpdatedAt(later).ExecX(ctx)
			tx.PasswordCredential.Create().SetID(password).SetUserID(kim).SetHash("x").SetCreatedAt(at).SetUpdatedAt(later).ExecX(ctx)
			tx.TOTPSecret.Create().SetID(totp).SetUserID(kim).SetSecret([]byte("x")).SetCreatedAt(at).SetUpdatedAt(later).ExecX(ctx)
			tx.WebauthnCredential.Create().SetUserID(kim).SetCredentialID([]byte("x")).SetCredentialHash([]byte("x")).
				SetPublicKey([]byte("x")).SetAaguid(uuid.Nil).SetTransports(nil).ExecX(ctx)
			return tx.User.Create().SetID(sam).SetCreatedAt(at).SetUpdatedAt(at).Exec(ctx)
		})
		ctx := scope.With(t.Context(), sc)

		got, err := st.Raw().Person(ctx, kim)
		require.NoError(t, err)
		require.ElementsMatch(t, []rawsql.PersonEmail{
			{ID: first, Address: "kim@shop.example", IsPrimary: true, CreatedAt: at, UpdatedAt: later},
			{ID: second, Address: "k@shop.example", IsVerified: true, CreatedAt: later, UpdatedAt: later},
		}, got.Emails)
		got.Emails = nil
		require.Equal(t, &rawsql.Person{
			ID: kim, Name: "Kim", Picture: "https://shop.example/kim.png", BlockedAt: &at,
			Username: "kim", UsernameID: nameID, UsernameCreatedAt: at, UsernameUpdatedAt: later,
			PublicMetadata: `{"a":1}`, UnsafeMetadata: `{"b":2}`, CreatedAt: at, UpdatedAt: later,
			Password:       &rawsql.PersonSecret{ID: password, CreatedAt: at, UpdatedAt: later},
			TOTP:           &rawsql.PersonSecret{ID: totp, CreatedAt: at, UpdatedAt: later},
			HasCredentials: true,
		}, got)

		got, err = st.Raw().Person(ctx, sam)
		require.NoError(t, err)
		require.Equal(t, &rawsql.Person{ID: sam, CreatedAt: at, UpdatedAt: at, UsernameCreatedAt: at, UsernameUpdatedAt: at}, got)

		got, err = st.Raw().Person(scope.With(t.Context(), other), kim)
		require.NoError(t, err)
		require.Nil(t, got, "nobody's in another tenant")
		_, err = st.Raw().Person(scope.With(t.Context(), system), kim)
		require.ErrorIs(t, err, rawsql.ErrNeedsTenant)
	})
}
