package admin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// logged is an entry as the API shows it.
type logged struct {
	ID          uuid.UUID      `json:"id"`
	Type        string         `json:"type"`
	ActorUserID *uuid.UUID     `json:"actor_user_id"`
	Details     map[string]any `json:"details"`
	TenantID    uuid.UUID      `json:"TenantID"`
	CreatedAt   time.Time      `json:"created_at"`
}

// aRecord is a row of the log; what is empty is not known.
type aRecord struct {
	kind, email, ip, failure, details string
	actor                             uuid.UUID
	at                                time.Time
}

func writeLog(t *testing.T, shop *testenv.Tenant, records ...aRecord) {
	t.Helper()
	require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
		for i, r := range records {
			row := tx.AuditLog.Create().SetSequence(int64(i + 1)).SetType(r.kind).SetError(r.failure).SetMetaSourceIP(r.ip).SetCreatedAt(r.at).SetUpdatedAt(r.at)
			if r.email != "" {
				row.SetActorEmail(r.email)
			}
			if r.actor != uuid.Nil {
				row.SetActorUserID(r.actor)
			}
			if r.details != "" {
				row.SetDetails([]byte(r.details))
			}
			if err := row.Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
}

func readLog(t *testing.T, admin *testenv.Admin, query string) ([]logged, testenv.Response) {
	t.Helper()
	r := admin.Get(t, "/audit_logs"+query)
	require.Equal(t, http.StatusOK, r.Status, "%s: %s", query, r.Body)
	var list []logged
	r.JSON(t, &list)
	return list, r
}

func kinds(list []logged) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.Type
	}
	return strings.Join(out, " ")
}

func TestAuditLog_ShowsEntriesNewestFirstPageByPage(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		at := time.Date(2026, 11, 1, 12, 0, 0, 123456000, time.UTC)
		actor := uuid.MustParse("0193aaaa-0000-7000-8000-00000000000a")
		admin := shop.Admin(t)
		list, r := readLog(t, admin, "")
		require.Empty(t, list)
		require.Equal(t, "[]", strings.TrimSpace(string(r.Body)))
		require.Equal(t, "0", r.Header.Get("X-Total-Count"))

		var records []aRecord
		for i := range 45 {
			records = append(records, aRecord{kind: fmt.Sprintf("t%02d", i), at: at.Add(time.Duration(i/3) * time.Second)}) // some at the same time
		}
		records[44] = aRecord{kind: "t44", failure: "it failed", actor: actor, email: "k*****@shop.example", ip: "192.0.2.7", details: `{"a":{"b":1}}`, at: at.Add(time.Hour)}
		writeLog(t, shop, records...)
		writeLog(t, bank, aRecord{kind: "theirs", at: at})

		list, r = readLog(t, admin, "")
		require.Equal(t, "45", r.Header.Get("X-Total-Count"))
		require.Len(t, list, 20)
		require.JSONEq(t, `{"id":"`+list[0].ID.String()+`","type":"t44","error":"it failed","meta_http_request_id":"","meta_source_ip":"192.0.2.7","meta_user_agent":"",
			"actor_user_id":"`+actor.String()+`","actor_email":"k*****@shop.example","details":{"a":{"b":1}},"TenantID":"`+shop.ID.String()+`",
			"created_at":"2026-11-01T13:00:00.123456Z","updated_at":"2026-11-01T13:00:00.123456Z"}`, string(first(t, r)))
		require.Equal(t, map[string]any{}, list[1].Details)
		require.NotContains(t, string(r.Body), `"actor_email":""`)
		require.NotContains(t, string(r.Body), "theirs")

		base := admin.Base + "/audit_logs"
		require.Equal(t, "<"+base+`?page=1&per_page=20>; rel="first",<`+base+`?page=3&per_page=20>; rel="last",<`+base+`?page=3&per_page=20>; rel="next",<`+
			base+`?page=1&per_page=20>; rel="prev"`, linkOf(t, admin, "?page=2"))
		seen := map[uuid.UUID]bool{}
		for page := 1; page <= 4; page++ {
			list, _ := readLog(t, admin, fmt.Sprintf("?page=%d", page))
			for _, e := range list {
				require.False(t, seen[e.ID], "once")
				seen[e.ID] = true
			}
		}
		require.Len(t, seen, 45)
		for query, count := range map[string]int{
			"?page=9": 0, "?page=0&per_page=0": 20, "?page=-3&per_page=-7": 20, "?per_page=100000": 45, "?page=9223372036854775807&per_page=1000": 0,
		} {
			list, _ := readLog(t, admin, query)
			require.Len(t, list, count, query)
		}
		require.Contains(t, linkOf(t, admin, "?page=-3&per_page=-7"), "page=2&per_page=20>; rel=\"next\"", "the links carry what was used")
		for _, query := range []string{"?page=x", "?per_page=1.5", "?start_time=yesterday", "?end_time=2026-13-01T00:00:00Z"} {
			require.Equal(t, http.StatusBadRequest, admin.Get(t, "/audit_logs"+query).Status, query)
		}
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:*", "sessions:*", "webhooks:*").Get(t, "/audit_logs").Status)
		require.Equal(t, http.StatusOK, shop.Admin(t, "audit:read").Get(t, "/audit_logs").Status)
	}, testenv.Quiet())
}

