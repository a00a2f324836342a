package api_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
)

type listedUsers struct {
	Users []struct{ ID string }
	Total *int
	Next  string
}

func TestUsers_AreFoundPageByPage(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme, other := c.tenant(t, "acme"), c.tenant(t, "other")
		kim, alex := c.person(t, acme, "kim"), c.person(t, acme, "alex")
		c.person(t, other, "kim")
		path := "/v1/tenants/" + acme + "/users"
		list := func(query string) (l listedUsers) {
			decode(t, c.must(t, 200, "GET", path+query, ""), &l)
			return l
		}
		all := list("")
		require.Len(t, all.Users, 2)
		require.Equal(t, 2, *all.Total)
		require.Empty(t, all.Next)
		first := list("?limit=1")
		require.Equal(t, alex, first.Users[0].ID, "the newest first")
		second := list("?limit=1&after=" + first.Next)
		require.Equal(t, kim, second.Users[0].ID)
		require.Nil(t, second.Total)
		require.Empty(t, second.Next)
		for _, query := range []string{"?email=KIM@", "?username=ki", "?user_id=" + kim} {
			found := list(query)
			require.Len(t, found.Users, 1, query)
			require.Equal(t, kim, found.Users[0].ID)
		}
		c.must(t, 204, "POST", path+"/"+kim+"/block", "")
		require.Equal(t, kim, list("?state=blocked").Users[0].ID)
		require.Equal(t, alex, list("?state=active").Users[0].ID)
		require.Equal(t, "invalid_cursor", c.must(t, 400, "GET", path+"?after=x", "").str("code"))
		require.Equal(t, "invalid_cursor", c.must(t, 400, "GET", "/v1/tenants/"+other+"/users?limit=1&after="+first.Next, "").str("code"), "another tenant's")
	})
}

func TestUsers_AreHelpedByOperatorsPrograms(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme, other := c.tenant(t, "acme"), c.tenant(t, "other")
		id, session := c.wholePerson(t, uuid.MustParse(acme), "kim")
		one := "/v1/tenants/" + acme + "/users/" + id.String()
		var shown struct {
			Emails   []struct{ Address string }
			Password *struct{ ID string }
		}
		read := c.must(t, 200, "GET", one, "")
		decode(t, read, &shown)
		require.Equal(t, "kim@shop.example", shown.Emails[0].Address)
		require.NotContains(t, read.Text, `"hash"`)
		etag := read.Header.Get("ETag")
		require.NotEmpty(t, etag)
		for _, path := range []string{"", "/sessions", "/export"} {
			require.Equal(t, "user_not_found", c.must(t, 404, "GET", "/v1/tenants/"+other+"/users/"+id.String()+path, "").str("code"), "another tenant's")
		}

		var sessions struct{ Sessions []struct{ ID string } }
		decode(t, c.must(t, 200, "GET", one+"/sessions", ""), &sessions)
		require.Equal(t, session.String(), sessions.Sessions[0].ID)
		c.must(t, 204, "DELETE", one+"/sessions/"+session.String(), "")
		c.must(t, 404, "DELETE", one+"/sessions/"+session.String(), "")
		c.must(t, 204, "DELETE", one+"/sessions", "")

		c.must(t, 204, "DELETE", one+"/password", "")
		require.Equal(t, "password_not_found", c.must(t, 404, "DELETE", one+"/password", "").str("code"))
		c.must(t, 204, "DELETE", one+"/otp", "")
		require.Equal(t, "otp_not_found", c.must(t, 404, "DELETE", one+"/otp", "").str("code"))
		c.must(t, 204, "DELETE", one+"/webauthn_credentials/AQIDBA", "")
		c.must(t, 404, "DELETE", one+"/webauthn_credentials/AQIDBA", "")

		var timeline struct {
			Entries []struct {
				Type    string
				Details map[string]any
			}
		}
		decode(t, c.must(t, 200, "GET", one+"/timeline", ""), &timeline)
		require.Equal(t, "login_success", timeline.Entries[0].Type)
		require.Equal(t, "password", timeline.Entries[0].Details["method"])

		require.Equal(t, 412, c.do(t, "DELETE", one, "", "If-Match", etag).Status, "she has changed since")
		c.must(t, 204, "DELETE", one, "", "If-Match", c.must(t, 200, "GET", one, "").Header.Get("ETag"))
		c.must(t, 404, "GET", one, "")
	})
}

// What a token may not read is not in what it exports.
func TestUserExport_HasWhatTheCallerMayRead(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	acme := c.tenant(t, "acme")
	id, session := c.wholePerson(t, uuid.MustParse(acme), "kim")
	export := func(scopes ...string) string {
		token := c.operator(t, tenants.NewOperatorToken{NewToken: tenants.NewToken{Scopes: scopes}})
		a := c.do(t, "GET", "/v1/tenants/"+acme+"/users/"+id.String()+"/export", "", "Authorization", token)
		require.Equal(t, 200, a.Status, a.Text)
		require.Contains(t, a.Header.Get("Content-Disposition"), "attachment")
		return a.Text
	}
	all := export(tenants.UsersRead, tenants.SessionsRead, tenants.AuditRead)
	require.Contains(t, all, session.String())
	require.Contains(t, all, "login_success")
	require.Contains(t, all, "kim@shop.example")
	require.Equal(t, tenants.AuditPersonExported, c.lastRecord(t, uuid.MustParse(acme)).Type)
	some := export(tenants.UsersRead)
	require.Contains(t, some, "kim@shop.example")
	require.NotContains(t, some, session.String())
	require.NotContains(t, some, "login_success")
}

// The operators' own people are for owners.
func TestUsers_OfTheOperatorsTenantAreForOwnersOnly(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	token := c.operator(t, tenants.NewOperatorToken{NewToken: tenants.NewToken{Scopes: []string{"users:*", "tenants:*", "sessions:*"}}})
	path := "/v1/tenants/" + tenants.SystemID.String() + "/users"
	require.Equal(t, 404, c.do(t, "GET", path, "", "Authorization", token).Status)
	require.Equal(t, 404, c.do(t, "POST", path+"/"+uuid.NewString()+"/block", "", "Authorization", token).Status)
	c.must(t, 200, "GET", path, "")
}

func TestMasterKeys_AreToldByFingerprintToOwners(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	c.tenant(t, "acme")
	var keys struct {
		Entries []struct {
			Position    int
			Fingerprint string
			Total       int
		}
		CountedAt *string `json:"counted_at"`
	}
	decode(t, c.must(t, 200, "GET", "/v1/master-keys", ""), &keys)
	require.Len(t, keys.Entries, 1)
	require.Equal(t, c.keyring.CurrentKey().String(), keys.Entries[0].Fingerprint)
	require.Nil(t, keys.CountedAt, "nobody has counted")
	token := c.operator(t, tenants.NewOperatorToken{NewToken: tenants.NewToken{Scopes: []string{tenants.AllScopes}}, Tenants: []uuid.UUID{uuid.MustParse(c.tenant(t, "b"))}})
	require.Equal(t, 403, c.do(t, "GET", "/v1/master-keys", "", "Authorization", token).Status, "it is about the whole deployment")
}
