-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Create index "identity_tenant_id_saml_domain" to table: "identities"
CREATE INDEX `identity_tenant_id_saml_domain` ON `identities` (`tenant_id`, `saml_domain`);
-- Add column "activated_at" to table: "saml_certificates"
ALTER TABLE `saml_certificates` ADD COLUMN `activated_at` datetime NULL;
-- Add column "retired_at" to table: "saml_certificates"
ALTER TABLE `saml_certificates` ADD COLUMN `retired_at` datetime NULL;
-- Create index "samlcertificate_expires_at" to table: "saml_certificates"
CREATE INDEX `samlcertificate_expires_at` ON `saml_certificates` (`expires_at`);
-- Create "new_saml_providers" table
CREATE TABLE `new_saml_providers` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `entity_id` text NOT NULL, `metadata_url` text NOT NULL DEFAULT (''), `domain` text NOT NULL, `enabled` bool NOT NULL DEFAULT (false), `skip_email_verification` bool NOT NULL DEFAULT (false), `attribute_map` json NULL, `metadata_xml` text NOT NULL DEFAULT (''), `metadata_certificate` text NOT NULL DEFAULT (''), `metadata_fetched_at` datetime NULL, `refresh_at` datetime NULL, `refresh_failures` integer NOT NULL DEFAULT (0), `refresh_error` text NOT NULL DEFAULT (''), PRIMARY KEY (`id`), CONSTRAINT `saml_providers_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Copy rows from old table "saml_providers" to new temporary table "new_saml_providers"
INSERT INTO `new_saml_providers` (`id`, `tenant_id`, `created_at`, `updated_at`, `name`, `entity_id`, `metadata_url`, `domain`, `enabled`, `skip_email_verification`, `attribute_map`, `metadata_xml`, `metadata_fetched_at`) SELECT `id`, `tenant_id`, `created_at`, `updated_at`, `name`, `entity_id`, `metadata_url`, `domain`, `enabled`, `skip_email_verification`, `attribute_map`, `metadata_xml`, `metadata_fetched_at` FROM `saml_providers`;
-- Drop "saml_providers" table after copying rows
DROP TABLE `saml_providers`;
-- Rename temporary table "new_saml_providers" to "saml_providers"
ALTER TABLE `new_saml_providers` RENAME TO `saml_providers`;
-- Create index "samlprovider_tenant_id_id" to table: "saml_providers"
CREATE UNIQUE INDEX `samlprovider_tenant_id_id` ON `saml_providers` (`tenant_id`, `id`);
-- Create index "samlprovider_tenant_id_domain" to table: "saml_providers"
CREATE UNIQUE INDEX `samlprovider_tenant_id_domain` ON `saml_providers` (`tenant_id`, `domain`);
-- Create index "samlprovider_tenant_id_entity_id" to table: "saml_providers"
CREATE INDEX `samlprovider_tenant_id_entity_id` ON `saml_providers` (`tenant_id`, `entity_id`);
-- Create index "samlprovider_refresh_at" to table: "saml_providers"
CREATE INDEX `samlprovider_refresh_at` ON `saml_providers` (`refresh_at`);
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
