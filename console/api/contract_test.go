package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/internal/contract"
	"github.com/latchkeep/latchkeep/tenants"
)

// TestContract plays what the OpenAPI documents promise: see internal/contract.
func TestContract(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		elsewhere := uuid.MustParse(c.tenant(t, "elsewhere"))
		callers, down := c.callers(t, elsewhere), withoutDatabase(t)
		var made atomic.Int64
		slug := func() string { return "made-" + strconv.FormatInt(made.Add(1), 10) }
		for name, base := range map[string]string{"v1": "/v1", "compatible": ""} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				document := contract.Read(t, []byte(c.must(t, 200, "GET", base+"/openapi.json", "").Text))
				(&contract.Suite{
					Document: document,
					Prepare: func(tb testing.TB, foreign bool, o *contract.Operation) map[string]string {
						return c.things(tb, elsewhere, slug, foreign, o)
					},
					Complete: func(o *contract.Operation, r *contract.Request) {
						completeExample(o, r, slug)
						c.completeSAML(o, r)
						if o.ID == "purge-tenant" {
							record, err := c.tenants.Deleted(t.Context(), uuid.MustParse(r.Params["id"]), "")
							require.NoError(t, err)
							r.Body = map[string]any{"confirm": record.Slug}
						}
						if o.ID == "rotate-signing-key" {
							r.Body = map[string]any{"activate_at": time.Now().Add(48 * time.Hour).Format(time.RFC3339)}
						}
						c.completeBundle(t, o, r)
						if o.ID == "preview-claims" {
							r.Body = map[string]any{"user_id": c.person(t, r.Params["id"], "kim")}
						}
					},
					Open: func(o *contract.Operation) bool { return !strings.Contains(o.Path, "{id}") },
					Others: func(*contract.Operation) map[contract.Caller]int {
						return map[contract.Caller]int{unlucky: http.StatusInternalServerError}
					},
					Send: func(tb testing.TB, by contract.Caller, r contract.Request) contract.Answer {
						if by == unlucky {
							return down.send(tb, down.token, base, r)
						}
						if by == contract.Powerless && (strings.HasPrefix(r.Target(), "/operator-tokens") || strings.HasSuffix(r.Target(), "/sessions")) {
							by = contract.Caller(tenants.KeysRead)
						}
						return c.send(tb, callers[by], base, r)
					},
					MaxBody:    1 << 20,
					Provoke:    c.provocations(t, base)[name],
					Unprovoked: unprovoked[name],
					Forgiven:   forgiven[name],
				}).Run(t)
			})
		}
	})
}

const away = "the database must be away: the contract of the admin API, which answers by the same code, has it so"

const overtaken = "somebody else must change the user between reading and writing, five times running: the admin API, which has the same rules, tests it"

// unlucky is who calls a console whose database is gone.
const unlucky contract.Caller = "whose database is gone"

func withoutDatabase(t *testing.T) *console {
	t.Helper()
	c := onSQLite(t)
	require.NoError(t, c.store.Close())
	return c
}

