package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/contract"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

// TestContract plays what the OpenAPI document promises: see internal/contract.
func TestContract(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		callers := callersOf(t, shop, bank)
		document := contract.Read(t, callers[contract.Entitled].Root().Get(t, "/openapi.json").Body)
		shopper := shop.Person(t, testenv.NewPerson{Email: "shopper@shop.example"}).ID.String()
		send := func(t testing.TB, by contract.Caller, r contract.Request) contract.Answer {
			if by == contract.Powerless && strings.HasPrefix(r.Target(), "/audit_logs") {
				by = blind
			}
			return sendAs(t, callers[by], r)
		}
		(&contract.Suite{
			Document: document,
			Prepare: func(t testing.TB, foreign bool, o *contract.Operation) map[string]string {
				if foreign {
					return newThings(t, bank, o)
				}
				return newThings(t, shop, o)
			},
			Complete:   func(o *contract.Operation, r *contract.Request) { completeExample(o, r, shopper) },
			Others:     func(o *contract.Operation) map[contract.Caller]int { return others(env, o) },
			Send:       send,
			MaxBody:    1 << 20,
			Provoke:    provocations(t, shop, callers[contract.Entitled]),
			Unprovoked: unprovoked(env),
			Forgiven:   forgiven,
			Mild:       mild,
		}).Run(t)
	})
}

// sendAs sends a request to a back end's API.
func sendAs(t testing.TB, a *testenv.Admin, r contract.Request) contract.Answer {
	t.Helper()
	if r.Media != "" {
		a = a.With("Content-Type", r.Media)
	}
	for name := range r.Header {
		a = a.With(name, r.Header.Get(name))
	}
	if strings.HasPrefix(r.Target(), "/audit_logs/tail") && r.Method == http.MethodGet {
		return followed(t, a, r.Target())
	}
	got := a.Send(t, r.Method, r.Target(), r.Payload())
	return contract.Answer{Status: got.Status, Header: got.Header, Body: got.Body}
}

// followed is the answer to a request for a stream, as far as it comes at once.
func followed(t testing.TB, a *testenv.Admin, target string) contract.Answer {
	t.Helper()
	res := a.Open(t, target)
	defer res.Body.Close()
	body := make([]byte, 1<<10)
	n, _ := res.Body.Read(body)
	return contract.Answer{Status: res.StatusCode, Header: res.Header, Body: body[:n]}
}

// callersOf are back ends that send to the shop's API.
func callersOf(t *testing.T, shop, bank *testenv.Tenant) map[contract.Caller]*testenv.Admin {
	t.Helper()
	entitled := shop.Admin(t)
	soon := time.Now().Add(2 * time.Second)
	_, brief, err := shop.Env.App.APIKeys.Create(t.Context(), tenants.BySystem, nil, shop.ID, tenants.NewToken{Name: "brief", ExpiresAt: &soon})
	require.NoError(t, err)
	expired := entitled.With("Authorization", "Bearer "+brief)
	require.Eventually(t, func() bool { return expired.Get(t, "/users").Status == http.StatusUnauthorized }, 30*time.Second, 10*time.Millisecond)
	foreign := bank.Admin(t)
	foreign.Base = entitled.Base
	closed, still := shop.Env.Tenant(t, "closed"), shop.Env.Tenant(t, "still")
	barred, reader := closed.Admin(t), still.Admin(t)
	tired := whoseCallsAreSpent(t, shop.Env)
	closed.SetStatus(t, tenants.StatusSuspended)
	still.SetStatus(t, tenants.StatusReadOnly)
	return map[contract.Caller]*testenv.Admin{
		suspended:          barred,
		spent:              tired,
		readOnly:           reader,
		unlucky:            withoutDatabase(t, shop.Env.Dialect),
		impatient:          withDatabaseAway(t, shop.Env.Dialect),
		contract.Entitled:  entitled,
		contract.Anonymous: entitled.With("Authorization", ""),
		contract.Expired:   expired,
		contract.Foreign:   foreign,
		contract.Powerless: shop.Admin(t, tenants.AuditRead),
		blind:              shop.Admin(t, tenants.UsersRead),
	}
}

// blind is powerless where the scope of the powerless counts: at the audit log.
const blind contract.Caller = "blind"

// Back ends that an operation refuses whatever they send.
const (
	suspended contract.Caller = "whose tenant is suspended"
	spent     contract.Caller = "whose tenant has made the calls of the day"
	readOnly  contract.Caller = "whose tenant is read-only"
	unlucky   contract.Caller = "whose program shut its database"
	impatient contract.Caller = "whose database is away for a moment"
)

func others(env *testenv.Env, o *contract.Operation) map[contract.Caller]int {
	refused := map[contract.Caller]int{
		suspended: http.StatusForbidden, spent: http.StatusTooManyRequests, unlucky: http.StatusInternalServerError,
	}
	if o.Method != http.MethodGet {
		refused[readOnly] = http.StatusForbidden
	}
	if env.Dialect != dialect.SQLite {
		refused[impatient] = http.StatusServiceUnavailable
	}
	return refused
}

// whoseCallsAreSpent is a back end of a tenant that has made the API calls it may make in a day.
func whoseCallsAreSpent(t *testing.T, env *testenv.Env) *testenv.Admin {
	t.Helper()
	tired := env.Tenant(t, "tired")
	admin := tired.Admin(t)
	_, err := env.App.Provisioner.SetQuotas(t.Context(), tired.ID, quota.Limits{quota.APICalls: {Hard: 1}}, tenants.How{By: tenants.ByCLI})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, admin.Get(t, "/users").Status)
	require.NoError(t, env.App.Calls.Flush(t.Context()))
	require.Eventually(t, func() bool { return admin.Get(t, "/users").Status == http.StatusTooManyRequests }, time.Minute, 10*time.Millisecond)
	return admin
}

