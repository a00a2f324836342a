-- Create "tenants" table
CREATE TABLE "tenants" ("id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "slug" character varying NOT NULL, "name" character varying NOT NULL DEFAULT '', "status" character varying NOT NULL DEFAULT 'active', "status_reason" character varying NOT NULL DEFAULT '', "origin" character varying NOT NULL, "config" jsonb NOT NULL, "config_version" bigint NOT NULL DEFAULT 1, "version" bigint NOT NULL DEFAULT 1, "purge_after" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "tenant_slug" to table: "tenants"
CREATE UNIQUE INDEX "tenant_slug" ON "tenants" ("slug");
-- Create index "tenant_status_purge_after" to table: "tenants"
CREATE INDEX "tenant_status_purge_after" ON "tenants" ("status", "purge_after");
-- Create index "tenant_updated_at" to table: "tenants"
CREATE INDEX "tenant_updated_at" ON "tenants" ("updated_at");
-- Create "operators" table
CREATE TABLE "operators" ("id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "email" character varying NOT NULL, "role" character varying NOT NULL, "tenants" jsonb NULL, "user_id" uuid NULL, "invite_hash" bytea NULL, "invite_expires_at" timestamptz NULL, "disabled_at" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "operator_email" to table: "operators"
CREATE UNIQUE INDEX "operator_email" ON "operators" ("email");
-- Create "operator_tokens" table
CREATE TABLE "operator_tokens" ("id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "name" character varying NOT NULL DEFAULT '', "hint" character varying NOT NULL, "hash" bytea NOT NULL, "scopes" jsonb NOT NULL, "created_by" character varying NOT NULL DEFAULT '', "expires_at" timestamptz NULL, "last_used_at" timestamptz NULL, "revoked_at" timestamptz NULL, "tenants" jsonb NULL, PRIMARY KEY ("id"));
-- Create index "operatortoken_hash" to table: "operator_tokens"
CREATE UNIQUE INDEX "operatortoken_hash" ON "operator_tokens" ("hash");
-- Create "api_keys" table
CREATE TABLE "api_keys" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "name" character varying NOT NULL DEFAULT '', "hint" character varying NOT NULL, "hash" bytea NOT NULL, "scopes" jsonb NOT NULL, "created_by" character varying NOT NULL DEFAULT '', "expires_at" timestamptz NULL, "last_used_at" timestamptz NULL, "revoked_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "api_keys_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "apikey_hash" to table: "api_keys"
CREATE UNIQUE INDEX "apikey_hash" ON "api_keys" ("hash");
-- Create index "apikey_tenant_id_id" to table: "api_keys"
CREATE UNIQUE INDEX "apikey_tenant_id_id" ON "api_keys" ("tenant_id", "id");
-- Create "audit_logs" table
CREATE TABLE "audit_logs" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "sequence" bigint NOT NULL, "type" character varying NOT NULL, "error" text NOT NULL DEFAULT '', "meta_http_request_id" character varying NOT NULL DEFAULT '', "meta_source_ip" character varying NOT NULL DEFAULT '', "meta_user_agent" text NOT NULL DEFAULT '', "actor_user_id" uuid NULL, "actor_email" character varying NULL, "details" jsonb NULL, "previous_hash" bytea NULL, "hash" bytea NULL, PRIMARY KEY ("id"), CONSTRAINT "audit_logs_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "auditlog_created_at" to table: "audit_logs"
CREATE INDEX "auditlog_created_at" ON "audit_logs" ("created_at");
-- Create index "auditlog_tenant_id_actor_user_id_created_at" to table: "audit_logs"
CREATE INDEX "auditlog_tenant_id_actor_user_id_created_at" ON "audit_logs" ("tenant_id", "actor_user_id", "created_at");
-- Create index "auditlog_tenant_id_created_at" to table: "audit_logs"
CREATE INDEX "auditlog_tenant_id_created_at" ON "audit_logs" ("tenant_id", "created_at");
-- Create index "auditlog_tenant_id_id" to table: "audit_logs"
CREATE UNIQUE INDEX "auditlog_tenant_id_id" ON "audit_logs" ("tenant_id", "id");
-- Create index "auditlog_tenant_id_sequence" to table: "audit_logs"
CREATE UNIQUE INDEX "auditlog_tenant_id_sequence" ON "audit_logs" ("tenant_id", "sequence");
-- Create index "auditlog_tenant_id_type_created_at" to table: "audit_logs"
CREATE INDEX "auditlog_tenant_id_type_created_at" ON "audit_logs" ("tenant_id", "type", "created_at");
-- Create "users" table
CREATE TABLE "users" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "name" character varying NOT NULL DEFAULT '', "given_name" character varying NOT NULL DEFAULT '', "family_name" character varying NOT NULL DEFAULT '', "picture" text NOT NULL DEFAULT '', "username" character varying NULL, "username_id" uuid NULL, "username_created_at" timestamptz NULL, "username_updated_at" timestamptz NULL, "public_metadata" text NULL, "private_metadata" text NULL, "unsafe_metadata" text NULL, "blocked_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "users_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "user_tenant_id_created_at_id" to table: "users"
CREATE INDEX "user_tenant_id_created_at_id" ON "users" ("tenant_id", "created_at", "id");
-- Create index "user_tenant_id_id" to table: "users"
CREATE UNIQUE INDEX "user_tenant_id_id" ON "users" ("tenant_id", "id");
-- Create index "user_tenant_id_username" to table: "users"
CREATE UNIQUE INDEX "user_tenant_id_username" ON "users" ("tenant_id", "username");
-- Create "emails" table
CREATE TABLE "emails" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "address" character varying NOT NULL, "is_verified" boolean NOT NULL DEFAULT false, "primary_of" uuid NULL, "user_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "emails_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "emails_users_emails" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "emails_users_primary_of" FOREIGN KEY ("tenant_id", "primary_of") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "email_tenant_id_address" to table: "emails"
CREATE UNIQUE INDEX "email_tenant_id_address" ON "emails" ("tenant_id", "address");
-- Create index "email_tenant_id_id" to table: "emails"
CREATE UNIQUE INDEX "email_tenant_id_id" ON "emails" ("tenant_id", "id");
-- Create index "email_tenant_id_primary_of" to table: "emails"
CREATE UNIQUE INDEX "email_tenant_id_primary_of" ON "emails" ("tenant_id", "primary_of");
-- Create index "email_tenant_id_user_id" to table: "emails"
CREATE INDEX "email_tenant_id_user_id" ON "emails" ("tenant_id", "user_id");
-- Create "flows" table
CREATE TABLE "flows" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "name" character varying NOT NULL, "version" bigint NOT NULL DEFAULT 0, "data" bytea NOT NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "flows_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "flow_expires_at" to table: "flows"
CREATE INDEX "flow_expires_at" ON "flows" ("expires_at");
-- Create index "flow_tenant_id_id" to table: "flows"
CREATE UNIQUE INDEX "flow_tenant_id_id" ON "flows" ("tenant_id", "id");
-- Create "identities" table
CREATE TABLE "identities" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "provider_id" character varying NOT NULL, "subject" character varying NOT NULL, "saml_domain" character varying NULL, "claims" text NOT NULL DEFAULT '{}', "email_id" uuid NULL, "user_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "identities_emails_identities" FOREIGN KEY ("tenant_id", "email_id") REFERENCES "emails" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "identities_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "identities_users_identities" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "identity_tenant_id_email_id" to table: "identities"
CREATE INDEX "identity_tenant_id_email_id" ON "identities" ("tenant_id", "email_id");
-- Create index "identity_tenant_id_id" to table: "identities"
CREATE UNIQUE INDEX "identity_tenant_id_id" ON "identities" ("tenant_id", "id");
-- Create index "identity_tenant_id_provider_id_subject" to table: "identities"
CREATE UNIQUE INDEX "identity_tenant_id_provider_id_subject" ON "identities" ("tenant_id", "provider_id", "subject");
-- Create index "identity_tenant_id_user_id" to table: "identities"
CREATE INDEX "identity_tenant_id_user_id" ON "identities" ("tenant_id", "user_id");
-- Create "one_time_tokens" table
CREATE TABLE "one_time_tokens" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "hash" bytea NOT NULL, "purpose" character varying NOT NULL, "identity_id" uuid NULL, "data" text NOT NULL DEFAULT '{}', "expires_at" timestamptz NOT NULL, "user_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "one_time_tokens_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "one_time_tokens_users_one_time_tokens" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "onetimetoken_expires_at" to table: "one_time_tokens"
CREATE INDEX "onetimetoken_expires_at" ON "one_time_tokens" ("expires_at");
-- Create index "onetimetoken_tenant_id_hash" to table: "one_time_tokens"
CREATE UNIQUE INDEX "onetimetoken_tenant_id_hash" ON "one_time_tokens" ("tenant_id", "hash");
-- Create index "onetimetoken_tenant_id_id" to table: "one_time_tokens"
CREATE UNIQUE INDEX "onetimetoken_tenant_id_id" ON "one_time_tokens" ("tenant_id", "id");
-- Create index "onetimetoken_tenant_id_user_id" to table: "one_time_tokens"
CREATE INDEX "onetimetoken_tenant_id_user_id" ON "one_time_tokens" ("tenant_id", "user_id");
-- Create "outbox" table
CREATE TABLE "outbox" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "kind" character varying NOT NULL, "ordering" character varying NOT NULL DEFAULT '', "state" character varying NOT NULL DEFAULT 'ready', "payload" bytea NOT NULL, "available_at" timestamptz NOT NULL, "not_after" timestamptz NULL, "attempts" bigint NOT NULL DEFAULT 0, "last_error" text NOT NULL DEFAULT '', "done_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "outbox_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "intent_ready_tenant_id_id" to table: "outbox"
CREATE INDEX "intent_ready_tenant_id_id" ON "outbox" ("tenant_id", "id") WHERE ((state)::text = 'ready'::text);
-- Create index "intent_ready_tenant_id_ordering_id" to table: "outbox"
CREATE INDEX "intent_ready_tenant_id_ordering_id" ON "outbox" ("tenant_id", "ordering", "id") WHERE ((state)::text = 'ready'::text);
-- Create index "intent_state_done_at" to table: "outbox"
CREATE INDEX "intent_state_done_at" ON "outbox" ("state", "done_at");
-- Create index "intent_tenant_id_id" to table: "outbox"
CREATE UNIQUE INDEX "intent_tenant_id_id" ON "outbox" ("tenant_id", "id");
-- Create "passcodes" table
CREATE TABLE "passcodes" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "flow_id" uuid NOT NULL, "purpose" character varying NOT NULL, "address" character varying NOT NULL, "code_mac" bytea NOT NULL, "tries" bigint NOT NULL DEFAULT 0, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "passcodes_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "passcode_expires_at" to table: "passcodes"
CREATE INDEX "passcode_expires_at" ON "passcodes" ("expires_at");
-- Create index "passcode_tenant_id_id" to table: "passcodes"
CREATE UNIQUE INDEX "passcode_tenant_id_id" ON "passcodes" ("tenant_id", "id");
-- Create "password_credentials" table
CREATE TABLE "password_credentials" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "hash" text NOT NULL, "format" bigint NOT NULL DEFAULT 0, "user_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "password_credentials_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "password_credentials_users_password" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "passwordcredential_tenant_id_format" to table: "password_credentials"
CREATE INDEX "passwordcredential_tenant_id_format" ON "password_credentials" ("tenant_id", "format");
-- Create index "passwordcredential_tenant_id_id" to table: "password_credentials"
CREATE UNIQUE INDEX "passwordcredential_tenant_id_id" ON "password_credentials" ("tenant_id", "id");
-- Create index "passwordcredential_tenant_id_user_id" to table: "password_credentials"
CREATE UNIQUE INDEX "passwordcredential_tenant_id_user_id" ON "password_credentials" ("tenant_id", "user_id");
-- Create "recovery_codes" table
CREATE TABLE "recovery_codes" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "hash" bytea NOT NULL, "used_at" timestamptz NULL, "user_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "recovery_codes_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "recovery_codes_users_recovery_codes" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "recoverycode_tenant_id_id" to table: "recovery_codes"
CREATE UNIQUE INDEX "recoverycode_tenant_id_id" ON "recovery_codes" ("tenant_id", "id");
-- Create index "recoverycode_tenant_id_user_id_hash" to table: "recovery_codes"
CREATE UNIQUE INDEX "recoverycode_tenant_id_user_id_hash" ON "recovery_codes" ("tenant_id", "user_id", "hash");
-- Create "revocations" table
CREATE TABLE "revocations" ("id" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "session_id" uuid NOT NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "revocations_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "revocation_created_at" to table: "revocations"
CREATE INDEX "revocation_created_at" ON "revocations" ("created_at");
-- Create index "revocation_expires_at" to table: "revocations"
CREATE INDEX "revocation_expires_at" ON "revocations" ("expires_at");
-- Create index "revocation_tenant_id_id" to table: "revocations"
CREATE UNIQUE INDEX "revocation_tenant_id_id" ON "revocations" ("tenant_id", "id");
-- Create "saml_certificates" table
CREATE TABLE "saml_certificates" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "certificate" text NOT NULL, "private_key" bytea NOT NULL, "state" character varying NOT NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "saml_certificates_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "samlcertificate_tenant_id_id" to table: "saml_certificates"
CREATE UNIQUE INDEX "samlcertificate_tenant_id_id" ON "saml_certificates" ("tenant_id", "id");
-- Create "saml_providers" table
CREATE TABLE "saml_providers" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "name" character varying NOT NULL, "entity_id" character varying NOT NULL, "metadata_url" text NOT NULL DEFAULT '', "domain" character varying NOT NULL, "enabled" boolean NOT NULL DEFAULT false, "skip_email_verification" boolean NOT NULL DEFAULT false, "attribute_map" jsonb NULL, "metadata_xml" text NOT NULL DEFAULT '', "metadata_fetched_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "saml_providers_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "samlprovider_tenant_id_domain" to table: "saml_providers"
CREATE UNIQUE INDEX "samlprovider_tenant_id_domain" ON "saml_providers" ("tenant_id", "domain");
-- Create index "samlprovider_tenant_id_id" to table: "saml_providers"
CREATE UNIQUE INDEX "samlprovider_tenant_id_id" ON "saml_providers" ("tenant_id", "id");
-- Create "saml_uses" table
CREATE TABLE "saml_uses" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "kind" character varying NOT NULL, "digest" bytea NOT NULL, "data" text NOT NULL DEFAULT '', "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "saml_uses_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "samluse_expires_at" to table: "saml_uses"
CREATE INDEX "samluse_expires_at" ON "saml_uses" ("expires_at");
-- Create index "samluse_tenant_id_id" to table: "saml_uses"
CREATE UNIQUE INDEX "samluse_tenant_id_id" ON "saml_uses" ("tenant_id", "id");
-- Create index "samluse_tenant_id_kind_digest" to table: "saml_uses"
CREATE UNIQUE INDEX "samluse_tenant_id_kind_digest" ON "saml_uses" ("tenant_id", "kind", "digest");
-- Create "sessions" table
CREATE TABLE "sessions" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "user_agent" character varying NULL, "ip_address" character varying NULL, "amr" jsonb NULL, "expires_at" timestamptz NOT NULL, "last_used_at" timestamptz NOT NULL, "user_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "sessions_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "sessions_users_sessions" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "session_expires_at" to table: "sessions"
CREATE INDEX "session_expires_at" ON "sessions" ("expires_at");
-- Create index "session_tenant_id_id" to table: "sessions"
CREATE UNIQUE INDEX "session_tenant_id_id" ON "sessions" ("tenant_id", "id");
-- Create index "session_tenant_id_user_id_created_at" to table: "sessions"
CREATE INDEX "session_tenant_id_user_id_created_at" ON "sessions" ("tenant_id", "user_id", "created_at");
-- Create "signing_keys" table
CREATE TABLE "signing_keys" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "kid" character varying NOT NULL, "alg" character varying NOT NULL, "state" character varying NOT NULL, "public_jwk" jsonb NOT NULL, "private_key" bytea NOT NULL, "seal_version" bigint NOT NULL DEFAULT 1, "activated_at" timestamptz NULL, "retired_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "signing_keys_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "signingkey_tenant_id_id" to table: "signing_keys"
CREATE UNIQUE INDEX "signingkey_tenant_id_id" ON "signing_keys" ("tenant_id", "id");
-- Create index "signingkey_tenant_id_kid" to table: "signing_keys"
CREATE UNIQUE INDEX "signingkey_tenant_id_kid" ON "signing_keys" ("tenant_id", "kid");
-- Create "tenant_config_versions" table
CREATE TABLE "tenant_config_versions" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "version" bigint NOT NULL, "config" jsonb NOT NULL, "changes" jsonb NOT NULL, "actor" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "tenant_config_versions_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "tenantconfigversion_tenant_id_id" to table: "tenant_config_versions"
CREATE UNIQUE INDEX "tenantconfigversion_tenant_id_id" ON "tenant_config_versions" ("tenant_id", "id");
-- Create index "tenantconfigversion_tenant_id_version" to table: "tenant_config_versions"
CREATE UNIQUE INDEX "tenantconfigversion_tenant_id_version" ON "tenant_config_versions" ("tenant_id", "version");
-- Create "tenant_domains" table
CREATE TABLE "tenant_domains" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "host" character varying NOT NULL, "challenge" character varying NOT NULL, "verified_at" timestamptz NULL, "created_by" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "tenant_domains_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "tenantdomain_host" to table: "tenant_domains"
CREATE UNIQUE INDEX "tenantdomain_host" ON "tenant_domains" ("host");
-- Create index "tenantdomain_tenant_id_id" to table: "tenant_domains"
CREATE UNIQUE INDEX "tenantdomain_tenant_id_id" ON "tenant_domains" ("tenant_id", "id");
-- Create "totp_secrets" table
CREATE TABLE "totp_secrets" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "secret" bytea NOT NULL, "last_validated_step" bigint NULL, "user_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "totp_secrets_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "totp_secrets_users_totp" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "totpsecret_tenant_id_id" to table: "totp_secrets"
CREATE UNIQUE INDEX "totpsecret_tenant_id_id" ON "totp_secrets" ("tenant_id", "id");
-- Create index "totpsecret_tenant_id_user_id" to table: "totp_secrets"
CREATE UNIQUE INDEX "totpsecret_tenant_id_user_id" ON "totp_secrets" ("tenant_id", "user_id");
-- Create "trusted_devices" table
CREATE TABLE "trusted_devices" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "token_hash" bytea NOT NULL, "expires_at" timestamptz NOT NULL, "user_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "trusted_devices_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "trusted_devices_users_trusted_devices" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "trusteddevice_expires_at" to table: "trusted_devices"
CREATE INDEX "trusteddevice_expires_at" ON "trusted_devices" ("expires_at");
-- Create index "trusteddevice_tenant_id_id" to table: "trusted_devices"
CREATE UNIQUE INDEX "trusteddevice_tenant_id_id" ON "trusted_devices" ("tenant_id", "id");
-- Create index "trusteddevice_tenant_id_token_hash" to table: "trusted_devices"
CREATE UNIQUE INDEX "trusteddevice_tenant_id_token_hash" ON "trusted_devices" ("tenant_id", "token_hash");
-- Create index "trusteddevice_tenant_id_user_id" to table: "trusted_devices"
CREATE INDEX "trusteddevice_tenant_id_user_id" ON "trusted_devices" ("tenant_id", "user_id");
-- Create "webauthn_credentials" table
CREATE TABLE "webauthn_credentials" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "credential_id" bytea NOT NULL, "credential_hash" bytea NOT NULL, "name" character varying NOT NULL DEFAULT '', "public_key" bytea NOT NULL, "attestation_type" character varying NOT NULL DEFAULT '', "aaguid" uuid NOT NULL, "sign_count" bigint NOT NULL DEFAULT 0, "backup_eligible" boolean NULL, "backup_state" boolean NULL, "mfa_only" boolean NOT NULL DEFAULT false, "transports" jsonb NOT NULL, "user_handle" bytea NULL, "last_used_at" timestamptz NULL, "user_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "webauthn_credentials_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "webauthn_credentials_users_webauthn_credentials" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "webauthncredential_tenant_id_credential_hash" to table: "webauthn_credentials"
CREATE UNIQUE INDEX "webauthncredential_tenant_id_credential_hash" ON "webauthn_credentials" ("tenant_id", "credential_hash");
-- Create index "webauthncredential_tenant_id_id" to table: "webauthn_credentials"
CREATE UNIQUE INDEX "webauthncredential_tenant_id_id" ON "webauthn_credentials" ("tenant_id", "id");
-- Create index "webauthncredential_tenant_id_user_id" to table: "webauthn_credentials"
CREATE INDEX "webauthncredential_tenant_id_user_id" ON "webauthn_credentials" ("tenant_id", "user_id");
-- Create "webhook_deliveries" table
CREATE TABLE "webhook_deliveries" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "message_id" uuid NOT NULL, "endpoint" character varying NOT NULL, "event" character varying NOT NULL, "ordering" character varying NOT NULL DEFAULT '', "state" character varying NOT NULL, "payload" bytea NOT NULL, "attempts" bigint NOT NULL DEFAULT 0, "last_status" bigint NOT NULL DEFAULT 0, "last_latency_ms" bigint NOT NULL DEFAULT 0, "last_excerpt" text NOT NULL DEFAULT '', "available_at" timestamptz NOT NULL, "delivered_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "webhook_deliveries_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "webhookdelivery_created_at" to table: "webhook_deliveries"
CREATE INDEX "webhookdelivery_created_at" ON "webhook_deliveries" ("created_at");
-- Create index "webhookdelivery_state_available_at_id" to table: "webhook_deliveries"
CREATE INDEX "webhookdelivery_state_available_at_id" ON "webhook_deliveries" ("state", "available_at", "id");
-- Create index "webhookdelivery_tenant_id_endpoint_created_at" to table: "webhook_deliveries"
CREATE INDEX "webhookdelivery_tenant_id_endpoint_created_at" ON "webhook_deliveries" ("tenant_id", "endpoint", "created_at");
-- Create index "webhookdelivery_tenant_id_id" to table: "webhook_deliveries"
CREATE UNIQUE INDEX "webhookdelivery_tenant_id_id" ON "webhook_deliveries" ("tenant_id", "id");
-- Create index "webhookdelivery_tenant_id_message_id_endpoint" to table: "webhook_deliveries"
CREATE UNIQUE INDEX "webhookdelivery_tenant_id_message_id_endpoint" ON "webhook_deliveries" ("tenant_id", "message_id", "endpoint");
-- Create "webhooks" table
CREATE TABLE "webhooks" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "callback" text NOT NULL, "events" jsonb NOT NULL, "enabled" boolean NOT NULL DEFAULT true, "failures" bigint NOT NULL DEFAULT 0, "expires_at" timestamptz NOT NULL, "secret" bytea NULL, PRIMARY KEY ("id"), CONSTRAINT "webhooks_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "webhook_tenant_id_id" to table: "webhooks"
CREATE UNIQUE INDEX "webhook_tenant_id_id" ON "webhooks" ("tenant_id", "id");
