package api_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/tenants"
)

var update = flag.Bool("update", false, "write the table of docs/operators.md, and docs/openapi")

// documented is an operation of the OpenAPI document.
type documented struct {
	id, method, path, scope string
}

func operations(doc *huma.OpenAPI) []documented {
	var all []documented
	for path, item := range doc.Paths {
		for method, o := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
		} {
			if o != nil {
				scope, _ := o.Metadata["scope"].(string)
				all = append(all, documented{o.OperationID, method, path, scope})
			}
		}
	}
	slices.SortFunc(all, func(a, b documented) int { return strings.Compare(a.path+" "+a.method, b.path+" "+b.method) })
	return all
}

// TestRoles_DoWhatTheTableSays writes the table of docs/operators.md from the OpenAPI document, compares it with the page, and then asks the API: each
// operation, by an operator of each role who is signed in to the console, and by one who has the role in another tenant only.
func TestRoles_DoWhatTheTableSays(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	all := operations(c.doc.OpenAPI())
	table := "| Operation | Scope | owner | admin | support | read-only |\n|---|---|:-:|:-:|:-:|:-:|\n"
	for _, o := range all {
		table += fmt.Sprintf("| `%s %s` | `%s` |", o.method, o.path, o.scope)
		for _, role := range operator.Roles() {
			cell := " |"
			if role.Scopes().Allow(o.scope) {
				cell = " ✓ |"
			}
			table += cell
		}
		table += "\n"
	}
	const page, begin, end = "../../docs/operators.md", "<!-- operations: written by go test ./console/api -run TestRoles -update -->\n\n", "\n<!-- end of operations -->"
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found, "the page has a place for the table")
	written, after, found := strings.Cut(rest, end)
	require.True(t, found, "the page has a place for the table")
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+begin+table+end+after), 0o644))
	} else {
		require.Equal(t, table, written, "run go test ./console/api -run TestRoles -update")
	}

	tenant, other := c.tenant(t, "mine"), c.tenant(t, "other")
	c.must(t, 200, "PATCH", "/v1/tenants/"+tenant+"/config", samlOn)
	for _, role := range operator.Roles() {
		everywhere := c.joinedAs(t, operator.Grant{Role: role})
		elsewhere := c.joinedAs(t, operator.Grant{Role: role, Tenants: []uuid.UUID{uuid.MustParse(other)}})
		for _, o := range all {
			path := "/v1" + strings.NewReplacer("{id}", tenant, "{operator_id}", uuid.NewString(), "{version}", "999999").Replace(o.path)
			for strings.Contains(path, "{") {
				from := strings.Index(path, "{")
				path = path[:from] + uuid.NewString() + path[from+strings.Index(path[from:], "}")+1:]
			}
			if o.method == http.MethodDelete && path == "/v1/tenants/"+tenant {
				path = "/v1/tenants/" + uuid.NewString() // the tenant is still needed
			}
			what := fmt.Sprintf("%s %s by %s", o.method, o.path, role)
			a := c.do(t, o.method, path, "[", "Authorization", "", "Cookie", everywhere)
			if role.Scopes().Allow(o.scope) {
				require.NotContains(t, []int{401, 403, 500}, a.Status, "%s: %s", what, a.Text)
			} else {
				require.Equal(t, 403, a.Status, "%s: %s", what, a.Text)
			}
			if strings.Contains(o.path, "{id}") {
				a = c.do(t, o.method, path, valid(o), "Authorization", "", "Cookie", elsewhere)
				require.Contains(t, []int{400, 403, 404, 415}, a.Status, "%s, elsewhere: %s", what, a.Text)
			}
			a = c.do(t, o.method, path, "[", "Authorization", "", "Cookie", everywhere, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
			if o.method != http.MethodGet {
				require.Equal(t, 401, a.Status, "%s, from another site: %s", what, a.Text)
			}
		}
	}
}

// valid is a body that many operations take.
func valid(o documented) string {
	if o.method == http.MethodGet || o.method == http.MethodDelete {
		return ""
	}
	return body(o.method, "/v1"+o.path)
}

// joinedAs is the cookie of an operator who has joined.
func (c *console) joinedAs(t *testing.T, grants ...operator.Grant) string {
	t.Helper()
	_, token, err := c.people.Invite(t.Context(), tenants.ByCLI, nil, operator.Invitation{Email: newID()[:8] + "@example.com", Grants: grants})
	require.NoError(t, err)
	issued, err := c.people.Join(t.Context(), auth.Client{}, token)
	require.NoError(t, err)
	return "latchkeep_console=" + issued.Token
}
