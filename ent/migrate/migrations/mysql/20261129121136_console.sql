-- Modify "operators" table
ALTER TABLE `operators` DROP COLUMN `role`, DROP COLUMN `tenants`, ADD COLUMN `name` varchar(255) NOT NULL DEFAULT '', ADD COLUMN `grants` json NOT NULL, ADD COLUMN `invited_by` varchar(255) NOT NULL DEFAULT '', ADD COLUMN `last_seen_at` datetime(6) NULL, ADD UNIQUE INDEX `operator_invite_hash` (`invite_hash`), ADD UNIQUE INDEX `operator_user_id` (`user_id`);
-- Modify "operator_tokens" table
ALTER TABLE `operator_tokens` ADD COLUMN `operator_id` char(36) CHARSET ascii NULL COLLATE ascii_bin, ADD INDEX `operatortoken_operator_id` (`operator_id`);
-- Modify "outbox" table
ALTER TABLE `outbox` ADD COLUMN `about` varchar(255) NOT NULL DEFAULT '';
-- Modify "tenants" table
ALTER TABLE `tenants` ADD COLUMN `name_folded` varchar(255) NOT NULL DEFAULT '', ADD COLUMN `deleted_at` datetime(6) NULL, ADD COLUMN `deleted_by` varchar(255) NOT NULL DEFAULT '', ADD COLUMN `status_before` varchar(16) NOT NULL DEFAULT '', ADD COLUMN `quotas` json NULL, ADD INDEX `tenant_created_at_id` (`created_at`, `id`), ADD INDEX `tenant_name_folded` (`name_folded`);
-- Modify "tenant_domains" table
ALTER TABLE `tenant_domains` MODIFY COLUMN `created_by` varchar(255) NOT NULL DEFAULT '', ADD COLUMN `verified_host` varchar(253) NULL, ADD COLUMN `checked_at` datetime(6) NULL, ADD COLUMN `problem` varchar(255) NOT NULL DEFAULT '', DROP INDEX `tenantdomain_host`, ADD INDEX `tenantdomain_checked_at` (`checked_at`), ADD UNIQUE INDEX `tenantdomain_tenant_id_host` (`tenant_id`, `host`), ADD UNIQUE INDEX `tenantdomain_verified_host` (`verified_host`);
-- Modify "webhook_deliveries" table
ALTER TABLE `webhook_deliveries` ADD INDEX `delivery_rare_tenant_id_state_created_at_id` (`tenant_id`, `state`, `created_at`, `id`);
-- Create "certificate_files" table
CREATE TABLE `certificate_files` (`id` char(36) CHARSET ascii NOT NULL COLLATE ascii_bin, `created_at` datetime(6) NOT NULL, `updated_at` datetime(6) NOT NULL, `name` varchar(512) NOT NULL, `content` mediumblob NOT NULL, `locked_until` datetime(6) NULL, PRIMARY KEY (`id`), UNIQUE INDEX `certificatefile_name` (`name`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Create "purge_receipts" table
CREATE TABLE `purge_receipts` (`id` char(36) CHARSET ascii NOT NULL COLLATE ascii_bin, `created_at` datetime(6) NOT NULL, `purged_tenant` char(36) CHARSET ascii NOT NULL COLLATE ascii_bin, `slug` varchar(63) NOT NULL, `statement` json NOT NULL, `signature` longtext NOT NULL, PRIMARY KEY (`id`), INDEX `purgereceipt_created_at_id` (`created_at`, `id`), UNIQUE INDEX `purgereceipt_purged_tenant` (`purged_tenant`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Create "usage_days" table
CREATE TABLE `usage_days` (`id` char(36) CHARSET ascii NOT NULL COLLATE ascii_bin, `tenant_id` char(36) CHARSET ascii NOT NULL COLLATE ascii_bin, `day` bigint NOT NULL, `metric` varchar(64) NOT NULL, `amount` bigint NOT NULL, PRIMARY KEY (`id`), INDEX `usageday_day` (`day`), UNIQUE INDEX `usageday_tenant_id_day_metric` (`tenant_id`, `day`, `metric`), UNIQUE INDEX `usageday_tenant_id_id` (`tenant_id`, `id`), CONSTRAINT `usage_days_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON UPDATE RESTRICT ON DELETE CASCADE) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Create "usage_people" table
CREATE TABLE `usage_people` (`id` char(36) CHARSET ascii NOT NULL COLLATE ascii_bin, `tenant_id` char(36) CHARSET ascii NOT NULL COLLATE ascii_bin, `month` bigint NOT NULL, `user_id` char(36) CHARSET ascii NOT NULL COLLATE ascii_bin, `day` bigint NOT NULL, PRIMARY KEY (`id`), INDEX `usageperson_month` (`month`), UNIQUE INDEX `usageperson_tenant_id_id` (`tenant_id`, `id`), UNIQUE INDEX `usageperson_tenant_id_month_user_id` (`tenant_id`, `month`, `user_id`), CONSTRAINT `usage_people_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON UPDATE RESTRICT ON DELETE CASCADE) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Search tenants that are there already, too
UPDATE tenants SET name_folded = lower(name);
