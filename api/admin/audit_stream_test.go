package admin_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
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

func TestAuditLog_IsExportedAsLines(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		at := time.Date(2026, 11, 1, 12, 0, 0, 123456000, time.UTC)
		var records []aRecord
		for i := range 2500 { // several parts, and many at the same time
			records = append(records, aRecord{kind: []string{"even", "odd"}[i%2], ip: "192.0.2.7", at: at.Add(time.Duration(i/100) * time.Second), details: `{"a": "<b>"}`})
		}
		for part := 0; part < len(records); part += 500 {
			writeLogFrom(t, shop, part+1, records[part:part+500]...)
		}
		writeLog(t, bank, records[:3]...)
		admin := shop.Admin(t, "audit:read")

		r := admin.Get(t, "/audit_logs/export")

		require.Equal(t, http.StatusOK, r.Status)
		require.Equal(t, "application/jsonl", r.Header.Get("Content-Type"))
		lines := strings.Split(strings.TrimSuffix(string(r.Body), "\n"), "\n")
		require.Len(t, lines, 2500)
		whole, _ := readLog(t, admin, "?per_page=10000")
		seen := map[uuid.UUID]bool{}
		for i, line := range lines {
			var e logged
			require.NoError(t, json.Unmarshal([]byte(line), &e))
			require.Equal(t, whole[i], e)
			seen[e.ID] = true
		}
		require.Len(t, seen, 2500)
		require.JSONEq(t, string(first(t, admin.Get(t, "/audit_logs?per_page=1"))), lines[0], "a line is what the list shows")

		odd := admin.Get(t, "/audit_logs/export?type=odd&start_time="+url.QueryEscape(at.Add(time.Second).Format(time.RFC3339Nano))+"&format=jsonl")
		require.Equal(t, 1150, strings.Count(string(odd.Body), "\n"))
		require.Empty(t, admin.Get(t, "/audit_logs/export?q=nobody").Body)
		require.Equal(t, http.StatusBadRequest, admin.Get(t, "/audit_logs/export?format=xml").Status)
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:read").Get(t, "/audit_logs/export").Status)
	}, testenv.Quiet())
}

func TestAuditLog_IsExportedAsCSVThatSpreadsheetsTakeForText(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim := uuid.Must(uuid.NewV7())
		at := time.Date(2026, 11, 1, 12, 0, 0, 123456000, time.UTC)
		writeLog(t, shop,
			aRecord{kind: "login_failure", actor: kim, email: `=cmd|' /C calc'!A0`, failure: "a \"quoted\",\r\ntext", details: `{"a": 1}`, at: at},
			aRecord{kind: "+x", email: "-1", failure: "\t=1", ip: "@x", at: at.Add(-time.Second)},
		)
		admin := shop.Admin(t)

		r := admin.Get(t, "/audit_logs/export?format=csv")

		require.Contains(t, r.Header.Get("Content-Type"), "text/csv")
		require.Contains(t, r.Header.Get("Content-Disposition"), `filename="audit-log.csv"`)
		require.Contains(t, string(r.Body), "\r\n")
		rows, err := csv.NewReader(strings.NewReader(string(r.Body))).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 3)
		require.Equal(t, "id type error meta_http_request_id meta_source_ip meta_user_agent actor_user_id actor_email details TenantID created_at updated_at",
			strings.Join(rows[0], " "))
		require.Equal(t, "a \"quoted\",\ntext", rows[1][2])
		require.Equal(t, kim.String(), rows[1][6])
		require.Equal(t, `'=cmd|' /C calc'!A0`, rows[1][7])
		require.JSONEq(t, `{"a": 1}`, rows[1][8])
		require.Equal(t, shop.ID.String(), rows[1][9])
		require.Equal(t, "2026-11-01T12:00:00.123456Z", rows[1][10])
		require.Equal(t, []string{"'+x", "'\t=1", "", "'@x", "", "", "'-1", "{}"}, rows[2][1:9])
		empty := admin.Get(t, "/audit_logs/export?format=csv&type=none")
		require.Equal(t, 1, strings.Count(string(empty.Body), "\r\n"), "the names alone")
	}, testenv.Quiet())
}

