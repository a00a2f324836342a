package hankodb_test

import (
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/hankodb"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// BenchmarkImport measures how many users a second are taken over, each with an address, a password and a session, every third with a passkey.
func BenchmarkImport(b *testing.B) {
	const users = 100_000
	h, tenant := newHanko(b, dialect.Postgres, current()), uuid.New()
	h.insert("tenants", record{"id": tenant, "config": tenantConfig(b)})
	h.insert("jwks", record{"tenant_id": tenant, "key_data": seal(b, oldSecret, newSigner(0).jwk(b))})
	for _, statement := range []string{
		`INSERT INTO users (id, tenant_id, created_at, updated_at) SELECT gen_random_uuid(), $1, now(), now() FROM generate_series(1, $2)`,
	} {
		h.exec(statement, tenant.String(), users)
	}
	for _, statement := range []string{
		`INSERT INTO emails (id, tenant_id, user_id, address, verified, created_at, updated_at)
			SELECT gen_random_uuid(), tenant_id, id, id || '@shop.example', true, now(), now() FROM users`,
		`INSERT INTO primary_emails (id, tenant_id, email_id, user_id, created_at, updated_at)
			SELECT gen_random_uuid(), tenant_id, id, user_id, now(), now() FROM emails`,
		`INSERT INTO password_credentials (id, tenant_id, user_id, password, created_at, updated_at)
			SELECT gen_random_uuid(), tenant_id, id, '$2a$12$0/3CaWSFg7piExmq1u6vk.hcGy679sGoiQE/TftsNhQjjeVVtyaSS', now(), now() FROM users`,
		`INSERT INTO sessions (id, tenant_id, user_id, expires_at, last_used, created_at, updated_at)
			SELECT gen_random_uuid(), tenant_id, id, now() + interval '1 day', now(), now(), now() FROM users`,
		`ALTER TABLE password_credentials ADD UNIQUE (user_id)`, `ALTER TABLE primary_emails ADD UNIQUE (user_id)`, `ANALYZE`,
	} {
		h.exec(statement)
	}
	rest := h.person(tenant, "")
	h.passkey(tenant, rest, "")
	h.exec(`INSERT INTO webauthn_credentials (id, tenant_id, user_id, public_key, attestation_type, aaguid, sign_count, mfa_only, created_at, updated_at)
		SELECT replace(u.id::text, '-', ''), u.tenant_id, u.id, c.public_key, 'none', c.aaguid, 0, false, now(), now()
		FROM users u, webauthn_credentials c WHERE u.id::text < '55555555' AND u.id <> c.user_id`)
	env := testenv.New(b, dialect.Postgres, testenv.Quiet())
	begun := time.Now()
	for b.Loop() {
		r := imported(b, h, env, func(o *hankodb.Options) { o.Page = 500 })
		require.Equal(b, users+1, r.Total(hankodb.Users).Read)
		if n := r.Total(hankodb.Users).Imported; n > 0 {
			rows := 0
			for _, kind := range hankodb.Kinds() {
				rows += r.Total(kind).Imported
			}
			b.ReportMetric(float64(n)/time.Since(begun).Seconds(), "users/s")
			b.ReportMetric(float64(rows)/time.Since(begun).Seconds(), "rows/s")
		}
	}
}
