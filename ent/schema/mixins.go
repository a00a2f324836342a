// Package schema declares the entities of the database, one a file, and the mixins they share.
//
// Every table that belongs to a tenant uses TenantMixin: it adds the tenant's id and confines each query and mutation to the scope of
// the context. Composite foreign keys (tenant_id, parent_id) and portable column types are added in ent/ddl, where they can be.
package schema

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/intercept"
	"github.com/latchkeep/latchkeep/ent/scope"
)

// now is the time as all three databases keep it: UTC, in microseconds.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// newID makes a time-ordered id (UUID version 7, RFC 9562), so that new rows are written side by side.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// IDMixin gives an entity a UUID made by the program.
type IDMixin struct{ mixin.Schema }

// Fields of the IDMixin.
func (IDMixin) Fields() []ent.Field {
	return []ent.Field{field.UUID("id", uuid.UUID{}).Default(newID).Immutable()}
}

// TimesMixin records when a row was made and last changed.
type TimesMixin struct{ mixin.Schema }

// Fields of the TimesMixin.
func (TimesMixin) Fields() []ent.Field {
	return []ent.Field{
		field.Time("created_at").Default(now).Immutable(),
		field.Time("updated_at").Default(now).UpdateDefault(now),
	}
}

// CreatedMixin records when a row that never changes was made.
type CreatedMixin struct{ mixin.Schema }

// Fields of the CreatedMixin.
func (CreatedMixin) Fields() []ent.Field {
	return []ent.Field{field.Time("created_at").Default(now).Immutable()}
}

// TenantMixin puts an entity into a tenant and keeps it there.
//
// The tenant of a row has no default: it comes from the scope of the context, and a value that differs from the scope is refused.
type TenantMixin struct{ mixin.Schema }

// Fields of the TenantMixin.
func (TenantMixin) Fields() []ent.Field {
	return []ent.Field{field.UUID("tenant_id", uuid.UUID{}).Immutable()}
}

// Indexes of the TenantMixin: the target of the composite foreign keys.
func (TenantMixin) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "id").Unique()}
}

// Interceptors of the TenantMixin confine every query, also those on edges and eager loads.
func (TenantMixin) Interceptors() []ent.Interceptor {
	return []ent.Interceptor{
		intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
			s, err := scope.From(ctx)
			if err != nil {
				return fmt.Errorf("query %s: %w", q.Type(), err)
			}
			if !s.IsSystem() {
				q.WhereP(sql.FieldEQ("tenant_id", s.TenantID()))
			}
			return nil
		}),
	}
}

// tenantMutation is what the generated mutations of tenant entities have in common.
type tenantMutation interface {
	ent.Mutation
	SetTenantID(uuid.UUID)
	TenantID() (uuid.UUID, bool)
	WhereP(...func(*sql.Selector))
}

// Hooks of the TenantMixin confine every mutation.
func (TenantMixin) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			s, err := scope.From(ctx)
			if err != nil {
				return nil, fmt.Errorf("change %s: %w", m.Type(), err)
			}
			tm, ok := m.(tenantMutation)
			if !ok {
				return nil, fmt.Errorf("change %s: the entity cannot be confined to a tenant", m.Type())
			}
			if err := confine(s, tm); err != nil {
				return nil, err
			}
			return next.Mutate(ctx, m)
		})
	}}
}

func confine(s scope.Scope, m tenantMutation) error {
	if m.Op().Is(ent.OpCreate) {
		id, given := m.TenantID()
		switch {
		case s.IsSystem() && (!given || id == uuid.Nil):
			return fmt.Errorf("create %s: the system must name the tenant of a new row", m.Type())
		case s.IsSystem():
			return nil
		case given && id != s.TenantID():
			return fmt.Errorf("create %s: the row names another tenant than the scope", m.Type())
		}
		m.SetTenantID(s.TenantID())
		return nil
	}
	if !s.IsSystem() {
		m.WhereP(sql.FieldEQ("tenant_id", s.TenantID()))
	}
	return nil
}
