// Package ddl says what the tables look like in each database: the generated tables of ent/migrate, plus what an ent schema cannot say.
//
// It adds the second half of tenant isolation: every foreign key between tables of a tenant carries the tenant's id, so that a row cannot
// point at another tenant's row, and every such table hangs on its tenant. It also chooses column types that MySQL and MariaDB share.
// It never talks to a database; ent/migrations turns these tables into versioned files.
package ddl

import (
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/latchkeep/latchkeep/ent/migrate"
)

// TenantColumn is the column that says whose row it is.
const TenantColumn = "tenant_id"

// Tables returns the tables as the dialect (dialect.Postgres, dialect.MySQL or dialect.SQLite) has them. Each call returns a fresh copy.
func Tables(name string) []*schema.Table {
	tables := clone(migrate.Tables)
	addReferences(tables)
	addTenantKeys(tables)
	addIndexes(tables, name)
	if name == dialect.MySQL {
		portMySQL(tables)
	}
	return tables
}

// TenantTables are the names of the tables whose rows belong to a tenant, parents before children.
func TenantTables() []string {
	tables := Tables(dialect.SQLite)
	depth := map[*schema.Table]int{}
	var measure func(t *schema.Table) int
	measure = func(t *schema.Table) int {
		if d, ok := depth[t]; ok {
			return d
		}
		d := 0
		for _, fk := range t.ForeignKeys {
			if fk.RefTable != t {
				d = max(d, 1+measure(fk.RefTable))
			}
		}
		depth[t] = d
		return d
	}
	var owned []*schema.Table
	for _, t := range tables {
		if column(t, TenantColumn) != nil {
			measure(t)
			owned = append(owned, t)
		}
	}
	slices.SortStableFunc(owned, func(a, b *schema.Table) int { return depth[a] - depth[b] })
	names := make([]string, len(owned))
	for i, t := range owned {
		names[i] = t.Name
	}
	return names
}

// reference is a foreign key that has no edge in the ent schema, because nobody walks along it.
type reference struct{ table, column, parent string }

var references = []reference{
	{table: "emails", column: "primary_of", parent: "users"},
}

func addReferences(tables []*schema.Table) {
	for _, r := range references {
		t, parent := table(tables, r.table), table(tables, r.parent)
		t.ForeignKeys = append(t.ForeignKeys, &schema.ForeignKey{
			Symbol:     fmt.Sprintf("%s_%s_%s", r.table, r.parent, r.column),
			Columns:    []*schema.Column{column(t, r.column)},
			RefTable:   parent,
			RefColumns: []*schema.Column{column(parent, "id")},
			OnDelete:   schema.Cascade,
		})
	}
}

// addTenantKeys makes the foreign keys between tenant tables composite, and ties each tenant table to its tenant.
//
// All of them cascade: a row whose parent is gone means nothing, and SET NULL would null the tenant as well.
func addTenantKeys(tables []*schema.Table) {
	tenants := table(tables, "tenants")
	for _, t := range tables {
		owner := column(t, TenantColumn)
		if owner == nil {
			continue
		}
		for _, fk := range t.ForeignKeys {
			parentOwner := column(fk.RefTable, TenantColumn)
			if parentOwner == nil {
				continue
			}
			fk.Columns = append([]*schema.Column{owner}, fk.Columns...)
			fk.RefColumns = append([]*schema.Column{parentOwner}, fk.RefColumns...)
			fk.OnDelete = schema.Cascade
		}
		t.ForeignKeys = append(t.ForeignKeys, &schema.ForeignKey{
			Symbol:     t.Name + "_tenants",
			Columns:    []*schema.Column{owner},
			RefTable:   tenants,
			RefColumns: []*schema.Column{column(tenants, "id")},
			OnDelete:   schema.Cascade,
		})
	}
}

// addIndexes adds the indexes that only raw statements use, and drops those that say less than another.
func addIndexes(tables []*schema.Table, name string) {
	// The outbox is read tenant by tenant and kind by kind, so that none with a long queue hides another, those first that have been due longest.
	// Where an index can be of some rows only, it is of those that are to be done: few, however many were done before.
	outbox := table(tables, "outbox")
	outbox.Indexes = slices.DeleteFunc(outbox.Indexes, func(i *schema.Index) bool { return i.Name == "intent_state_available_at_id" })
	addPartial(outbox, name, "intent", "state", "ready", TenantColumn, "kind", "available_at", "id")
	// So are deliveries of webhooks, endpoint by endpoint.
	deliveries := table(tables, "webhook_deliveries")
	addPartial(deliveries, name, "delivery", "state", "waiting", TenantColumn, "endpoint_id", "available_at")
	addPartial(deliveries, name, "delivery", "state", "waiting", TenantColumn, "endpoint_id", "ordering", "message_id")
	// Operators look for those that were not delivered, which are few among many.
	addRare(deliveries, name, "delivery", "state", "delivered", TenantColumn, "state", "created_at", "id")
	// Clean-up deletes the oldest rows of all tenants.
	addIndex(table(tables, "audit_logs"), "auditlog", "created_at")
	addIndex(deliveries, "webhookdelivery", "created_at")
	// Back ends look for addresses and usernames by their beginning. Elsewhere the unique index serves, since it is in byte order.
	if name == dialect.Postgres {
		addIndex(table(tables, "emails"), "email_prefix", TenantColumn, "address").Annotation = entsql.OpClassColumn("address", "text_pattern_ops")
		addIndex(table(tables, "tenants"), "tenant_prefix", "slug").Annotation = entsql.OpClassColumn("slug", "text_pattern_ops")
		addIndex(table(tables, "tenants"), "tenant_prefix", "name_folded").Annotation = entsql.OpClassColumn("name_folded", "text_pattern_ops")
		addIndex(table(tables, "users"), "user_prefix", TenantColumn, "username").Annotation = entsql.OpClassColumn("username", "text_pattern_ops")
	}
	// Few are blocked, and few passkeys were imported with a user handle of their own.
	addKnown(table(tables, "users"), name, "user", TenantColumn, "blocked_at")
	addKnown(table(tables, "webauthn_credentials"), name, "webauthncredential", TenantColumn, "user_handle")
	// An edge to one makes its column unique by itself, which the index with the tenant already says.
	for _, t := range tables {
		if c := column(t, "user_id"); c != nil && column(t, TenantColumn) != nil {
			c.Unique = false
		}
	}
}

