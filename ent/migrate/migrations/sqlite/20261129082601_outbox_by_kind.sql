-- Drop index "intent_ready_tenant_id_id" from table: "outbox"
DROP INDEX `intent_ready_tenant_id_id`;
-- Drop index "intent_ready_tenant_id_ordering_id" from table: "outbox"
DROP INDEX `intent_ready_tenant_id_ordering_id`;
-- Create index "intent_ready_tenant_id_kind_available_at_id" to table: "outbox"
CREATE INDEX `intent_ready_tenant_id_kind_available_at_id` ON `outbox` (`tenant_id`, `kind`, `available_at`, `id`) WHERE state = 'ready';
