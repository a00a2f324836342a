package flow_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

// noisy is a flow of two groups whose every hook writes a line.
func noisy() definition {
	room := func(name string, actions ...action) state {
		return state{Enter: logs("enter " + name), Leave: logs("leave " + name), Actions: actions}
	}
	return definition{
		Start: []flow.StateName{"a"},
		States: states{
			"a": room("a", to("inside", "b"), to("outside", "c"), to("flow", "d"), does("fail", func(*turn) (flow.Outcome, error) {
				return flow.Fail(flow.NotFound), nil
			}), takes("strict", flow.String("x").Required())),
			"b": room("b", backAction, to("nothing")),
			"c": room("c"),
			"d": room("d", backAction, to("on", "e"), to("enter", "a")),
			"e": room("e"),
		},
		Groups: []group{
			{Name: "one", States: []flow.StateName{"a", "b"}, Leave: logs("leave group one")},
			{Name: "two", States: []flow.StateName{"c"}, Leave: logs("leave group two")},
		},
		Init:       logs("init"),
		BeforeEach: logs("before each"),
		AfterEach:  logs("after each"),
	}
}

func TestHooks_Start(t *testing.T) {
	t.Parallel()

	p := starts(t, noisy())
	require.Equal(t, []string{"init", "enter a"}, p.env.lines)
}

func TestHooks_ContinueInsideAGroup(t *testing.T) {
	t.Parallel()

	p := starts(t, noisy())
	p.do("inside")
	require.Equal(t, []string{"before each", "leave a", "after each", "enter b"}, p.env.lines)
}

func TestHooks_ContinueIntoAnotherGroup(t *testing.T) {
	t.Parallel()

	p := starts(t, noisy())
	p.do("outside")
	require.Equal(t, []string{"before each", "leave group one", "leave a", "after each", "enter c"}, p.env.lines)
}

func TestHooks_ContinueToAStateOfTheFlowItself(t *testing.T) {
	t.Parallel()

	p := starts(t, noisy())
	p.do("flow")
	require.Equal(t, []string{"before each", "leave group one", "leave a", "after each", "enter d"}, p.env.lines)
	p.do("on")
	require.Equal(t, []string{"before each", "leave d", "after each", "enter e"}, p.env.lines)
}

func TestHooks_ContinueFromTheFlowIntoAGroup(t *testing.T) {
	t.Parallel()

	p := starts(t, noisy())
	p.path("flow")
	p.do("enter")
	require.Equal(t, []string{"before each", "leave d", "after each", "enter a"}, p.env.lines)
}

func TestHooks_LeavingAGroupWithNothingQueuedMaySchedule(t *testing.T) {
	t.Parallel()

	def := noisy()
	def.Groups[0].Leave = func(t *turn) error { t.Env.note("leave group one"); t.Schedule("c"); return nil }
	p := starts(t, def)
	p.path("inside")
	requireState(t, p.do("nothing"), "c")
	require.Equal(t, []string{"before each", "leave group one", "leave b", "after each", "enter c"}, p.env.lines)
}

func TestHooks_FlowError(t *testing.T) {
	t.Parallel()

	p := starts(t, noisy())
	p.do("fail")
	require.Equal(t, []string{"before each", "enter a"}, p.env.lines)
	p.do("strict")
	require.Equal(t, []string{"before each", "enter a"}, p.env.lines, "an input error is one")
}

func TestHooks_Back(t *testing.T) {
	t.Parallel()

	p := starts(t, noisy())
	p.path("flow")
	p.do("back")
	require.Equal(t, []string{"before each", "enter a"}, p.env.lines)
}

func TestHooks_BeforeEachCanTurnTheRequestAway(t *testing.T) {
	t.Parallel()

	def := noisy()
	gone := true
	def.BeforeEach = func(*turn) error {
		if gone {
			return fmt.Errorf("load user: %w", flow.Refuse(flow.NotPermitted, "no account"))
		}
		return nil
	}
	p := starts(t, def)
	requireRefused(t, p.do("inside"), 403, "operation_not_permitted_error")
	require.Empty(t, p.rows)
	gone = false
	requireState(t, p.do("inside"), "b")
}

func TestHooks_BeforeEachRunsBeforeTheActionIsInitialised(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{
		Start:      []flow.StateName{"a"},
		BeforeEach: logs("before"),
		States: states{"a": offering(action{
			Name:    "x",
			Offered: func(t *turn) bool { t.Env.note("offered"); return true },
			Inputs:  func(t *turn) []flow.Input { t.Env.note("inputs"); return nil },
			Run:     func(t *turn) (flow.Outcome, error) { t.Env.note("run"); return flow.Stay(), nil },
		})},
	})
	p.do("x")
	require.Equal(t, []string{"before", "offered", "inputs", "run", "offered", "inputs"}, p.env.lines)
}