func TestAuditLog_IsReadFromCursorToCursor(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
		var records []aRecord
		for i := range 10 {
			records = append(records, aRecord{kind: []string{"even", "odd"}[i%2], at: at.Add(time.Duration(i/4) * time.Second)}) // four at the same time
		}
		writeLog(t, shop, records...)
		admin := shop.Admin(t)
		whole, _ := readLog(t, admin, "?per_page=100")
		walked, r := readLog(t, admin, "?per_page=3")
		first := r.Header.Get("X-Next-Cursor")
		steps := 1
		for next := first; next != ""; steps++ {
			require.NotContains(t, next, at.Format("2006"))
			var page []logged
			page, r = readLog(t, admin, "?per_page=3&cursor="+url.QueryEscape(next))
			require.Empty(t, r.Header.Get("X-Total-Count"))
			next = r.Header.Get("X-Next-Cursor")
			require.Equal(t, next != "", strings.Contains(r.Header.Get("Link"), `rel="next"`))
			walked = append(walked, page...)
		}
		require.Equal(t, 4, steps)
		require.Equal(t, whole, walked, "every entry once, in order")

		odd, r := readLog(t, admin, "?type=odd&per_page=3")
		more, _ := readLog(t, admin, "?type=odd&per_page=30&cursor="+url.QueryEscape(r.Header.Get("X-Next-Cursor")))
		require.Equal(t, "odd odd odd odd odd", kinds(append(odd, more...)))
		for _, query := range []string{
			"?type=odd&cursor=" + url.QueryEscape(first), "?cursor=x", "?cursor=" + url.QueryEscape(first[1:]), "?q=%00&cursor=" + url.QueryEscape(first),
		} {
			require.Equal(t, http.StatusBadRequest, admin.Get(t, "/audit_logs"+query).Status, query)
		}
		require.Equal(t, http.StatusBadRequest, bank.Admin(t).Get(t, "/audit_logs?per_page=3&cursor="+url.QueryEscape(first)).Status, "another tenant's cursor")
	}, testenv.Quiet())
}

func linkOf(t *testing.T, admin *testenv.Admin, query string) string {
	t.Helper()
	_, r := readLog(t, admin, query)
	return r.Header.Get("Link")
}

// first is the first element of a list in a body.
func first(t *testing.T, r testenv.Response) []byte {
	t.Helper()
	var list []json.RawMessage
	r.JSON(t, &list)
	require.NotEmpty(t, list)
	return list[0]
}

