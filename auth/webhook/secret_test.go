package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// rotate gives an endpoint a new secret.
func rotate(t testing.TB, s *testenv.Tenant, id uuid.UUID, body string) string {
	t.Helper()
	r := s.Admin(t).Do(t, http.MethodPost, "/webhooks/"+id.String()+"/secret", body)
	require.Equal(t, http.StatusOK, r.Status, "%s", r.Body)
	var made struct{ Secret string }
	r.JSON(t, &made)
	require.Regexp(t, `^whsec_[A-Za-z0-9+/]{43}=$`, made.Secret)
	return made.Secret
}

// verifies reports whether a receiver with a secret takes a call. The library allows for five minutes.
func verifies(t testing.TB, secret string, c testenv.Call) bool {
	t.Helper()
	w, err := standard.NewWebhook(secret)
	require.NoError(t, err)
	return w.VerifyIgnoringTimestamp(c.Body, c.Header) == nil
}

func TestSecret_OfBeforeGoesOnSigningUntilTheOverlapEnds(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		receiver := testenv.NewReceiver(t)
		shop := env.Tenant(t, "shop")
		h := subscribe(t, shop, receiver.URL, "user")
		next := func() testenv.Call {
			n := len(receiver.Calls())
			shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
			return receiver.Wait(t, n+1)[n]
		}
		first := h.Secret
		require.True(t, verifies(t, first, next()))
		second := rotate(t, shop, h.ID, `{"overlap": 3600}`)
		call := next()
		require.True(t, verifies(t, first, call))
		require.True(t, verifies(t, second, call))
		require.Len(t, strings.Fields(call.Header.Get("webhook-signature")), 2)
		third := rotate(t, shop, h.ID, `{}`)
		clock.Move(time.Hour)
		call = next()
		require.False(t, verifies(t, first, call), "an hour is over")
		require.True(t, verifies(t, second, call), "a day is not")
		require.True(t, verifies(t, third, call))
		fourth := rotate(t, shop, h.ID, `{"overlap": 0}`)
		clock.Move(24 * time.Hour)
		call = next()
		require.False(t, verifies(t, third, call))
		require.True(t, verifies(t, fourth, call))
		for range 8 {
			rotate(t, shop, h.ID, `{"overlap": 604800}`)
		}
		require.Len(t, strings.Fields(next().Header.Get("webhook-signature")), 5, "the latest")
		shop.AuditOf(t, event.WebhookSecret, 11)

		admin := shop.Admin(t)
		for _, body := range []string{`{"overlap": 604801}`, `{"overlap": -1}`, `{"overlap": "1h"}`, `null`} {
			require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPost, "/webhooks/"+h.ID.String()+"/secret", body).Status, body)
		}
		require.NotContains(t, string(admin.Get(t, "/webhooks/"+h.ID.String()).Body), "whsec_")
		require.NotContains(t, string(admin.Get(t, "/webhooks").Body), "whsec_")
		row := idle(t, shop)
		require.NotContains(t, string(row.Secrets), `"k"`, "it is sealed")
	})
}

func TestSecret_OfAConfiguredEndpointIsItsOwn(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, _ *testenv.Clock) {
		receiver := testenv.NewReceiver(t)
		config := `{"webhooks":{"enabled":true,"hooks":[{"callback":"` + receiver.URL + `","events":["user"]}]}}`
		shop, bank := env.Tenant(t, "shop", config), env.Tenant(t, "bank", config)
		ours, theirs := endpoints(t, shop)[0], endpoints(t, bank)[0]
		require.NotEqual(t, ours.ID, theirs.ID)
		require.Equal(t, "config", ours.Source)
		require.True(t, ours.Enabled)
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		require.NotEmpty(t, receiver.Wait(t, 1)[0].Header.Get("webhook-signature"), "by a secret that was made for it")
		secret := rotate(t, shop, ours.ID, `{"overlap": 0}`)
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		require.True(t, verifies(t, secret, receiver.Wait(t, 2)[1]))
		bank.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		require.False(t, verifies(t, secret, receiver.Wait(t, 3)[2]))
		require.Equal(t, ours.ID, endpoints(t, shop)[0].ID)
		admin := bank.Admin(t)
		for _, path := range []string{"/webhooks/" + ours.ID.String() + "/secret", "/webhooks/" + ours.ID.String() + "/test", "/webhooks/endpoints/" + ours.ID.String() + "/enable"} {
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodPost, path, `{}`).Status, path)
		}
	})
}
