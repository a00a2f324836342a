-- Create index "email_prefix_tenant_id_address" to table: "emails"
CREATE INDEX "email_prefix_tenant_id_address" ON "emails" ("tenant_id", "address" text_pattern_ops);
-- Create "idempotency_keys" table
CREATE TABLE "idempotency_keys" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "hash" bytea NOT NULL, "request_hash" bytea NOT NULL, "status" bigint NOT NULL DEFAULT 0, "answer" bytea NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "idempotency_keys_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "idempotencykey_expires_at" to table: "idempotency_keys"
CREATE INDEX "idempotencykey_expires_at" ON "idempotency_keys" ("expires_at");
-- Create index "idempotencykey_tenant_id_hash" to table: "idempotency_keys"
CREATE UNIQUE INDEX "idempotencykey_tenant_id_hash" ON "idempotency_keys" ("tenant_id", "hash");
-- Create index "idempotencykey_tenant_id_id" to table: "idempotency_keys"
CREATE UNIQUE INDEX "idempotencykey_tenant_id_id" ON "idempotency_keys" ("tenant_id", "id");
-- Create "jobs" table
CREATE TABLE "jobs" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "kind" character varying NOT NULL, "state" character varying NOT NULL, "options" jsonb NOT NULL, "created_by" character varying NOT NULL DEFAULT '', "source" bytea NULL, "total" bigint NOT NULL DEFAULT 0, "done" bigint NOT NULL DEFAULT 0, "rejected" bigint NOT NULL DEFAULT 0, "cursor" character varying NOT NULL DEFAULT '', "error" text NOT NULL DEFAULT '', "finished_at" timestamptz NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "jobs_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "job_expires_at" to table: "jobs"
CREATE INDEX "job_expires_at" ON "jobs" ("expires_at");
-- Create index "job_tenant_id_created_at_id" to table: "jobs"
CREATE INDEX "job_tenant_id_created_at_id" ON "jobs" ("tenant_id", "created_at", "id");
-- Create index "job_tenant_id_id" to table: "jobs"
CREATE UNIQUE INDEX "job_tenant_id_id" ON "jobs" ("tenant_id", "id");
-- Create index "job_tenant_id_source" to table: "jobs"
CREATE INDEX "job_tenant_id_source" ON "jobs" ("tenant_id", "source");
-- Create "job_parts" table
CREATE TABLE "job_parts" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "kind" character varying NOT NULL, "number" bigint NOT NULL, "data" bytea NOT NULL, "job_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "job_parts_jobs_parts" FOREIGN KEY ("tenant_id", "job_id") REFERENCES "jobs" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "job_parts_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "jobpart_tenant_id_id" to table: "job_parts"
CREATE UNIQUE INDEX "jobpart_tenant_id_id" ON "job_parts" ("tenant_id", "id");
-- Create index "jobpart_tenant_id_job_id_kind_number" to table: "job_parts"
CREATE UNIQUE INDEX "jobpart_tenant_id_job_id_kind_number" ON "job_parts" ("tenant_id", "job_id", "kind", "number");
-- Create index "user_prefix_tenant_id_username" to table: "users"
CREATE INDEX "user_prefix_tenant_id_username" ON "users" ("tenant_id", "username" text_pattern_ops);
-- Create "metadata_members" table
CREATE TABLE "metadata_members" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "name" bytea NOT NULL, "value" bytea NOT NULL, "user_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "metadata_members_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, CONSTRAINT "metadata_members_users_metadata_members" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "metadatamember_tenant_id_id" to table: "metadata_members"
CREATE UNIQUE INDEX "metadatamember_tenant_id_id" ON "metadata_members" ("tenant_id", "id");
-- Create index "metadatamember_tenant_id_name_value_user_id" to table: "metadata_members"
CREATE INDEX "metadatamember_tenant_id_name_value_user_id" ON "metadata_members" ("tenant_id", "name", "value", "user_id");
-- Create index "metadatamember_tenant_id_user_id" to table: "metadata_members"
CREATE INDEX "metadatamember_tenant_id_user_id" ON "metadata_members" ("tenant_id", "user_id");
