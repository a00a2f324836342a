-- Modify "audit_logs" table
ALTER TABLE "audit_logs" ADD COLUMN "salt" bytea NULL, ADD COLUMN "commitment" bytea NULL, ADD COLUMN "erased_at" timestamptz NULL;
-- Create index "user_tenant_id_blocked_at" to table: "users"
CREATE INDEX "user_tenant_id_blocked_at" ON "users" ("tenant_id", "blocked_at") WHERE (blocked_at IS NOT NULL);
-- Create index "webauthncredential_tenant_id_user_handle" to table: "webauthn_credentials"
CREATE INDEX "webauthncredential_tenant_id_user_handle" ON "webauthn_credentials" ("tenant_id", "user_handle") WHERE (user_handle IS NOT NULL);
-- Drop index "webhookdelivery_state_available_at_id" from table: "webhook_deliveries"
DROP INDEX "webhookdelivery_state_available_at_id";
-- Modify "webhook_deliveries" table
ALTER TABLE "webhook_deliveries" DROP COLUMN "endpoint", ALTER COLUMN "payload" DROP NOT NULL, DROP COLUMN "last_latency_ms", DROP COLUMN "last_excerpt", DROP COLUMN "delivered_at", ADD COLUMN "endpoint_id" uuid NOT NULL, ADD COLUMN "occurred_at" timestamptz NOT NULL, ADD COLUMN "give_up_at" timestamptz NOT NULL, ADD COLUMN "attempt_log" jsonb NULL, ADD COLUMN "finished_at" timestamptz NULL;
-- Create index "delivery_waiting_tenant_id_endpoint_id_available_at" to table: "webhook_deliveries"
CREATE INDEX "delivery_waiting_tenant_id_endpoint_id_available_at" ON "webhook_deliveries" ("tenant_id", "endpoint_id", "available_at") WHERE ((state)::text = 'waiting'::text);
-- Create index "delivery_waiting_tenant_id_endpoint_id_ordering_message_id" to table: "webhook_deliveries"
CREATE INDEX "delivery_waiting_tenant_id_endpoint_id_ordering_message_id" ON "webhook_deliveries" ("tenant_id", "endpoint_id", "ordering", "message_id") WHERE ((state)::text = 'waiting'::text);
-- Create index "webhookdelivery_tenant_id_created_at" to table: "webhook_deliveries"
CREATE INDEX "webhookdelivery_tenant_id_created_at" ON "webhook_deliveries" ("tenant_id", "created_at");
-- Create index "webhookdelivery_tenant_id_endpoint_id_created_at" to table: "webhook_deliveries"
CREATE INDEX "webhookdelivery_tenant_id_endpoint_id_created_at" ON "webhook_deliveries" ("tenant_id", "endpoint_id", "created_at");
-- Create index "webhookdelivery_tenant_id_message_id_endpoint_id" to table: "webhook_deliveries"
CREATE UNIQUE INDEX "webhookdelivery_tenant_id_message_id_endpoint_id" ON "webhook_deliveries" ("tenant_id", "message_id", "endpoint_id");
-- Modify "webhooks" table
ALTER TABLE "webhooks" DROP COLUMN "secret";
-- Create "audit_checkpoints" table
CREATE TABLE "audit_checkpoints" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "sequence" bigint NOT NULL, "hash" bytea NOT NULL, "signature" text NOT NULL, "pruned_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "audit_checkpoints_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "auditcheckpoint_tenant_id_id" to table: "audit_checkpoints"
CREATE UNIQUE INDEX "auditcheckpoint_tenant_id_id" ON "audit_checkpoints" ("tenant_id", "id");
-- Create index "auditcheckpoint_tenant_id_sequence" to table: "audit_checkpoints"
CREATE UNIQUE INDEX "auditcheckpoint_tenant_id_sequence" ON "audit_checkpoints" ("tenant_id", "sequence");
-- Create "webhook_endpoints" table
CREATE TABLE "webhook_endpoints" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "due_at" timestamptz NULL, "failures" bigint NOT NULL DEFAULT 0, "open_until" timestamptz NULL, "disabled_at" timestamptz NULL, "secrets" bytea NULL, "last_success_at" timestamptz NULL, "last_failure_at" timestamptz NULL, "last_error" text NOT NULL DEFAULT '', PRIMARY KEY ("id"), CONSTRAINT "webhook_endpoints_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "webhookendpoint_due_at" to table: "webhook_endpoints"
CREATE INDEX "webhookendpoint_due_at" ON "webhook_endpoints" ("due_at");
-- Create index "webhookendpoint_tenant_id_id" to table: "webhook_endpoints"
CREATE UNIQUE INDEX "webhookendpoint_tenant_id_id" ON "webhook_endpoints" ("tenant_id", "id");
