package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// UsageDay is how often something happened in a tenant on a day (UTC).
type UsageDay struct{ ent.Schema }

// Mixin of UsageDay.
func (UsageDay) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}} }

// Fields of UsageDay.
func (UsageDay) Fields() []ent.Field {
	return []ent.Field{
		field.Int("day").Immutable().Comment("days since 1970-01-01"),
		field.String("metric").MaxLen(64).Immutable().Comment("what is counted, such as sign_ins/passkey/succeeded"),
		field.Int64("amount"),
	}
}

// Indexes of UsageDay.
func (UsageDay) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "day", "metric").Unique(), index.Fields("day")}
}

// UsagePerson says that a person was active in a month, and since which day of it.
type UsagePerson struct{ ent.Schema }

// Annotations of UsagePerson.
func (UsagePerson) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "usage_people"}}
}

// Mixin of UsagePerson.
func (UsagePerson) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}} }

// Fields of UsagePerson.
func (UsagePerson) Fields() []ent.Field {
	return []ent.Field{
		field.Int("month").Immutable().Comment("months since 1970-01"),
		field.UUID("user_id", uuid.UUID{}).Immutable().Comment("no foreign key: who was deleted was active nevertheless"),
		field.Int("day").Immutable().Comment("the first on which she was active, in days since 1970-01-01"),
	}
}

// Indexes of UsagePerson.
func (UsagePerson) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "month", "user_id").Unique(), index.Fields("month")}
}
