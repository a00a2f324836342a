package main_test

import (
	"net/url"
	"os"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testdb"
)

func TestDoctor_FindsNothingWrongWhereNothingIs(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := onDatabase(t, name).with("LATCHKEEP_PUBLIC_BASE_URL=https://login.example")
			m.must(t, "tenant", "create", "shop")
			said := m.must(t, "doctor")
			require.NotContains(t, said, "warning")
			require.NotContains(t, said, "BROKEN")
			require.Regexp(t, `(?m)^ok +database +\S+ answers$`, said)
			require.Regexp(t, `(?m)^ok +migrations +up to date$`, said)
			require.Regexp(t, `(?m)^ok +tenants +1 looked at`, said)
			require.Regexp(t, `(?m)^ok +clock of the database +agrees`, said)
			require.Regexp(t, `(?m)^ok +redis +\S`, said)
		})
	}
}

func TestDoctor_SaysWhatToDoAboutWhatIsWrong(t *testing.T) {
	t.Parallel()

	m := node(t)
	said := m.run(t, "doctor")
	require.Equal(t, 1, said.code)
	require.Regexp(t, `BROKEN +migrations +\d+ are pending\n +-> run latchkeep migrate up`, said.stdout)
	require.Regexp(t, `warning +settings +public.base_url`, said.stdout)

	m.must(t, "migrate", "up")
	m.must(t, "tenant", "create", "shop")
	require.Zero(t, m.run(t, "doctor").code)
	said = m.with("LATCHKEEP_SECRETS_KEYS="+otherSecret).run(t, "doctor")
	require.Equal(t, 1, said.code)
	require.Regexp(t, `BROKEN +tenants +shop .* cannot be served`, said.stdout)
	require.Contains(t, said.stdout, "last entry of secrets.keys")
	said = m.with("LATCHKEEP_SECRETS_KEYS="+goodSecret+",abcedfghijklmnopqrstuvwxyz").run(t, "doctor")
	require.Zero(t, said.code)
	require.Regexp(t, `warning +settings +LATCHKEEP_SECRETS_KEYS`, said.stdout)

	said = m.with("LATCHKEEP_REDIS_URL=redis://:hunter2hunter2hunter2@127.0.0.1:1/0").run(t, "doctor")
	require.Equal(t, 1, said.code)
	require.Regexp(t, `BROKEN +redis +.*127\.0\.0\.1:1`, said.stdout)
	said = m.with("LATCHKEEP_DATABASE_URL=postgres://app:hunter2hunter2hunter2@127.0.0.1:1/app").run(t, "doctor")
	require.Equal(t, 1, said.code)
	require.Regexp(t, `BROKEN +database +.*127\.0\.0\.1:1`, said.stdout)
	m.with("LATCHKEEP_SECRETS_KEYS=short").refuses(t, []string{"doctor"}, "LATCHKEEP_SECRETS_KEYS")
}

func TestDoctor_WarnsOfARoleThatCouldTearDownTheWall(t *testing.T) {
	t.Parallel()

	m := onDatabase(t, dialect.Postgres)
	said := m.with("LATCHKEEP_DATABASE_URL="+testdb.Owner(t, m.database)).must(t, "doctor")
	require.Regexp(t, `warning +role +owns the tables`, said)
	require.Contains(t, said, "database.migrate_url")

	admin, err := url.Parse(os.Getenv(testdb.PostgresURL))
	require.NoError(t, err)
	ours, err := url.Parse(m.database)
	require.NoError(t, err)
	admin.Path = ours.Path
	require.Regexp(t, `warning +role +is a superuser`, m.with("LATCHKEEP_DATABASE_URL="+admin.String()).must(t, "doctor"))
}
