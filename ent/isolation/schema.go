package isolation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"

	"github.com/latchkeep/latchkeep/ent/ddl"
	"github.com/latchkeep/latchkeep/ent/dsn"
)

// systemTables have no tenant column, each for a reason.
var systemTables = map[string]string{
	"tenants":                "its id is the tenant",
	"operators":              "they run the deployment",
	"operator_tokens":        "they run the deployment",
	"certificate_files":      "they are the deployment's",
	"purge_receipts":         "they outlive their tenants",
	"atlas_schema_revisions": "the migrations' books",
}

// globalKeys are unique across tenants, each for a reason. The primary key of each table, a random id, is so, too.
var globalKeys = map[string]string{
	"apikey_hash":                "a digest of 32 random bytes: the key decides the tenant",
	"tenantdomain_verified_host": "a name leads to one tenant",
}

// inspect reads the tables back from the database.
func inspect(ctx context.Context, source dsn.Source) ([]*atlas.Table, error) {
	db, err := source.OpenPlain()
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	defer db.Close()
	var driver migrate.Driver
	switch source.Dialect {
	case dialect.Postgres:
		driver, err = postgres.Open(db)
	case dialect.MySQL:
		driver, err = mysql.Open(db)
	default:
		driver, err = sqlite.Open(db)
	}
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	schema, err := driver.InspectSchema(ctx, "", nil)
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	return schema.Tables, nil
}

// schemaRules holds the tables against the rules of tables and keys.
func schemaRules(tables []*atlas.Table) []Result {
	presence := Result{Rule: "tables", Of: "tables", Says: "every table that belongs to tenants is there, and every other one is known to belong to the deployment"}
	for _, name := range ddl.TenantTables() {
		presence.Checked++
		if !slices.ContainsFunc(tables, func(t *atlas.Table) bool { return t.Name == name }) {
			presence.broken("%s is missing, or its columns are not to be seen", name)
		}
	}
	column := Result{Rule: "tenant_column", Of: "columns", Says: "tenant_id is NOT NULL and has no default"}
	id := Result{Rule: "tenant_key", Of: "tables", Says: "(tenant_id, id) is a unique key, which foreign keys point at"}
	unique := Result{Rule: "unique_keys", Of: "unique keys", Says: "unique keys contain the tenant"}
	foreign := Result{Rule: "foreign_keys", Of: "foreign keys", Says: "foreign keys between tenants' tables are (tenant_id, …) to (tenant_id, id)"}
	null := Result{Rule: "no_set_null", Of: "foreign keys", Says: "no foreign key of a tenant's table sets NULL or a default"}
	tied := Result{Rule: "tied_to_tenant", Of: "tables", Says: "a tenant's rows go with it"}
	for _, t := range tables {
		owner, ok := t.Column(ddl.TenantColumn)
		if !ok {
			presence.Checked++
			if _, known := systemTables[t.Name]; !known || slices.Contains(ddl.TenantTables(), t.Name) {
				presence.broken("%s has no tenant_id", t.Name)
			}
			continue
		}
		column.Checked++
		if owner.Type.Null {
			column.broken("%s.tenant_id may be NULL", t.Name)
		}
		if owner.Default != nil {
			column.broken("%s.tenant_id has a default", t.Name)
		}
		uniqueKeys(t, &id, &unique)
		foreignKeys(t, &foreign, &null, &tied)
	}
	return []Result{presence, column, id, unique, foreign, null, tied}
}

func uniqueKeys(t *atlas.Table, id, unique *Result) {
	id.Checked++
	found := t.PrimaryKey != nil && slices.Equal(parts(t.PrimaryKey), []string{ddl.TenantColumn, "id"})
	for _, index := range t.Indexes {
		if !index.Unique || index == t.PrimaryKey {
			continue
		}
		columns := parts(index)
		found = found || slices.Equal(columns, []string{ddl.TenantColumn, "id"})
		unique.Checked++
		if _, global := globalKeys[index.Name]; !global && !slices.Contains(columns, ddl.TenantColumn) {
			unique.broken("%s of %s (%s) is unique across tenants", index.Name, t.Name, strings.Join(columns, ", "))
		}
	}
	if t.PrimaryKey != nil {
		unique.Checked++
		if columns := parts(t.PrimaryKey); !slices.Equal(columns, []string{"id"}) && !slices.Contains(columns, ddl.TenantColumn) {
			unique.broken("the primary key of %s (%s) is neither an id nor contains the tenant", t.Name, strings.Join(columns, ", "))
		}
	}
	if !found {
		id.broken("%s has no unique key (tenant_id, id)", t.Name)
	}
}

func foreignKeys(t *atlas.Table, foreign, null, tied *Result) {
	tied.Checked++
	hangs := false
	for _, fk := range t.ForeignKeys {
		columns, to := names(fk.Columns), names(fk.RefColumns)
		what := fmt.Sprintf("%s (%s) to %s (%s)", t.Name, strings.Join(columns, ", "), fk.RefTable.Name, strings.Join(to, ", "))
		null.Checked++
		for when, action := range map[string]atlas.ReferenceOption{"deleted": fk.OnDelete, "changed": fk.OnUpdate} {
			if action == atlas.SetNull || action == atlas.SetDefault {
				null.broken("%s: where the parent is %s, the tenant would be cleared: %s", what, when, action)
			}
		}
		if fk.RefTable.Name == "tenants" {
			hangs = hangs || slices.Equal(columns, []string{ddl.TenantColumn}) && slices.Equal(to, []string{"id"}) && fk.OnDelete == atlas.Cascade
			continue
		}
		foreign.Checked++
		if len(columns) != 2 || columns[0] != ddl.TenantColumn || !slices.Equal(to, []string{ddl.TenantColumn, "id"}) {
			foreign.broken("%s does not carry the tenant", what)
		}
	}
	if !hangs {
		tied.broken("%s has no foreign key from tenant_id to tenants (id) that cascades", t.Name)
	}
}

func names(columns []*atlas.Column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return out
}

func parts(index *atlas.Index) []string {
	out := make([]string, len(index.Parts))
	for i, p := range index.Parts {
		if p.C != nil {
			out[i] = p.C.Name
		}
	}
	return out
}
