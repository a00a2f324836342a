package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Webhook is an endpoint that a tenant's back end wants its events sent to. Those of the configuration have no row here.
type Webhook struct{ ent.Schema }

// Mixin of Webhook.
func (Webhook) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of Webhook.
func (Webhook) Fields() []ent.Field {
	return []ent.Field{
		field.Text("callback"),
		field.JSON("events", json.RawMessage{}).Comment("list of id and event, in the order given"),
		field.Bool("enabled").Default(true),
		field.Int("failures").Default(0).Comment("events in a row that could not be delivered"),
		field.Time("expires_at"),
	}
}

// WebhookEndpoint is how an endpoint does, one of the API or of the configuration. Its deliveries wait behind it: who may deliver to it is who
// has moved due_at ahead, so that a dead endpoint costs one try now and then, however much waits for it.
type WebhookEndpoint struct{ ent.Schema }

// Mixin of WebhookEndpoint.
func (WebhookEndpoint) Mixin() []ent.Mixin {
	return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}}
}

// Fields of WebhookEndpoint.
func (WebhookEndpoint) Fields() []ent.Field {
	return []ent.Field{
		field.Time("due_at").Optional().Nillable().Comment("when something is to be delivered; moved ahead while a worker has it"),
		field.Int("failures").Default(0).Comment("attempts in a row that failed"),
		field.Time("open_until").Optional().Nillable().Comment("the circuit is open: nothing is tried before"),
		field.Time("disabled_at").Optional().Nillable().Comment("it said 410, or failed too often"),
		field.Bytes("secrets").MaxLen(4096).Optional().Sensitive().Comment("sealed: the signing secrets and until when each is good"),
		field.Time("last_success_at").Optional().Nillable(),
		field.Time("last_failure_at").Optional().Nillable(),
		field.Text("last_error").Default(""),
	}
}

// Indexes of WebhookEndpoint.
func (WebhookEndpoint) Indexes() []ent.Index { return []ent.Index{index.Fields("due_at")} }

// WebhookDelivery is one event on its way to one endpoint.
type WebhookDelivery struct{ ent.Schema }

// Mixin of WebhookDelivery.
func (WebhookDelivery) Mixin() []ent.Mixin {
	return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}}
}

// Fields of WebhookDelivery.
func (WebhookDelivery) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("message_id", uuid.UUID{}).Immutable().Comment("the intent: constant over tries and replays"),
		field.UUID("endpoint_id", uuid.UUID{}).Immutable().Comment("the webhook, or the endpoint of a configured one"),
		field.String("event").MaxLen(64).Immutable(),
		field.String("ordering").MaxLen(64).Immutable().Default("").Comment("deliveries of one key keep their order where that is possible"),
		field.String("state").MaxLen(16).Comment("waiting, delivered, dead, dropped"),
		field.Bytes("payload").MaxLen(1 << 20).Optional().Comment("sealed; kept for replay, blanked where it holds a code"),
		field.Time("occurred_at").Immutable(),
		field.Time("available_at").Comment("not before"),
		field.Time("give_up_at").Comment("dead, or of no use, after"),
		field.Int("attempts").Default(0),
		field.JSON("attempt_log", json.RawMessage{}).Optional().Comment("the latest attempts: when, status, latency, excerpt, error"),
		field.Int("last_status").Default(0),
		field.Time("finished_at").Optional().Nillable(),
	}
}

// Indexes of WebhookDelivery.
func (WebhookDelivery) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "message_id", "endpoint_id").Unique(),
		index.Fields("tenant_id", "endpoint_id", "created_at"),
		index.Fields("tenant_id", "created_at"),
	}
}
