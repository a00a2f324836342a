package flow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

func TestNew_ReportsAllMistakesAtOnce(t *testing.T) {
	t.Parallel()

	_, err := flow.New(definition{
		Name:  "Log in",
		Start: []flow.StateName{"a", "missing"},
		States: states{
			"a":   offering(to("x"), to("x"), to("no@name"), action{Name: "idle"}),
			"B/b": {},
		},
		Groups: []group{{Name: "g1", States: []flow.StateName{"a", "nowhere"}}, {Name: "g2", States: []flow.StateName{"a"}}},
	}, nil)
	require.Error(t, err)
	for _, part := range []string{
		`"Log in" is not made of`, "TTL", "sealer", `start state "missing"`, `action "x" exists twice`, `"no@name" is not made of`,
		`"idle" has no Run`, `"B/b" is not made of`, `"nowhere" does not exist`, `in two groups, "g1" and "g2"`,
	} {
		require.ErrorContains(t, err, part)
	}
	_, err = flow.New(definition{Name: strings.Repeat("a", 101), TTL: time.Hour}, newSealer(t))
	require.ErrorContains(t, err, "no start state")
	require.ErrorContains(t, err, "is not made of")
}

func TestFlow_DescribesItself(t *testing.T) {
	t.Parallel()

	f := meet(t, door()).flow
	require.Equal(t, "demo", f.Name())
	require.Equal(t, []flow.StateName{"doomed", "door", "end", "error", "inside", "limited"}, f.StateNames())
	require.Equal(t, []string{"back"}, f.ActionNames("limited"))
	require.Empty(t, f.ActionNames("end"))
	require.Nil(t, f.ActionNames("nowhere"))
}
