package main_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"
)

// These benchmarks run the commands that move many people, into an empty PostgreSQL, and report the most memory that each took.

// measured runs a command that moves so many people.
func (m *machine) measured(b *testing.B, people int, args ...string) {
	b.Helper()
	cmd := m.command(b.Context(), args...)
	begun := time.Now()
	out, err := cmd.CombinedOutput()
	require.NoError(b, err, "%s", out)
	b.ReportMetric(float64(people)/time.Since(begun).Seconds(), "users/s")
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(b, ok)
	b.ReportMetric(float64(usage.Maxrss)/1024, "peak-MiB") // Linux counts KiB
}

func BenchmarkMemory_UserImport(b *testing.B) {
	for _, people := range []int{50_000, 200_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			m := onDatabase(b, dialect.Postgres)
			m.must(b, "tenant", "create", "shop")
			m.must(b, "user", "generate", "-o", "users.json", "-c", fmt.Sprint(people))
			for b.Loop() {
				m.measured(b, people, "user", "import", "-i", "users.json", "--tenant", "shop", "--keep-existing")
			}
		})
	}
}

func BenchmarkMemory_UserExport(b *testing.B) {
	for _, people := range []int{50_000, 200_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			m := onDatabase(b, dialect.Postgres)
			m.must(b, "tenant", "create", "shop")
			m.must(b, "user", "generate", "-o", "users.json", "-c", fmt.Sprint(people))
			m.must(b, "user", "import", "-i", "users.json", "--tenant", "shop")
			for b.Loop() {
				m.measured(b, people, "user", "export", "-o", "out.json", "--tenant", "shop", "--with-credentials")
			}
		})
	}
}

func BenchmarkMemory_ImportHanko(b *testing.B) {
	for _, people := range []int{25_000, 100_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			old := newOldHanko(b)
			old.populate(b, people)
			m := onDatabase(b, dialect.Postgres)
			for b.Loop() {
				m.measured(b, people, "import", "hanko", "--database-url", old.url, "--secrets", otherSecret)
			}
		})
	}
}

// populate gives the database so many people, each with an address, a password and a session.
func (h *oldHanko) populate(t testing.TB, people int) {
	t.Helper()
	h.exec(t, "INSERT INTO users SELECT gen_random_uuid(), now(), now() FROM generate_series(2, $1)", people)
	for _, statement := range []string{
		"INSERT INTO emails SELECT gen_random_uuid(), id, id || '@shop.example', true, now(), now() FROM users WHERE id <> $1",
		"INSERT INTO primary_emails SELECT gen_random_uuid(), id, user_id, now(), now() FROM emails WHERE user_id <> $1",
		`INSERT INTO password_credentials SELECT gen_random_uuid(), id, '$2a$10$0/3CaWSFg7piExmq1u6vk.hcGy679sGoiQE/TftsNhQjjeVVtyaSS', now(), now()
			FROM users WHERE id <> $1`,
		"INSERT INTO sessions SELECT gen_random_uuid(), id, now() + interval '1 day', now(), now(), now() FROM users WHERE id <> $1",
	} {
		h.exec(t, statement, h.kim)
	}
	for _, table := range []string{"emails", "primary_emails", "password_credentials", "sessions"} {
		h.exec(t, "CREATE INDEX ON "+table+" (user_id)") // as Hanko has
	}
	h.exec(t, "ANALYZE")
}
