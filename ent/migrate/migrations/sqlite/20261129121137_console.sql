-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Create "new_outbox" table
CREATE TABLE `new_outbox` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `kind` text NOT NULL, `ordering` text NOT NULL DEFAULT (''), `state` text NOT NULL DEFAULT ('ready'), `payload` blob NOT NULL, `about` text NOT NULL DEFAULT (''), `available_at` datetime NOT NULL, `not_after` datetime NULL, `attempts` integer NOT NULL DEFAULT (0), `last_error` text NOT NULL DEFAULT (''), `done_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `outbox_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Copy rows from old table "outbox" to new temporary table "new_outbox"
INSERT INTO `new_outbox` (`id`, `tenant_id`, `created_at`, `kind`, `ordering`, `state`, `payload`, `available_at`, `not_after`, `attempts`, `last_error`, `done_at`) SELECT `id`, `tenant_id`, `created_at`, `kind`, `ordering`, `state`, `payload`, `available_at`, `not_after`, `attempts`, `last_error`, `done_at` FROM `outbox`;
-- Drop "outbox" table after copying rows
DROP TABLE `outbox`;
-- Rename temporary table "new_outbox" to "outbox"
ALTER TABLE `new_outbox` RENAME TO `outbox`;
-- Create index "intent_tenant_id_id" to table: "outbox"
CREATE UNIQUE INDEX `intent_tenant_id_id` ON `outbox` (`tenant_id`, `id`);
-- Create index "intent_state_done_at" to table: "outbox"
CREATE INDEX `intent_state_done_at` ON `outbox` (`state`, `done_at`);
-- Create index "intent_ready_tenant_id_kind_available_at_id" to table: "outbox"
CREATE INDEX `intent_ready_tenant_id_kind_available_at_id` ON `outbox` (`tenant_id`, `kind`, `available_at`, `id`) WHERE state = 'ready';
-- Create "new_operators" table
CREATE TABLE `new_operators` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `email` text NOT NULL, `name` text NOT NULL DEFAULT (''), `grants` json NOT NULL, `user_id` uuid NULL, `invited_by` text NOT NULL DEFAULT (''), `invite_hash` blob NULL, `invite_expires_at` datetime NULL, `last_seen_at` datetime NULL, `disabled_at` datetime NULL, PRIMARY KEY (`id`));
-- Copy rows from old table "operators" to new temporary table "new_operators"
INSERT INTO `new_operators` (`id`, `created_at`, `updated_at`, `email`, `user_id`, `invite_hash`, `invite_expires_at`, `disabled_at`) SELECT `id`, `created_at`, `updated_at`, `email`, `user_id`, `invite_hash`, `invite_expires_at`, `disabled_at` FROM `operators`;
-- Drop "operators" table after copying rows
DROP TABLE `operators`;
-- Rename temporary table "new_operators" to "operators"
ALTER TABLE `new_operators` RENAME TO `operators`;
-- Create index "operator_email" to table: "operators"
CREATE UNIQUE INDEX `operator_email` ON `operators` (`email`);
-- Create index "operator_user_id" to table: "operators"
CREATE UNIQUE INDEX `operator_user_id` ON `operators` (`user_id`);
-- Create index "operator_invite_hash" to table: "operators"
CREATE UNIQUE INDEX `operator_invite_hash` ON `operators` (`invite_hash`);
-- Create "new_operator_tokens" table
CREATE TABLE `new_operator_tokens` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL DEFAULT (''), `hint` text NOT NULL, `hash` blob NOT NULL, `scopes` json NOT NULL, `created_by` text NOT NULL DEFAULT (''), `expires_at` datetime NULL, `last_used_at` datetime NULL, `revoked_at` datetime NULL, `tenants` json NULL, `operator_id` uuid NULL, PRIMARY KEY (`id`));
-- Copy rows from old table "operator_tokens" to new temporary table "new_operator_tokens"
INSERT INTO `new_operator_tokens` (`id`, `created_at`, `updated_at`, `name`, `hint`, `hash`, `scopes`, `created_by`, `expires_at`, `last_used_at`, `revoked_at`, `tenants`) SELECT `id`, `created_at`, `updated_at`, `name`, `hint`, `hash`, `scopes`, `created_by`, `expires_at`, `last_used_at`, `revoked_at`, `tenants` FROM `operator_tokens`;
-- Drop "operator_tokens" table after copying rows
DROP TABLE `operator_tokens`;
-- Rename temporary table "new_operator_tokens" to "operator_tokens"
ALTER TABLE `new_operator_tokens` RENAME TO `operator_tokens`;
-- Create index "operatortoken_hash" to table: "operator_tokens"
CREATE UNIQUE INDEX `operatortoken_hash` ON `operator_tokens` (`hash`);
-- Create index "operatortoken_operator_id" to table: "operator_tokens"
CREATE INDEX `operatortoken_operator_id` ON `operator_tokens` (`operator_id`);
-- Create "new_tenants" table
CREATE TABLE `new_tenants` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `slug` text NOT NULL, `name` text NOT NULL DEFAULT (''), `name_folded` text NOT NULL DEFAULT (''), `status` text NOT NULL DEFAULT ('active'), `status_reason` text NOT NULL DEFAULT (''), `origin` text NOT NULL, `config` json NOT NULL, `config_version` integer NOT NULL DEFAULT (1), `version` integer NOT NULL DEFAULT (1), `purge_after` datetime NULL, `deleted_at` datetime NULL, `deleted_by` text NOT NULL DEFAULT (''), `status_before` text NOT NULL DEFAULT (''), `quotas` json NULL, PRIMARY KEY (`id`));
-- Copy rows from old table "tenants" to new temporary table "new_tenants"
INSERT INTO `new_tenants` (`id`, `created_at`, `updated_at`, `slug`, `name`, `status`, `status_reason`, `origin`, `config`, `config_version`, `version`, `purge_after`) SELECT `id`, `created_at`, `updated_at`, `slug`, `name`, `status`, `status_reason`, `origin`, `config`, `config_version`, `version`, `purge_after` FROM `tenants`;
-- Drop "tenants" table after copying rows
DROP TABLE `tenants`;
-- Rename temporary table "new_tenants" to "tenants"
ALTER TABLE `new_tenants` RENAME TO `tenants`;
-- Create index "tenant_slug" to table: "tenants"
CREATE UNIQUE INDEX `tenant_slug` ON `tenants` (`slug`);
-- Create index "tenant_updated_at" to table: "tenants"
CREATE INDEX `tenant_updated_at` ON `tenants` (`updated_at`);
-- Create index "tenant_created_at_id" to table: "tenants"
CREATE INDEX `tenant_created_at_id` ON `tenants` (`created_at`, `id`);
-- Create index "tenant_name_folded" to table: "tenants"
CREATE INDEX `tenant_name_folded` ON `tenants` (`name_folded`);
-- Create index "tenant_status_purge_after" to table: "tenants"
CREATE INDEX `tenant_status_purge_after` ON `tenants` (`status`, `purge_after`);
-- Create "new_tenant_domains" table
CREATE TABLE `new_tenant_domains` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `host` text NOT NULL, `verified_host` text NULL, `challenge` text NOT NULL, `verified_at` datetime NULL, `checked_at` datetime NULL, `problem` text NOT NULL DEFAULT (''), `created_by` text NOT NULL DEFAULT (''), PRIMARY KEY (`id`), CONSTRAINT `tenant_domains_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Copy rows from old table "tenant_domains" to new temporary table "new_tenant_domains"
INSERT INTO `new_tenant_domains` (`id`, `tenant_id`, `created_at`, `updated_at`, `host`, `challenge`, `verified_at`, `created_by`) SELECT `id`, `tenant_id`, `created_at`, `updated_at`, `host`, `challenge`, `verified_at`, IFNULL(`created_by`, ('')) AS `created_by` FROM `tenant_domains`;
-- Drop "tenant_domains" table after copying rows
DROP TABLE `tenant_domains`;
-- Rename temporary table "new_tenant_domains" to "tenant_domains"
ALTER TABLE `new_tenant_domains` RENAME TO `tenant_domains`;
-- Create index "tenantdomain_tenant_id_id" to table: "tenant_domains"
CREATE UNIQUE INDEX `tenantdomain_tenant_id_id` ON `tenant_domains` (`tenant_id`, `id`);
-- Create index "tenantdomain_verified_host" to table: "tenant_domains"
CREATE UNIQUE INDEX `tenantdomain_verified_host` ON `tenant_domains` (`verified_host`);
-- Create index "tenantdomain_tenant_id_host" to table: "tenant_domains"
CREATE UNIQUE INDEX `tenantdomain_tenant_id_host` ON `tenant_domains` (`tenant_id`, `host`);
-- Create index "tenantdomain_checked_at" to table: "tenant_domains"
CREATE INDEX `tenantdomain_checked_at` ON `tenant_domains` (`checked_at`);
-- Create index "delivery_rare_tenant_id_state_created_at_id" to table: "webhook_deliveries"
CREATE INDEX `delivery_rare_tenant_id_state_created_at_id` ON `webhook_deliveries` (`tenant_id`, `state`, `created_at`, `id`);
-- Create "certificate_files" table
CREATE TABLE `certificate_files` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `content` blob NOT NULL, `locked_until` datetime NULL, PRIMARY KEY (`id`));
-- Create index "certificatefile_name" to table: "certificate_files"
CREATE UNIQUE INDEX `certificatefile_name` ON `certificate_files` (`name`);
-- Create "purge_receipts" table
CREATE TABLE `purge_receipts` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `purged_tenant` uuid NOT NULL, `slug` text NOT NULL, `statement` json NOT NULL, `signature` text NOT NULL, PRIMARY KEY (`id`));
-- Create index "purgereceipt_purged_tenant" to table: "purge_receipts"
CREATE UNIQUE INDEX `purgereceipt_purged_tenant` ON `purge_receipts` (`purged_tenant`);
-- Create index "purgereceipt_created_at_id" to table: "purge_receipts"
CREATE INDEX `purgereceipt_created_at_id` ON `purge_receipts` (`created_at`, `id`);
-- Create "usage_days" table
CREATE TABLE `usage_days` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `day` integer NOT NULL, `metric` text NOT NULL, `amount` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `usage_days_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "usageday_tenant_id_id" to table: "usage_days"
CREATE UNIQUE INDEX `usageday_tenant_id_id` ON `usage_days` (`tenant_id`, `id`);
-- Create index "usageday_tenant_id_day_metric" to table: "usage_days"
CREATE UNIQUE INDEX `usageday_tenant_id_day_metric` ON `usage_days` (`tenant_id`, `day`, `metric`);
-- Create index "usageday_day" to table: "usage_days"
CREATE INDEX `usageday_day` ON `usage_days` (`day`);
-- Create "usage_people" table
CREATE TABLE `usage_people` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `month` integer NOT NULL, `user_id` uuid NOT NULL, `day` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `usage_people_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "usageperson_tenant_id_id" to table: "usage_people"
CREATE UNIQUE INDEX `usageperson_tenant_id_id` ON `usage_people` (`tenant_id`, `id`);
-- Create index "usageperson_tenant_id_month_user_id" to table: "usage_people"
CREATE UNIQUE INDEX `usageperson_tenant_id_month_user_id` ON `usage_people` (`tenant_id`, `month`, `user_id`);
-- Create index "usageperson_month" to table: "usage_people"
CREATE INDEX `usageperson_month` ON `usage_people` (`month`);
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
-- Search tenants that are there already, too
UPDATE tenants SET name_folded = lower(name);
