-- Modify "identities" table
ALTER TABLE `identities` ADD INDEX `identity_tenant_id_saml_domain` (`tenant_id`, `saml_domain`);
-- Modify "saml_certificates" table
ALTER TABLE `saml_certificates` ADD COLUMN `activated_at` datetime(6) NULL, ADD COLUMN `retired_at` datetime(6) NULL, ADD INDEX `samlcertificate_expires_at` (`expires_at`);
-- Modify "saml_providers" table
ALTER TABLE `saml_providers` ADD COLUMN `metadata_certificate` longtext NOT NULL, ADD COLUMN `refresh_at` datetime(6) NULL, ADD COLUMN `refresh_failures` bigint NOT NULL DEFAULT 0, ADD COLUMN `refresh_error` longtext NOT NULL, ADD INDEX `samlprovider_refresh_at` (`refresh_at`), ADD INDEX `samlprovider_tenant_id_entity_id` (`tenant_id`, `entity_id`);
