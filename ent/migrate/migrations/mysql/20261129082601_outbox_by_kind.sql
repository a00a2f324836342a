-- Modify "outbox" table
ALTER TABLE `outbox` DROP INDEX `intent_state_tenant_id_id`, DROP INDEX `intent_state_tenant_id_ordering_id`, ADD INDEX `intent_state_tenant_id_kind_available_at_id` (`state`, `tenant_id`, `kind`, `available_at`, `id`);
