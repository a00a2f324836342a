-- Confine "idempotency_keys"
ALTER TABLE "idempotency_keys" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "idempotency_keys_tenant" ON "idempotency_keys" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "jobs"
ALTER TABLE "jobs" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "jobs_tenant" ON "jobs" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "job_parts"
ALTER TABLE "job_parts" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "job_parts_tenant" ON "job_parts" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "metadata_members"
ALTER TABLE "metadata_members" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "metadata_members_tenant" ON "metadata_members" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
