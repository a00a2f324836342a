package main

// Where tests are.
const (
	scopeTests  = "./ent/scope"
	rawTests    = "./ent/rawsql"
	publicTests = "./api/public"
	flowTests   = "./pkg/flow"
	houseTests  = "./internal/isolation"
)

var (
	foreignRows = Tests{rawTests, "TestForeign"}
	adminAPI    = Tests{houseTests, "TestAdminAPI"}
	consoleAPI  = Tests{houseTests, "TestConsoleAPI"}
	entities    = Tests{houseTests, "TestEntities"}
	seals       = Tests{houseTests, "TestSeals"}
)

// mutations of the first wall: what confines ent. Those of each entity share a place: see entityMutations.
var scopeMutations = []Mutation{
	{
		Name: "scope: no scope is an error", What: "a query without a scope", File: "ent/schema/mixins.go",
		Old:   "\t\t\tif err != nil {\n\t\t\t\treturn fmt.Errorf(\"query %s: %w\", q.Type(), err)\n\t\t\t}",
		New:   "\t\t\tif err != nil && !{on} {\n\t\t\t\treturn fmt.Errorf(\"query %s: %w\", q.Type(), err)\n\t\t\t}",
		Tests: Tests{scopeTests, "TestNoScope"},
	},
	{
		Name: "scope: rows for other tenants", What: "a new row that names another tenant", File: "ent/schema/mixins.go",
		Old: "case given && id != s.TenantID():", New: "case given && id != s.TenantID() && !{on}:",
		Tests: Tests{scopeTests, "TestTenant_ChangesNothing"},
	},
	{
		Name: "scope: the system names a tenant", What: "a new row of the system that names no tenant", File: "ent/schema/mixins.go",
		Old: "case s.IsSystem() && (!given || id == uuid.Nil):", New: "case s.IsSystem() && (!given || id == uuid.Nil) && !{on}:",
		Tests: Tests{scopeTests, "TestSystem_MustName"},
	},
	{
		Name: "scope: reading tenants", What: "the condition on the table of tenants, when reading", File: "ent/store/roots.go",
		Old: "\tif !s.IsSystem() {\n\t\tq.Where(tenant.ID(s.TenantID()))", New: "\tif !s.IsSystem() && !{on} {\n\t\tq.Where(tenant.ID(s.TenantID()))",
		Tests: Tests{scopeTests, "TestTenant_SeesNothing"},
	},
	{
		Name: "scope: changing tenants", What: "the condition on the table of tenants, when changing", File: "ent/store/roots.go",
		Old: "\t\ttm.Where(tenant.ID(s.TenantID()))", New: "\t\tif !{on} {\n\t\t\ttm.Where(tenant.ID(s.TenantID()))\n\t\t}",
		Tests: Tests{scopeTests, "TestTenant_ChangesNothing"},
	},
	{
		Name: "scope: what is the operators'", What: "that operators' tables are for the system alone", File: "ent/store/roots.go",
		Old: "\tif !s.IsSystem() {\n\t\treturn ErrSystemOnly", New: "\tif !s.IsSystem() && !{on} {\n\t\treturn ErrSystemOnly",
		Tests: Tests{scopeTests, "TestTenant_"},
	},
}

// entityMutations take the condition away from one entity at a time.
func entityMutations(names []string) []Mutation {
	named := func(prefix string) (all []string) {
		for _, name := range names {
			all = append(all, prefix+name)
		}
		return all
	}
	return []Mutation{
		{
			Name: "query", Names: named("query: "), What: "the condition of each entity, when reading", File: "ent/schema/mixins.go",
			Old: "\t\t\tif !s.IsSystem() {\n\t\t\t\tq.WhereP(", New: "\t\t\tif !s.IsSystem() && !mutantOn(\"query: \"+q.Type()) {\n\t\t\t\tq.WhereP(",
			Tests: entities,
		},
		{
			Name: "change", Names: named("change: "), What: "the condition of each entity, when changing and deleting", File: "ent/schema/mixins.go",
			Old: "\tif !s.IsSystem() {\n\t\tm.WhereP(", New: "\tif !s.IsSystem() && !mutantOn(\"change: \"+m.Type()) {\n\t\tm.WhereP(",
			Tests: entities,
		},
	}
}

