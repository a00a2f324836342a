-- Create "api_keys" table
CREATE TABLE `api_keys` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL DEFAULT (''), `hint` text NOT NULL, `hash` blob NOT NULL, `scopes` json NOT NULL, `created_by` text NOT NULL DEFAULT (''), `expires_at` datetime NULL, `last_used_at` datetime NULL, `revoked_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `api_keys_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "apikey_tenant_id_id" to table: "api_keys"
CREATE UNIQUE INDEX `apikey_tenant_id_id` ON `api_keys` (`tenant_id`, `id`);
-- Create index "apikey_hash" to table: "api_keys"
CREATE UNIQUE INDEX `apikey_hash` ON `api_keys` (`hash`);
-- Create "audit_logs" table
CREATE TABLE `audit_logs` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `sequence` integer NOT NULL, `type` text NOT NULL, `error` text NOT NULL DEFAULT (''), `meta_http_request_id` text NOT NULL DEFAULT (''), `meta_source_ip` text NOT NULL DEFAULT (''), `meta_user_agent` text NOT NULL DEFAULT (''), `actor_user_id` uuid NULL, `actor_email` text NULL, `details` json NULL, `previous_hash` blob NULL, `hash` blob NULL, PRIMARY KEY (`id`), CONSTRAINT `audit_logs_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "auditlog_tenant_id_id" to table: "audit_logs"
CREATE UNIQUE INDEX `auditlog_tenant_id_id` ON `audit_logs` (`tenant_id`, `id`);
-- Create index "auditlog_tenant_id_sequence" to table: "audit_logs"
CREATE UNIQUE INDEX `auditlog_tenant_id_sequence` ON `audit_logs` (`tenant_id`, `sequence`);
-- Create index "auditlog_tenant_id_created_at" to table: "audit_logs"
CREATE INDEX `auditlog_tenant_id_created_at` ON `audit_logs` (`tenant_id`, `created_at`);
-- Create index "auditlog_tenant_id_type_created_at" to table: "audit_logs"
CREATE INDEX `auditlog_tenant_id_type_created_at` ON `audit_logs` (`tenant_id`, `type`, `created_at`);
-- Create index "auditlog_tenant_id_actor_user_id_created_at" to table: "audit_logs"
CREATE INDEX `auditlog_tenant_id_actor_user_id_created_at` ON `audit_logs` (`tenant_id`, `actor_user_id`, `created_at`);
-- Create index "auditlog_created_at" to table: "audit_logs"
CREATE INDEX `auditlog_created_at` ON `audit_logs` (`created_at`);
-- Create "emails" table
CREATE TABLE `emails` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `address` text NOT NULL, `is_verified` bool NOT NULL DEFAULT (false), `primary_of` uuid NULL, `user_id` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `emails_users_emails` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `emails_users_primary_of` FOREIGN KEY (`tenant_id`, `primary_of`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `emails_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "email_tenant_id_id" to table: "emails"
CREATE UNIQUE INDEX `email_tenant_id_id` ON `emails` (`tenant_id`, `id`);
-- Create index "email_tenant_id_address" to table: "emails"
CREATE UNIQUE INDEX `email_tenant_id_address` ON `emails` (`tenant_id`, `address`);
-- Create index "email_tenant_id_primary_of" to table: "emails"
CREATE UNIQUE INDEX `email_tenant_id_primary_of` ON `emails` (`tenant_id`, `primary_of`);
-- Create index "email_tenant_id_user_id" to table: "emails"
CREATE INDEX `email_tenant_id_user_id` ON `emails` (`tenant_id`, `user_id`);
-- Create "flows" table
CREATE TABLE `flows` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `version` integer NOT NULL DEFAULT (0), `data` blob NOT NULL, `expires_at` datetime NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `flows_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "flow_tenant_id_id" to table: "flows"
CREATE UNIQUE INDEX `flow_tenant_id_id` ON `flows` (`tenant_id`, `id`);
-- Create index "flow_expires_at" to table: "flows"
CREATE INDEX `flow_expires_at` ON `flows` (`expires_at`);
-- Create "identities" table
CREATE TABLE `identities` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `provider_id` text NOT NULL, `subject` text NOT NULL, `saml_domain` text NULL, `claims` text NOT NULL DEFAULT ('{}'), `email_id` uuid NULL, `user_id` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `identities_emails_identities` FOREIGN KEY (`tenant_id`, `email_id`) REFERENCES `emails` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `identities_users_identities` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `identities_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "identity_tenant_id_id" to table: "identities"
CREATE UNIQUE INDEX `identity_tenant_id_id` ON `identities` (`tenant_id`, `id`);
-- Create index "identity_tenant_id_provider_id_subject" to table: "identities"
CREATE UNIQUE INDEX `identity_tenant_id_provider_id_subject` ON `identities` (`tenant_id`, `provider_id`, `subject`);
-- Create index "identity_tenant_id_user_id" to table: "identities"
CREATE INDEX `identity_tenant_id_user_id` ON `identities` (`tenant_id`, `user_id`);
-- Create index "identity_tenant_id_email_id" to table: "identities"
CREATE INDEX `identity_tenant_id_email_id` ON `identities` (`tenant_id`, `email_id`);
-- Create "outbox" table
CREATE TABLE `outbox` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `kind` text NOT NULL, `ordering` text NOT NULL DEFAULT (''), `state` text NOT NULL DEFAULT ('ready'), `payload` blob NOT NULL, `available_at` datetime NOT NULL, `not_after` datetime NULL, `attempts` integer NOT NULL DEFAULT (0), `last_error` text NOT NULL DEFAULT (''), `done_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `outbox_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "intent_tenant_id_id" to table: "outbox"
CREATE UNIQUE INDEX `intent_tenant_id_id` ON `outbox` (`tenant_id`, `id`);
-- Create index "intent_state_done_at" to table: "outbox"
CREATE INDEX `intent_state_done_at` ON `outbox` (`state`, `done_at`);
-- Create index "intent_ready_tenant_id_id" to table: "outbox"
CREATE INDEX `intent_ready_tenant_id_id` ON `outbox` (`tenant_id`, `id`) WHERE state = 'ready';
-- Create index "intent_ready_tenant_id_ordering_id" to table: "outbox"
CREATE INDEX `intent_ready_tenant_id_ordering_id` ON `outbox` (`tenant_id`, `ordering`, `id`) WHERE state = 'ready';
-- Create "one_time_tokens" table
CREATE TABLE `one_time_tokens` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `hash` blob NOT NULL, `purpose` text NOT NULL, `identity_id` uuid NULL, `data` text NOT NULL DEFAULT ('{}'), `expires_at` datetime NOT NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `one_time_tokens_users_one_time_tokens` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `one_time_tokens_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "onetimetoken_tenant_id_id" to table: "one_time_tokens"
CREATE UNIQUE INDEX `onetimetoken_tenant_id_id` ON `one_time_tokens` (`tenant_id`, `id`);
-- Create index "onetimetoken_tenant_id_hash" to table: "one_time_tokens"
CREATE UNIQUE INDEX `onetimetoken_tenant_id_hash` ON `one_time_tokens` (`tenant_id`, `hash`);
-- Create index "onetimetoken_tenant_id_user_id" to table: "one_time_tokens"
CREATE INDEX `onetimetoken_tenant_id_user_id` ON `one_time_tokens` (`tenant_id`, `user_id`);
-- Create index "onetimetoken_expires_at" to table: "one_time_tokens"
CREATE INDEX `onetimetoken_expires_at` ON `one_time_tokens` (`expires_at`);
-- Create "operators" table
CREATE TABLE `operators` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `email` text NOT NULL, `role` text NOT NULL, `tenants` json NULL, `user_id` uuid NULL, `invite_hash` blob NULL, `invite_expires_at` datetime NULL, `disabled_at` datetime NULL, PRIMARY KEY (`id`));
-- Create index "operator_email" to table: "operators"
CREATE UNIQUE INDEX `operator_email` ON `operators` (`email`);
-- Create "operator_tokens" table
CREATE TABLE `operator_tokens` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL DEFAULT (''), `hint` text NOT NULL, `hash` blob NOT NULL, `scopes` json NOT NULL, `created_by` text NOT NULL DEFAULT (''), `expires_at` datetime NULL, `last_used_at` datetime NULL, `revoked_at` datetime NULL, `tenants` json NULL, PRIMARY KEY (`id`));
-- Create index "operatortoken_hash" to table: "operator_tokens"
CREATE UNIQUE INDEX `operatortoken_hash` ON `operator_tokens` (`hash`);
-- Create "passcodes" table
CREATE TABLE `passcodes` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `flow_id` uuid NOT NULL, `purpose` text NOT NULL, `address` text NOT NULL, `code_mac` blob NOT NULL, `tries` integer NOT NULL DEFAULT (0), `expires_at` datetime NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `passcodes_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "passcode_tenant_id_id" to table: "passcodes"
CREATE UNIQUE INDEX `passcode_tenant_id_id` ON `passcodes` (`tenant_id`, `id`);
-- Create index "passcode_expires_at" to table: "passcodes"
CREATE INDEX `passcode_expires_at` ON `passcodes` (`expires_at`);
-- Create "password_credentials" table
CREATE TABLE `password_credentials` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `hash` text NOT NULL, `format` integer NOT NULL DEFAULT (0), `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `password_credentials_users_password` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `password_credentials_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "passwordcredential_tenant_id_id" to table: "password_credentials"
CREATE UNIQUE INDEX `passwordcredential_tenant_id_id` ON `password_credentials` (`tenant_id`, `id`);
-- Create index "passwordcredential_tenant_id_user_id" to table: "password_credentials"
CREATE UNIQUE INDEX `passwordcredential_tenant_id_user_id` ON `password_credentials` (`tenant_id`, `user_id`);
-- Create index "passwordcredential_tenant_id_format" to table: "password_credentials"
CREATE INDEX `passwordcredential_tenant_id_format` ON `password_credentials` (`tenant_id`, `format`);
-- Create "recovery_codes" table
CREATE TABLE `recovery_codes` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `hash` blob NOT NULL, `used_at` datetime NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `recovery_codes_users_recovery_codes` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `recovery_codes_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "recoverycode_tenant_id_id" to table: "recovery_codes"
CREATE UNIQUE INDEX `recoverycode_tenant_id_id` ON `recovery_codes` (`tenant_id`, `id`);
-- Create index "recoverycode_tenant_id_user_id_hash" to table: "recovery_codes"
CREATE UNIQUE INDEX `recoverycode_tenant_id_user_id_hash` ON `recovery_codes` (`tenant_id`, `user_id`, `hash`);
-- Create "revocations" table
CREATE TABLE `revocations` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `session_id` uuid NOT NULL, `expires_at` datetime NOT NULL, CONSTRAINT `revocations_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "revocation_tenant_id_id" to table: "revocations"
CREATE UNIQUE INDEX `revocation_tenant_id_id` ON `revocations` (`tenant_id`, `id`);
-- Create index "revocation_created_at" to table: "revocations"
CREATE INDEX `revocation_created_at` ON `revocations` (`created_at`);
-- Create index "revocation_expires_at" to table: "revocations"
CREATE INDEX `revocation_expires_at` ON `revocations` (`expires_at`);
-- Create "saml_certificates" table
CREATE TABLE `saml_certificates` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `certificate` text NOT NULL, `private_key` blob NOT NULL, `state` text NOT NULL, `expires_at` datetime NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `saml_certificates_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "samlcertificate_tenant_id_id" to table: "saml_certificates"
CREATE UNIQUE INDEX `samlcertificate_tenant_id_id` ON `saml_certificates` (`tenant_id`, `id`);
-- Create "saml_providers" table
CREATE TABLE `saml_providers` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `entity_id` text NOT NULL, `metadata_url` text NOT NULL DEFAULT (''), `domain` text NOT NULL, `enabled` bool NOT NULL DEFAULT (false), `skip_email_verification` bool NOT NULL DEFAULT (false), `attribute_map` json NULL, `metadata_xml` text NOT NULL DEFAULT (''), `metadata_fetched_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `saml_providers_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "samlprovider_tenant_id_id" to table: "saml_providers"
CREATE UNIQUE INDEX `samlprovider_tenant_id_id` ON `saml_providers` (`tenant_id`, `id`);
-- Create index "samlprovider_tenant_id_domain" to table: "saml_providers"
CREATE UNIQUE INDEX `samlprovider_tenant_id_domain` ON `saml_providers` (`tenant_id`, `domain`);
-- Create "saml_uses" table
CREATE TABLE `saml_uses` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `kind` text NOT NULL, `digest` blob NOT NULL, `data` text NOT NULL DEFAULT (''), `expires_at` datetime NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `saml_uses_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "samluse_tenant_id_id" to table: "saml_uses"
CREATE UNIQUE INDEX `samluse_tenant_id_id` ON `saml_uses` (`tenant_id`, `id`);
-- Create index "samluse_tenant_id_kind_digest" to table: "saml_uses"
CREATE UNIQUE INDEX `samluse_tenant_id_kind_digest` ON `saml_uses` (`tenant_id`, `kind`, `digest`);
-- Create index "samluse_expires_at" to table: "saml_uses"
CREATE INDEX `samluse_expires_at` ON `saml_uses` (`expires_at`);
-- Create "sessions" table
CREATE TABLE `sessions` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `user_agent` text NULL, `ip_address` text NULL, `amr` json NULL, `expires_at` datetime NOT NULL, `last_used_at` datetime NOT NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `sessions_users_sessions` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `sessions_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "session_tenant_id_id" to table: "sessions"
CREATE UNIQUE INDEX `session_tenant_id_id` ON `sessions` (`tenant_id`, `id`);
-- Create index "session_tenant_id_user_id_created_at" to table: "sessions"
CREATE INDEX `session_tenant_id_user_id_created_at` ON `sessions` (`tenant_id`, `user_id`, `created_at`);
-- Create index "session_expires_at" to table: "sessions"
CREATE INDEX `session_expires_at` ON `sessions` (`expires_at`);
-- Create "signing_keys" table
CREATE TABLE `signing_keys` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `kid` text NOT NULL, `alg` text NOT NULL, `state` text NOT NULL, `public_jwk` json NOT NULL, `private_key` blob NOT NULL, `seal_version` integer NOT NULL DEFAULT (1), `activated_at` datetime NULL, `retired_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `signing_keys_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "signingkey_tenant_id_id" to table: "signing_keys"
CREATE UNIQUE INDEX `signingkey_tenant_id_id` ON `signing_keys` (`tenant_id`, `id`);
-- Create index "signingkey_tenant_id_kid" to table: "signing_keys"
CREATE UNIQUE INDEX `signingkey_tenant_id_kid` ON `signing_keys` (`tenant_id`, `kid`);
-- Create "totp_secrets" table
CREATE TABLE `totp_secrets` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `secret` blob NOT NULL, `last_validated_step` integer NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `totp_secrets_users_totp` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `totp_secrets_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "totpsecret_tenant_id_id" to table: "totp_secrets"
CREATE UNIQUE INDEX `totpsecret_tenant_id_id` ON `totp_secrets` (`tenant_id`, `id`);
-- Create index "totpsecret_tenant_id_user_id" to table: "totp_secrets"
CREATE UNIQUE INDEX `totpsecret_tenant_id_user_id` ON `totp_secrets` (`tenant_id`, `user_id`);
-- Create "tenants" table
CREATE TABLE `tenants` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `slug` text NOT NULL, `name` text NOT NULL DEFAULT (''), `status` text NOT NULL DEFAULT ('active'), `status_reason` text NOT NULL DEFAULT (''), `origin` text NOT NULL, `config` json NOT NULL, `config_version` integer NOT NULL DEFAULT (1), `version` integer NOT NULL DEFAULT (1), `purge_after` datetime NULL, PRIMARY KEY (`id`));
-- Create index "tenant_slug" to table: "tenants"
CREATE UNIQUE INDEX `tenant_slug` ON `tenants` (`slug`);
-- Create index "tenant_updated_at" to table: "tenants"
CREATE INDEX `tenant_updated_at` ON `tenants` (`updated_at`);
-- Create index "tenant_status_purge_after" to table: "tenants"
CREATE INDEX `tenant_status_purge_after` ON `tenants` (`status`, `purge_after`);
-- Create "tenant_config_versions" table
CREATE TABLE `tenant_config_versions` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `version` integer NOT NULL, `config` json NOT NULL, `changes` json NOT NULL, `actor` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `tenant_config_versions_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "tenantconfigversion_tenant_id_id" to table: "tenant_config_versions"
CREATE UNIQUE INDEX `tenantconfigversion_tenant_id_id` ON `tenant_config_versions` (`tenant_id`, `id`);
-- Create index "tenantconfigversion_tenant_id_version" to table: "tenant_config_versions"
CREATE UNIQUE INDEX `tenantconfigversion_tenant_id_version` ON `tenant_config_versions` (`tenant_id`, `version`);
-- Create "tenant_domains" table
CREATE TABLE `tenant_domains` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `host` text NOT NULL, `challenge` text NOT NULL, `verified_at` datetime NULL, `created_by` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `tenant_domains_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "tenantdomain_tenant_id_id" to table: "tenant_domains"
CREATE UNIQUE INDEX `tenantdomain_tenant_id_id` ON `tenant_domains` (`tenant_id`, `id`);
-- Create index "tenantdomain_host" to table: "tenant_domains"
CREATE UNIQUE INDEX `tenantdomain_host` ON `tenant_domains` (`host`);
-- Create "trusted_devices" table
CREATE TABLE `trusted_devices` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `token_hash` blob NOT NULL, `expires_at` datetime NOT NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `trusted_devices_users_trusted_devices` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `trusted_devices_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "trusteddevice_tenant_id_id" to table: "trusted_devices"
CREATE UNIQUE INDEX `trusteddevice_tenant_id_id` ON `trusted_devices` (`tenant_id`, `id`);
-- Create index "trusteddevice_tenant_id_token_hash" to table: "trusted_devices"
CREATE UNIQUE INDEX `trusteddevice_tenant_id_token_hash` ON `trusted_devices` (`tenant_id`, `token_hash`);
-- Create index "trusteddevice_tenant_id_user_id" to table: "trusted_devices"
CREATE INDEX `trusteddevice_tenant_id_user_id` ON `trusted_devices` (`tenant_id`, `user_id`);
-- Create index "trusteddevice_expires_at" to table: "trusted_devices"
CREATE INDEX `trusteddevice_expires_at` ON `trusted_devices` (`expires_at`);
-- Create "users" table
CREATE TABLE `users` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL DEFAULT (''), `given_name` text NOT NULL DEFAULT (''), `family_name` text NOT NULL DEFAULT (''), `picture` text NOT NULL DEFAULT (''), `username` text NULL, `username_id` uuid NULL, `username_created_at` datetime NULL, `username_updated_at` datetime NULL, `public_metadata` text NULL, `private_metadata` text NULL, `unsafe_metadata` text NULL, `blocked_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `users_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "user_tenant_id_id" to table: "users"
CREATE UNIQUE INDEX `user_tenant_id_id` ON `users` (`tenant_id`, `id`);
-- Create index "user_tenant_id_username" to table: "users"
CREATE UNIQUE INDEX `user_tenant_id_username` ON `users` (`tenant_id`, `username`);
-- Create index "user_tenant_id_created_at_id" to table: "users"
CREATE INDEX `user_tenant_id_created_at_id` ON `users` (`tenant_id`, `created_at`, `id`);
-- Create "webauthn_credentials" table
CREATE TABLE `webauthn_credentials` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `credential_id` blob NOT NULL, `credential_hash` blob NOT NULL, `name` text NOT NULL DEFAULT (''), `public_key` blob NOT NULL, `attestation_type` text NOT NULL DEFAULT (''), `aaguid` uuid NOT NULL, `sign_count` integer NOT NULL DEFAULT (0), `backup_eligible` bool NULL, `backup_state` bool NULL, `mfa_only` bool NOT NULL DEFAULT (false), `transports` json NOT NULL, `user_handle` blob NULL, `last_used_at` datetime NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `webauthn_credentials_users_webauthn_credentials` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `webauthn_credentials_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "webauthncredential_tenant_id_id" to table: "webauthn_credentials"
CREATE UNIQUE INDEX `webauthncredential_tenant_id_id` ON `webauthn_credentials` (`tenant_id`, `id`);
-- Create index "webauthncredential_tenant_id_credential_hash" to table: "webauthn_credentials"
CREATE UNIQUE INDEX `webauthncredential_tenant_id_credential_hash` ON `webauthn_credentials` (`tenant_id`, `credential_hash`);
-- Create index "webauthncredential_tenant_id_user_id" to table: "webauthn_credentials"
CREATE INDEX `webauthncredential_tenant_id_user_id` ON `webauthn_credentials` (`tenant_id`, `user_id`);
-- Create "webhooks" table
CREATE TABLE `webhooks` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `callback` text NOT NULL, `events` json NOT NULL, `enabled` bool NOT NULL DEFAULT (true), `failures` integer NOT NULL DEFAULT (0), `expires_at` datetime NOT NULL, `secret` blob NULL, PRIMARY KEY (`id`), CONSTRAINT `webhooks_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "webhook_tenant_id_id" to table: "webhooks"
CREATE UNIQUE INDEX `webhook_tenant_id_id` ON `webhooks` (`tenant_id`, `id`);
-- Create "webhook_deliveries" table
CREATE TABLE `webhook_deliveries` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `message_id` uuid NOT NULL, `endpoint` text NOT NULL, `event` text NOT NULL, `ordering` text NOT NULL DEFAULT (''), `state` text NOT NULL, `payload` blob NOT NULL, `attempts` integer NOT NULL DEFAULT (0), `last_status` integer NOT NULL DEFAULT (0), `last_latency_ms` integer NOT NULL DEFAULT (0), `last_excerpt` text NOT NULL DEFAULT (''), `available_at` datetime NOT NULL, `delivered_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `webhook_deliveries_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "webhookdelivery_tenant_id_id" to table: "webhook_deliveries"
CREATE UNIQUE INDEX `webhookdelivery_tenant_id_id` ON `webhook_deliveries` (`tenant_id`, `id`);
-- Create index "webhookdelivery_tenant_id_message_id_endpoint" to table: "webhook_deliveries"
CREATE UNIQUE INDEX `webhookdelivery_tenant_id_message_id_endpoint` ON `webhook_deliveries` (`tenant_id`, `message_id`, `endpoint`);
-- Create index "webhookdelivery_state_available_at_id" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_state_available_at_id` ON `webhook_deliveries` (`state`, `available_at`, `id`);
-- Create index "webhookdelivery_tenant_id_endpoint_created_at" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_tenant_id_endpoint_created_at` ON `webhook_deliveries` (`tenant_id`, `endpoint`, `created_at`);
-- Create index "webhookdelivery_created_at" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_created_at` ON `webhook_deliveries` (`created_at`);