// addPartial adds an index of the rows that are in a state. MySQL has no such indexes: there the state leads.
func addPartial(t *schema.Table, name, entity, state, value string, columns ...string) {
	if name == dialect.MySQL {
		addIndex(t, entity, append([]string{state}, columns...)...)
		return
	}
	where := fmt.Sprintf("%s = '%s'", state, value)
	if name == dialect.Postgres {
		where = fmt.Sprintf("((%s)::text = '%s'::text)", state, value) // as the database gives it back
	}
	addIndex(t, entity+"_"+value, columns...).Annotation = entsql.IndexWhere(where)
}

// addRare adds an index of the rows that are not in the usual state. Where a question with parameters does not find such an index, it is of all.
func addRare(t *schema.Table, name, entity, state, usual string, columns ...string) {
	index := addIndex(t, entity+"_rare", columns...)
	if name == dialect.Postgres {
		index.Annotation = entsql.IndexWhere(fmt.Sprintf("((%s)::text <> '%s'::text)", state, usual))
	}
}

// addKnown adds an index of the rows whose last column is known.
func addKnown(t *schema.Table, name, entity string, columns ...string) {
	index, where := addIndex(t, entity, columns...), columns[len(columns)-1]+" IS NOT NULL"
	switch name {
	case dialect.Postgres:
		index.Annotation = entsql.IndexWhere("(" + where + ")")
	case dialect.SQLite:
		index.Annotation = entsql.IndexWhere(where)
	}
}

func addIndex(t *schema.Table, entity string, columns ...string) *schema.Index {
	index := &schema.Index{Name: entity + "_" + strings.Join(columns, "_")}
	for _, name := range columns {
		index.Columns = append(index.Columns, column(t, name))
	}
	t.Indexes = append(t.Indexes, index)
	return index
}

// portMySQL chooses types that MySQL 8 and MariaDB share and that can be indexed: MariaDB's uuid type and its defaults for text do not exist
// in MySQL, timestamp ends in 2038 and loses microseconds, and blobs cannot be unique.
func portMySQL(tables []*schema.Table) {
	for _, t := range tables {
		for _, c := range t.Columns {
			switch {
			case c.Type == field.TypeUUID:
				c.SchemaType = map[string]string{dialect.MySQL: "char(36)"}
				c.Collation = "ascii_bin"
			case c.Type == field.TypeTime:
				c.SchemaType = map[string]string{dialect.MySQL: "datetime(6)"}
			case c.Type == field.TypeBytes && c.Size > 0 && c.Size <= 1024:
				c.SchemaType = map[string]string{dialect.MySQL: fmt.Sprintf("varbinary(%d)", c.Size)}
			case c.Type == field.TypeString && c.Size > 1<<16:
				c.Default = nil
			}
		}
	}
}

// clone copies the tables deeply, so that a rewrite leaves the generated ones alone.
func clone(tables []*schema.Table) []*schema.Table {
	copies := map[*schema.Table]*schema.Table{}
	columns := map[*schema.Column]*schema.Column{}
	mapped := func(list []*schema.Column) []*schema.Column {
		out := make([]*schema.Column, len(list))
		for i, c := range list {
			out[i] = columns[c]
		}
		return out
	}
	for _, t := range tables {
		c := &schema.Table{Name: t.Name, Schema: t.Schema, Comment: t.Comment, View: t.View, Pos: t.Pos}
		if t.Annotation != nil {
			annotation := entsql.Annotation(*t.Annotation)
			c.Annotation = &annotation
		}
		for _, from := range t.Columns {
			columns[from] = &schema.Column{
				Name: from.Name, Type: from.Type, SchemaType: from.SchemaType, Attr: from.Attr, Size: from.Size, Key: from.Key,
				Unique: from.Unique, Increment: from.Increment, Nullable: from.Nullable, Default: from.Default, Enums: from.Enums,
				Collation: from.Collation, Comment: from.Comment,
			}
			c.Columns = append(c.Columns, columns[from])
		}
		copies[t] = c
	}
	out := make([]*schema.Table, len(tables))
	for i, t := range tables {
		c := copies[t]
		c.PrimaryKey = mapped(t.PrimaryKey)
		for _, index := range t.Indexes {
			c.Indexes = append(c.Indexes, &schema.Index{
				Name: index.Name, Unique: index.Unique, Columns: mapped(index.Columns), Annotation: index.Annotation,
			})
		}
		for _, fk := range t.ForeignKeys {
			c.ForeignKeys = append(c.ForeignKeys, &schema.ForeignKey{
				Symbol: fk.Symbol, Columns: mapped(fk.Columns), RefTable: copies[fk.RefTable], RefColumns: mapped(fk.RefColumns),
				OnUpdate: fk.OnUpdate, OnDelete: fk.OnDelete,
			})
		}
		out[i] = c
	}
	return out
}

func table(tables []*schema.Table, name string) *schema.Table {
	for _, t := range tables {
		if t.Name == name {
			return t
		}
	}
	panic("ent/ddl: no table " + name)
}

func column(t *schema.Table, name string) *schema.Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}
