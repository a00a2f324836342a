package flows_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// WalksVariable says which walks to take on SQLite, instead of the usual ones: a seed ("17"), some ("100-199"), or as many as fit into a time
// ("10m", from a seed that the clock chooses).
const walksVariable = "LATCHKEEP_TEST_WALKS"

// How many walks there are, unless told, and how long each is. On SQLite together they must have come everywhere.
const (
	usualWalks = 40
	fewWalks   = 4
	stepsEach  = 300
)

// TestProperty_OnlyProofOpensAnAccount lets an attacker do what she likes with all flows of two tenants at once: whatever she enters, replays,
// mixes up or does twice, she gets sessions of her own accounts only, and only after proving in that very conversation what the tenant
// demands; no address is verified whose code did not come back; nobody else's account changes; and no state is reached that the flows do not
// announce. property_walk_test.go is what she does, property_proofs_test.go what counts as a proof.
//
// A walk that fails prints what was said; LATCHKEEP_TEST_WALKS=SEED takes it again.
func TestProperty_OnlyProofOpensAnAccount(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name != dialect.SQLite {
				for seed := range uint64(fewWalks) {
					takeWalk(t, name, seed, newCoverage())
				}
				return
			}
			seen := newCoverage()
			whole := eachSeed(t, func(seed uint64) bool { return takeWalk(t, name, seed, seen) })
			t.Log(seen)
			if whole && !t.Failed() {
				tables := readTables(testenv.OnSQLite(t, testenv.Quiet()).App.Flows.Describe())
				require.Empty(t, seen.missing(tables, unreachable()), "actions that nobody took")
				require.Empty(t, seen.unmarked(landmarks()), "nobody got there")
			}
		})
	}
}

// takeWalk takes a walk in a program of its own. Every other one is not held up by rate limits.
func takeWalk(t *testing.T, dialect string, seed uint64, seen *coverage) bool {
	t.Helper()
	return t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
		options := []testenv.Option{testenv.Quiet()}
		if seed%3 != 0 {
			options = append(options, testenv.With("rate_limiter.enabled", "false"))
		}
		newWalk(t, testenv.New(t, dialect, options...), seed, seen).run(stepsEach)
	})
}

// eachSeed calls take with the seeds that are to be walked, until one fails, and reports whether they are enough to come everywhere.
func eachSeed(t *testing.T, take func(seed uint64) bool) bool {
	t.Helper()
	asked := os.Getenv(walksVariable)
	from, to := uint64(0), uint64(usualWalks-1)
	if lasts, err := time.ParseDuration(asked); err == nil && asked != "0" {
		from, to = uint64(time.Now().UnixNano()), ^uint64(0)
		start := time.Now()
		for seed := from; time.Since(start) < lasts && take(seed); seed++ {
			continue
		}
		return true
	}
	if asked != "" {
		first, last, ranged := strings.Cut(asked, "-")
		if !ranged {
			last = first
		}
		var err error
		from, err = strconv.ParseUint(first, 10, 64)
		require.NoError(t, err, walksVariable)
		to, err = strconv.ParseUint(last, 10, 64)
		require.NoError(t, err, walksVariable)
	}
	for seed := from; seed <= to && take(seed); seed++ {
		continue
	}
	return asked == ""
}

// unreachable are actions that are defined and cannot be taken.
func unreachable() []string { return nil }

// landmarks are what all walks together must have come across.
func landmarks() []string { return nil }
