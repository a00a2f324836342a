package flow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

func TestDescribe_TellsActionsAndInputsWithoutAFlow(t *testing.T) {
	t.Parallel()
	type turn = flow.Turn[struct{ Step int }, int]
	run := func(*turn) (flow.Outcome, error) { return flow.Stay(), nil }
	f, err := flow.New(flow.Definition[struct{ Step int }, int]{
		Name: "order", TTL: 1, Start: []flow.StateName{"cart"},
		States: map[flow.StateName]flow.State[struct{ Step int }, int]{"cart": {Actions: []flow.Action[struct{ Step int }, int]{
			{Name: "pay", Description: "Pay.", Run: run, Inputs: func(t *turn) []flow.Input {
				return []flow.Input{flow.Password("pin").Required().Min(t.Env).Max(8)}
			}},
			{Name: "look", Run: run},
			{Name: "odd", Run: run, Inputs: func(*turn) []flow.Input { panic("needs a flow") }},
		}}},
	}, sealerStub{})
	require.NoError(t, err)

	got := f.Describe("cart", 4)

	require.Len(t, got, 3)
	require.Equal(t, "Pay.", got[0].Description)
	require.Len(t, got[0].Inputs, 1)
	least, greatest := got[0].Inputs[0].Limits()
	require.Equal(t, []any{"pin", flow.KindPassword, true, 4, 8}, []any{got[0].Inputs[0].Name(), got[0].Inputs[0].Kind(), got[0].Inputs[0].IsRequired(), least, greatest})
	require.Empty(t, got[1].Inputs)
	require.Empty(t, got[2].Inputs)
	require.Nil(t, f.Describe("nowhere", 4))
}

// sealerStub is never asked: describing seals nothing.
type sealerStub struct{}

func (sealerStub) Seal(plaintext, _ []byte) []byte       { return plaintext }
func (sealerStub) Open(sealed, _ []byte) ([]byte, error) { return sealed, nil }
