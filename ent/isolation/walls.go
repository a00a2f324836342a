package isolation

import (
	"context"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/latchkeep/latchkeep/ent/store"
)

// notPostgres is why the second wall is not asked about elsewhere.
const notPostgres = "only PostgreSQL has row-level security: here the program and the keys keep tenants apart"

// Policies as PostgreSQL gives them back, white space aside: of a tenant's table, of the table of tenants, and of what is the operators'.
const (
	tenantPolicy = `CASECOALESCE(current_setting('app.tenant'::text,true),''::text)WHEN'system'::textTHENtrueWHEN''::textTHENfalse` +
		`ELSE(COLUMN=(current_setting('app.tenant'::text))::uuid)END`
	systemPolicy = `(current_setting('app.tenant'::text,true)='system'::text)`
)

// wallRules holds row-level security against its rules.
func wallRules(ctx context.Context, st *store.Store) ([]Result, error) {
	on := Result{Rule: "row_security", Of: "tables", Says: "row-level security is on, and forced where the program's role owns the table"}
	policy := Result{Rule: "policies", Of: "policies", Says: "each table has one policy, for every role and command: that of its tenant or of the system"}
	role := Result{Rule: "role", Of: "rights", Says: "the program's role neither bypasses row-level security nor owns a table"}
	beside := Result{Rule: "passages", Of: "catalogues", Says: "no view and no function that runs as its owner stands beside the tables"}
	if st.Dialect() != dialect.Postgres {
		results := []Result{on, policy, role, beside}
		for i := range results {
			results[i].Omitted = notPostgres
		}
		return results, nil
	}
	walls, err := st.Raw().Walls(ctx)
	if err != nil {
		return nil, err
	}
	owned := 0
	for _, w := range walls {
		if w.Table == "atlas_schema_revisions" {
			continue
		}
		on.Checked++
		switch {
		case !w.Enabled:
			on.broken("%s has no row-level security", w.Table)
		case w.Owns && !w.Forced:
			on.broken("%s belongs to the program's role, and row-level security is not forced", w.Table)
		case !w.Forced:
			on.Doubts = append(on.Doubts, w.Table+": row-level security does not bind the owner")
		}
		if w.Owns {
			owned++
		}
		policy.Checked++
		switch want := expected(w.Table, w.Owned); {
		case w.Policies != 1:
			policy.broken("%s has %d policies", w.Table, w.Policies)
		case squeeze(w.Expression) != want:
			policy.broken("%s has another policy than the one of its tenant: %s", w.Table, w.Expression)
		}
	}
	rights, err := st.Raw().DatabaseRole(ctx)
	if err != nil {
		return nil, err
	}
	role.Checked = 1 + on.Checked
	if rights.Bypasses {
		role.broken("the role is a superuser or has BYPASSRLS: no policy binds it")
	}
	if owned > 0 {
		role.Doubts = append(role.Doubts, "the role owns tables, so it could take the wall down: give the tables to another role (database.migrate_url)")
	}
	passages, err := st.Raw().Passages(ctx)
	if err != nil {
		return nil, err
	}
	beside.Checked, beside.Broken = 2, passages
	return []Result{on, policy, role, beside}, nil
}

func expected(table string, owned bool) string {
	switch {
	case owned:
		return strings.Replace(tenantPolicy, "COLUMN", "tenant_id", 1)
	case table == "tenants":
		return strings.Replace(tenantPolicy, "COLUMN", "id", 1)
	default:
		return systemPolicy
	}
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }
