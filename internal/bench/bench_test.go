package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/procstat"
)

func TestQuantile_IsOneOfTheValues(t *testing.T) {
	t.Parallel()
	require.Zero(t, median(nil))
	require.Equal(t, 2.0, median([]float64{3, 1, 2}))
	require.Equal(t, 9.0, quantile([]float64{5, 9, 1}, 0.95))
	require.Equal(t, 95.0, quantile(upTo(100), 0.95)-1)
}

func upTo(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i + 1)
	}
	return values
}

func TestCPU_GrowsWithWork(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/schedstat"); err != nil {
		t.Skip("processor time is read from /proc, which is not here")
	}
	before, err := procstat.CPU(os.Getpid())
	require.NoError(t, err)
	_, err = hashCost(t.Context(), 1)
	require.NoError(t, err)
	after, err := procstat.CPU(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, after-before, time.Millisecond)

	parent, err := procstat.Parent(os.Getpid())
	require.NoError(t, err)
	require.Equal(t, os.Getppid(), parent)
	children, _, err := procstat.Children(parent)
	require.NoError(t, err)
	require.Contains(t, children, os.Getpid())
}

func TestSubtract_LeavesOutWhatTheSameRoleSendsWhileIdle(t *testing.T) {
	t.Parallel()
	poll := statement{role: serverRole, Query: "SELECT poll"}
	work := statement{role: serverRole, Query: "INSERT INTO users"}
	other := statement{role: workerRole, Query: "SELECT poll"}
	require.Equal(t, []statement{work, other}, subtract([]statement{poll, work, other}, []statement{poll}))
}

func TestStatement_KnowsWhatWrites(t *testing.T) {
	t.Parallel()
	for query, writes := range map[string]bool{
		"INSERT INTO flows": true, "update flows set x = 1": true, "\n\tDELETE FROM flows": true, "SELECT 1": false, "WITH RECURSIVE walk AS (SELECT 1)": false,
	} {
		require.Equal(t, writes, statement{Query: query}.writes(), query)
	}
}

func TestNumber_HasNoMoreDigitsThanItDeserves(t *testing.T) {
	t.Parallel()
	for value, text := range map[float64]string{0: "0", 0.04: "0", 3.14: "3.1", 15: "15", 99.6: "100", 1234.4: "1 234", 31000: "31 000"} {
		require.Equal(t, text, number(value))
	}
}

func TestWriteInto_ReplacesWhatIsBetweenTheMarks(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(page, []byte("before\n"+beginMark+"\nold\n"+endMark+"\nafter\n"), 0o600))
	r := &result{Machine: map[string]string{}, Measurements: []*measurement{{
		Title: "an operation", Requests: 5, Alone: cost{Server: 9000, Hash: 8000}, Rest: 1000, Answering: 1000, Budget: 900, MostSent: 3, Counted: true, Sent: 4,
	}}}
	require.NoError(t, r.writeInto(page))
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Regexp(t, `(?s)^before\n.*\| an operation \|.*\*\*over\*\*.*\*\*over\*\*.*after\n$`, string(text))
	require.NotContains(t, string(text), "old")

	require.NoError(t, os.WriteFile(page, []byte("no marks"), 0o600))
	require.Error(t, r.writeInto(page))
}

func TestGrowthScales_ManyTenantsWithFewUsersAndFewTenantsWithMany(t *testing.T) {
	t.Parallel()
	scales, err := growthScales(options{growthTenants: "1,100", growthUsers: "10,1000"})
	require.NoError(t, err)
	var sizes [][2]int
	for _, s := range scales {
		s.Measurements = []*measurement{{Title: "an operation", Total: float64(s.Tenants + s.Users), WallAlone: wall{P50: 1000}}}
		sizes = append(sizes, [2]int{s.Tenants, s.Users})
	}
	require.Equal(t, [][2]int{{1, 10}, {100, 10}, {1, 1000}}, sizes)
	require.Contains(t, growthTable(scales), "| an operation | 11 | 1.00 ms | 10.00 | 1.00 | **over** | 91.00 | 1.00 | **over** |")

	for _, wrong := range []string{"", "0", "1,x"} {
		_, err := growthScales(options{growthTenants: wrong, growthUsers: "1"})
		require.Error(t, err, wrong)
	}
}

func TestShareOf_IsWhatIsDearByItselfBeforeWhatItIsDoneFor(t *testing.T) {
	t.Parallel()
	for name, stack := range map[string][]string{
		"hashing passwords":     {"runtime.memclrNoHeapPointers", "runtime.mallocgc", "golang.org/x/crypto/argon2.initBlocks", "github.com/latchkeep/latchkeep/pkg/password.verify"},
		"collecting garbage":    {"runtime.scanobject", "runtime.gcDrain", "runtime.gcBgMarkWorker"},
		"system calls":          {"internal/runtime/syscall/linux.Syscall6", "syscall.write", "github.com/jackc/pgx/v5/pgconn.(*PgConn).Exec"},
		"allocating":            {"runtime.mallocgc", "github.com/jackc/pgx/v5.(*Conn).Exec"},
		"PostgreSQL's driver":   {"runtime.memmove", "github.com/jackc/pgx/v5.(*Conn).Exec", "database/sql.(*DB).exec", "github.com/latchkeep/latchkeep/ent/store.(*Store).Do"},
		"ent":                   {"entgo.io/ent/dialect/sql.(*Builder).Ident", "github.com/latchkeep/latchkeep/auth/flows.(*Flows).commit"},
		"JSON":                  {"encoding/json.Marshal", "github.com/latchkeep/latchkeep/auth/flows.(*Flows).render", "net/http.(*conn).serve"},
		"ours":                  {"strings.Index", "github.com/latchkeep/latchkeep/auth/flows.(*Flows).render", "net/http.(*conn).serve"},
		"HTTP":                  {"strings.Index", "net/http.readRequest", "net/http.(*conn).serve"},
		"waking and scheduling": {"runtime.casgstatus", "runtime.findRunnable", "runtime.schedule"},
		"the rest":              {"runtime.nanotime"},
	} {
		require.Equal(t, name, shares[shareOf(stack)].name, stack)
	}
}
