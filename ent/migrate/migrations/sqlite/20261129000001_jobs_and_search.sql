-- Create "idempotency_keys" table
CREATE TABLE `idempotency_keys` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `hash` blob NOT NULL, `request_hash` blob NOT NULL, `status` integer NOT NULL DEFAULT (0), `answer` blob NULL, `expires_at` datetime NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `idempotency_keys_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "idempotencykey_tenant_id_id" to table: "idempotency_keys"
CREATE UNIQUE INDEX `idempotencykey_tenant_id_id` ON `idempotency_keys` (`tenant_id`, `id`);
-- Create index "idempotencykey_tenant_id_hash" to table: "idempotency_keys"
CREATE UNIQUE INDEX `idempotencykey_tenant_id_hash` ON `idempotency_keys` (`tenant_id`, `hash`);
-- Create index "idempotencykey_expires_at" to table: "idempotency_keys"
CREATE INDEX `idempotencykey_expires_at` ON `idempotency_keys` (`expires_at`);
-- Create "jobs" table
CREATE TABLE `jobs` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `kind` text NOT NULL, `state` text NOT NULL, `options` json NOT NULL, `created_by` text NOT NULL DEFAULT (''), `source` blob NULL, `total` integer NOT NULL DEFAULT (0), `done` integer NOT NULL DEFAULT (0), `rejected` integer NOT NULL DEFAULT (0), `cursor` text NOT NULL DEFAULT (''), `error` text NOT NULL DEFAULT (''), `finished_at` datetime NULL, `expires_at` datetime NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `jobs_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "job_tenant_id_id" to table: "jobs"
CREATE UNIQUE INDEX `job_tenant_id_id` ON `jobs` (`tenant_id`, `id`);
-- Create index "job_tenant_id_created_at_id" to table: "jobs"
CREATE INDEX `job_tenant_id_created_at_id` ON `jobs` (`tenant_id`, `created_at`, `id`);
-- Create index "job_tenant_id_source" to table: "jobs"
CREATE INDEX `job_tenant_id_source` ON `jobs` (`tenant_id`, `source`);
-- Create index "job_expires_at" to table: "jobs"
CREATE INDEX `job_expires_at` ON `jobs` (`expires_at`);
-- Create "job_parts" table
CREATE TABLE `job_parts` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `created_at` datetime NOT NULL, `kind` text NOT NULL, `number` integer NOT NULL, `data` blob NOT NULL, `job_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `job_parts_jobs_parts` FOREIGN KEY (`tenant_id`, `job_id`) REFERENCES `jobs` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `job_parts_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "jobpart_tenant_id_id" to table: "job_parts"
CREATE UNIQUE INDEX `jobpart_tenant_id_id` ON `job_parts` (`tenant_id`, `id`);
-- Create index "jobpart_tenant_id_job_id_kind_number" to table: "job_parts"
CREATE UNIQUE INDEX `jobpart_tenant_id_job_id_kind_number` ON `job_parts` (`tenant_id`, `job_id`, `kind`, `number`);
-- Create "metadata_members" table
CREATE TABLE `metadata_members` (`id` uuid NOT NULL, `tenant_id` uuid NOT NULL, `name` blob NOT NULL, `value` blob NOT NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `metadata_members_users_metadata_members` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE, CONSTRAINT `metadata_members_tenants` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE CASCADE);
-- Create index "metadatamember_tenant_id_id" to table: "metadata_members"
CREATE UNIQUE INDEX `metadatamember_tenant_id_id` ON `metadata_members` (`tenant_id`, `id`);
-- Create index "metadatamember_tenant_id_name_value_user_id" to table: "metadata_members"
CREATE INDEX `metadatamember_tenant_id_name_value_user_id` ON `metadata_members` (`tenant_id`, `name`, `value`, `user_id`);
-- Create index "metadatamember_tenant_id_user_id" to table: "metadata_members"
CREATE INDEX `metadatamember_tenant_id_user_id` ON `metadata_members` (`tenant_id`, `user_id`);
