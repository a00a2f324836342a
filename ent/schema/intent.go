package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Intent is an effect that must happen because a change was committed. The table, the outbox, is the truth; the queue is only a doorbell.
type Intent struct{ ent.Schema }

// Annotations of Intent.
func (Intent) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "outbox"}}
}

// Mixin of Intent.
func (Intent) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, CreatedMixin{}} }

// Fields of Intent.
func (Intent) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").MaxLen(16).Immutable().Comment("webhook, audit, mail"),
		field.String("ordering").MaxLen(64).Immutable().Default("").Comment("effects with one key keep their order"),
		field.String("state").MaxLen(8).Default("ready").Comment("ready, done, sent, dropped, dead; sent is a mail that is done, which is kept longer"),
		field.Bytes("payload").MaxLen(1 << 20).Comment("sealed; blanked once done"),
		field.String("about").MaxLen(255).Default("").Immutable().Comment("of a mail: its template, language and masked address, which stay"),
		field.Time("available_at").Comment("not before; moved ahead while a worker has it"),
		field.Time("not_after").Optional().Nillable().Immutable().Comment("of no use after: dropped"),
		field.Int("attempts").Default(0),
		field.Text("last_error").Default(""),
		field.Time("done_at").Optional().Nillable(),
	}
}

// Indexes of Intent.
func (Intent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("state", "available_at", "id"),
		index.Fields("state", "done_at"),
		// The log of a tenant's mails. Where the database knows partial indexes, the other effects pay nothing for it.
		index.Fields("tenant_id", "kind", "id").Annotations(entsql.IndexWhere("kind = 'mail'")),
	}
}
