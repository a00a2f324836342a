package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Job is work on many users that outlasts a request, such as an import. It advances part by part, each in one transaction with its effect.
type Job struct{ ent.Schema }

// Mixin of Job.
func (Job) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of Job.
func (Job) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").MaxLen(16).Immutable().Comment("import, export"),
		field.String("state").MaxLen(16).Comment("receiving, queued, running, done, failed, cancelled"),
		field.JSON("options", json.RawMessage{}).Immutable(),
		field.String("created_by").MaxLen(255).Immutable().Default(""),
		field.Bytes("source").MaxLen(32).Optional().Immutable().Comment("digest of what is imported, by which an interrupted job is found again"),
		field.Int("total").Default(0).Comment("entries, as far as known"),
		field.Int("done").Default(0).Comment("entries dealt with, rejected ones included"),
		field.Int("rejected").Default(0),
		field.String("cursor").MaxLen(255).Default("").Comment("where the next part begins"),
		field.Text("error").Default(""),
		field.Time("finished_at").Optional().Nillable(),
		field.Time("expires_at").Comment("when it is deleted with its parts"),
	}
}

// Edges of Job.
func (Job) Edges() []ent.Edge {
	return []ent.Edge{edge.To("parts", JobPart.Type).Annotations(entsql.OnDelete(entsql.Cascade))}
}

// Indexes of Job.
func (Job) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "created_at", "id"),
		index.Fields("tenant_id", "source"),
		index.Fields("expires_at"),
	}
}

// JobPart is a piece of what goes into a job or comes out of it.
type JobPart struct{ ent.Schema }

// Mixin of JobPart.
func (JobPart) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, CreatedMixin{}} }

// Fields of JobPart.
func (JobPart) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("job_id", uuid.UUID{}).Immutable(),
		field.String("kind").MaxLen(8).Immutable().Comment("input, output, report"),
		field.Int("number").Immutable().Comment("0, 1, 2 … within its kind"),
		field.Bytes("data").MaxLen(1 << 23).Comment("sealed; inputs are deleted once used"),
	}
}

// Edges of JobPart.
func (JobPart) Edges() []ent.Edge {
	return []ent.Edge{edge.From("job", Job.Type).Ref("parts").Field("job_id").Unique().Required().Immutable()}
}

// Indexes of JobPart.
func (JobPart) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "job_id", "kind", "number").Unique()}
}

// IdempotencyKey remembers the answer to a request that a client may send again because it does not know whether it arrived.
type IdempotencyKey struct{ ent.Schema }

// Mixin of IdempotencyKey.
func (IdempotencyKey) Mixin() []ent.Mixin {
	return []ent.Mixin{IDMixin{}, TenantMixin{}, CreatedMixin{}}
}

// Fields of IdempotencyKey.
func (IdempotencyKey) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("hash").MaxLen(32).Immutable().Comment("SHA-256 of the key and whose it is"),
		field.Bytes("request_hash").MaxLen(32).Immutable().Comment("SHA-256 of the request, so that another one is refused"),
		field.Int("status").Default(0).Comment("of the answer; 0 while the first request is under way"),
		field.Bytes("answer").MaxLen(1 << 20).Optional().Comment("sealed"),
		field.Time("expires_at"),
	}
}

// Indexes of IdempotencyKey.
func (IdempotencyKey) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "hash").Unique(), index.Fields("expires_at")}
}
