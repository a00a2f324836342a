package admin_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// email is an address as the API shows it.
type email struct {
	ID         uuid.UUID `json:"id"`
	Address    string    `json:"address"`
	IsVerified bool      `json:"is_verified"`
	IsPrimary  bool      `json:"is_primary"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// hooked is a configuration by which every event is told.
const hooked = `{` + testenv.Webhook + `}`

// userPath is the path of a user, or of what she has.
func userPath(p *testenv.Person, rest ...string) string {
	return "/users/" + p.ID.String() + strings.Join(rest, "")
}

// names of the events told so far.
func names(t *testing.T, shop *testenv.Tenant) []string {
	t.Helper()
	var list []string
	for _, e := range shop.Events(t) {
		list = append(list, e.Name)
	}
	return list
}

func emailsOf(t *testing.T, admin *testenv.Admin, p *testenv.Person) []email {
	t.Helper()
	var list []email
	r := admin.Get(t, userPath(p, "/emails"))
	require.Equal(t, http.StatusOK, r.Status)
	r.JSON(t, &list)
	return list
}

func TestEmails_AreAddedMadePrimaryAndDeleted(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", hooked)
		kim := shop.Person(t, testenv.NewPerson{Username: "kim"})
		admin := shop.Admin(t)
		require.Empty(t, emailsOf(t, admin, kim))

		r := admin.Do(t, http.MethodPost, userPath(kim, "/emails"), `{"address":"Kim@Shop.Example","is_verified":true,"is_primary":false,"unknown":1}`)
		require.Equal(t, http.StatusCreated, r.Status, "%s", r.Body)
		var first, second email
		r.JSON(t, &first)
		require.Equal(t, "kim@shop.example", first.Address)
		require.True(t, first.IsVerified)
		require.True(t, first.IsPrimary, "the first address becomes primary, whatever was asked for, and the answer says so")
		require.WithinDuration(t, time.Now(), first.CreatedAt, time.Minute)

		r = admin.Do(t, http.MethodPost, userPath(kim, "/emails"), `{"address":"o'kim+x@shop.example","is_primary":true}`)
		require.Equal(t, http.StatusCreated, r.Status)
		r.JSON(t, &second)
		require.False(t, second.IsPrimary)
		require.False(t, second.IsVerified)
		require.Equal(t, []email{first, second}, emailsOf(t, admin, kim), "oldest first")
		var one email
		admin.Get(t, userPath(kim, "/emails/", second.ID.String())).JSON(t, &one)
		require.Equal(t, second, one)

		primary := userPath(kim, "/emails/", second.ID.String(), "/set_primary")
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, primary, nil).Status)
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, primary, nil).Status, "again")
		list := emailsOf(t, admin, kim)
		require.Equal(t, []uuid.UUID{first.ID, second.ID}, []uuid.UUID{list[0].ID, list[1].ID}, "oldest first, primary or not")
		require.False(t, list[0].IsPrimary)
		require.True(t, list[1].IsPrimary)

		require.Equal(t, http.StatusConflict, admin.Do(t, http.MethodDelete, userPath(kim, "/emails/", second.ID.String()), nil).Status, "the primary one")
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim, "/emails/", first.ID.String()), nil).Status)
		require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodDelete, userPath(kim, "/emails/", first.ID.String()), nil).Status)
		require.Len(t, emailsOf(t, admin, kim), 1)

		require.Equal(t, []string{"user.update.email.create", "user.update.email.create", "user.update.email.primary", "user.update.email.delete"},
			names(t, shop), "and nothing for what changed nothing")
		for i, e := range shop.Events(t) {
			require.Equal(t, kim.ID.String(), e.Data["id"])
			require.Len(t, e.Data["emails"], []int{1, 2, 2, 1}[i], "as she is by then")
			require.Equal(t, "127.0.0.1", e.Data["ip_address"], e.Name)
			require.NotEmpty(t, e.Data["user_agent"], e.Name)
		}

		created := shop.AuditOf(t, event.EmailCreated, 2)
		require.Equal(t, kim.ID, created[0].Actor)
		require.Equal(t, "k*****@shop.example", created[0].Details["email"], "masked like every other")
		require.Equal(t, "admin", created[0].Details["api"])
		require.NotEmpty(t, created[0].Details["api_key"])
		shop.AuditOf(t, event.PrimaryEmailChanged, 1)
		shop.AuditOf(t, event.EmailDeleted, 1)
	})
}

func TestEmails_ThatNobodyOwnsAreClaimedAsVerifiedAsTheyWere(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim := shop.Person(t, testenv.NewPerson{Username: "kim"})
		old := uuid.Must(uuid.NewV7())
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Email.Create().SetID(old).SetAddress("kim@shop.example").SetIsVerified(true).Exec(ctx)
		}))
		var claimed email
		r := shop.Admin(t).Do(t, http.MethodPost, userPath(kim, "/emails"), `{"address":"kim@shop.example","is_verified":false}`)
		require.Equal(t, http.StatusCreated, r.Status, "%s", r.Body)
		r.JSON(t, &claimed)
		require.Equal(t, old, claimed.ID)
		require.True(t, claimed.IsVerified)
		require.True(t, claimed.IsPrimary)
		require.Equal(t, []email{claimed}, emailsOf(t, shop.Admin(t), kim))
	})
}

func TestEmails_RefusesWhatCannotBe(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop", `{"email": {"limit": 2}}`), env.Tenant(t, "bank")
		kim, sam := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"}), shop.Person(t, testenv.NewPerson{Email: "sam@shop.example"})
		eve := bank.Person(t, testenv.NewPerson{Email: "eve@bank.example"})
		admin := shop.Admin(t)
		add := func(path, body string) int {
			r := admin.Do(t, http.MethodPost, path, body)
			require.NotContains(t, string(r.Body), "hunter2")
			return r.Status
		}
		for _, body := range []string{
			``, `{}`, `[]`, `{`, `null`, `{"address":""}`, `{"address":null}`, `{"address":7}`, `{"address":"hunter2"}`, `{"address":"hunter2@localhost"}`,
			`{"address":"hunter2 <kim@shop.example>"}`, `{"address":" kim2@shop.example"}`, `{"address":"a@b@c.example"}`, `{"address":"k\u0000@shop.example"}`,
			`{"address":"k\n@shop.example"}`, `{"address":"kim@shop."}`, `{"address":"kim@.shop"}`, `{"address":"kim2@shop.example","is_verified":"yes"}`,
			`{"address":"` + strings.Repeat("k", 260) + `@shop.example"}`, `{"ADDRESS":"kim2@shop.example"}`,
		} {
			require.Equal(t, http.StatusBadRequest, add(userPath(kim, "/emails"), body), body)
		}
		require.Equal(t, http.StatusUnsupportedMediaType, admin.With("Content-Type", "text/plain").Send(t, http.MethodPost, userPath(kim, "/emails"), []byte(`{}`)).Status)
		require.Equal(t, http.StatusBadRequest, add(userPath(kim, "/emails"), `{"address":"SAM@shop.example"}`), "it is somebody's")
		require.Equal(t, http.StatusBadRequest, add(userPath(kim, "/emails"), `{"address":"kim@shop.example"}`), "it is her own")
		require.Equal(t, http.StatusCreated, add(userPath(kim, "/emails"), `{"address":"eve@bank.example"}`), "another tenant's is free here")
		require.Equal(t, http.StatusConflict, add(userPath(kim, "/emails"), `{"address":"third@shop.example"}`), "beyond the limit")
		require.Equal(t, http.StatusNotFound, add("/users/"+uuid.NewString()+"/emails", `{"address":"new@shop.example"}`))
		require.Equal(t, http.StatusNotFound, add(userPath(eve, "/emails"), `{"address":"new@shop.example"}`), "another tenant's user")
		require.Equal(t, http.StatusBadRequest, add("/users/7/emails", `{"address":"new@shop.example"}`))

		require.JSONEq(t, `[]`, string(admin.Get(t, userPath(eve, "/emails")).Body), "another tenant's user has none")
		hers, eves := emailsOf(t, admin, kim)[0].ID.String(), emailsOf(t, bank.Admin(t), eve)[0].ID.String()
		for _, path := range []string{userPath(kim, "/emails/", eves), userPath(eve, "/emails/", eves), userPath(sam, "/emails/", hers), userPath(kim, "/emails/", uuid.NewString())} {
			require.Equal(t, http.StatusNotFound, admin.Get(t, path).Status, path)
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodDelete, path, nil).Status, path)
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodPost, path+"/set_primary", nil).Status, path)
		}
		require.Equal(t, http.StatusBadRequest, admin.Get(t, userPath(kim, "/emails/7")).Status)
		require.Len(t, emailsOf(t, bank.Admin(t), eve), 1)

		reader := shop.Admin(t, "users:read")
		require.Equal(t, http.StatusOK, reader.Get(t, userPath(kim, "/emails")).Status)
		require.Equal(t, http.StatusForbidden, reader.Do(t, http.MethodPost, userPath(kim, "/emails"), `{"address":"new@shop.example"}`).Status)
		require.Equal(t, http.StatusForbidden, reader.Do(t, http.MethodDelete, userPath(kim, "/emails/", hers), nil).Status)
		require.Equal(t, http.StatusForbidden, reader.Do(t, http.MethodPost, userPath(kim, "/emails/", hers, "/set_primary"), nil).Status)
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:write").Get(t, userPath(kim, "/emails")).Status)
	})
}

// atOnce does something n times at the same time and returns the statuses, counted.
func atOnce(n int, do func(i int) int) map[int]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	counted := map[int]int{}
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			status := do(i)
			mu.Lock()
			defer mu.Unlock()
			counted[status]++
		})
	}
	close(start)
	all.Wait()
	return counted
}

func TestEmails_KeepToTheRulesUnderConcurrency(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"email": {"limit": 3}}`)
		kim, sam := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"}), shop.Person(t, testenv.NewPerson{Username: "sam"})
		admin := shop.Admin(t)
		post := func(p *testenv.Person, address string) int {
			return admin.Do(t, http.MethodPost, userPath(p, "/emails"), map[string]any{"address": address}).Status
		}
		require.Equal(t, map[int]int{http.StatusCreated: 2, http.StatusConflict: 4}, atOnce(6, func(i int) int {
			return post(kim, string(rune('a'+i))+"@shop.example")
		}), "the limit")
		require.Len(t, emailsOf(t, admin, kim), 3)

		require.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusBadRequest: 2}, atOnce(3, func(int) int { return post(sam, "one@shop.example") }), "one address")

		list := emailsOf(t, admin, kim)
		atOnce(6, func(i int) int {
			return admin.Do(t, http.MethodPost, userPath(kim, "/emails/", list[i%3].ID.String(), "/set_primary"), nil).Status
		})
		atOnce(6, func(i int) int {
			if i%2 == 0 {
				return admin.Do(t, http.MethodDelete, userPath(kim, "/emails/", list[i/2].ID.String()), nil).Status
			}
			return admin.Do(t, http.MethodPost, userPath(kim, "/emails/", list[i/2].ID.String(), "/set_primary"), nil).Status
		})
		primary := 0
		for _, e := range emailsOf(t, admin, kim) {
			if e.IsPrimary {
				primary++
			}
		}
		require.Equal(t, 1, primary, "one address is primary, whatever happens at once")
	})
}
