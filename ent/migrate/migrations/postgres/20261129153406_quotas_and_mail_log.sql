-- Create index "intent_tenant_id_kind_id" to table: "outbox"
CREATE INDEX "intent_tenant_id_kind_id" ON "outbox" ("tenant_id", "kind", "id") WHERE ((kind)::text = 'mail'::text);
-- Drop index "recoverycode_tenant_id_user_id_hash" from table: "recovery_codes"
DROP INDEX "recoverycode_tenant_id_user_id_hash";
-- Create index "recoverycode_tenant_id_user_id" to table: "recovery_codes"
CREATE INDEX "recoverycode_tenant_id_user_id" ON "recovery_codes" ("tenant_id", "user_id");
-- Modify "tenants" table
ALTER TABLE "tenants" ADD COLUMN "purged" jsonb NULL;
