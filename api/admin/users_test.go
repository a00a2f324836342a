package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// plain is a tenant whose people sign in with a password alone.
const plain = `{"mfa": {"enabled": false}, "passkey": {"enabled": false}, ` + testenv.Webhook + `}`

// object is a user as the API shows her.
type object struct {
	ID     uuid.UUID
	Emails []struct {
		ID         uuid.UUID
		Address    string
		IsPrimary  bool      `json:"is_primary"`
		IsVerified bool      `json:"is_verified"`
		CreatedAt  time.Time `json:"created_at"`
	}
	Username *struct {
		ID       uuid.UUID
		Username string
	}
	Name, GivenName, Picture string
	CreatedAt                time.Time  `json:"created_at"`
	UpdatedAt                time.Time  `json:"updated_at"`
	BlockedAt                *time.Time `json:"blocked_at"`
}

func read(t *testing.T, r testenv.Response, status int) object {
	t.Helper()
	require.Equal(t, status, r.Status, string(r.Body))
	var o object
	r.JSON(t, &o)
	return o
}

// list reads a list of users.
func list(t *testing.T, a *testenv.Admin, query string) ([]object, testenv.Response) {
	t.Helper()
	r := a.Get(t, "/users"+query)
	require.Equal(t, http.StatusOK, r.Status, string(r.Body))
	var found []object
	r.JSON(t, &found)
	return found, r
}

func ids(list []object) []uuid.UUID {
	found := make([]uuid.UUID, len(list))
	for i, o := range list {
		found[i] = o.ID
	}
	return found
}

func TestUser_IsCreatedReadChangedAndDeleted(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)

		made := admin.Do(t, http.MethodPost, "/users", `{"emails":[{"address":"Second@shop.example"},
			{"address":"Kim@Shop.example","is_primary":true,"is_verified":true}],"username":" KIM ","unknown":1}`)
		kim := read(t, made, http.StatusOK)
		require.Equal(t, "kim@shop.example", kim.Emails[0].Address)
		require.True(t, kim.Emails[0].IsPrimary && kim.Emails[0].IsVerified)
		require.False(t, kim.Emails[1].IsPrimary || kim.Emails[1].IsVerified)
		require.Equal(t, "kim", kim.Username.Username)
		require.NotEmpty(t, made.Header.Get("ETag"))

		path := "/users/" + kim.ID.String()
		got := admin.Get(t, path)
		require.JSONEq(t, string(made.Body), string(got.Body))
		require.Equal(t, made.Header.Get("ETag"), got.Header.Get("ETag"))

		changed := admin.Do(t, http.MethodPatch, path, `{"name":" Kim ","username":"Kim_2","picture":"https://shop.example/k.png","unknown":[]}`)
		after := read(t, changed, http.StatusOK)
		require.Equal(t, "Kim", after.Name)
		require.Equal(t, "kim_2", after.Username.Username)
		require.Equal(t, kim.Username.ID, after.Username.ID)
		require.True(t, after.UpdatedAt.After(kim.UpdatedAt))
		got = admin.Get(t, path)
		require.JSONEq(t, string(changed.Body), string(got.Body))
		require.Equal(t, changed.Header.Get("ETag"), got.Header.Get("ETag"))

		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, path, nil).Status)
		require.Equal(t, http.StatusNotFound, admin.Get(t, path).Status)
		require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodDelete, path, nil).Status)

		var told []string
		for _, e := range shop.Events(t) {
			told = append(told, e.Name)
			require.Equal(t, kim.ID.String(), e.Data["id"])
			require.NotContains(t, e.Data, "ip_address")
		}
		require.Equal(t, []string{"user.create", "user.delete"}, told)
		for _, kind := range []event.AuditType{event.UserCreated, event.UserUpdated, event.UsernameChanged, event.UserDeleted} {
			record := shop.AuditOf(t, kind, 1)[0]
			require.Equal(t, kim.ID, record.Actor)
			require.Equal(t, "admin", record.Details["api"])
			require.NotEmpty(t, record.Details["api_key"])
		}
	})
}

