package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
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
		field.String("state").MaxLen(8).Default("ready").Comment("ready, done, dropped, dead"),
		field.Bytes("payload").MaxLen(1 << 20).Comment("sealed; blanked once done"),
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
	}
}

// AuditLog is a record of what happened, chained per tenant.
type AuditLog struct{ ent.Schema }

// Mixin of AuditLog.
func (AuditLog) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of AuditLog.
func (AuditLog) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("sequence").Immutable().Comment("1, 2, 3 … within the tenant"),
		field.String("type").MaxLen(64).Immutable(),
		field.Text("error").Default("").Immutable(),
		field.String("meta_http_request_id").MaxLen(255).Default("").Immutable(),
		field.String("meta_source_ip").MaxLen(64).Default("").Immutable(),
		field.Text("meta_user_agent").Default("").Immutable(),
		field.UUID("actor_user_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.String("actor_email").MaxLen(255).Optional().Nillable().Comment("masked; erased with the user"),
		field.JSON("details", json.RawMessage{}).Optional(),
		field.Bytes("previous_hash").MaxLen(32).Optional().Immutable(),
		field.Bytes("hash").MaxLen(32).Optional().Immutable(),
	}
}

// Indexes of AuditLog.
func (AuditLog) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "sequence").Unique(),
		index.Fields("tenant_id", "created_at"),
		index.Fields("tenant_id", "type", "created_at"),
		index.Fields("tenant_id", "actor_user_id", "created_at"),
	}
}

// Webhook is an endpoint that a tenant wants its events sent to.
type Webhook struct{ ent.Schema }

// Mixin of Webhook.
func (Webhook) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of Webhook.
func (Webhook) Fields() []ent.Field {
	return []ent.Field{
		field.Text("callback"),
		field.JSON("events", json.RawMessage{}).Comment("list of id and event, in the order given"),
		field.Bool("enabled").Default(true),
		field.Int("failures").Default(0),
		field.Time("expires_at"),
		field.Bytes("secret").MaxLen(1024).Optional().Sensitive().Comment("sealed"),
	}
}

// WebhookDelivery is one event on its way to one endpoint.
type WebhookDelivery struct{ ent.Schema }

// Mixin of WebhookDelivery.
func (WebhookDelivery) Mixin() []ent.Mixin {
	return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}}
}

// Fields of WebhookDelivery.
func (WebhookDelivery) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("message_id", uuid.UUID{}).Immutable().Comment("the intent: constant over retries"),
		field.String("endpoint").MaxLen(64).Immutable().Comment("id of the webhook, or a digest of a configured callback"),
		field.String("event").MaxLen(64).Immutable(),
		field.String("ordering").MaxLen(64).Immutable().Default(""),
		field.String("state").MaxLen(16).Comment("waiting, delivered, dead"),
		field.Bytes("payload").MaxLen(1 << 20).Comment("sealed; kept for replay as long as the log"),
		field.Int("attempts").Default(0),
		field.Int("last_status").Default(0),
		field.Int("last_latency_ms").Default(0),
		field.Text("last_excerpt").Default(""),
		field.Time("available_at"),
		field.Time("delivered_at").Optional().Nillable(),
	}
}

// Indexes of WebhookDelivery.
func (WebhookDelivery) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "message_id", "endpoint").Unique(),
		index.Fields("state", "available_at", "id"),
		index.Fields("tenant_id", "endpoint", "created_at"),
	}
}
