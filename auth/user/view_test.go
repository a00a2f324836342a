package user_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestView_ShowsThePrimaryAddressFirstThenTheOldest(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"email": {"use_for_authentication": false}, "mfa": {"enabled": false}, "passkey": {"enabled": false}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "primary@shop.example", Password: testenv.Password})
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			for address, age := range map[string]time.Duration{"newer@shop.example": time.Hour, "oldest@shop.example": 100 * time.Hour, "older@shop.example": 10 * time.Hour} {
				at := time.Now().UTC().Add(-age).Truncate(time.Microsecond)
				if err := tx.Email.Create().SetUserID(kim.ID).SetAddress(address).SetIsVerified(true).SetCreatedAt(at).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		}))
		session := kim.SignIn(t)
		var me struct {
			Emails []struct {
				Address   string
				IsPrimary bool `json:"is_primary"`
			}
		}
		session.Client.Bearer(session.Token).Get(t, "/me").JSON(t, &me)
		var order []string
		for _, e := range me.Emails {
			order = append(order, e.Address)
			require.Equal(t, e.Address == kim.Email, e.IsPrimary)
		}
		require.Equal(t, []string{"primary@shop.example", "oldest@shop.example", "older@shop.example", "newer@shop.example"}, order)

		// She signs in with any of them, and is the same person with the same primary address.
		other := *kim
		other.Email = "older@shop.example"
		again := other.SignIn(t)
		require.Equal(t, kim.ID, again.UserID)
		require.Contains(t, string(again.Success.Payload["claims"]), kim.Email)
	})
}

func TestView_ShowsMetadataThatIsHers(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"email": {"use_for_authentication": false}, "mfa": {"enabled": false}, "passkey": {"enabled": false}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		session := kim.SignIn(t)
		me := func() string { return string(session.Client.Bearer(session.Token).Get(t, "/me").Body) }
		require.NotContains(t, me(), "metadata")
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.User.UpdateOneID(kim.ID).SetPublicMetadata(`{"plan":"pro"}`).SetPrivateMetadata(`{"score":7}`).Exec(ctx)
		}))
		require.Contains(t, me(), `"metadata":{"public_metadata":{"plan":"pro"}}`)
		require.NotContains(t, me(), "score", "what only back ends may see")
	})
}
