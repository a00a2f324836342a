// Package isolation asks a database whether it keeps tenants apart, and says what it asked.
//
// It reads the tables as they are in the database, not as ent/schema wishes them, and holds them against rules: whose row each is, what unique and
// foreign keys contain, what row-level security says. It looks for rows that refer to another tenant's, which no key would let in, and on PostgreSQL
// it tries to look over the second wall. It changes nothing and knows nothing of what tenants are for.
package isolation

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/store"
)

// A Result says how a rule is kept.
type Result struct {
	// Rule is its name, for programs; Says is it in words.
	Rule string `json:"rule"`
	Says string `json:"says"`
	// Checked is how many things were held against it, and Of what kind they are.
	Checked int    `json:"checked"`
	Of      string `json:"of"`
	// Broken tells what breaks it, and Doubts what weakens it.
	Broken []string `json:"broken,omitempty"`
	Doubts []string `json:"doubts,omitempty"`
	// Omitted says why it was not asked, where it was not.
	Omitted string `json:"omitted,omitempty"`
}

// OK reports whether nothing breaks the rule.
func (r Result) OK() bool { return len(r.Broken) == 0 }

func (r *Result) broken(format string, args ...any) {
	r.Broken = append(r.Broken, fmt.Sprintf(format, args...))
}

// Options say how far to look.
type Options struct {
	// Tenant is the only one whose rows are looked at; all, where it is nil.
	Tenant uuid.UUID
	// SchemaOnly leaves rows alone.
	SchemaOnly bool
	// Batch is how many rows one statement looks at; 10 000 where it is not positive.
	Batch int
}

// Examine holds a database against all rules. The source and the store are the same database, by the role of the program.
func Examine(ctx context.Context, source dsn.Source, st *store.Store, o Options) ([]Result, error) {
	tables, err := inspect(ctx, source)
	if err != nil {
		return nil, err
	}
	results := schemaRules(tables)
	walls, err := wallRules(ctx, st)
	if err != nil {
		return nil, err
	}
	results = append(results, walls...)
	if o.SchemaOnly {
		return results, nil
	}
	if o.Batch <= 0 {
		o.Batch = 10_000
	}
	crossings, err := crossings(ctx, st, o)
	if err != nil {
		return nil, err
	}
	probes, err := probe(ctx, st, o)
	if err != nil {
		return nil, err
	}
	return append(append(results, crossings), probes...), nil
}
