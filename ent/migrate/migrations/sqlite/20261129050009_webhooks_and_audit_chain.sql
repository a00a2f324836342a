-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Add column "salt" to table: "audit_logs"
ALTER TABLE `audit_logs` ADD COLUMN `salt` blob NULL;
-- Add column "commitment" to table: "audit_logs"
ALTER TABLE `audit_logs` ADD COLUMN `commitment` blob NULL;
-- Add column "erased_at" to table: "audit_logs"
ALTER TABLE `audit_logs` ADD COLUMN `erased_at` datetime NULL;
-- Create index "user_tenant_id_blocked_at" to table: "users"
CREATE INDEX `user_tenant_id_blocked_at` ON `users` (`tenant_id`, `blocked_at`) WHERE blocked_at IS NOT NULL;
-- Create index "webauthncredential_tenant_id_user_handle" to table: "webauthn_credentials"
CREATE INDEX `webauthncredential_tenant_id_user_handle` ON `webauthn_credentials` (`tenant_id`, `user_handle`) WHERE user_handle IS NOT NULL;
-- Create "new_webhooks" table
CREATE TABLE `new_webhooks` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `callback` text NOT NULL, `events` json NOT NULL, `enabled` bool NOT NULL DEFAULT (true), `failures` integer NOT NULL DEFAULT (0), `expires_at` datetime NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `webhooks_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Copy rows from old table "webhooks" to new temporary table "new_webhooks"
INSERT INTO `new_webhooks` (`id`, `tenant_id`, `created_at`, `updated_at`, `callback`, `events`, `enabled`, `failures`, `expires_at`) SELECT `id`, `tenant_id`, `created_at`, `updated_at`, `callback`, `events`, `enabled`, `failures`, `expires_at` FROM `webhooks`;
-- Drop "webhooks" table after copying rows
DROP TABLE `webhooks`;
-- Rename temporary table "new_webhooks" to "webhooks"
ALTER TABLE `new_webhooks` RENAME TO `webhooks`;
-- Create index "webhook_tenant_id_id" to table: "webhooks"
CREATE UNIQUE INDEX `webhook_tenant_id_id` ON `webhooks` (`tenant_id`, `id`);
-- Create "new_webhook_deliveries" table
CREATE TABLE `new_webhook_deliveries` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `message_id` uuid NOT NULL, `endpoint_id` uuid NOT NULL, `event` text NOT NULL, `ordering` text NOT NULL DEFAULT (''), `state` text NOT NULL, `payload` blob NULL, `occurred_at` datetime NOT NULL, `available_at` datetime NOT NULL, `give_up_at` datetime NOT NULL, `attempts` integer NOT NULL DEFAULT (0), `attempt_log` json NULL, `last_status` integer NOT NULL DEFAULT (0), `finished_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `webhook_deliveries_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Copy rows from old table "webhook_deliveries" to new temporary table "new_webhook_deliveries"
INSERT INTO `new_webhook_deliveries` (`id`, `tenant_id`, `created_at`, `updated_at`, `message_id`, `event`, `ordering`, `state`, `payload`, `available_at`, `attempts`, `last_status`) SELECT `id`, `tenant_id`, `created_at`, `updated_at`, `message_id`, `event`, `ordering`, `state`, `payload`, `available_at`, `attempts`, `last_status` FROM `webhook_deliveries`;
-- Drop "webhook_deliveries" table after copying rows
DROP TABLE `webhook_deliveries`;
-- Rename temporary table "new_webhook_deliveries" to "webhook_deliveries"
ALTER TABLE `new_webhook_deliveries` RENAME TO `webhook_deliveries`;
-- Create index "webhookdelivery_tenant_id_id" to table: "webhook_deliveries"
CREATE UNIQUE INDEX `webhookdelivery_tenant_id_id` ON `webhook_deliveries` (`tenant_id`, `id`);
-- Create index "webhookdelivery_tenant_id_message_id_endpoint_id" to table: "webhook_deliveries"
CREATE UNIQUE INDEX `webhookdelivery_tenant_id_message_id_endpoint_id` ON `webhook_deliveries` (`tenant_id`, `message_id`, `endpoint_id`);
-- Create index "webhookdelivery_tenant_id_endpoint_id_created_at" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_tenant_id_endpoint_id_created_at` ON `webhook_deliveries` (`tenant_id`, `endpoint_id`, `created_at`);
-- Create index "webhookdelivery_tenant_id_created_at" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_tenant_id_created_at` ON `webhook_deliveries` (`tenant_id`, `created_at`);
-- Create index "delivery_waiting_tenant_id_endpoint_id_available_at" to table: "webhook_deliveries"
CREATE INDEX `delivery_waiting_tenant_id_endpoint_id_available_at` ON `webhook_deliveries` (`tenant_id`, `endpoint_id`, `available_at`) WHERE state = 'waiting';
-- Create index "delivery_waiting_tenant_id_endpoint_id_ordering_message_id" to table: "webhook_deliveries"
CREATE INDEX `delivery_waiting_tenant_id_endpoint_id_ordering_message_id` ON `webhook_deliveries` (`tenant_id`, `endpoint_id`, `ordering`, `message_id`) WHERE state = 'waiting';
-- Create index "webhookdelivery_created_at" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_created_at` ON `webhook_deliveries` (`created_at`);
-- Create "audit_checkpoints" table
CREATE TABLE `audit_checkpoints` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `sequence` integer NOT NULL, `hash` blob NOT NULL, `signature` text NOT NULL, `pruned_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `audit_checkpoints_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "auditcheckpoint_tenant_id_id" to table: "audit_checkpoints"
CREATE UNIQUE INDEX `auditcheckpoint_tenant_id_id` ON `audit_checkpoints` (`tenant_id`, `id`);
-- Create index "auditcheckpoint_tenant_id_sequence" to table: "audit_checkpoints"
CREATE UNIQUE INDEX `auditcheckpoint_tenant_id_sequence` ON `audit_checkpoints` (`tenant_id`, `sequence`);
-- Create "webhook_endpoints" table
CREATE TABLE `webhook_endpoints` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `due_at` datetime NULL, `failures` integer NOT NULL DEFAULT (0), `open_until` datetime NULL, `disabled_at` datetime NULL, `secrets` blob NULL, `last_success_at` datetime NULL, `last_failure_at` datetime NULL, `last_error` text NOT NULL DEFAULT (''), PRIMARY KEY (`id`), CONSTRAINT `webhook_endpoints_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "webhookendpoint_tenant_id_id" to table: "webhook_endpoints"
CREATE UNIQUE INDEX `webhookendpoint_tenant_id_id` ON `webhook_endpoints` (`tenant_id`, `id`);
-- Create index "webhookendpoint_due_at" to table: "webhook_endpoints"
CREATE INDEX `webhookendpoint_due_at` ON `webhook_endpoints` (`due_at`);
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
