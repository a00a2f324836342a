package allowance_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

const patience = 30 * time.Second

func allow(t *testing.T, s *testenv.Tenant, limits quota.Limits) {
	t.Helper()
	_, err := s.Env.App.Provisioner.SetQuotas(t.Context(), s.ID, limits, tenants.How{By: tenants.ByCLI})
	require.NoError(t, err)
}

// use counts something, and has the keeper look.
func use(t *testing.T, s *testenv.Tenant, metric string, n int64) {
	t.Helper()
	require.NoError(t, usage.Again(func() error {
		return s.Change(t, func(ctx context.Context, tx *store.Tx) error {
			var tally usage.Tally
			tally.Add(time.Now(), metric, n)
			return tally.Save(ctx, tx, s.ID)
		})
	}))
	require.NoError(t, s.Env.App.Allowance.Look(t.Context(), s.ID, true))
}

func over(t *testing.T, s *testenv.Tenant, name quota.Name) bool {
	t.Helper()
	snapshot, err := s.Env.App.Registry.ByID(t.Context(), s.ID)
	require.NoError(t, err)
	_, is := snapshot.Quotas.Over(name, time.Now())
	return is
}

func hear(t *testing.T, env *testenv.Env, tenant uuid.UUID, url string) {
	t.Helper()
	patch, err := json.Marshal(map[string]any{"webhooks": map[string]any{"enabled": true, "hooks": []any{map[string]any{"callback": url, "events": []string{"tenant"}}}}})
	require.NoError(t, err)
	_, err = env.App.Provisioner.PatchConfig(t.Context(), tenant, patch, tenants.How{By: tenants.ByCLI, Strict: true})
	require.NoError(t, err)
}

func TestQuota_OfRegistrationsRefusesNewPeopleAndTellsBothOnce(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, theirs, ours := env.Tenant(t, "shop"), testenv.NewReceiver(t), testenv.NewReceiver(t)
		hear(t, env, shop.ID, theirs.URL)
		hear(t, env, tenants.SystemID, ours.URL)
		allow(t, shop, quota.Limits{quota.Registrations: {Soft: 1, Hard: 2}})
		kim := shop.SignUp(t, "kim@shop.example", testenv.Password)
		theirs.Wait(t, 1)
		shop.SignUp(t, "lou@shop.example", testenv.Password)
		require.Eventually(t, func() bool { return over(t, shop, quota.Registrations) }, patience, 20*time.Millisecond)

		f := shop.Begin(t, "registration")
		refused := f.Do(t, "register_login_identifier", testenv.Inputs{"email": "mo@shop.example"})
		require.Equal(t, "rate_limit_exceeded", refused.Refusal())
		require.Equal(t, http.StatusTooManyRequests, refused.Status)
		taken := shop.Begin(t, "registration").Do(t, "register_login_identifier", testenv.Inputs{"email": "kim@shop.example"})
		require.Equal(t, "rate_limit_exceeded", taken.Refusal(), "whether there is an account is not told")
		kim.SignIn(t)
		require.Equal(t, 2, shop.Count(t, "users"))

		for who, calls := range map[string][]testenv.Call{"the tenant": theirs.Wait(t, 2), "the operators": ours.Wait(t, 2)} {
			require.Len(t, calls, 2, who)
			data := calls[1].Data()
			require.Equal(t, []string{"tenant.quota.warning", "tenant.quota.exceeded"}, []string{calls[0].Event, calls[1].Event}, who)
			require.Equal(t, shop.ID.String(), data["tenant_id"], who)
			require.Equal(t, []any{"shop", "registrations_per_day", 2.0, 2.0, usage.Today().String()},
				[]any{data["slug"], data["quota"], data["limit"], data["used"], data["period"]}, who)
		}
		records := map[string]int{}
		require.Eventually(t, func() bool {
			records = map[string]int{}
			system := &testenv.Tenant{Env: env, ID: tenants.SystemID}
			for _, r := range append(shop.Operations(t), system.Operations(t)...) {
				records[r.Type]++
			}
			return records["tenant_quota_exceeded"] == 2
		}, patience, 20*time.Millisecond)
		require.Equal(t, 2, records["tenant_quota_warning"])
		require.Equal(t, 2, records["tenant_quotas_changed"])

		allow(t, shop, quota.Limits{quota.Registrations: {Hard: 5}})
		shop.SignUp(t, "mo@shop.example", testenv.Password)
	}, testenv.Loopback(), testenv.With("audit_log.storage.enabled", "true"))
}

