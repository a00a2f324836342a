package reseal_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

// What is behind a secret goes on working when the secret is changed while the program runs, and after the old one is gone.
func TestChangedMasterKey_IsFeltByNobody(t *testing.T) {
	t.Parallel()

	secrets := func(list string) testenv.Option { return testenv.With("secrets.keys", list) }
	testenv.Each(t, func(t *testing.T, before *testenv.Env) {
		receiver := testenv.NewReceiver(t)
		shop := before.Tenant(t, "shop", `{"mfa":{"enabled":true,"recovery_codes":{"enabled":true}},"password":{"enabled":true},"saml":{"enabled":true,"audience_uri":"https://shop.example","endpoint_url":"https://shop.example"}}`)
		shop.Configure(t, `{"email_delivery":{"smtp":{"password":"hunter2"}}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password, Factors: testenv.Factors{App: true}})
		alex := shop.Person(t, testenv.NewPerson{Email: "alex@shop.example", Password: testenv.Password})
		codes, hashes := recoverycode.NewRoom(before.App.Store, ring(t, first)).New(snapshot(t, before, shop.ID), kim.ID)
		require.NoError(t, shop.Change(t, recoverycode.Replace(kim.ID, hashes)))
		_, err := before.App.SAML.Rotate(t.Context(), tenants.BySystem, shop.ID)
		require.NoError(t, err)
		var hook struct{ Secret string }
		made := shop.Admin(t).Do(t, http.MethodPost, "/webhooks", map[string]any{"callback": receiver.URL, "events": []string{"user"}})
		require.Equal(t, http.StatusCreated, made.Status, "%s", made.Body)
		made.JSON(t, &hook)
		// A person keeps some sessions only, and Alex will open many.
		session := shop.Person(t, testenv.NewPerson{Email: "sam@shop.example", Password: testenv.Password}).SignIn(t)

		// 1. The new secret is known everywhere; 2. it comes first, here and there not yet; 3. everything is sealed anew, while people are at it.
		late, during := before.Replica(t, secrets(first+","+second)), before.Replica(t, secrets(second+","+first))
		stop := make(chan struct{})
		var people sync.WaitGroup
		for i, node := range []*testenv.Env{late, during} {
			people.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					if !alex.On(shop.On(node)).SignIn(t).Valid(t) {
						t.Error("a session of now is not valid")
					}
					_, err := node.App.Provisioner.PatchConfig(t.Context(), shop.ID, fmt.Appendf(nil, `{"email_delivery":{"from_name":"shop %d %d"}}`, i, n),
						tenants.How{By: tenants.BySystem})
					assertNoError(t, err)
				}
			})
		}
		_, err = during.App.Reseal.Reencrypt(t.Context(), quiet)
		require.NoError(t, err)
		close(stop)
		people.Wait()
		report, err := during.App.Reseal.Reencrypt(t.Context(), quiet) // the late one is up to date now
		require.NoError(t, err)
		require.NoError(t, during.App.Reseal.Check(report))

		// 4. The old secret is gone.
		after := before.Replica(t, secrets(second), testenv.Busy())
		shop = shop.On(after)
		require.True(t, shop.Accepts(t, session.Token))
		require.True(t, alex.On(shop).SignIn(t).Valid(t))
		require.True(t, kim.On(shop).SignIn(t).Valid(t), "with password and app")
		ok, _, err := recoverycode.NewRoom(after.App.Store, ring(t, second)).Check(t.Context(), snapshot(t, after, shop.ID), kim.ID, codes[3])
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, "hunter2", snapshot(t, after, shop.ID).Config.EmailDelivery.SMTP.Password)
		_, err = after.App.Provisioner.RollBack(t.Context(), shop.ID, 2, tenants.How{By: tenants.BySystem})
		require.NoError(t, err)
		require.Equal(t, "hunter2", snapshot(t, after, shop.ID).Config.EmailDelivery.SMTP.Password, "of an earlier version")
		for _, row := range after.App.Store.Reader().SAMLCertificate.Query().AllX(scope.With(t.Context(), scope.Tenant(shop.ID))) {
			pem, err := saml.OpenKey(ring(t, second), shop.ID, row.ID, row.PrivateKey)
			require.NoError(t, err)
			require.Contains(t, string(pem), "PRIVATE KEY")
		}
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		call := receiver.Wait(t, 1)[0]
		verifier, err := standard.NewWebhook(hook.Secret)
		require.NoError(t, err)
		require.NoError(t, verifier.VerifyIgnoringTimestamp(call.Body, call.Header), "signed with the secret that the receiver has")
	}, testenv.Quiet(), testenv.Loopback(), testenv.With("rate_limiter.enabled", "false"), secrets(first))
}

func snapshot(t testing.TB, env *testenv.Env, id uuid.UUID) *tenants.Tenant {
	t.Helper()
	found, err := env.App.Registry.ByID(t.Context(), id)
	require.NoError(t, err)
	return found
}

// The worker seals anew without being asked.
func TestWorker_SealsAnewByItself(t *testing.T) {
	t.Parallel()

	before := testenv.OnSQLite(t, testenv.Quiet(), testenv.With("secrets.keys", first))
	shop := before.Tenant(t, "shop")
	after := before.Replica(t, testenv.With("secrets.keys", second+","+first), testenv.Busy())
	require.Eventually(t, func() bool {
		s, err := after.App.Reseal.Status(t.Context())
		return err == nil && s.Counted != nil && s.Entries[1].Places["signing_keys.private_key"] == 0 && s.Entries[0].Places["signing_keys.private_key"] > 1
	}, 30*time.Second, 50*time.Millisecond)
	for _, key := range after.App.Store.Reader().SigningKey.Query().AllX(scope.With(context.WithoutCancel(t.Context()), scope.Tenant(shop.ID))) {
		require.True(t, ring(t, second).Current(key.PrivateKey))
	}
}
