package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// strict is a tenant whose rules for people would refuse most of what its back ends may do.
const strict = `{"email": {"limit": 1, "require_verification": true, "max_length": 10}, "username": {"enabled": false, "min_length": 5, "max_length": 8},
	"password": {"enabled": false, "min_length": 30}, ` + testenv.Webhook + `}`

func TestBackEnds_AreNotBoundByTheTenantsRulesForPeople(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", strict)
		admin := shop.Admin(t)
		var emails []map[string]any
		for i := range 7 {
			emails = append(emails, map[string]any{"address": fmt.Sprintf("kim%d@shop.example", i), "is_primary": i == 4})
		}
		kim := read(t, admin.Do(t, http.MethodPost, "/users", map[string]any{"emails": emails}), http.StatusOK)
		require.Len(t, kim.Emails, 7, "more than email.limit")
		require.Equal(t, "kim4@shop.example", kim.Emails[0].Address, "the primary one first")
		require.Empty(t, shop.Mails(t), "nobody is asked to verify them")

		path := "/users/" + kim.ID.String()
		for _, name := range []string{"k", "K_" + strings.Repeat("9", 200)} {
			named := read(t, admin.Do(t, http.MethodPatch, path, map[string]string{"username": name}), http.StatusOK)
			require.Equal(t, strings.ToLower(name), named.Username.Username)
		}
		require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPost, path+"/password", `{"password":"x"}`).Status, "one character is enough")
		require.Equal(t, http.StatusConflict, admin.Do(t, http.MethodPost, path+"/emails", `{"address":"more@shop.example"}`).Status, "but for this limit")
		for range 12 {
			open(t, admin, map[string]any{"user_id": kim.ID}) // nor by how often anybody may try
		}
	})
}

func TestEditUser_WhatStaysAsItIsIsNoChange(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := read(t, admin.Do(t, http.MethodPost, "/users", `{"username":"kim"}`), http.StatusOK)
		path := "/users/" + kim.ID.String()
		before := admin.Get(t, path)
		for _, same := range []string{`{"username":"kim"}`, `{"username":" KIM "}`} {
			after := admin.Do(t, http.MethodPatch, path, same)
			require.Equal(t, http.StatusOK, after.Status)
			require.JSONEq(t, string(before.Body), string(after.Body), same)
		}
		shop.AuditOf(t, event.UserCreated, 1)
		for _, e := range shop.Events(t) {
			require.Equal(t, "user.create", e.Name, "no change of hers is told")
		}
	})
}

func TestUser_MayHaveAnIDOfAnyVersion(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		for i, id := range []string{
			"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "2ed6657d-e927-568b-95e1-2665a8aea6a2", "ffffffff-ffff-ffff-ffff-ffffffffffff",
		} {
			made := read(t, admin.Do(t, http.MethodPost, "/users", map[string]any{"id": strings.ToUpper(id), "username": fmt.Sprint("u", i)}), http.StatusOK)
			require.Equal(t, id, made.ID.String())
			require.Equal(t, made, read(t, admin.Get(t, "/users/"+id), http.StatusOK))
			require.Equal(t, made, read(t, admin.Get(t, "/users/"+strings.ToUpper(id)), http.StatusOK))
			found, _ := list(t, admin, "?user_id="+id)
			require.Len(t, found, 1)
		}
	})
}