func TestCreateUser_RefusesWhatCannotBe(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop", plain), env.Tenant(t, "bank", plain)
		admin := shop.Admin(t)
		foreign := bank.Person(t, testenv.NewPerson{Email: "kim@shop.example", Username: "kim"})
		kim := read(t, admin.Do(t, http.MethodPost, "/users", `{"emails":[{"address":"kim@shop.example","is_primary":true}],"username":"kim"}`), http.StatusOK)

		for body, status := range map[string]int{
			`{}`:                          http.StatusBadRequest,
			`{"username":""}`:             http.StatusBadRequest,
			`{"username":"  "}`:           http.StatusBadRequest,
			`{"username":null}`:           http.StatusBadRequest,
			`{"emails":[]}`:               http.StatusBadRequest,
			`{"emails":[{}]}`:             http.StatusBadRequest,
			`{"emails":"a@b.example"}`:    http.StatusBadRequest,
			`{"id":"7","username":"lee"}`: http.StatusBadRequest,
			`{"username":"lee","created_at":"yesterday"}`:                                                                http.StatusBadRequest,
			`{"username":"lee","created_at":"0001-01-01T00:00:00Z"}`:                                                     http.StatusBadRequest,
			`{"username":"a\u0000b"}`:                                                                                    http.StatusBadRequest,
			`{"username":"` + strings.Repeat("a", 256) + `"}`:                                                            http.StatusBadRequest,
			`{"emails":[{"address":"lee@shop.example"}]}`:                                                                http.StatusBadRequest,
			`{"emails":[{"address":"lee","is_primary":true}]}`:                                                           http.StatusBadRequest,
			`{"emails":[{"address":"Lee <lee@shop.example>","is_primary":true}]}`:                                        http.StatusBadRequest,
			`{"emails":[{"address":"` + strings.Repeat("a", 250) + `@shop.example","is_primary":true}]}`:                 http.StatusBadRequest,
			`{"emails":[{"address":"a@shop.example","is_primary":true},{"address":"b@shop.example","is_primary":true}]}`: http.StatusBadRequest,
			`{"emails":[{"address":"a@shop.example","is_primary":true},{"address":"a@shop.example"}]}`:                   http.StatusBadRequest,
			`{"emails":[{"address":"a@shop.example","is_primary":true},{"address":"A@shop.example"}]}`:                   http.StatusConflict,
			`[]`:   http.StatusBadRequest,
			`null`: http.StatusBadRequest,
			``:     http.StatusBadRequest,
			`{`:    http.StatusBadRequest,
			`{"emails":[{"address":"KIM@shop.example","is_primary":true}]}`:                                http.StatusConflict,
			`{"emails":[{"address":"new@shop.example","is_primary":true},{"address":"kim@shop.example"}]}`: http.StatusConflict,
			`{"username":"KIM"}`: http.StatusConflict,
			`{"id":"` + kim.ID.String() + `","username":"lee"}`:     http.StatusConflict,
			`{"id":"` + foreign.ID.String() + `","username":"lee"}`: http.StatusConflict,
			`{"username":"` + strings.Repeat("a", 2<<20) + `"}`:     http.StatusRequestEntityTooLarge,
		} {
			r := admin.Do(t, http.MethodPost, "/users", body)
			require.Equal(t, status, r.Status, "%.200s: %s", body, r.Body)
			require.Equal(t, 1, shop.Count(t, "users"), "%.200s: all or nothing", body)
		}
		require.Equal(t, http.StatusUnsupportedMediaType, admin.With("Content-Type", "text/plain").Send(t, http.MethodPost, "/users", []byte(`{}`)).Status)

		given := uuid.NewString()
		lee := read(t, admin.Do(t, http.MethodPost, "/users", `{"id":"`+given+`","username":"Lee O'Neil","emails":null,"created_at":"2024-02-03T04:05:06.123456789+01:00"}`), http.StatusOK)
		require.Equal(t, given, lee.ID.String())
		require.Equal(t, "lee o'neil", lee.Username.Username)
		require.Equal(t, "2024-02-03T03:05:06.123456Z", lee.CreatedAt.Format(time.RFC3339Nano))
		require.WithinDuration(t, time.Now(), lee.UpdatedAt, time.Minute)
		read(t, admin.Do(t, http.MethodPost, "/users", `{"id":"`+uuid.Nil.String()+`","username":"","emails":[{"address":"ann@shop.example","is_primary":true}]}`), http.StatusOK)
		read(t, admin.Do(t, http.MethodPost, "/users", `{"username":"","emails":[{"address":"bob@shop.example","is_primary":true}]}`), http.StatusOK)
	})
}

