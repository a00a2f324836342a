package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

type jobAnswer struct {
	ID                    uuid.UUID
	Kind, State, Error    string
	Total, Done, Rejected int
	Options               map[string]bool
}

func readJob(t testing.TB, r testenv.Response, status int) jobAnswer {
	t.Helper()
	require.Equal(t, status, r.Status, "%s", r.Body)
	var j jobAnswer
	require.NoError(t, json.Unmarshal(r.Body, &j))
	return j
}

// finished waits for a job to end.
func finished(t testing.TB, a *testenv.Admin, id uuid.UUID) jobAnswer {
	t.Helper()
	var j jobAnswer
	require.Eventually(t, func() bool {
		j = readJob(t, a.Get(t, "/jobs/"+id.String()), http.StatusOK)
		return j.State == "done" || j.State == "failed" || j.State == "cancelled"
	}, 30*time.Second, 20*time.Millisecond)
	return j
}

func TestImport_OverTheAPIIsWrittenByTheWorker(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		admin := shop.Admin(t)
		var b strings.Builder
		for i := range 1300 {
			fmt.Fprintf(&b, `,{"username":"person%d"}`, i%1299) // the last is the first again
		}
		j := readJob(t, admin.Send(t, http.MethodPost, "/imports", []byte("["+b.String()[1:]+"]")), http.StatusAccepted)
		require.Equal(t, "import", j.Kind)
		j = finished(t, admin, j.ID)
		require.Equal(t, "done", j.State)
		require.Equal(t, []int{1300, 1300, 1}, []int{j.Total, j.Done, j.Rejected})
		report := admin.Get(t, "/jobs/"+j.ID.String()+"/report")
		require.Equal(t, `{"entry":1300,"code":"username_already_exists","field":"username","reason":"the username belongs to an account"}`+"\n", string(report.Body))
		require.Equal(t, "application/jsonl", report.Header.Get("Content-Type"))
		require.Equal(t, "1299", admin.Get(t, "/users?per_page=1").Header.Get("X-Total-Count"))

		e := readJob(t, admin.Do(t, http.MethodPost, "/exports", map[string]any{"with_names": true}), http.StatusAccepted)
		e = finished(t, admin, e.ID)
		require.Equal(t, map[string]bool{"with_names": true}, e.Options)
		result := admin.Get(t, "/jobs/"+e.ID.String()+"/result")
		require.Equal(t, http.StatusOK, result.Status)
		var people []map[string]any
		require.NoError(t, json.Unmarshal(result.Body, &people))
		require.Len(t, people, 1299)

		var list []jobAnswer
		jobs := admin.Get(t, "/jobs?per_page=1")
		require.NoError(t, json.Unmarshal(jobs.Body, &list))
		require.Len(t, list, 1)
		require.Equal(t, e.ID, list[0].ID, "newest first")
		require.Equal(t, "2", jobs.Header.Get("X-Total-Count"))
	})
}

func TestImport_WhatIsWrongWithTheInput(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	admin := env.Tenant(t, "shop").Admin(t)
	for _, body := range []string{``, `null`, `{}`, `[{"username":"a"}`, `[7]`, `[{"username":"a","created_at":"yesterday"}]`} {
		require.Equal(t, http.StatusBadRequest, admin.Send(t, http.MethodPost, "/imports", []byte(body)).Status, body)
	}
	require.JSONEq(t, `[]`, string(admin.Get(t, "/jobs").Body), "no job is left")

	bad := []byte(`[{"username":"a"},{"username":""}]`)
	j := readJob(t, admin.Send(t, http.MethodPost, "/imports", bad), http.StatusAccepted)
	require.Equal(t, "failed", j.State)
	require.Equal(t, "1 of 2 entries are invalid; nothing was imported", j.Error)
	require.Contains(t, string(admin.Get(t, "/jobs/"+j.ID.String()+"/report").Body), `{"entry":2,"code":"invalid"`)
	j = finished(t, admin, readJob(t, admin.Send(t, http.MethodPost, "/imports?skip_invalid=true&dry_run=true", bad), http.StatusAccepted).ID)
	require.Equal(t, []int{2, 1}, []int{j.Done, j.Rejected})
	require.Equal(t, "0", admin.Get(t, "/users").Header.Get("X-Total-Count"), "a dry run")
	require.Equal(t, http.StatusBadRequest, admin.Send(t, http.MethodPost, "/imports?skip_invalid=perhaps", bad).Status)

	// Each entry is below the limit of entries, all of them are above that of imports.
	large := strings.Repeat(`{"username":"a","x":"`+strings.Repeat("x", 1_000_000)+`"},`, 68)
	require.Equal(t, http.StatusRequestEntityTooLarge, admin.Send(t, http.MethodPost, "/imports", []byte("["+large+"{}]")).Status)
}