// rawMutations take the condition out of raw statements.
var rawMutations = []Mutation{
	{
		Name: "raw: reach", What: "the condition of statements for one tenant or all", File: "ent/rawsql/rawsql.go",
		Old:   "\treturn ` AND tenant_id = ?`, []any{s.TenantID()}, nil",
		New:   "\tif {on} {\n\t\treturn \"\", nil, nil\n\t}\n\treturn ` AND tenant_id = ?`, []any{s.TenantID()}, nil",
		Tests: foreignRows,
	},
	{
		Name: "raw: what is over all tenants", What: "that statements over all tenants insist on the system scope", File: "ent/rawsql/rawsql.go",
		Old: "\tif !s.IsSystem() {\n\t\treturn ErrNeedsSystem", New: "\tif !s.IsSystem() && !{on} {\n\t\treturn ErrNeedsSystem",
		Tests: Tests{scopeTests, "TestTenant_SeesNothing"},
	},
	{
		Name: "raw: account by address", What: "the tenant, when an account is found by its address", File: "ent/rawsql/identify.go",
		Old: "emails e ON e.tenant_id = ? AND e.address", New: "emails e ON {unless e.tenant_id = ?} AND e.address", Tests: foreignRows,
	},
	{
		Name: "raw: account by name", What: "the tenant, when an account is found by its user name", File: "ent/rawsql/identify.go",
		Old: "users u ON u.tenant_id = ? AND u.username", New: "users u ON {unless u.tenant_id = ?} AND u.username", Tests: foreignRows,
	},
	{
		Name: "raw: account by id", What: "the tenant, when an account is found by its id", File: "ent/rawsql/identify.go",
		Old: "users u ON u.tenant_id = ? AND u.id = ?", New: "users u ON {unless u.tenant_id = ?} AND u.id = ?", Tests: foreignRows,
	},
	{
		Name: "raw: whether somebody is blocked", What: "the tenant, when a sign-in locks its person", File: "ent/rawsql/session.go",
		Old: "FROM users WHERE tenant_id = ? AND id = ?`+q.forUpdate()", New: "FROM users WHERE {unless tenant_id = ?} AND id = ?`+q.forUpdate()", Tests: foreignRows,
	},
	{
		Name: "raw: sessions beyond the limit", What: "the tenant, when a person's surplus sessions are listed", File: "ent/rawsql/session.go",
		Old: "FROM sessions WHERE tenant_id = ? AND user_id", New: "FROM sessions WHERE {unless tenant_id = ?} AND user_id", Tests: foreignRows,
	},
	{
		Name: "raw: person", What: "the tenant, when a person is read", File: "ent/rawsql/person.go",
		Old: "q.query(ctx, person, owner, id)", New: "q.query(ctx, {without person, u.tenant_id = ?}, owner, id)",
		Tests: foreignRows,
	},
	{
		Name: "raw: people", What: "the tenant, when people of a list are read", File: "ent/rawsql/people.go",
		Old: "q.query(ctx, people+marks", New: "q.query(ctx, {without people, u.tenant_id = ?}+marks", Tests: foreignRows,
	},
	{
		Name: "raw: audit log", What: "the tenant, when the audit log is read or counted", File: "ent/rawsql/audit.go",
		Old: "where, args := `tenant_id = ?`, []any{owner}", New: "where, args := `{unless tenant_id = ?}`, []any{owner}", Tests: foreignRows,
	},
	{
		Name: "raw: pruning the audit log", What: "the tenant, when old audit records are deleted", File: "ent/rawsql/audit_chain.go",
		Old: "`tenant_id = ? AND sequence <= ?`", New: "`{unless tenant_id = ?} AND sequence <= ?`", Tests: foreignRows,
	},
	{
		Name: "raw: list of users", What: "the tenant of a list of users", File: "ent/rawsql/user_list.go",
		Old: "s.add(` FROM users u WHERE u.tenant_id = ?`, owner)", New: "s.add(` FROM users u WHERE {unless u.tenant_id = ?}`, owner)", Tests: foreignRows,
	},
	{
		Name: "raw: users by address", What: "the tenant, when users are found by an address", File: "ent/rawsql/user_list.go",
		Old: "FROM emails x WHERE x.tenant_id = ? AND", New: "FROM emails x WHERE {unless x.tenant_id = ?} AND", Tests: foreignRows,
	},
	{
		Name: "raw: holders of credentials", What: "the tenant, when credentials are counted", File: "ent/rawsql/holders.go",
		Old: "FROM webauthn_credentials c WHERE c.tenant_id = ?`", New: "FROM webauthn_credentials c WHERE {unless c.tenant_id = ?}`", Tests: foreignRows,
	},
	{
		Name: "raw: people who would be stranded", What: "the tenant, when people are counted by how they sign in", File: "ent/rawsql/stranded.go",
		Old: "FROM users u WHERE u.tenant_id = ? AND \"+", New: "FROM users u WHERE \"+`{unless u.tenant_id = ?}`+\" AND \"+", Tests: foreignRows,
	},
	{
		Name: "raw: mails", What: "the tenant of the list of mails", File: "ent/rawsql/mails.go",
		Old: "` WHERE tenant_id = ? AND kind = 'mail'`", New: "` WHERE {unless tenant_id = ?} AND kind = 'mail'`", Tests: foreignRows,
	},
	{
		Name: "raw: reading the outbox", What: "the tenant, when a worker reads what is due", File: "ent/rawsql/outbox.go",
		Old: "q.dueOf(ctx, dueOf, owner", New: "q.dueOf(ctx, {without dueOf, tenant_id = ?}, owner", Tests: foreignRows,
	},
	{
		Name: "raw: a webhook that heard", What: "the tenant, when a webhook's success is noted", File: "ent/rawsql/webhook_queue.go",
		Old: "expires_at = ? WHERE tenant_id = ? AND id", New: "expires_at = ? WHERE {unless tenant_id = ?} AND id", Tests: foreignRows,
	},
	{
		Name: "raw: a webhook that failed", What: "the tenant, when a webhook's failure is noted", File: "ent/rawsql/webhook_queue.go",
		Old: "failures = failures + ?\n\t\t\tWHERE tenant_id = ? AND id = ?`", New: "failures = failures + ?\n\t\t\tWHERE {unless tenant_id = ?} AND id = ?`", Tests: foreignRows,
	},
	{
		Name: "raw: replaying deliveries", What: "the tenant, when deliveries are made again", File: "ent/rawsql/webhook_queue.go",
		Old: "`tenant_id = ? AND state = ? AND payload", New: "`{unless tenant_id = ?} AND state = ? AND payload", Tests: foreignRows,
	},
	{
		Name: "raw: what waits for endpoints", What: "the tenant, when waiting deliveries are counted", File: "ent/rawsql/webhook_queue.go",
		Old:   "WHERE state = 'waiting' AND tenant_id = ? AND endpoint_id = ? LIMIT ?) w%d`, i, i)",
		New:   "WHERE state = 'waiting' AND {unless tenant_id = ?} AND endpoint_id = ? LIMIT ?) w%d`, i, i)",
		Tests: foreignRows,
	},
	{
		Name: "raw: rows of a bundle", What: "the tenant, when its rows are read to move it", File: "ent/rawsql/table.go",
		Old: "` WHERE tenant_id = ?`+where", New: "` WHERE {unless tenant_id = ?}`+where", Tests: Tests{rawTests, "TestRows_AreRead"},
	},
}