// provocations bring about what no fault of a request does, by document.
func (c *console) provocations(t *testing.T, base string) map[string]map[string]func(testing.TB, contract.Request) contract.Answer {
	t.Helper()
	stranger := newConsole(t, c.store) // which has not the secret that the configurations were sealed with
	send := func(tb testing.TB, r contract.Request) contract.Answer { return c.send(tb, c.token, base, r) }
	twice := func(tb testing.TB, r contract.Request) contract.Answer {
		require.Less(tb, send(tb, r).Status, 300)
		return send(tb, r)
	}
	sealed := func(tb testing.TB, r contract.Request) contract.Answer {
		_, err := c.tenants.PatchConfig(tb.Context(), uuid.MustParse(r.Params["id"]),
			json.RawMessage(`{"email_delivery":{"smtp":{"password":"hunter2"}}}`), tenants.How{By: tenants.ByCLI})
		require.NoError(tb, err)
		if r.Params["version"] != "" {
			r.Params["version"] = "2"
		}
		return stranger.send(tb, stranger.token, base, r)
	}
	return map[string]map[string]func(testing.TB, contract.Request) contract.Answer{
		"v1": {
			"create-tenant 409": twice,
			"export-tenant 409": sealed,
			"import-tenant 409": c.importOriginal(send),
			"edit-tenant 409": func(tb testing.TB, r contract.Request) contract.Answer {
				r.Body.(map[string]any)["slug"] = "elsewhere"
				return send(tb, r)
			},
			"replace-quotas 409": func(tb testing.TB, r contract.Request) contract.Answer {
				r.Params["id"] = tenants.SystemID.String()
				return send(tb, r)
			},
			"add-domain 409": twice,
			"make-domain-primary 409": func(tb testing.TB, r contract.Request) contract.Answer {
				pending, err := c.domains.Add(tb.Context(), tenants.ByCLI, uuid.MustParse(r.Params["id"]), "pending.example")
				require.NoError(tb, err)
				r.Params["domain_id"] = pending.ID.String()
				return send(tb, r)
			},
			"remove-domain 409": func(tb testing.TB, r contract.Request) contract.Answer {
				_, err := c.domains.MakePrimary(tb.Context(), tenants.ByCLI, uuid.MustParse(r.Params["id"]), uuid.MustParse(r.Params["domain_id"]))
				require.NoError(tb, err)
				return send(tb, r)
			},
			"rotate-signing-key 409":      twice,
			"create-saml-provider 409":    twice,
			"update-saml-provider 409":    c.takenDomain(base),
			"rotate-saml-certificate 409": func(tb testing.TB, r contract.Request) contract.Answer { send(tb, r); return twice(tb, r) },
			"test-mail 409": func(tb testing.TB, r contract.Request) contract.Answer {
				_, err := c.tenants.PatchConfig(tb.Context(), uuid.MustParse(r.Params["id"]),
					json.RawMessage(`{"email_delivery":{"enabled":false}}`), tenants.How{By: tenants.ByCLI})
				require.NoError(tb, err)
				return send(tb, r)
			},
			"create-api-key 409": func(tb testing.TB, r contract.Request) contract.Answer {
				r.Params["id"] = tenants.SystemID.String()
				return send(tb, r)
			},
			"invite-operator 409":       twice,
			"invite-operator-again 409": c.joined(send, operator.Admin, ""),
			"change-operator 409":       c.joined(send, operator.Owner, `{"disabled":true}`),
			"delete-tenant 409": func(tb testing.TB, r contract.Request) contract.Answer {
				require.NoError(tb, c.tenants.EnsureSystem(tb.Context()))
				r.Params["id"] = tenants.SystemID.String()
				return send(tb, r)
			},
			"restore-tenant 409": func(tb testing.TB, r contract.Request) contract.Answer {
				c.partlyPurged(tb, uuid.MustParse(r.Params["id"]))
				return send(tb, r)
			},
			"purge-tenant 409": func(tb testing.TB, r contract.Request) contract.Answer {
				_, err := c.tenants.Restore(tb.Context(), tenants.ByCLI, uuid.MustParse(r.Params["id"]))
				require.NoError(tb, err)
				return send(tb, r)
			},
			"list-purge-receipts 404": func(tb testing.TB, r contract.Request) contract.Answer {
				r.Query.Set("after", uuid.NewString())
				return send(tb, r)
			},
			"list-tenants 404": func(tb testing.TB, r contract.Request) contract.Answer {
				r.Query.Set("after", uuid.NewString())
				return send(tb, r)
			},
			"patch-config 409":     sealed,
			"replace-config 409":   sealed,
			"roll-back-config 409": sealed,
		},
		"compatible": {
			"compatible-create-tenant 409":        twice,
			"compatible-update-tenant 409":        sealed,
			"compatible-create-saml-provider 409": twice,
			"compatible-update-saml-provider 409": c.takenDomain(base),
		},
	}
}

// joined has the operator of the request be another one, who has joined.
func (c *console) joined(send func(testing.TB, contract.Request) contract.Answer, role operator.Role, body string) func(testing.TB, contract.Request) contract.Answer {
	return func(tb testing.TB, r contract.Request) contract.Answer {
		o, token, err := c.people.Invite(tb.Context(), tenants.ByCLI, nil, operator.Invitation{
			Email: "joined-" + string(role) + "@example.com", Grants: []operator.Grant{{Role: role}},
		})
		require.NoError(tb, err)
		_, err = c.people.Join(tb.Context(), auth.Client{}, token)
		require.NoError(tb, err)
		r.Params["operator_id"] = o.ID.String()
		if body != "" {
			r.Body = json.RawMessage(body)
		}
		return send(tb, r)
	}
}

// callers are operators' tokens.
func (c *console) callers(t *testing.T, elsewhere uuid.UUID) map[contract.Caller]string {
	t.Helper()
	create := func(n tenants.NewOperatorToken) string {
		n.Name = "contract"
		_, plain, err := c.operators.Create(t.Context(), tenants.ByCLI, nil, n)
		require.NoError(t, err)
		return plain
	}
	soon := time.Now().Add(2 * time.Second)
	callers := map[contract.Caller]string{
		contract.Entitled: c.token,
		contract.Expired:  create(tenants.NewOperatorToken{NewToken: tenants.NewToken{ExpiresAt: &soon}}),
		contract.Foreign: create(tenants.NewOperatorToken{
			NewToken: tenants.NewToken{Scopes: []string{tenants.AllScopes, tenants.CredentialsExport}}, Tenants: []uuid.UUID{elsewhere},
		}),
	}
	for _, scope := range tenants.OperatorScopes() {
		callers[contract.Caller(scope)] = create(tenants.NewOperatorToken{NewToken: tenants.NewToken{Scopes: []string{scope}}})
	}
	require.Eventually(t, func() bool {
		return c.do(t, "GET", "/v1/tenants", "", "Authorization", "Bearer "+callers[contract.Expired]).Status == http.StatusUnauthorized
	}, 30*time.Second, 10*time.Millisecond)
	callers[contract.Powerless] = callers[contract.Caller(tenants.SessionsRead)]
	return callers
}