// writeLogFrom writes records that are numbered from a number on.
func writeLogFrom(t *testing.T, shop *testenv.Tenant, from int, records ...aRecord) {
	t.Helper()
	require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
		for i, r := range records {
			row := tx.AuditLog.Create().SetSequence(int64(from + i)).SetType(r.kind).SetCreatedAt(r.at).SetUpdatedAt(r.at).SetMetaSourceIP(r.ip)
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

// a stream is what a listener reads.
type stream struct {
	t       *testing.T
	scanner *bufio.Scanner
	close   func() error
}

func listen(t *testing.T, admin *testenv.Admin, query string) *stream {
	t.Helper()
	res := admin.Open(t, "/audit_logs/tail"+query)
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	s := &stream{t, bufio.NewScanner(res.Body), res.Body.Close}
	require.True(t, s.scanner.Scan())
	require.Equal(t, ": listening", s.scanner.Text())
	return s
}

// next is the next event, with its place in the log.
func (s *stream) next() (id string, e logged) {
	s.t.Helper()
	for s.scanner.Scan() {
		line := s.scanner.Text()
		if text, ok := strings.CutPrefix(line, "id: "); ok {
			id = text
		}
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			require.NoError(s.t, json.Unmarshal([]byte(text), &e))
			return id, e
		}
	}
	s.t.Fatal("the stream ended", s.scanner.Err())
	return "", e
}

func TestAuditLog_IsFollowedAsItGrows(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		kim := uuid.Must(uuid.NewV7())
		at := time.Now().UTC()
		numbers := 1000
		happens := func(kind string, actor uuid.UUID) {
			numbers++
			writeLogFrom(t, shop, numbers, aRecord{kind: kind, actor: actor, at: at})
			writeLogFrom(t, bank, numbers, aRecord{kind: "elsewhere", actor: actor, at: at})
		}
		happens("before", kim)
		admin := shop.Admin(t, "audit:read")
		all, kims, twos := listen(t, admin, ""), listen(t, admin, "?actor_user_id="+strings.ToUpper(kim.String())), listen(t, admin, "?type=two&type=three")
		happens("one", uuid.Nil)
		happens("two", kim)

		_, e := all.next()
		require.Equal(t, "one", e.Type)
		place, e := all.next()
		require.Equal(t, "two", e.Type)
		require.Equal(t, shop.ID, e.TenantID)
		require.Equal(t, "1003", place)
		_, e = kims.next()
		require.Equal(t, "two", e.Type)
		_, e = twos.next()
		require.Equal(t, "two", e.Type)

		require.NoError(t, all.close())
		happens("three", kim)
		back := listen(t, admin.With("Last-Event-ID", "1002"), "")
		for _, want := range []string{"two", "three"} {
			_, e = back.next()
			require.Equal(t, want, e.Type, "nothing is missed, nothing comes twice")
		}
		happens("four", kim)
		_, e = back.next()
		require.Equal(t, "four", e.Type)

		require.Equal(t, http.StatusBadRequest, admin.With("Last-Event-ID", "x").Get(t, "/audit_logs/tail").Status)
		require.Equal(t, http.StatusBadRequest, admin.With("Last-Event-ID", strings.Repeat("9", 30)).Get(t, "/audit_logs/tail").Status)
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:read").Get(t, "/audit_logs/tail").Status)
	}, testenv.Quiet())
}

func TestAuditLog_OnlySoManyMayFollow(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	admin := shop.Admin(t)
	var first *stream
	for i := range 20 {
		s := listen(t, admin, "")
		if i == 0 {
			first = s
		}
	}
	refused := admin.Get(t, "/audit_logs/tail")
	require.Equal(t, http.StatusTooManyRequests, refused.Status)
	require.NotEmpty(t, refused.Header.Get("Retry-After"))
	listen(t, bank.Admin(t), "")
	require.NoError(t, first.close())
	require.Eventually(t, func() bool {
		res := admin.Open(t, "/audit_logs/tail")
		return res.StatusCode == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond, "a place is free again")
}

func TestAuditLog_AServerThatStopsLetsItsListenersGo(t *testing.T) {
	t.Parallel()

	var s *stream
	var stopping time.Time
	t.Run("a server", func(one *testing.T) {
		env := testenv.OnSQLite(one)
		admin := env.Tenant(one, "shop").Admin(one)
		s = listen(t, admin, "") // which the server's end does not close
		stopping = time.Now()
	})
	for s.scanner.Scan() {
	}
	require.Less(t, time.Since(stopping), 8*time.Second, "less than the ten seconds that it gives to what is under way")
}