// sealMutations take the tenant out of what sealed texts, codes and keys are bound to.
var sealMutations = []Mutation{
	{
		Name: "seal: stored flows", What: "the tenant that a stored flow is sealed for", File: "auth/flows/service.go",
		Old: "\treturn append(append([]byte(\"flow|\"), t.ID[:]...), id[:]...)", New: "\tif {on} {\n\t\treturn append([]byte(\"flow|\"), id[:]...)\n\t}\n\treturn append(append([]byte(\"flow|\"), t.ID[:]...), id[:]...)",
		Tests: Tests{houseTests, "TestFlows_AreSealed"},
	},
	{
		Name: "seal: handles of flows", What: "the tenant that the handle of a flow is sealed for", File: "pkg/flow/token.go",
		Old: "\tfor _, part := range []string{\"latchkeep flow handle 1\"", New: "\tif {on} {\n\t\ttenant = \"\"\n\t}\n\tfor _, part := range []string{\"latchkeep flow handle 1\"",
		Tests: Tests{flowTests, "TestSealed_HandlesAreBound"},
	},
	{
		Name: "seal: states of sign-ins elsewhere", What: "the tenant that an OAuth state or SAML RelayState is sealed for", File: "auth/federation/state.go",
		Old: "\treturn fmt.Appendf(nil, \"federation-state|", New: "\tif {on} {\n\t\ttenant = uuid.Nil\n\t}\n\treturn fmt.Appendf(nil, \"federation-state|",
		Tests: Tests{publicTests, "TestThirdPartyAttack_StateOfAnotherTenant"},
	},
	{
		Name: "seal: codes by mail", What: "the tenant in the digest of a code", File: "auth/passcode/passcode.go",
		Old: "\tfor _, part := range [][]byte{tenant[:], ", New: "\tif {on} {\n\t\ttenant = uuid.Nil\n\t}\n\tfor _, part := range [][]byte{tenant[:], ",
		Tests: Tests{"./auth/passcode", "TestPasscode"},
	},
	{
		Name: "seal: authenticator apps", What: "the tenant that the secret of an app is sealed for", File: "auth/totp/totp.go",
		Old: "\tbound = append(bound, tenant[:]...)", New: "\tif !{on} {\n\t\tbound = append(bound, tenant[:]...)\n\t}", Tests: Tests{"./auth/totp", "TestSecret"},
	},
	{
		Name: "seal: recovery codes", What: "the tenant that recovery codes are sealed for", File: "auth/recoverycode/recoverycode.go",
		Old: "\treturn append(append([]byte(\"recovery code \")", New: "\tif {on} {\n\t\ttenant = uuid.Nil\n\t}\n\treturn append(append([]byte(\"recovery code \")",
		Tests: Tests{"./auth/recoverycode", "TestCodes"},
	},
	unbound("signing keys", "signing keys", "tenants/keys.go", "tenant", "\treturn fmt.Appendf(nil, \"signing-key|%s|%s|%d\", tenant"),
	unbound("webhooks", "the secrets of webhooks", "auth/webhook/secret.go", "tenant", "\treturn fmt.Appendf(nil, \"webhook-secrets|%s|%s\", tenant"),
	unbound("SAML certificates", "the keys of SAML certificates", "auth/federation/saml/keypair.go", "tenant",
		"\treturn fmt.Appendf(nil, \"saml-certificate|%s|%s\", tenant"),
	unbound("configurations", "the secrets of a configuration", "tenants/configuration.go", "tenantID",
		"\treturn fmt.Appendf(nil, \"tenant-config|%s|%s\", tenantID"),
	{
		Name: "seal: cursors", What: "the tenant that the cursor of a list is sealed for", File: "auth/management/cursor.go",
		Old: "\treturn list{\"users\", t.ID, f, ascending}", New: "\tif {on} {\n\t\treturn list{\"users\", uuid.Nil, f, ascending}\n\t}\n\treturn list{\"users\", t.ID, f, ascending}",
		Tests: adminAPI,
	},
	{
		Name: "keys of caches, limits and locks", What: "the tenant in the keys of caches, limits and Redis", File: "tenants/key.go",
		Old: "\tb.WriteString(tenantID.String())", New: "\tif !{on} {\n\t\tb.WriteString(tenantID.String())\n\t}", Tests: Tests{publicTests, "TestIsolation_Limits"},
	},
}

