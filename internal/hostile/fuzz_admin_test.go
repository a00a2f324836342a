package hostile_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// FuzzAdmin sends whatever to every operation of the admin API with a key that may do everything: it is done or refused, and never fails; and
// nothing that is told is another tenant's.
func FuzzAdmin(f *testing.F) {
	env := testenv.OnSQLite(f, testenv.Quiet())
	shop, bank := env.Tenant(f, "shop"), env.Tenant(f, "bank")
	secret := bank.Person(f, testenv.NewPerson{Email: "of-the-bank@bank.example", Username: "of_the_bank"})
	key := shop.Admin(f).Header.Get("Authorization")
	server := env.App.Admin()
	all := operations(f, server, "/openapi.json", "/tail")
	for i := range all {
		for j, body := range bodies() {
			f.Add(uint8(i), "", []string{"", "page=2&per_page=x&email=a&sort_direction=desc", "cursor=x&per_page=-1&user_id=" + secret.ID.String(), "q=%00&start_time=x"}[j%4], "", body)
		}
		f.Add(uint8(i), secret.ID.String(), "user_id="+secret.ID.String(), "*", []byte(`{"user_id":"`+secret.ID.String()+`"}`))
		f.Add(uint8(i), "\x00\u2028", "per_page=99999999999999999999", strings.Repeat("é", 200), []byte(`{`))
	}
	var kim *testenv.Person
	f.Fuzz(func(t *testing.T, op uint8, part, query, header string, body []byte) {
		if kim == nil {
			kim = shop.Person(t, testenv.NewPerson{Email: uuid.NewString() + "@shop.example"})
		}
		o := all[int(op)%len(all)]
		path := fill(o.path, map[string]string{"user_id": kim.ID.String()}, part)
		r := request{method: o.method, host: "admin.test", path: "/" + shop.ID.String() + path, query: query, body: body, header: http.Header{
			"Authorization": {key}, "Content-Type": {"application/json"},
		}}
		for _, name := range []string{"If-Match", "If-None-Match", "Idempotency-Key", "X-Request-Id", "Accept", "User-Agent"} {
			if header != "" {
				r.header.Set(name, header)
			}
		}
		w, ok := send(t, server, r)
		if !ok {
			return
		}
		requireSound(t, w, r)
		require.NotContains(t, w.Body.String(), secret.Email)
		require.NotContains(t, w.Body.String(), secret.Username)
		if o.method == http.MethodDelete || strings.Contains(o.path, "bulk_delete") {
			kim = nil
		}
	})
}
