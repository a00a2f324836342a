-- Modify "outbox" table
ALTER TABLE `outbox` ADD INDEX `intent_tenant_id_kind_id` (`tenant_id`, `kind`, `id`);
-- Modify "recovery_codes" table
ALTER TABLE `recovery_codes` MODIFY COLUMN `hash` varbinary(128) NOT NULL, DROP INDEX `recoverycode_tenant_id_user_id_hash`, ADD INDEX `recoverycode_tenant_id_user_id` (`tenant_id`, `user_id`);
-- Modify "tenants" table
ALTER TABLE `tenants` ADD COLUMN `purged` json NULL;
