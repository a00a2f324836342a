-- Confine "usage_days"
ALTER TABLE "usage_days" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "usage_days_tenant" ON "usage_days" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "usage_people"
ALTER TABLE "usage_people" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "usage_people_tenant" ON "usage_people" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- For the system alone: "certificate_files"
ALTER TABLE "certificate_files" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "certificate_files_system" ON "certificate_files" USING (current_setting('app.tenant', true) = 'system');
-- For the system alone: "purge_receipts"
ALTER TABLE "purge_receipts" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "purge_receipts_system" ON "purge_receipts" USING (current_setting('app.tenant', true) = 'system');