func TestDeleteUser_LeavesNothingOfHerButTheLog(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", hooked)
		admin := shop.Admin(t)
		body := map[string]any{"username": "kim", "emails": []map[string]any{{"address": "kim@shop.example", "is_primary": true}, {"address": "k@shop.example"}}}
		made := read(t, admin.Do(t, http.MethodPost, "/users", body), http.StatusOK)
		kim := &testenv.Person{Tenant: shop, ID: made.ID, Email: "kim@shop.example"}
		kim.Give(t, testenv.Factors{Passkey: true, SecurityKey: true, App: true})
		kim.AddIdentity(t, "google", made.Emails[0].ID, false)
		kim.AddIdentity(t, "github", uuid.Nil, false)
		giveRecoveryCodes(t, kim)
		require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPost, userPath(kim, "/password"), `{"password":"correct horse battery"}`).Status)
		kim.TrustDevice(t, shop.Client())
		require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPatch, userPath(kim, "/metadata"), `{"private_metadata":{"plan":"pro"}}`).Status)
		token := open(t, admin, map[string]any{"user_id": kim.ID})
		require.True(t, shop.Accepts(t, token))
		for _, what := range []string{"users", "sessions", "credentials", "apps", "trusted", "recovery_codes"} {
			require.NotZero(t, shop.Count(t, what), what)
		}
		shown := string(admin.Get(t, userPath(kim)).Body)

		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim), nil).Status)

		for _, what := range []string{"users", "sessions", "credentials", "apps", "trusted", "recovery_codes"} {
			require.Zero(t, shop.Count(t, what), what)
		}
		require.False(t, shop.Accepts(t, token))
		require.Equal(t, http.StatusUnauthorized, shop.Client().Bearer(token).Get(t, "/me").Status)
		found, _ := list(t, admin, "?metadata_key=private.plan")
		require.Empty(t, found)
		told := shop.Events(t)
		last := told[len(told)-1]
		require.Equal(t, "user.delete", last.Name)
		require.Len(t, last.Data["emails"], 2, "as she was")
		require.Len(t, last.Data["identities"], 2)
		require.Len(t, last.Data["webauthn_credentials"], 2)
		require.Contains(t, last.Data, "password")
		require.Equal(t, map[string]any{"private_metadata": map[string]any{"plan": "pro"}}, last.Data["metadata"])
		require.NotContains(t, last.Data, "ip_address")
		require.NotContains(t, last.Data, "user_agent")
		require.Contains(t, shown, `"email_id":null`, "identities without an address are shown, too")

		again := read(t, admin.Do(t, http.MethodPost, "/users", body), http.StatusOK) // addresses and username are free again
		require.NotEqual(t, made.ID, again.ID)
		body["id"] = made.ID
		body["username"], body["emails"] = "kim2", nil
		read(t, admin.Do(t, http.MethodPost, "/users", body), http.StatusOK) // and so is the id
		log, _ := readLog(t, admin, "?actor_user_id="+made.ID.String()+"&type=user_deleted")
		require.Eventually(t, func() bool {
			log, _ = readLog(t, admin, "?actor_user_id="+made.ID.String()+"&type=user_deleted")
			return len(log) == 1
		}, 30*time.Second, 20*time.Millisecond)
	})
}

func TestIdentities_AreShownWithTheAddressTheyAreBoundTo(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		email := emailsOf(t, admin, kim)[0].ID
		var ids [2]uuid.UUID
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			bound, err := tx.Identity.Create().SetProviderID("google").SetSubject("10769150350006150715113082367").SetUserID(kim.ID).SetEmailID(email).Save(ctx)
			if err != nil {
				return err
			}
			free, err := tx.Identity.Create().SetProviderID("https://idp.example/saml").SetSubject("kim").SetUserID(kim.ID).Save(ctx)
			ids = [2]uuid.UUID{bound.ID, free.ID}
			return err
		}))
		kim.AddIdentity(t, "github", email, true) // a link that she has not confirmed
		var shown struct{ Identities []map[string]any }
		admin.Get(t, userPath(kim)).JSON(t, &shown)
		require.Len(t, shown.Identities, 2)
		for _, i := range shown.Identities {
			require.NotEmpty(t, i["created_at"])
			require.NotEmpty(t, i["updated_at"])
			delete(i, "created_at")
			delete(i, "updated_at")
		}
		require.ElementsMatch(t, []map[string]any{
			{"id": ids[0].String(), "provider_id": "10769150350006150715113082367", "provider_name": "google", "email_id": email.String()},
			{"id": ids[1].String(), "provider_id": "kim", "provider_name": "https://idp.example/saml", "email_id": nil},
		}, shown.Identities)
	})
}

func TestEmails_OfOneWhoHasNoPrimaryAddress(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Username: "kim"})
		first := kim.AddEmail(t, "first@shop.example", false)
		var second email
		r := admin.Do(t, http.MethodPost, userPath(kim, "/emails"), `{"address":"second@shop.example","is_primary":true}`)
		require.Equal(t, http.StatusCreated, r.Status)
		r.JSON(t, &second)
		require.False(t, second.IsPrimary, "only the very first becomes primary by itself")
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim, "/emails/", second.ID.String()), nil).Status)
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, userPath(kim, "/emails/", first.String(), "/set_primary"), nil).Status)
		require.True(t, emailsOf(t, admin, kim)[0].IsPrimary)
		require.Equal(t, []string{"user.update.email.create", "user.update.email.delete", "user.update.email.primary"}, names(t, shop))
	})
}
