package flows_test

import (
	"fmt"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestProperty_OnlyProofOpensAnAccount(t *testing.T) {
	t.Parallel()

	seen := newCoverage()
	env := testenv.New(t, dialect.SQLite, testenv.Quiet(), testenv.With("rate_limiter.enabled", "false"))
	for seed := range uint64(10) {
		if !t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { newWalk(t, env, seed, seen).run(400) }) {
			break
		}
	}
	t.Log(seen)
}
