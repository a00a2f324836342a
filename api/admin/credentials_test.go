package admin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// secret says that a password or an app exists.
type secret struct {
	ID        uuid.UUID `json:"id"`
	TenantID  uuid.UUID `json:"tenant_id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const withPasswords = `{"email": {"use_for_authentication": false}, "mfa": {"enabled": false}, "passkey": {"enabled": false}}`

func TestPassword_ThatABackEndSetsSignsIn(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", strings.TrimSuffix(withPasswords, "}")+`, `+testenv.Webhook+`}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		admin := shop.Admin(t)
		path := userPath(kim, "/password")
		require.Equal(t, http.StatusNotFound, admin.Get(t, path).Status)
		require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodPut, path, `{"password":"x"}`).Status)
		require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodDelete, path, nil).Status)

		r := admin.Do(t, http.MethodPost, path, `{"password":"a b"}`)
		require.Equal(t, http.StatusOK, r.Status, "shorter than the tenant's people may choose: %s", r.Body)
		var made, got, changed secret
		r.JSON(t, &made)
		require.Equal(t, shop.ID, made.TenantID)
		require.NotContains(t, string(r.Body), "argon2")
		admin.Get(t, path).JSON(t, &got)
		require.Equal(t, made, got)
		require.Equal(t, http.StatusConflict, admin.Do(t, http.MethodPost, path, `{"password":"another"}`).Status)
		kim.Password = "a b"
		kim.SignIn(t)

		long := strings.Repeat("ü", 36) // 72 bytes
		r = admin.Do(t, http.MethodPut, path, map[string]string{"password": long})
		require.Equal(t, http.StatusOK, r.Status)
		r.JSON(t, &changed)
		require.Equal(t, made.ID, changed.ID)
		require.Equal(t, made.CreatedAt, changed.CreatedAt)
		require.True(t, changed.UpdatedAt.After(made.UpdatedAt))
		kim.Password = long
		kim.SignIn(t)

		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, path, nil).Status)
		require.Empty(t, kim.PasswordHash(t))
		for _, name := range names(t, shop) {
			require.NotContains(t, name, "password", "nobody is told")
		}
		shop.AuditOf(t, event.PasswordCreated, 1)
		record := shop.AuditOf(t, event.PasswordChanged, 1)[0]
		require.Equal(t, kim.ID, record.Actor)
		require.Equal(t, "admin", record.Details["api"])
		shop.AuditOf(t, event.PasswordDeleted, 1)
	})
}

func TestPassword_IsNotSetWhereItMayNotBe(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop", withPasswords), env.Tenant(t, "bank")
		kim, eve := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"}), bank.Person(t, testenv.NewPerson{Email: "eve@bank.example", Password: testenv.Password})
		admin := shop.Admin(t)
		path := userPath(kim, "/password")
		for _, body := range []string{``, `{}`, `[]`, `null`, `{"password":""}`, `{"password":null}`, `{"password":7}`, `{"password":"hunter2` + strings.Repeat("x", 66) + `"}`,
			`{"password":"hunter2` + strings.Repeat("ü", 33) + `"}` /* 73 bytes, 40 characters */, `{"password":"hunter2`} {
			for _, method := range []string{http.MethodPost, http.MethodPut} {
				r := admin.Do(t, method, path, body)
				require.Equal(t, http.StatusBadRequest, r.Status, "%s %s", method, body)
				require.NotContains(t, string(r.Body), "hunter2")
			}
		}
		hash := eve.PasswordHash(t)
		for _, other := range []string{userPath(eve, "/password"), "/users/" + uuid.NewString() + "/password"} {
			require.Equal(t, http.StatusNotFound, admin.Get(t, other).Status)
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodPost, other, `{"password":"x"}`).Status)
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodPut, other, `{"password":"x"}`).Status)
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodDelete, other, nil).Status)
		}
		require.Equal(t, hash, eve.PasswordHash(t))
		require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPost, "/users/7/password", `{"password":"x"}`).Status)
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:read").Do(t, method, path, `{"password":"x"}`).Status)
		}
		require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusConflict: 3}, atOnce(4, func(int) int {
			return admin.Do(t, http.MethodPost, path, `{"password":"correct horse battery"}`).Status
		}), "one first password")
	})
}

