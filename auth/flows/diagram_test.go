package flows_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

var update = flag.Bool("update", false, "rewrite docs/flows.md")

const diagramFile = "../../docs/flows.md"

// TestDiagram_ShowsTheFlowsAsTheyAre draws the flows from their definitions. The engine refuses steps that the definitions do not announce,
// so the arrows are all there are.
func TestDiagram_ShowsTheFlowsAsTheyAre(t *testing.T) {
	t.Parallel()

	drawn := draw(testenv.OnSQLite(t).App.Flows.Describe())
	if *update {
		require.NoError(t, os.WriteFile(diagramFile, []byte(drawn), 0o644))
	}
	written, err := os.ReadFile(diagramFile)
	require.NoError(t, err)
	require.Equal(t, drawn, string(written), "go test ./auth/flows -run TestDiagram -update")
}

const diagramHead = `# Flows

The states of every flow, and the actions that lead from one to another. The pictures are drawn from the definitions in
[auth/flows](../auth/flows) and kept in step by a test; the engine refuses a step that is not announced there.

An arrow is an action. *queue* stands for the state that is queued next: what a flow still has to ask is decided when it is known, and
queued. ↩ marks a state that defines the action ` + "`back`" + `, which returns to where the state was entered from, unless the way there cannot be
undone. What a client did wrong keeps it in its state, with an error; what cannot go on ends in the state ` + "`error`" + `. Which actions are offered, and
what they take, is in the [document of the public API](openapi/public.json) and in the files of the states.
`

func draw(list []flows.Description) string {
	var b strings.Builder
	b.WriteString(diagramHead)
	for _, d := range list {
		fmt.Fprintf(&b, "\n## %s\n\n", d.Name)
		fmt.Fprintf(&b, "Queued at the start: %s.\n", names(d.Map.Start))
		for _, g := range d.Map.Groups {
			if len(g.Leads) > 0 {
				fmt.Fprintf(&b, "\nOn leaving %s, what is due of this is queued, in this order: %s.\n", names(g.States), names(g.Leads))
			}
		}
		b.WriteString("\n```mermaid\nstateDiagram-v2\n    direction LR\n")
		for _, s := range d.States {
			drawState(&b, s)
		}
		fmt.Fprintf(&b, "    [*] --> %s\n", d.Map.Start[0])
		for _, s := range d.States {
			drawWays(&b, s)
		}
		b.WriteString("```\n")
	}
	return b.String()
}

func drawState(b *strings.Builder, s flows.DescribedState) {
	mark := ""
	for _, a := range s.Actions {
		if a.Name == "back" {
			mark = " ↩"
		}
	}
	fmt.Fprintf(b, "    state \"%s%s\" as %s\n", s.Name, mark, s.Name)
}

// drawWays draws the arrows out of a state, one for each state that they lead to.
func drawWays(b *strings.Builder, s flows.DescribedState) {
	var order []flow.StateName
	ways := map[flow.StateName][]string{}
	for _, a := range s.Actions {
		if a.Name == "back" {
			continue
		}
		for _, to := range a.Leads {
			if ways[to] == nil {
				order = append(order, to)
			}
			ways[to] = append(ways[to], a.Name)
		}
	}
	for _, to := range order {
		target := string(to)
		if to == flow.Queued {
			target = "queue"
		}
		fmt.Fprintf(b, "    %s --> %s: %s\n", s.Name, target, strings.Join(ways[to], " · "))
	}
	if len(s.Actions) == 0 {
		fmt.Fprintf(b, "    %s --> [*]\n", s.Name)
	}
}

func names(states []flow.StateName) string {
	quoted := make([]string, len(states))
	for i, s := range states {
		quoted[i] = "`" + string(s) + "`"
	}
	return strings.Join(quoted, ", ")
}
