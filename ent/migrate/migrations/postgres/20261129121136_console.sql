-- Modify "operator_tokens" table
ALTER TABLE "operator_tokens" ADD COLUMN "operator_id" uuid NULL;
-- Create index "operatortoken_operator_id" to table: "operator_tokens"
CREATE INDEX "operatortoken_operator_id" ON "operator_tokens" ("operator_id");
-- Modify "operators" table
ALTER TABLE "operators" DROP COLUMN "role", DROP COLUMN "tenants", ADD COLUMN "name" character varying NOT NULL DEFAULT '', ADD COLUMN "grants" jsonb NOT NULL, ADD COLUMN "invited_by" character varying NOT NULL DEFAULT '', ADD COLUMN "last_seen_at" timestamptz NULL;
-- Create index "operator_invite_hash" to table: "operators"
CREATE UNIQUE INDEX "operator_invite_hash" ON "operators" ("invite_hash");
-- Create index "operator_user_id" to table: "operators"
CREATE UNIQUE INDEX "operator_user_id" ON "operators" ("user_id");
-- Modify "outbox" table
ALTER TABLE "outbox" ADD COLUMN "about" character varying NOT NULL DEFAULT '';
-- Drop index "tenantdomain_host" from table: "tenant_domains"
DROP INDEX "tenantdomain_host";
-- Modify "tenant_domains" table
ALTER TABLE "tenant_domains" ALTER COLUMN "created_by" TYPE character varying, ALTER COLUMN "created_by" SET NOT NULL, ALTER COLUMN "created_by" SET DEFAULT '', ADD COLUMN "verified_host" character varying NULL, ADD COLUMN "checked_at" timestamptz NULL, ADD COLUMN "problem" character varying NOT NULL DEFAULT '';
-- Create index "tenantdomain_checked_at" to table: "tenant_domains"
CREATE INDEX "tenantdomain_checked_at" ON "tenant_domains" ("checked_at");
-- Create index "tenantdomain_tenant_id_host" to table: "tenant_domains"
CREATE UNIQUE INDEX "tenantdomain_tenant_id_host" ON "tenant_domains" ("tenant_id", "host");
-- Create index "tenantdomain_verified_host" to table: "tenant_domains"
CREATE UNIQUE INDEX "tenantdomain_verified_host" ON "tenant_domains" ("verified_host");
-- Modify "tenants" table
ALTER TABLE "tenants" ADD COLUMN "name_folded" character varying NOT NULL DEFAULT '', ADD COLUMN "deleted_at" timestamptz NULL, ADD COLUMN "deleted_by" character varying NOT NULL DEFAULT '', ADD COLUMN "status_before" character varying NOT NULL DEFAULT '', ADD COLUMN "quotas" jsonb NULL;
-- Create index "tenant_created_at_id" to table: "tenants"
CREATE INDEX "tenant_created_at_id" ON "tenants" ("created_at", "id");
-- Create index "tenant_name_folded" to table: "tenants"
CREATE INDEX "tenant_name_folded" ON "tenants" ("name_folded");
-- Create index "tenant_prefix_name_folded" to table: "tenants"
CREATE INDEX "tenant_prefix_name_folded" ON "tenants" ("name_folded" text_pattern_ops);
-- Create index "tenant_prefix_slug" to table: "tenants"
CREATE INDEX "tenant_prefix_slug" ON "tenants" ("slug" text_pattern_ops);
-- Create index "delivery_rare_tenant_id_state_created_at_id" to table: "webhook_deliveries"
CREATE INDEX "delivery_rare_tenant_id_state_created_at_id" ON "webhook_deliveries" ("tenant_id", "state", "created_at", "id") WHERE ((state)::text <> 'delivered'::text);
-- Create "certificate_files" table
CREATE TABLE "certificate_files" ("id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "name" character varying NOT NULL, "content" bytea NOT NULL, "locked_until" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "certificatefile_name" to table: "certificate_files"
CREATE UNIQUE INDEX "certificatefile_name" ON "certificate_files" ("name");
-- Create "purge_receipts" table
CREATE TABLE "purge_receipts" ("id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "purged_tenant" uuid NOT NULL, "slug" character varying NOT NULL, "statement" jsonb NOT NULL, "signature" text NOT NULL, PRIMARY KEY ("id"));
-- Create index "purgereceipt_created_at_id" to table: "purge_receipts"
CREATE INDEX "purgereceipt_created_at_id" ON "purge_receipts" ("created_at", "id");
-- Create index "purgereceipt_purged_tenant" to table: "purge_receipts"
CREATE UNIQUE INDEX "purgereceipt_purged_tenant" ON "purge_receipts" ("purged_tenant");
-- Create "usage_days" table
CREATE TABLE "usage_days" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "day" bigint NOT NULL, "metric" character varying NOT NULL, "amount" bigint NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "usage_days_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "usageday_day" to table: "usage_days"
CREATE INDEX "usageday_day" ON "usage_days" ("day");
-- Create index "usageday_tenant_id_day_metric" to table: "usage_days"
CREATE UNIQUE INDEX "usageday_tenant_id_day_metric" ON "usage_days" ("tenant_id", "day", "metric");
-- Create index "usageday_tenant_id_id" to table: "usage_days"
CREATE UNIQUE INDEX "usageday_tenant_id_id" ON "usage_days" ("tenant_id", "id");
-- Create "usage_people" table
CREATE TABLE "usage_people" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "month" bigint NOT NULL, "user_id" uuid NOT NULL, "day" bigint NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "usage_people_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "usageperson_month" to table: "usage_people"
CREATE INDEX "usageperson_month" ON "usage_people" ("month");
-- Create index "usageperson_tenant_id_id" to table: "usage_people"
CREATE UNIQUE INDEX "usageperson_tenant_id_id" ON "usage_people" ("tenant_id", "id");
-- Create index "usageperson_tenant_id_month_user_id" to table: "usage_people"
CREATE UNIQUE INDEX "usageperson_tenant_id_month_user_id" ON "usage_people" ("tenant_id", "month", "user_id");
-- Search tenants that are there already, too
UPDATE tenants SET name_folded = lower(name);
