//go:build chaos

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/processes"
)

func TestChaos_NothingIsLost(t *testing.T) {
	var mu sync.Mutex
	var outcomes []outcome
	t.Cleanup(func() {
		if *doc != "" && !t.Failed() {
			slices.SortFunc(outcomes, func(a, b outcome) int { return strings.Compare(a.Deployment, b.Deployment) })
			require.NoError(t, write(*doc, outcomes))
		}
	})
	for name, make := range map[string]func(t testing.TB) *deployment{
		"PostgreSQL and Redis": func(t testing.TB) *deployment { return deploy(t, processes.NewPostgres(t), processes.NewRedis(t)) },
		"MariaDB and Redis":    func(t testing.TB) *deployment { return deploy(t, processes.NewMariaDB(t), processes.NewRedis(t)) },
		"one process, SQLite":  func(t testing.TB) *deployment { return deploy(t, processes.NewSQLite(t), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := make(t)
			d.name = name
			dice := rand.New(rand.NewPCG(uint64(*seed), 0))
			t.Logf("seed %d", *seed)
			l := newLoad(d)
			ctx, stop := context.WithCancel(t.Context())
			var working sync.WaitGroup
			working.Go(func() { l.run(ctx) })
			counts := d.strike(t, dice, *kills)
			stop()
			working.Wait()

			db := d.db.Open(t)
			defer db.Close()
			drained := d.drain(t, db)
			o := d.judge(t, db, l)
			o.Drained = drained.Round(time.Second)
			for fault, n := range counts {
				o.Faults += n
				if strings.Contains(fault, "killed") {
					o.Kills += n
				}
			}
			t.Logf("%v", counts)
			t.Logf("%+v", o)
			mu.Lock()
			defer mu.Unlock()
			outcomes = append(outcomes, o)
		})
	}
}

const begin, end = "<!-- counts: make chaos DOC=1 -->", "<!-- end of counts -->"

// write puts the counts into a page, between its marks.
func write(file string, outcomes []outcome) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no marks", file)
	}
	var b strings.Builder
	b.WriteString("\n\n| Deployment | kills | faults in all | users made | deleted | refused | requests of unknown outcome | webhooks | of them duplicates | mails | audit records | lost | made up for after |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, o := range outcomes {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | 0 | %s |\n",
			o.Deployment, o.Kills, o.Faults, o.Users+o.Deleted, o.Deleted, o.Refused, o.Unknown, o.Webhooks, o.Duplicates, o.Mails, o.Records, o.Drained)
	}
	b.WriteString("\n")
	return os.WriteFile(file, []byte(before+begin+b.String()+end+after), 0o644)
}
