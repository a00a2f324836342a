package isolation

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/ddl"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

// logical are references that no foreign key makes, because what they name may go first.
var logical = []rawsql.Reference{
	{Table: "audit_logs", Column: "actor_user_id", Parent: "users"},
	{Table: "one_time_tokens", Column: "identity_id", Parent: "identities"},
	{Table: "passcodes", Column: "flow_id", Parent: "flows"},
	{Table: "revocations", Column: "session_id", Parent: "sessions"},
	{Table: "usage_people", Column: "user_id", Parent: "users"},
	{Table: "webhook_deliveries", Column: "endpoint_id", Parent: "webhook_endpoints"},
	{Table: "webhook_deliveries", Column: "message_id", Parent: "outbox"},
	{Table: "webhook_endpoints", Column: "id", Parent: "webhooks"},
}

// noReference are ids that name no row, each for a reason.
var noReference = map[string]string{
	"users.username_id":           "made up for answers",
	"webauthn_credentials.aaguid": "the make of an authenticator",
}

// References are all columns of tenants' tables that name rows of tenants' tables: by foreign keys, and without.
func References() []rawsql.Reference {
	var found []rawsql.Reference
	owned := map[string]bool{}
	for _, name := range ddl.TenantTables() {
		owned[name] = true
	}
	for _, t := range ddl.Tables(dialect.SQLite) {
		for _, fk := range t.ForeignKeys {
			if owned[t.Name] && owned[fk.RefTable.Name] {
				found = append(found, rawsql.Reference{Table: t.Name, Column: fk.Columns[len(fk.Columns)-1].Name, Parent: fk.RefTable.Name})
			}
		}
	}
	return append(found, logical...)
}

// crossings looks for rows that name another tenant's.
func crossings(ctx context.Context, st *store.Store, o Options) (Result, error) {
	r := Result{Rule: "references", Of: "rows", Says: "no row names a row of another tenant"}
	ctx = scope.With(ctx, scope.System("look for rows that name another tenant's"))
	for _, reference := range References() {
		crossing := 0
		for behind := any(nil); ; {
			s, err := st.Raw().Crossings(ctx, reference, o.Tenant, behind, o.Batch)
			if err != nil {
				return r, err
			}
			r.Checked += s.Rows
			crossing += s.Crossing
			if behind = s.Last; behind == nil {
				break
			}
		}
		if crossing > 0 {
			r.broken("%s: %d rows name a row of another tenant", reference, crossing)
		}
	}
	return r, nil
}

// errDone ends a unit of work that must leave nothing.
var errDone = errors.New("nothing is to be kept")

// samples is how many tenants are put into the place of the one who looks, where none is named.
const samples = 3

// probe tries to look over the second wall and to throw something over it, as one tenant after the other.
func probe(ctx context.Context, st *store.Store, o Options) ([]Result, error) {
	reading := Result{Rule: "probe_read", Of: "attempts", Says: "a connection of one tenant sees no row of another"}
	writing := Result{Rule: "probe_write", Of: "attempts", Says: "a connection of one tenant puts no row into another"}
	if st.Dialect() != dialect.Postgres {
		reading.Omitted, writing.Omitted = notPostgres, notPostgres
		return []Result{reading, writing}, nil
	}
	all := scope.With(ctx, scope.System("look for what tenants must not see"))
	lookers := []uuid.UUID{o.Tenant}
	if o.Tenant == uuid.Nil {
		var err error
		if lookers, err = st.Raw().TenantSample(all, samples); err != nil {
			return nil, err
		}
	}
	for _, looker := range lookers {
		for _, table := range ddl.TenantTables() {
			theirs, err := st.Raw().SampleOfAnother(all, table, looker)
			if err != nil {
				return nil, err
			}
			if theirs == nil {
				continue // there is nothing to see
			}
			var failed error
			err = st.DoOnce(ctx, scope.Tenant(looker), func(ctx context.Context, tx *store.Tx) error {
				failed = tried(ctx, tx, table, theirs, &reading, &writing)
				return errDone
			})
			if failed != nil || !errors.Is(err, errDone) {
				return nil, fmt.Errorf("probe %s: %w", table, errors.Join(failed, err))
			}
		}
	}
	return []Result{reading, writing}, nil
}

func tried(ctx context.Context, tx *store.Tx, table string, theirs *rawsql.Sample, reading, writing *Result) error {
	seen, err := tx.Raw.Sees(ctx, table, theirs.ID)
	if err != nil {
		return err
	}
	if reading.Checked++; seen {
		reading.broken("%s shows a row of another tenant", table)
	}
	placed, err := tx.Raw.MayPlace(ctx, table, theirs.ID, theirs.Tenant)
	if err != nil {
		return err
	}
	if writing.Checked++; placed {
		writing.broken("%s takes a row of another tenant", table)
	}
	return nil
}