func TestCredentials_AreShownAndDeleted(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop", hooked), env.Tenant(t, "bank")
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Factors: testenv.Factors{Passkey: true, SecurityKey: true}})
		sam, eve := shop.Person(t, testenv.NewPerson{Email: "sam@shop.example"}), bank.Person(t, testenv.NewPerson{Email: "eve@bank.example", Factors: testenv.Factors{Passkey: true}})
		admin := shop.Admin(t)
		type credential struct {
			ID         string   `json:"id"`
			MFAOnly    bool     `json:"mfa_only"`
			Transports []string `json:"transports"`
			PublicKey  string   `json:"public_key"`
		}
		var list, eves []credential
		path := userPath(kim, "/webauthn_credentials")
		r := admin.Get(t, path)
		r.JSON(t, &list)
		require.Len(t, list, 2)
		require.False(t, list[0].MFAOnly, "oldest first")
		require.True(t, list[1].MFAOnly)
		require.NotEmpty(t, list[0].PublicKey)
		for _, key := range []string{"attestation_type", "aaguid", "created_at", "transports", "backup_eligible", "backup_state", "mfa_only"} {
			require.Contains(t, string(r.Body), `"`+key+`"`)
		}
		var one credential
		admin.Get(t, path+"/"+list[1].ID).JSON(t, &one)
		require.Equal(t, list[1], one)
		require.JSONEq(t, `[]`, string(admin.Get(t, userPath(sam, "/webauthn_credentials")).Body))

		bank.Admin(t).Get(t, userPath(eve, "/webauthn_credentials")).JSON(t, &eves)
		for _, other := range []string{
			userPath(sam, "/webauthn_credentials/", list[0].ID), userPath(kim, "/webauthn_credentials/", eves[0].ID), userPath(eve, "/webauthn_credentials/", eves[0].ID),
			path + "/AAAA", path + "/%00", path + "/" + list[0].ID + "=", path + "/'", "/users/" + uuid.NewString() + "/webauthn_credentials/" + list[0].ID,
		} {
			require.Equal(t, http.StatusNotFound, admin.Get(t, other).Status, other)
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodDelete, other, nil).Status, other)
		}
		require.Equal(t, http.StatusNotFound, admin.Get(t, userPath(eve, "/webauthn_credentials")).Status)
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:read").Do(t, http.MethodDelete, path+"/"+list[0].ID, nil).Status)

		for i, kind := range []event.AuditType{event.PasskeyDeleted, event.SecurityKeyDeleted} {
			require.Equal(t, map[int]int{http.StatusNoContent: 1, http.StatusNotFound: 1}, atOnce(2, func(int) int {
				return admin.Do(t, http.MethodDelete, path+"/"+list[i].ID, nil).Status
			}))
			require.Equal(t, list[i].ID, shop.AuditOf(t, kind, 1)[0].Details["credential_id"])
		}
		require.Zero(t, shop.Count(t, "credentials"), "also the last one")
		require.Empty(t, shop.Events(t), "nobody is told")
		require.Equal(t, 1, bank.Count(t, "credentials"))
	})
}

func TestCredentials_ADeletedPasskeyNoLongerSignsIn(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Factors: testenv.Factors{Passkey: true}})
		admin := shop.Admin(t)
		attempt := func() testenv.State {
			c := shop.Client()
			c.Can = testenv.Capabilities{WebAuthn: true}
			f := c.Flow(t, "login")
			f.Do(t, "register_client_capabilities", c.Can.Inputs())
			f.Do(t, "webauthn_generate_request_options", nil)
			answer := kim.Device.Get(t, f.State.Payload["request_options"])
			f.Do(t, "webauthn_verify_assertion_response", testenv.Inputs{"assertion_response": answer})
			return f.State
		}
		require.Equal(t, "success", attempt().Name)
		var list []struct{ ID string }
		admin.Get(t, userPath(kim, "/webauthn_credentials")).JSON(t, &list)
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim, "/webauthn_credentials/", list[0].ID), nil).Status)
		require.NotEqual(t, "success", attempt().Name)
	})
}

func TestOTP_GoesWithItsRecoveryCodes(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop", hooked), env.Tenant(t, "bank")
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Factors: testenv.Factors{App: true}})
		eve := bank.Person(t, testenv.NewPerson{Email: "eve@bank.example", Factors: testenv.Factors{App: true}})
		admin := shop.Admin(t)
		giveRecoveryCodes(t, kim)
		require.Equal(t, 2, shop.Count(t, "recovery_codes"))
		path := userPath(kim, "/otp")
		var got secret
		r := admin.Get(t, path)
		require.Equal(t, http.StatusOK, r.Status)
		r.JSON(t, &got)
		require.NotEqual(t, uuid.Nil, got.ID)
		require.NotContains(t, string(r.Body), "secret")
		require.NotContains(t, string(r.Body), "updated_at")
		for _, other := range []string{userPath(eve, "/otp"), "/users/" + uuid.NewString() + "/otp"} {
			require.Equal(t, http.StatusNotFound, admin.Get(t, other).Status)
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodDelete, other, nil).Status)
		}
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:read").Do(t, http.MethodDelete, path, nil).Status)
		require.Equal(t, map[int]int{http.StatusNoContent: 1, http.StatusNotFound: 1}, atOnce(2, func(int) int { return admin.Do(t, http.MethodDelete, path, nil).Status }))
		require.Equal(t, http.StatusNotFound, admin.Get(t, path).Status)
		require.Zero(t, shop.Count(t, "apps"))
		require.Empty(t, shop.Events(t), "nobody is told")
		require.Zero(t, shop.Count(t, "recovery_codes"))
		require.Equal(t, 1, bank.Count(t, "apps"))
		require.Equal(t, got.ID.String(), shop.AuditOf(t, event.OTPDeleted, 1)[0].Details["otp_secret"])
	})
}

func giveRecoveryCodes(t *testing.T, p *testenv.Person) {
	t.Helper()
	require.NoError(t, p.Tenant.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return recoverycode.Replace(p.ID, [][]byte{[]byte("one"), []byte("two")})(ctx, tx)
	}))
}