func TestHooks_UnexpectedErrorsStoreNothing(t *testing.T) {
	t.Parallel()

	broken := errors.New("the disk is on fire")
	breaking := func(*turn) error { return broken }
	for name, change := range map[string]func(*definition){
		"before each":  func(d *definition) { d.BeforeEach = breaking },
		"after each":   func(d *definition) { d.AfterEach = breaking },
		"leave group":  func(d *definition) { d.Groups[0].Leave = breaking },
		"leave a":      func(d *definition) { d.States["a"] = state{Leave: breaking, Actions: d.States["a"].Actions} },
		"enter c":      func(d *definition) { d.States["c"] = state{Enter: breaking} },
		"panic":        func(d *definition) { d.AfterEach = func(*turn) error { panic(broken) } },
		"scheduling c": func(d *definition) { d.States["c"] = state{Enter: func(t *turn) error { t.Schedule("e"); return nil }} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			def := noisy()
			change(&def)
			p := starts(t, def)
			a := p.do("outside")
			requireRefused(t, a, 500, "technical_error")
			require.NotContains(t, a.body, "fire")
			require.Empty(t, p.rows)
			require.ErrorContains(t, a.err, map[bool]string{true: "schedule", false: "fire"}[name == "scheduling c"])
		})
	}
}

func TestHooks_APanicTellsWhereItHappened(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(does("x", func(t *turn) (flow.Outcome, error) {
		var nothing *memory
		t.Data.Note = nothing.Note
		return flow.Stay(), nil
	}))}})
	a := p.do("x")
	requireRefused(t, a, 500, "technical_error")
	panicked, ok := errors.AsType[*flow.PanicError](a.err)
	require.True(t, ok)
	require.Contains(t, string(panicked.Stack), "TestHooks_APanicTellsWhereItHappened")
}

func TestHooks_AFailureWhileShowingIsA500AfterTheStep(t *testing.T) {
	t.Parallel()

	for name, show := range map[string]func(*turn) error{
		"error": func(*turn) error { return errors.New("no database") },
		"panic": func(*turn) error { panic("no database") },
		"json":  func(t *turn) error { t.Set("x", make(chan int)); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(to("on", "b")), "b": {Show: show}}})
			requireRefused(t, p.do("on"), 500, "technical_error")
			rec, ok := p.stored()
			require.True(t, ok)
			require.Equal(t, flow.StateName("b"), rec.State)
		})
	}
}

func TestEnter_WhatItWritesIsAlwaysStored(t *testing.T) {
	t.Parallel()

	// The newest challenge must be the valid one: after an error, after back, and right after the start.
	challenges := 0
	p := starts(t, definition{
		Start: []flow.StateName{"init"},
		States: states{
			"init": {
				Enter: func(t *turn) error {
					challenges++
					t.Data.Note = fmt.Sprint("challenge ", challenges)
					t.Set("challenge", t.Data.Note)
					return nil
				},
				Actions: []action{
					does("fail", func(*turn) (flow.Outcome, error) { return flow.Fail(flow.PasskeyInvalid), nil }),
					takes("form", flow.String("x").Required()),
					to("on", "next"),
					does("verify", func(t *turn) (flow.Outcome, error) { t.Set("stored", t.Data.Note); return flow.Continue("next"), nil }),
				},
			},
			"next": offering(backAction),
		},
	})
	check := func() {
		t.Helper()
		shown := p.last.Payload["challenge"]
		require.Equal(t, shown, p.do("verify").Payload["stored"])
		p.path("back")
	}
	check()
	p.do("fail")
	check()
	p.do("form")
	check()
	p.path("on", "back")
	check()
}

func TestEnter_SeesTheErrorOfTheActionAndWhetherTheStateIsNew(t *testing.T) {
	t.Parallel()

	def := noisy()
	a := def.States["a"]
	a.Enter = func(t *turn) error { t.Set("failed", t.Failed()); t.Set("entering", t.Entering()); return nil }
	def.States["a"] = a
	p := starts(t, def)
	require.Equal(t, map[string]any{"failed": false, "entering": true}, p.last.Payload)
	require.Equal(t, map[string]any{"failed": true, "entering": false}, p.do("fail").Payload)
	require.Equal(t, map[string]any{"failed": true, "entering": false}, p.do("strict").Payload)
	p.path("flow")
	require.Equal(t, map[string]any{"failed": false, "entering": true}, p.do("back").Payload)
}

func TestInit_FillsTheDataOfANewFlow(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{
		Start:  []flow.StateName{"a"},
		Init:   func(t *turn) error { t.Data.Note = "from init"; return nil },
		States: states{"a": offering(does("x", func(t *turn) (flow.Outcome, error) { t.Set("note", t.Data.Note); return flow.Stay(), nil }))},
	})
	require.Equal(t, "from init", p.do("x").Payload["note"])

	for name, init := range map[string]func(*turn) error{
		"error":    func(*turn) error { return errors.New("broken") },
		"schedule": func(t *turn) error { t.Schedule("a"); return nil },
		"panic":    func(*turn) error { panic("broken") },
	} {
		p := meet(t, definition{Start: []flow.StateName{"a"}, Init: init, States: states{"a": {}}})
		require.Equal(t, 500, p.start().Status, name)
	}
}

func TestTurn_KnowsTheRequest(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": {Enter: func(turn *turn) error {
		turn.Set("now", turn.Now())
		turn.Set("id", turn.FlowID())
		turn.Set("expires", turn.ExpiresAt())
		turn.Set("alive", turn.Context() != nil && turn.Context().Err() == nil)
		return nil
	}}}})
	require.Equal(t, map[string]any{
		"now": "2026-11-24T12:00:00Z", "expires": "2026-11-24T13:00:00Z", "id": p.id().String(), "alive": true,
	}, p.last.Payload)
}