func TestJobs_ScopesAndTenants(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password, Factors: testenv.Factors{App: true}})
	all, reader := shop.Admin(t), shop.Admin(t, "users:read")
	mover := shop.Admin(t, "users:read", "credentials:export")

	require.Equal(t, http.StatusForbidden, reader.Send(t, http.MethodPost, "/imports", []byte(`[]`)).Status)
	require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:write").Do(t, http.MethodPost, "/exports", map[string]any{}).Status)
	for _, with := range []string{"with_credentials", "with_totp"} {
		body := map[string]any{with: true}
		require.Equal(t, http.StatusForbidden, reader.Do(t, http.MethodPost, "/exports", body).Status)
		require.Equal(t, http.StatusForbidden, all.Do(t, http.MethodPost, "/exports", body).Status, "not even with all scopes")
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:*").Do(t, http.MethodPost, "/exports", body).Status)
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "credentials:export").Do(t, http.MethodPost, "/exports", body).Status, "that alone is not enough")
	}
	j := finished(t, mover, readJob(t, mover.Do(t, http.MethodPost, "/exports", map[string]any{"with_credentials": true, "with_totp": true}), http.StatusAccepted).ID)
	path := "/jobs/" + j.ID.String()
	require.Equal(t, http.StatusForbidden, all.Get(t, path+"/result").Status, "nor fetch what another key had made")
	require.Equal(t, http.StatusOK, all.Get(t, path).Status)
	result := string(mover.Get(t, path+"/result").Body)
	require.Contains(t, result, "$argon2id$")
	require.Contains(t, result, "otp_secret")

	plain := finished(t, reader, readJob(t, reader.Do(t, http.MethodPost, "/exports", map[string]any{}), http.StatusAccepted).ID)
	require.NotContains(t, string(reader.Get(t, "/jobs/"+plain.ID.String()+"/result").Body), "$argon2id$")

	foreign := bank.Admin(t)
	for _, p := range []string{path, path + "/report", path + "/result", "/jobs/" + uuid.NewString()} {
		require.Equal(t, http.StatusNotFound, foreign.Get(t, p).Status, p)
	}
	require.Equal(t, http.StatusNotFound, foreign.Do(t, http.MethodDelete, path, nil).Status)
	require.Equal(t, http.StatusForbidden, reader.Do(t, http.MethodDelete, path, nil).Status)
	require.Equal(t, http.StatusNoContent, all.Do(t, http.MethodDelete, path, nil).Status)
	require.Equal(t, http.StatusNotFound, all.Get(t, path+"/result").Status)
	require.Equal(t, http.StatusBadRequest, all.Get(t, "/jobs/7").Status)
	failed := readJob(t, all.Send(t, http.MethodPost, "/imports", []byte(`[{}]`)), http.StatusAccepted)
	require.Equal(t, http.StatusConflict, mover.Get(t, "/jobs/"+failed.ID.String()+"/result").Status, "an import has no result")
}
