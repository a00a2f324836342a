-- Create index "identity_tenant_id_saml_domain" to table: "identities"
CREATE INDEX "identity_tenant_id_saml_domain" ON "identities" ("tenant_id", "saml_domain");
-- Modify "saml_certificates" table
ALTER TABLE "saml_certificates" ADD COLUMN "activated_at" timestamptz NULL, ADD COLUMN "retired_at" timestamptz NULL;
-- Create index "samlcertificate_expires_at" to table: "saml_certificates"
CREATE INDEX "samlcertificate_expires_at" ON "saml_certificates" ("expires_at");
-- Modify "saml_providers" table
ALTER TABLE "saml_providers" ADD COLUMN "metadata_certificate" text NOT NULL DEFAULT '', ADD COLUMN "refresh_at" timestamptz NULL, ADD COLUMN "refresh_failures" bigint NOT NULL DEFAULT 0, ADD COLUMN "refresh_error" text NOT NULL DEFAULT '';
-- Create index "samlprovider_refresh_at" to table: "saml_providers"
CREATE INDEX "samlprovider_refresh_at" ON "saml_providers" ("refresh_at");
-- Create index "samlprovider_tenant_id_entity_id" to table: "saml_providers"
CREATE INDEX "samlprovider_tenant_id_entity_id" ON "saml_providers" ("tenant_id", "entity_id");
