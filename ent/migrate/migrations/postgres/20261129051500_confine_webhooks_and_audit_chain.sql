-- Confine "audit_checkpoints"
ALTER TABLE "audit_checkpoints" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "audit_checkpoints_tenant" ON "audit_checkpoints" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
-- Confine "webhook_endpoints"
ALTER TABLE "webhook_endpoints" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "webhook_endpoints_tenant" ON "webhook_endpoints" USING (CASE COALESCE(current_setting('app.tenant', true), '') WHEN 'system' THEN true WHEN '' THEN false ELSE "tenant_id" = current_setting('app.tenant')::uuid END);