func TestEditUser_KeepsClearsAndSets(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		shop.Person(t, testenv.NewPerson{Username: "taken"})
		path := "/users/" + kim.ID.String()
		before := read(t, admin.Get(t, path), http.StatusOK)

		for _, nothing := range []string{``, `null`, `{}`, `{"unknown":true}`, `{"username":null}`} {
			after := read(t, admin.Do(t, http.MethodPatch, path, nothing), http.StatusOK)
			require.Equal(t, before, after, nothing)
		}
		for body, status := range map[string]int{
			`{"name":""}`: 400, `{"name":"  "}`: 400, `{"name":7}`: 400, `{"name":{}}`: 400, `[]`: 400, `7`: 400, `"x"`: 400, `{`: 400,
			`{"username":"a b"}`: 400, `{"username":"ü"}`: 400, `{"username":""}`: 400, `{"username":"TAKEN"}`: 409,
			`{"username":"` + strings.Repeat("a", 256) + `"}`: 400,
			`{"picture":"ftp://shop.example/k.png"}`:          400, `{"picture":"/k.png"}`: 400, `{"picture":"https://kim:pw@shop.example/"}`: 400,
			`{"picture":"https:///k.png"}`: 400, `{"picture":"https://shop.example/` + strings.Repeat("a", 2048) + `"}`: 400,
			`{"name":"` + strings.Repeat("a", 256) + `"}`: 400, `{"name":"a\u0000"}`: 400,
		} {
			r := admin.Do(t, http.MethodPatch, path, body)
			require.Equal(t, status, r.Status, "%.100s: %s", body, r.Body)
		}
		require.Equal(t, before, read(t, admin.Get(t, path), http.StatusOK), "nothing changed")

		named := read(t, admin.Do(t, http.MethodPatch, path, `{"username":"Kim_1","name":"Kim","given_name":"K"}`), http.StatusOK)
		require.Equal(t, "kim_1", named.Username.Username)
		cleared := read(t, admin.Do(t, http.MethodPatch, path, `{"username":null,"name":null}`), http.StatusOK)
		require.Nil(t, cleared.Username)
		require.Empty(t, cleared.Name)
		require.Contains(t, string(admin.Get(t, path).Body), `"given_name":"K"`)
		same := read(t, admin.Do(t, http.MethodPatch, path, `{"name":null}`), http.StatusOK)
		require.True(t, same.UpdatedAt.After(cleared.UpdatedAt), "a detail that is given is a change")
		require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodPatch, "/users/"+uuid.NewString(), `{"name":"x"}`).Status)
	})
}

func TestETag_GuardsAgainstChangesOfOthers(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		path := "/users/" + kim.ID.String()
		first := admin.Get(t, path).Header.Get("ETag")
		require.Regexp(t, `^"[\w-]+"$`, first)

		for _, tag := range []string{first, "W/" + first, `"other", ` + first, "*"} {
			r := admin.With("If-None-Match", tag).Get(t, path)
			require.Equal(t, http.StatusNotModified, r.Status, tag)
			require.Empty(t, r.Body)
			require.Equal(t, first, r.Header.Get("ETag"))
		}
		kim.AddEmail(t, "more@shop.example", false) // which does not touch the user's own times
		r := admin.With("If-None-Match", first).Get(t, path)
		require.Equal(t, http.StatusOK, r.Status)
		second := r.Header.Get("ETag")
		require.NotEqual(t, first, second)

		require.Equal(t, http.StatusPreconditionFailed, admin.With("If-Match", first).Do(t, http.MethodPatch, path, `{"name":"Kim"}`).Status)
		require.Equal(t, http.StatusPreconditionFailed, admin.With("If-Match", "W/"+second).Do(t, http.MethodPatch, path, `{"name":"Kim"}`).Status)
		require.Equal(t, http.StatusPreconditionFailed, admin.With("If-Match", first).Do(t, http.MethodDelete, path, nil).Status)
		r = admin.With("If-Match", first+","+second).Do(t, http.MethodPatch, path, `{"name":"Kim"}`)
		require.Equal(t, http.StatusOK, r.Status)
		third := r.Header.Get("ETag")
		require.Equal(t, http.StatusPreconditionFailed, admin.With("If-Match", second).Do(t, http.MethodDelete, path, nil).Status)
		require.Equal(t, http.StatusNoContent, admin.With("If-Match", third).Do(t, http.MethodDelete, path, nil).Status)
		require.Equal(t, http.StatusNotFound, admin.With("If-Match", third).Do(t, http.MethodDelete, path, nil).Status)
	})
}

func TestUsers_OfAnotherTenantAreNotThere(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop", plain), env.Tenant(t, "bank", plain)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		session := kim.SignIn(t)
		admin := bank.Admin(t)
		path := "/users/" + kim.ID.String()
		for _, r := range []testenv.Response{
			admin.Get(t, path), admin.Do(t, http.MethodPatch, path, `{"name":"x"}`), admin.Do(t, http.MethodPatch, path, `{}`),
			admin.Do(t, http.MethodDelete, path, nil), admin.Do(t, http.MethodPost, path+"/block", nil), admin.Do(t, http.MethodPost, path+"/unblock", nil),
		} {
			require.Equal(t, http.StatusNotFound, r.Status)
		}
		r := admin.Do(t, http.MethodPost, "/users/bulk_delete", map[string]any{"user_ids": []string{kim.ID.String()}})
		require.Equal(t, http.StatusOK, r.Status, string(r.Body))
		require.Contains(t, string(r.Body), `"not_found"`)
		require.True(t, session.Valid(t))
		require.Equal(t, 1, shop.Count(t, "users"))
	})
}