// things makes what an operation is about. A tenant of somebody else is foreign only to who is confined.
func (c *console) things(tb testing.TB, elsewhere uuid.UUID, slug func() string, foreign bool, o *contract.Operation) map[string]string {
	tb.Helper()
	owner := elsewhere
	if !foreign {
		config := json.RawMessage(nil)
		if strings.Contains(o.Path, "/saml/") {
			config = json.RawMessage(samlOn)
		}
		r, err := c.tenants.Create(tb.Context(), tenants.ByCLI, tenants.NewTenant{Slug: slug(), Config: config})
		require.NoError(tb, err)
		owner = r.ID
	}
	found := map[string]string{}
	if strings.Contains(o.Path, "{kid}") {
		keys, err := c.tenants.SigningKeys(tb.Context(), owner)
		require.NoError(tb, err)
		found["kid"] = keys[0].ID
	}
	if strings.Contains(o.Path, "{key_id}") {
		key, _, err := c.keys.Create(tb.Context(), tenants.ByCLI, nil, owner, tenants.NewToken{Name: "contract"})
		require.NoError(tb, err)
		found["key_id"] = key.ID.String()
	}
	if foreign {
		for _, name := range []string{"provider_id", "domain_id", "user_id", "session_id"} {
			if strings.Contains(o.Path, "{"+name+"}") {
				found[name] = uuid.NewString()
			}
		}
		return found
	}
	if strings.Contains(o.Path, "{provider_id}") {
		found["provider_id"] = c.provider(tb, owner, c.peer, "made.example")
	}
	if strings.Contains(o.Path, "{domain_id}") {
		found["domain_id"] = c.domain(tb, owner, slug()+".example").ID.String()
	}
	if strings.Contains(o.Path, "{user_id}") {
		person, session := c.wholePerson(tb, owner, "kim")
		found["user_id"] = person.String()
		if strings.Contains(o.Path, "{session_id}") {
			found["session_id"] = session.String()
		}
	}
	found["id"] = owner.String()
	c.thingsDeleted(tb, owner, o, found)
	if strings.Contains(o.Path, "{version}") {
		found["version"] = "1"
	}
	if strings.Contains(o.Path, "{operator_id}") {
		person, _, err := c.people.Invite(tb.Context(), tenants.ByCLI, nil, operator.Invitation{
			Email: slug() + "@example.com", Grants: []operator.Grant{{Role: operator.Admin}},
		})
		require.NoError(tb, err)
		found["operator_id"] = person.ID.String()
	}
	if strings.Contains(o.Path, "{token_id}") {
		token, _, err := c.operators.Create(tb.Context(), tenants.ByCLI, nil, tenants.NewOperatorToken{NewToken: tenants.NewToken{Name: "contract"}})
		require.NoError(tb, err)
		found["token_id"] = token.ID.String()
	}
	return found
}

func (c *console) send(tb testing.TB, token, base string, r contract.Request) contract.Answer {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), r.Method, c.url+base+r.Target(), strings.NewReader(string(r.Payload())))
	require.NoError(tb, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for name := range r.Header {
		req.Header.Set(name, r.Header.Get(name))
	}
	if r.Media != "" {
		req.Header.Set("Content-Type", r.Media)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(tb, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	return contract.Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}
}

// completeExample changes examples that would meet each other.
func completeExample(o *contract.Operation, r *contract.Request, slug func() string) {
	if r.Media != "" && r.Body == nil { // any JSON, whose form is the domain's business
		r.Body = map[string]any{}
	}
	body, _ := r.Body.(map[string]any)
	if strings.HasPrefix(o.ID, "compatible-") && body != nil {
		body["config"] = map[string]any{}
	}
	switch o.Route() {
	case "POST /operators":
		body["email"] = slug() + "@example.com"
	case "POST /tenants":
		body["id"] = uuid.NewString()
		if _, ok := body["slug"]; ok {
			body["slug"] = slug()
		}
	}
}

// unprovoked are answers that no request brings about, by document, and why.
var unprovoked = map[string]map[string]string{
	"v1": {
		"* 503": away, "delete-user-password 409": overtaken, "delete-user-otp 409": overtaken, "delete-user-credential 409": overtaken,
	},
	"compatible": {"* 503": away},
}

// forgiven are faults that operations do not mind, by document.
var forgiven = map[string]map[string]string{}