// withoutDatabase is a back end of a program that cannot use its database any more.
func withoutDatabase(t *testing.T, dialect string) *testenv.Admin {
	t.Helper()
	env := testenv.New(t, dialect, testenv.Quiet())
	admin := env.Tenant(t, "unlucky").Admin(t)
	require.Equal(t, http.StatusOK, admin.Get(t, "/users").Status)
	require.NoError(t, env.App.Store.Close())
	return admin
}

// withDatabaseAway is a back end of a program that reached its database a moment ago and does not any more. Files are never away.
func withDatabaseAway(t *testing.T, name string) *testenv.Admin {
	t.Helper()
	if name == dialect.SQLite {
		return nil
	}
	env, cut := testenv.NewWithDatabaseAway(t, name)
	admin := env.Tenant(t, "impatient").Admin(t)
	require.Equal(t, http.StatusOK, admin.Get(t, "/users").Status)
	cut()
	return admin
}

// newThings makes in a tenant what an operation is about.
func newThings(t testing.TB, s *testenv.Tenant, o *contract.Operation) map[string]string {
	t.Helper()
	name := strings.ReplaceAll(uuid.NewString(), "-", "")
	n := testenv.NewPerson{Email: name + "@shop.example", Username: name, Password: testenv.Password, Factors: testenv.Factors{Passkey: true, App: true}}
	if o.ID == "create-password" {
		n.Password = ""
	}
	p := s.Person(t, n)
	found := map[string]string{"user_id": p.ID.String()}
	second := p.AddEmail(t, "second-"+p.Email, true)
	p.AddIdentity(t, "google", second, false)
	p.AddIdentity(t, "github", uuid.Nil, false)
	if strings.Contains(o.Path, "{email_id}") {
		found["email_id"] = second.String()
	}
	admin := s.Admin(t)
	var user struct {
		Credentials []struct{ ID string } `json:"webauthn_credentials"`
	}
	admin.Get(t, "/users/"+found["user_id"]).JSON(t, &user)
	found["credential_id"] = user.Credentials[0].ID
	require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPatch, "/users/"+found["user_id"]+"/metadata", `{"public_metadata":{"plan":"pro"}}`).Status)
	found["session_id"] = p.SignedIn(t, s.Client(), time.Minute).ID.String()
	if strings.Contains(o.Path, "{job_id}") {
		job := readJob(t, admin.Send(t, http.MethodPost, "/exports", []byte(`{}`)), http.StatusAccepted)
		found["job_id"] = finished(t, admin, job.ID).ID.String()
	}
	if strings.Contains(o.Path, "/webhooks/") {
		var hook struct{ ID string }
		made := admin.Do(t, http.MethodPost, "/webhooks", `{"callback":"https://shop.example/hook","events":["user"]}`)
		require.Equal(t, http.StatusCreated, made.Status, "%s", made.Body)
		made.JSON(t, &hook)
		found["id"] = hook.ID
		if strings.Contains(o.Path, "{delivery_id}") {
			found["delivery_id"] = deliveryTo(t, s, admin, hook.ID)
		}
	}
	if strings.Contains(o.Path, "{job_id}") {
		found["job_id"] = finishedJob(t, admin, o)
	}
	return found
}

// deliveryTo has an event told to a webhook and waits for its delivery.
func deliveryTo(t testing.TB, s *testenv.Tenant, admin *testenv.Admin, hook string) string {
	t.Helper()
	s.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
	var list []struct{ ID string }
	require.Eventually(t, func() bool {
		admin.Get(t, "/webhooks/deliveries?endpoint="+hook).JSON(t, &list)
		return len(list) > 0
	}, time.Minute, 10*time.Millisecond)
	return list[0].ID
}

// finishedJob makes a job and waits for its end.
func finishedJob(t testing.TB, admin *testenv.Admin, o *contract.Operation) string {
	t.Helper()
	made := admin.Do(t, http.MethodPost, "/exports", `{}`)
	if strings.HasSuffix(o.Path, "/report") {
		made = admin.Do(t, http.MethodPost, "/imports", `[{"username":"`+uuid.NewString()+`"}]`)
	}
	require.Equal(t, http.StatusAccepted, made.Status, "%s", made.Body)
	var job struct{ ID, State string }
	made.JSON(t, &job)
	require.Eventually(t, func() bool {
		admin.Get(t, "/jobs/"+job.ID).JSON(t, &job)
		return job.State == "done"
	}, time.Minute, 10*time.Millisecond)
	return job.ID
}

// completeExample changes examples that would meet each other.
func completeExample(o *contract.Operation, r *contract.Request, shopper string) {
	body, _ := r.Body.(map[string]any)
	name := strings.ReplaceAll(uuid.NewString(), "-", "")
	switch o.ID {
	case "create-user":
		delete(body, "id")
		body["username"] = name
		body["emails"] = []any{map[string]any{"address": name + "@shop.example", "is_primary": true}}
	case "start-import":
		r.Body = []any{map[string]any{"username": name}}
	case "create-session":
		body["user_id"] = shopper
	case "patch-metadata":
		r.Body = map[string]any{"public_metadata": map[string]any{"plan": "free"}}
	case "create-email":
		body["address"] = name + "@shop.example"
	case "edit-user":
		body["username"] = name
	}
}

// forgiven are faults that the compatible API does not mind. Spec: rest-admin.
var forgiven = map[string]string{}

// mild are operations that answer about unknown users as about nobody.
var mild = map[string]int{"list-emails": http.StatusOK}