func TestAuditLog_IsFiltered(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
		kim, sam := uuid.MustParse("0193aaaa-0000-7000-8000-00000000000a"), uuid.MustParse("0193bbbb-0000-7000-8000-00000000000b")
		writeLog(t, shop,
			aRecord{kind: "one", actor: kim, email: "kim@shop.example", ip: "192.0.2.7", at: at},
			aRecord{kind: "two", actor: sam, email: "sam_x@shop.example", ip: "2001:db8::a", at: at.Add(time.Minute)},
			aRecord{kind: "three", email: "100%!@shop.example", ip: "192.0.2.77", at: at.Add(2 * time.Minute)},
			aRecord{kind: "one", actor: kim, ip: "198.51.100.1", at: at.Add(3 * time.Minute)},
		)
		writeLog(t, bank, aRecord{kind: "one", actor: kim, email: "kim@shop.example", ip: "192.0.2.7", at: at})
		admin := shop.Admin(t)
		for query, want := range map[string]string{
			"":                                "one three two one",
			"type=one":                        "one one",
			"type=one&type=two":               "one two one",
			"type=one,two":                    "",
			"type=":                           "one three two one",
			"type=on":                         "",
			"start_time=2026-11-01T12:00:00Z": "one three two",
			"end_time=2026-11-01T12:02:00Z":   "two one",
			"start_time=2026-11-01T13:00:00%2B01:00&end_time=2026-11-01T12:03:00Z": "three two",
			"start_time=0001-01-02T00:00:00Z":                                      "one three two one",
			"end_time=9999-12-31T23:59:59-12:00":                                   "one three two one",
			"end_time=0000-01-01T00:00:00Z":                                        "",
			"start_time=2026-11-01T12:00:59.5Z":                                    "one three two",
			"actor_user_id=" + kim.String():                                        "one one",
			"actor_user_id=" + strings.ToUpper(kim.String()):                       "one one",
			"actor_user_id=0193bbbb":                                               "two",
			"actor_user_id=0000-7000":                                              "one two one",
			"actor_user_id=" + uuid.NewString():                                    "",
			"actor_user_id=" + uuid.Nil.String():                                   "",
			"actor_user_id=%25":                                                    "",
			"actor_email=shop":                                                     "three two one",
			"actor_email=KIM@":                                                     "one",
			"actor_email=_":                                                        "two",
			"actor_email=%25":                                                      "three",
			"actor_email=!":                                                        "three",
			"actor_email=" + url.QueryEscape(`\`):                                  "",
			"actor_email=" + url.QueryEscape(`' OR 1=1 --`):                        "",
			"actor_email=%00":                                                      "",
			"actor_email=%ff":                                                      "",
			"meta_source_ip=192.0.2.7":                                             "three one",
			"meta_source_ip=DB8::A":                                                "two",
			"q=kim":                                                                "one",
			"q=192.0.2":                                                            "three one",
			"q=0193aaaa":                                                           "one one",
			"q=_":                                                                  "two",
			"q=0193aaaa&type=one&meta_source_ip=198":                               "one",
			"q=kim&type=two":                                                       "",
		} {
			list, r := readLog(t, admin, "?"+query)
			require.Equal(t, want, kinds(list), query)
			require.Equal(t, fmt.Sprint(len(list)), r.Header.Get("X-Total-Count"), query)
			for _, e := range list {
				require.Equal(t, shop.ID, e.TenantID, query)
			}
		}
	}, testenv.Quiet())
}

func TestAuditLog_TellsWhatBackEndsDid(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		admin := shop.Admin(t)
		open(t, admin.With("X-Request-Id", "the-request"), map[string]any{"user_id": kim.ID})
		var list []logged
		require.Eventually(t, func() bool { list, _ = readLog(t, admin, "?actor_user_id="+kim.ID.String()); return len(list) == 1 }, 30*time.Second, 20*time.Millisecond)
		require.Equal(t, "login_success", list[0].Type)
		require.Equal(t, "admin", list[0].Details["api"])
		_, r := readLog(t, admin, "?type=login_success")
		require.Contains(t, string(r.Body), `"meta_http_request_id":"the-request"`)
		require.Contains(t, string(r.Body), `"meta_source_ip":"127.0.0.1"`)
	})
}
