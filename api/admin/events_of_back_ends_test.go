package admin_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A deed is something a back end does, and what is told of it: the events to webhooks and the records in the audit log, in their order. What
// each of them looks like is checked wherever a test reads them (testenv.Event, testenv.AuditRecord).
type deed struct {
	method, path string
	body         any
	events       string
	records      string
}

// TestBackEnds_EverythingTheyDoIsTold goes through the admin API: each change is told of exactly as often as it was made, and the kinds of
// events and records that back ends bring about all occur. Spec: webhooks §3, audit-log §3.1 and §3.3.
func TestBackEnds_EverythingTheyDoIsTold(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", "{"+testenv.Webhook+"}")
		shop.Configure(t, `{"session": {"limit": 1}, "username": {"enabled": true, "optional": true}, "email": {"limit": 5}}`)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Username: "kim"})
		lou := shop.Person(t, testenv.NewPerson{Email: "lou@shop.example"})
		kim.AddCredential(t, "passkey", false)
		kim.AddCredential(t, "key", true)
		kim.AddApp(t)
		third := kim.AddEmail(t, "third@shop.example", true).String()
		second := kim.AddEmail(t, "second@shop.example", true).String()
		hook := made(t, admin, "/webhooks", map[string]any{"callback": "https://hooks.example/of-the-shop", "events": []string{"user"}})
		seen := map[string]bool{"webhook_created": true}

		user := "/users/" + kim.ID.String()
		id := func(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }
		for _, d := range []deed{
			{"POST", "/users", map[string]any{"emails": []any{map[string]any{"address": "new@shop.example", "is_primary": true}}}, "user.create", "user_created"},
			{"PATCH", user, map[string]any{"name": "Kim"}, "", "user_updated"},
			{"PATCH", user, map[string]any{"username": "kimberly"}, "", "username_changed"},
			{"PATCH", user, map[string]any{"username": nil}, "", "username_deleted"},
			{"POST", user + "/emails", map[string]any{"address": "fourth@shop.example"}, "user.update.email.create", "email_created"},
			{"POST", user + "/emails/" + second + "/set_primary", nil, "user.update.email.primary", "primary_email_changed"},
			{"POST", user + "/emails/" + second + "/set_primary", nil, "", ""},
			{"POST", user + "/password", map[string]any{"password": "correct horse"}, "", "password_created"},
			{"PUT", user + "/password", map[string]any{"password": "battery staple"}, "", "password_changed"},
			{"DELETE", user + "/password", nil, "", "password_deleted"},
			{"PATCH", user + "/metadata", map[string]any{"public_metadata": map[string]any{"plan": "gold"}}, "", "metadata_changed"},
			{"DELETE", user + "/webauthn_credentials/" + id("passkey"), nil, "", "passkey_deleted"},
			{"DELETE", user + "/webauthn_credentials/" + id("key"), nil, "", "security_key_deleted"},
			{"DELETE", user + "/otp", nil, "", "otp_deleted"},
			{"POST", "/sessions", map[string]any{"user_id": kim.ID}, "session.create.admin", "login_success"},
			{"POST", "/sessions", map[string]any{"user_id": kim.ID}, "session.delete.passive.limit session.create.admin", "login_success"},
			{"DELETE", user + "/sessions", nil, "session.delete.admin.revoke", "session_revoked"},
			{"POST", user + "/block", nil, "user.update", "user_blocked"},
			{"POST", user + "/unblock", nil, "user.update", "user_unblocked"},
			{"DELETE", user + "/emails/" + third, nil, "user.update.email.delete", "email_deleted"},
			{"PUT", "/webhooks/" + hook, map[string]any{"callback": "https://hooks.example/of-the-shop", "events": []string{"user"}, "enabled": false}, "", "webhook_updated"},
			{"POST", "/webhooks/endpoints/" + hook + "/enable", nil, "", "webhook_enabled"},
			{"POST", "/webhooks/" + hook + "/secret", map[string]any{}, "", "webhook_secret_rotated"},
			{"DELETE", "/webhooks/" + hook, nil, "", "webhook_deleted"},
			{"DELETE", "/users/" + lou.ID.String(), nil, "user.delete", "user_deleted"},
			{"POST", "/users/bulk_delete", map[string]any{"user_ids": []any{kim.ID}}, "user.delete", "user_deleted"},
		} {
			told, logged := len(shop.Events(t)), settled(t, shop)
			r := admin.Do(t, d.method, d.path, d.body)
			what := d.method + " " + d.path + ": " + string(r.Body)
			require.Less(t, r.Status, http.StatusInternalServerError, what)
			require.Equal(t, strings.Fields(d.events), append([]string{}, names(t, shop)[told:]...), what)
			var types []string
			settled(t, shop)
			for _, record := range shop.Audit(t)[logged:] {
				types = append(types, record.Type)
			}
			require.Equal(t, strings.Fields(d.records), append([]string{}, types...), what)
			for _, kind := range types {
				seen[kind] = true
			}
		}
		missing := slices.DeleteFunc(testenv.BackendRecords(), func(kind string) bool { return seen[kind] })
		require.Empty(t, missing, "no deed brings these about")
	})
}

// settled waits until the audit log is complete, and says how many records it has.
func settled(t *testing.T, shop *testenv.Tenant) int {
	t.Helper()
	require.Eventually(t, func() bool { return shop.AuditSettled(t) }, 30*time.Second, 5*time.Millisecond)
	return len(shop.Audit(t))
}

// made creates something and returns its id.
func made(t *testing.T, admin *testenv.Admin, path string, body any) string {
	t.Helper()
	r := admin.Do(t, http.MethodPost, path, body)
	require.Equal(t, http.StatusCreated, r.Status, "%s", r.Body)
	var answer struct{ ID string }
	r.JSON(t, &answer)
	return answer.ID
}