// unbound takes the tenant out of what is sealed: statement begins what makes the text that it is bound to, from a variable with the tenant.
func unbound(name, what, file, variable, statement string) Mutation {
	return Mutation{
		Name: "seal: " + name, What: "the tenant that " + what + " are sealed for", File: file,
		Old: statement, New: "\tif {on} {\n\t\t" + variable + " = uuid.Nil\n\t}\n" + statement, Tests: seals,
	}
}

// doorMutations take away what decides whose a request is.
var doorMutations = []Mutation{
	{
		Name: "door: signatures", What: "that a token is signed with a key of the tenant", File: "pkg/jose/verify.go",
		Old: "if !key.verifies([]byte(signed), rawSignature) {", New: "if !key.verifies([]byte(signed), rawSignature) && !{on} {",
		Tests: Tests{"./pkg/jose", "TestVerify"},
	},
	{
		Name: "door: sessions that are remembered", What: "the tenant of a remembered session", File: "auth/session/validate.go",
		Old: "e != nil && e.tenantID == t.ID && e.version", New: "e != nil && (e.tenantID == t.ID || {on}) && e.version", Tests: Tests{publicTests, "TestIsolation_AToken"},
	},
	{
		Name: "door: keys of the admin API", What: "that the path names the tenant of the API key", File: "api/admin/tenant.go",
		Old: "if id != key.TenantID || rest == \"\" {", New: "if id != key.TenantID && !{on} || rest == \"\" {", Tests: adminAPI,
	},
	{
		Name: "door: reach of operators", What: "that an operator's request is about a tenant within reach", File: "console/api/auth.go",
		Old: "\tcase who.May(needed(ctx), id):", New: "\tcase who.May(needed(ctx), id) || {on}:", Tests: consoleAPI,
	},
	{
		Name: "door: grants", What: "the tenants of a grant", File: "tenants/principal.go",
		Old: "(g.Tenants == nil || slices.Contains(g.Tenants, tenant))", New: "({on} || g.Tenants == nil || slices.Contains(g.Tenants, tenant))", Tests: consoleAPI,
	},
	{
		Name: "door: what is for the unconfined", What: "that who is confined to tenants does nothing for all", File: "console/api/auth.go",
		Old: "\tif !caller(ctx).Everywhere(needed(ctx)) {", New: "\tif !caller(ctx).Everywhere(needed(ctx)) && !{on} {", Tests: consoleAPI,
	},
	{
		Name: "door: users of the console's tenants", What: "the tenants in which grants allow something, in lists", File: "tenants/principal.go",
		Old: "\t\tif one.Tenants == nil {\n\t\t\treturn nil", New: "\t\tif one.Tenants == nil || {on} {\n\t\t\treturn nil", Tests: consoleAPI,
	},
}
