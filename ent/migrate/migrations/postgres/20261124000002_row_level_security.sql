-- The second wall between tenants: each row is reached only by a connection whose setting app.tenant names its tenant, or is 'system'.
-- Without the setting nothing is reached. The program sets it from the scope of the context.
--
-- FORCE makes the owner of the tables obey too, so that it also holds where one role owns and uses them; a superuser or a role with
-- BYPASSRLS never does. A migration that changes rows begins with SELECT set_config('app.tenant', 'system', true).
--
-- CASE, because an OR does not promise that the cast is left alone where the setting is no UUID.

-- Confine "tenants"
ALTER TABLE "tenants" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_tenant" ON "tenants" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "id" = current_setting('app.tenant')::uuid END);
-- Confine "operators"
ALTER TABLE "operators" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "operators_system" ON "operators" USING (current_setting('app.tenant', true) = 'system');
-- Confine "operator_tokens"
ALTER TABLE "operator_tokens" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "operator_tokens_system" ON "operator_tokens" USING (current_setting('app.tenant', true) = 'system');
-- Confine "api_keys"
ALTER TABLE "api_keys" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "api_keys_tenant" ON "api_keys" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "audit_logs"
ALTER TABLE "audit_logs" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "audit_logs_tenant" ON "audit_logs" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "users"
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "users_tenant" ON "users" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "emails"
ALTER TABLE "emails" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "emails_tenant" ON "emails" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "flows"
ALTER TABLE "flows" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "flows_tenant" ON "flows" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "identities"
ALTER TABLE "identities" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "identities_tenant" ON "identities" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "one_time_tokens"
ALTER TABLE "one_time_tokens" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "one_time_tokens_tenant" ON "one_time_tokens" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "outbox"
ALTER TABLE "outbox" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "outbox_tenant" ON "outbox" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "passcodes"
ALTER TABLE "passcodes" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "passcodes_tenant" ON "passcodes" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "password_credentials"
ALTER TABLE "password_credentials" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "password_credentials_tenant" ON "password_credentials" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "recovery_codes"
ALTER TABLE "recovery_codes" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "recovery_codes_tenant" ON "recovery_codes" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "revocations"
ALTER TABLE "revocations" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "revocations_tenant" ON "revocations" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "saml_certificates"
ALTER TABLE "saml_certificates" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "saml_certificates_tenant" ON "saml_certificates" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "saml_providers"
ALTER TABLE "saml_providers" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "saml_providers_tenant" ON "saml_providers" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "saml_uses"
ALTER TABLE "saml_uses" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "saml_uses_tenant" ON "saml_uses" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "sessions"
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "sessions_tenant" ON "sessions" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "signing_keys"
ALTER TABLE "signing_keys" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "signing_keys_tenant" ON "signing_keys" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "tenant_config_versions"
ALTER TABLE "tenant_config_versions" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_config_versions_tenant" ON "tenant_config_versions" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "tenant_domains"
ALTER TABLE "tenant_domains" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_domains_tenant" ON "tenant_domains" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "totp_secrets"
ALTER TABLE "totp_secrets" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "totp_secrets_tenant" ON "totp_secrets" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "trusted_devices"
ALTER TABLE "trusted_devices" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "trusted_devices_tenant" ON "trusted_devices" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "webauthn_credentials"
ALTER TABLE "webauthn_credentials" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "webauthn_credentials_tenant" ON "webauthn_credentials" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "webhook_deliveries"
ALTER TABLE "webhook_deliveries" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "webhook_deliveries_tenant" ON "webhook_deliveries" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "webhooks"
ALTER TABLE "webhooks" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "webhooks_tenant" ON "webhooks" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