func TestQuota_RegistrationsUnderWayEndWhenItIsReached(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop", `{"email":{"require_verification":false},"passkey":{"enabled":false},"mfa":{"enabled":false}}`)
	allow(t, shop, quota.Limits{quota.MonthlyActivePeople: {Hard: 1}})
	f := shop.Begin(t, "registration")
	f.Do(t, "register_login_identifier", testenv.Inputs{"email": "kim@shop.example"})
	use(t, shop, usage.ActivePeople, 1)
	ended := f.Do(t, "register_password", testenv.Inputs{"new_password": testenv.Password})
	require.Equal(t, "rate_limit_exceeded", ended.Refusal())
	require.Equal(t, "error", ended.Name)
	require.Zero(t, shop.Count(t, "users"))
}

func TestQuota_OfUsersHoldsUntilOneGoes(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		allow(t, shop, quota.Limits{quota.Users: {Hard: 2}})
		backEnd := shop.Admin(t)
		made := backEnd.Do(t, "POST", "/users", map[string]any{"emails": []any{map[string]any{"address": "kim@shop.example", "is_primary": true}}})
		require.Equal(t, 200, made.Status)
		var kim struct{ ID string }
		made.JSON(t, &kim)
		shop.SignUp(t, "lou@shop.example", testenv.Password)
		require.Eventually(t, func() bool { return over(t, shop, quota.Users) }, patience, 20*time.Millisecond)

		refused := shop.Begin(t, "registration").Do(t, "register_login_identifier", testenv.Inputs{"email": "mo@shop.example"})
		require.Equal(t, "operation_not_permitted_error", refused.Refusal())
		mo := map[string]any{"emails": []any{map[string]any{"address": "mo@shop.example", "is_primary": true}}}
		require.Equal(t, 409, backEnd.Do(t, "POST", "/users", mo).Status)

		require.Equal(t, 204, backEnd.Do(t, "DELETE", "/users/"+kim.ID, nil).Status)
		require.Eventually(t, func() bool { return !over(t, shop, quota.Users) }, patience, 20*time.Millisecond)
		require.Equal(t, 200, backEnd.Do(t, "POST", "/users", mo).Status)
	})
}

func TestQuota_OfUsersLetsNobodyNewInThroughAProvider(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet(), testenv.WithThirdParties())
	shop := env.Tenant(t, "shop", `{`+testenv.ThirdParty+`, "mfa": {"enabled": false}, "passkey": {"enabled": false}}`)
	account := func(name string) testenv.PartyAccount {
		return testenv.PartyAccount{Subject: name, Email: name + "@shop.example", EmailVerified: true}
	}
	shop.SignInThrough(t, "google", account("kim"))
	allow(t, shop, quota.Limits{quota.Users: {Hard: 1}})
	require.NoError(t, env.App.Allowance.Look(t.Context(), shop.ID, true))
	require.True(t, over(t, shop, quota.Users))

	to := shop.Begin(t, "login").Through(t, "thirdparty_oauth", "google", account("lou"))
	require.Equal(t, string(federation.SignupDisabled), to.Query().Get("error"))
	require.Equal(t, 1, shop.Count(t, "users"))
	shop.SignInThrough(t, "google", account("kim"))
}

func TestQuota_OfMailsHoldsNotificationsAndSendsCodes(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"password":{"enabled":false},"passkey":{"enabled":false}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		allow(t, shop, quota.Limits{quota.Mails: {Hard: 3}})
		use(t, shop, usage.MailsSent, 3)

		refused := shop.Begin(t, "registration").Do(t, "register_login_identifier", testenv.Inputs{"email": "mo@shop.example"})
		require.Equal(t, "rate_limit_exceeded", refused.Refusal())
		shop.Mail(t, event.MailPayload{Template: mail.TemplatePasswordUpdate, To: "lou@shop.example"})
		kim.SignIn(t) // by a code
		require.Eventually(t, func() bool { return heldBack(t, shop) == 1 }, patience, 20*time.Millisecond)
		require.Eventually(t, func() bool { return mails(t, env, "held") == "1" }, patience, 20*time.Millisecond)
		require.Empty(t, mails(t, env, "retry"), "nothing failed")

		allow(t, shop, quota.Limits{})
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Intent.Update().SetAvailableAt(time.Now().Add(-time.Second)).Exec(ctx) // the hour is over
		}))
		env.App.Ring()
		require.NotEmpty(t, shop.MailTo(t, "lou@shop.example").Subject)
	})
}

