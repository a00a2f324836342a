package admin_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/contract"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// provocations bring about what no fault of a request does.
func provocations(t *testing.T, shop *testenv.Tenant, admin *testenv.Admin) map[string]func(testing.TB, contract.Request) contract.Answer {
	t.Helper()
	send := func(t testing.TB, r contract.Request) contract.Answer { return sendAs(t, admin, r) }
	first := func(t testing.TB, method, path string, body any) { // what makes the request after it fail
		t.Helper()
		require.Less(t, admin.Do(t, method, path, body).Status, 300, "%s %s", method, path)
	}
	busy := testenv.New(t, shop.Env.Dialect, testenv.Quiet()).Tenant(t, "busy").Admin(t) // whose jobs nobody works at
	for range 20 {
		require.Equal(t, http.StatusAccepted, busy.Do(t, http.MethodPost, "/exports", `{}`).Status)
	}
	crowded := func(t testing.TB, r contract.Request) contract.Answer { return sendAs(t, busy, r) }
	return map[string]func(testing.TB, contract.Request) contract.Answer{
		"create-user 409": func(t testing.TB, r contract.Request) contract.Answer {
			first(t, r.Method, r.Target(), r.Body)
			return send(t, r)
		},
		"edit-user 409": func(t testing.TB, r contract.Request) contract.Answer {
			first(t, http.MethodPost, "/users", map[string]any{"username": r.Body.(map[string]any)["username"]})
			return send(t, r)
		},
		"create-email 409": func(t testing.TB, r contract.Request) contract.Answer {
			for range 3 { // beside the two that everybody has
				first(t, r.Method, r.Target(), map[string]any{"address": uuid.NewString() + "@shop.example"})
			}
			return send(t, r)
		},
		"delete-email 409": func(t testing.TB, r contract.Request) contract.Answer {
			first(t, http.MethodPost, r.Target()+"/set_primary", nil)
			return send(t, r)
		},
		"create-password 409": func(t testing.TB, r contract.Request) contract.Answer {
			first(t, r.Method, r.Target(), r.Body)
			return send(t, r)
		},
		"create-session 409": func(t testing.TB, r contract.Request) contract.Answer {
			kim := shop.Person(t, testenv.NewPerson{Username: uuid.NewString()})
			first(t, http.MethodPost, userPath(kim, "/block"), nil)
			r.Body.(map[string]any)["user_id"] = kim.ID
			return send(t, r)
		},
		"get-job-result 409": func(t testing.TB, r contract.Request) contract.Answer {
			made := admin.Do(t, http.MethodPost, "/imports", `[]`)
			require.Equal(t, http.StatusAccepted, made.Status, "%s", made.Body)
			var job struct{ ID string }
			made.JSON(t, &job)
			r.Params["job_id"] = job.ID // an import has none
			return send(t, r)
		},
		"start-export 409": crowded,
		"start-import 409": crowded,
		"start-import 413": func(t testing.TB, r contract.Request) contract.Answer { // more than others may send
			r.Body = contract.Raw("[" + strings.Repeat(`{"username":"a","x":"`+strings.Repeat("x", 1_000_000)+`"},`, 68) + "{}]")
			return send(t, r)
		},
		"get-metadata 204": func(t testing.TB, r contract.Request) contract.Answer {
			first(t, http.MethodPatch, r.Target(), `null`)
			return send(t, r)
		},
		"patch-metadata 204": func(t testing.TB, r contract.Request) contract.Answer {
			r.Body = contract.Raw(`null`)
			return send(t, r)
		},
		"tail-audit-logs 429": func(t testing.TB, r contract.Request) contract.Answer {
			for range 20 {
				require.Equal(t, http.StatusOK, busy.Open(t, r.Target()).StatusCode)
			}
			return sendAs(t, busy, r)
		},
		"create-password 503": func(t testing.TB, r contract.Request) contract.Answer {
			return crowd(t, r, testenv.NewPerson{})
		},
		"replace-password 503": func(t testing.TB, r contract.Request) contract.Answer {
			return crowd(t, r, testenv.NewPerson{Password: testenv.Password})
		},
	}
}

// crowd sends a request about so many people at once that not all may wait for their turn to hash, and returns the first answer that says so.
// The others are called off by then.
func crowd(t testing.TB, r contract.Request, n testenv.NewPerson) contract.Answer {
	t.Helper()
	shop := testenv.OnSQLite(t, testenv.Quiet()).Tenant(t, "shop")
	admin := shop.Admin(t).With("Content-Type", r.Media)
	requests := make([]contract.Request, 120*runtime.GOMAXPROCS(0))
	for i := range requests {
		n.Username = uuid.NewString()
		requests[i] = r
		requests[i].Params = map[string]string{"user_id": shop.Person(t, n).ID.String()}
	}
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	var all sync.WaitGroup
	refused := make(chan testenv.Response, len(requests))
	for _, r := range requests {
		all.Go(func() {
			a, err := admin.TrySend(ctx, r.Method, r.Target(), r.Payload())
			if err == nil && a.Status == http.StatusServiceUnavailable {
				refused <- a
				enough()
			}
		})
	}
	all.Wait()
	require.NotEmpty(t, refused, "everybody had her turn")
	a := <-refused
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	return contract.Answer{Status: a.Status, Header: a.Header, Body: a.Body}
}

// unprovoked are documented statuses that the suite does not bring about.
func unprovoked(env *testenv.Env) map[string]string {
	none := map[string]string{
		"patch-metadata 409":             overtaken,
		"replace-password 409":           overtaken,
		"delete-password 409":            overtaken,
		"delete-otp 409":                 overtaken,
		"delete-webauthn-credential 409": overtaken,
	}
	if env.Dialect == dialect.SQLite {
		none["* 503"] = "a file is never away"
	}
	return none
}

const overtaken = "somebody else must change the user between reading and writing, five times running: see TestChanges_ThatOthersAlwaysComeBeforeAreConflicts"