// mails is how often the metrics say that a mail had an outcome; empty where none had.
func mails(t *testing.T, env *testenv.Env, outcome string) string {
	t.Helper()
	answer := httptest.NewRecorder()
	env.App.Ops().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	_, rest, _ := strings.Cut(answer.Body.String(), `latchkeep_worker_intents_total{kind="mail",outcome="`+outcome+`"} `)
	n, _, _ := strings.Cut(rest, "\n")
	return n
}

// heldBack is how many mails wait because of the quota.
func heldBack(t *testing.T, s *testenv.Tenant) (n int) {
	t.Helper()
	require.NoError(t, s.Change(t, func(ctx context.Context, tx *store.Tx) error {
		for _, row := range tx.Intent.Query().AllX(ctx) {
			if row.Kind == "mail" && row.State == "ready" && row.AvailableAt.After(time.Now().Add(30*time.Second)) && row.LastError != "" {
				n++
			}
		}
		return nil
	}))
	return n
}

func TestQuota_OfAPICallsAnswersTooMany(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		backEnd := shop.Admin(t)
		allow(t, shop, quota.Limits{quota.APICalls: {Hard: 2}})
		require.Equal(t, 200, backEnd.Get(t, "/users").Status)
		require.Equal(t, 200, backEnd.Get(t, "/users").Status)
		require.NoError(t, env.App.Calls.Flush(t.Context()))
		require.Eventually(t, func() bool { return over(t, shop, quota.APICalls) }, patience, 20*time.Millisecond)
		refused := backEnd.Get(t, "/users")
		require.Equal(t, 429, refused.Status)
		wait, err := strconv.Atoi(refused.Header.Get("Retry-After"))
		require.NoError(t, err)
		require.True(t, wait > 0 && wait <= 24*60*60)
		shop.SignUp(t, "kim@shop.example", testenv.Password)
	})
}

func TestQuota_IsToldOfOnceHoweverManyLook(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, ours := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		hear(t, env, tenants.SystemID, ours.URL)
		allow(t, shop, quota.Limits{quota.Mails: {Soft: 1, Hard: 2}})
		replica := env.Replica(t)
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			var tally usage.Tally
			tally.Add(time.Now(), usage.MailsSent, 2)
			return tally.Save(ctx, tx, shop.ID)
		}))
		var all sync.WaitGroup
		for range 5 {
			for _, one := range []*testenv.Env{env, replica} {
				all.Go(func() {
					if err := one.App.Allowance.Look(t.Context(), shop.ID, true); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		ours.Wait(t, 2)
		exceeded := func() (n int) {
			for _, r := range shop.Operations(t) {
				if r.Type == "tenant_quota_exceeded" {
					n++
				}
			}
			return n
		}
		require.Eventually(t, func() bool { return exceeded() > 0 && shop.AuditSettled(t) }, patience, 20*time.Millisecond)
		require.Equal(t, 1, exceeded())
		require.Len(t, ours.Calls(), 2)
	}, testenv.Loopback(), testenv.With("audit_log.storage.enabled", "true"))
}

func TestQuota_OfNobodyCostsNoStatement(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	_, err := env.App.Registry.ByID(t.Context(), shop.ID)
	require.NoError(t, err)
	require.Empty(t, env.Statements(func() { require.NoError(t, env.App.Allowance.Look(t.Context(), shop.ID, true)) }))
	allow(t, shop, quota.Limits{quota.Mails: {Hard: 2}})
	_, err = env.App.Registry.ByID(t.Context(), shop.ID)
	require.NoError(t, err)
	require.Len(t, env.Statements(func() { require.NoError(t, env.App.Allowance.Look(t.Context(), shop.ID, true)) }), 1, "its counters")
}

func TestQuotas_AreNotOfTheOperators(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet(), testenv.With("quotas.users", "1"))
	_, err := env.App.Provisioner.SetQuotas(t.Context(), tenants.SystemID, quota.Limits{}, tenants.How{By: tenants.ByCLI})
	require.ErrorContains(t, err, "system_tenant")
	system, err := env.App.Registry.ByID(t.Context(), tenants.SystemID)
	require.NoError(t, err)
	require.False(t, system.Quotas.Limited())
	shop, err := env.App.Registry.ByID(t.Context(), env.Tenant(t, "shop").ID)
	require.NoError(t, err)
	require.Equal(t, quota.Limit{Soft: 1, Hard: 1}, shop.Quotas.Limits[quota.Users])
}
